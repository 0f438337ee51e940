package incidents_test

import (
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
)

func TestTheWayToAReaderFollowsHisWishAndThePolicy(t *testing.T) {
	for _, tt := range []struct {
		name       string
		first      registry.Channel
		wish       registry.Channel
		key, phone string
		want       registry.Channel
		why        string
	}{
		{"no wish and no rule: mail", "", "", "", "06", registry.ByEmail, ""},
		{"a policy that phones first", registry.ByPhone, "", "", "06", registry.ByPhone, incidents.WhyPhoneFirst},
		{"phone first, but he has a key", registry.ByPhone, "", "the key", "06", registry.ByEmail, ""},
		{"phone first, but there is no number", registry.ByPhone, "", "", "", registry.ByEmail, ""},
		{"phone first, but he wishes mail", registry.ByPhone, registry.ByEmail, "", "06", registry.ByEmail, ""},
		{"phone first, but he wishes a letter", registry.ByPhone, registry.ByLetter, "", "06", registry.ByLetter, incidents.WhyWish},
		{"he wishes a message", "", registry.ByMessage, "", "06", registry.ByMessage, incidents.WhyWish},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := registry.Client{ID: "c", Language: "nl", Channel: tt.wish,
				Person: registry.Person{Name: "Cliënt", Email: "x@x.example", Phone: tt.phone, OpenPGPKey: tt.key}}
			dir := incidents.Directory{Clients: map[string]registry.Client{"c": c}, First: tt.first}
			affected := []incidents.Affected{{ID: "c", ClientID: "c", InScope: true, Certainty: incidents.Certain, Readers: []string{"c"}}}
			got := incidents.Recipients(&incidents.Incident{}, incidents.ToClients, affected, dir, 2027, "nl")
			if len(got) != 1 || got[0].Channel != tt.want || got[0].Why != tt.why {
				t.Fatalf("recipients %+v, want %s because of %q", got, tt.want, tt.why)
			}
			if encrypted := got[0].OpenPGPKey != ""; encrypted != (tt.key != "" && tt.want == registry.ByEmail) {
				t.Errorf("encrypted: %t", encrypted)
			}
			if d := incidents.NewDelivery(&incidents.Notice{ID: "n"}, got[0]); tt.want != registry.ByEmail && d.Call() != incidents.CallOpen {
				t.Errorf("he stands on the call list as %q", d.Call())
			}
		})
	}
}

func TestAPersonMayTellOrTryByMessage(t *testing.T) {
	now := time.Date(2027, 3, 8, 12, 0, 0, 0, time.UTC)
	d := incidents.Delivery{ID: "d", NoticeID: "n", Channel: registry.ByMessage, State: incidents.Queued}
	if err := d.Try("message", "geen antwoord", "anna", now, now); err != nil || len(d.Tries) != 1 {
		t.Fatalf("trying by message: %v, %v", err, d.Tries)
	}
	if err := d.Tell("pigeon", "", "anna", now, now); err == nil {
		t.Error("somebody was told by pigeon")
	}
	if err := d.Tell("message", "", "anna", now, now); err != nil || d.State != incidents.ToldByPerson || d.To.By != "message" {
		t.Errorf("telling by message: %v, %s by %s", err, d.State, d.To.By)
	}
}
