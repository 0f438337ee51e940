package incidents_test

import (
	"testing"

	"datalek/incidents"
	"datalek/incidents/registry"
)

func TestWhoAsksForEncryptedMailGetsItOnceHisKeyIsKnown(t *testing.T) {
	for _, tt := range []struct {
		name, key, email string
		want             registry.Channel
		why              string
	}{
		{"with a key he is mailed", "the key", "x@x.example", registry.ByEmail, ""},
		{"without a key he is phoned", "", "x@x.example", registry.ByPhone, incidents.WhyWish},
		{"without an address he is phoned", "the key", "", registry.ByPhone, incidents.WhyNoEmail},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := registry.Client{ID: "c", Language: "nl", Channel: registry.ByEncryptedEmail,
				Person: registry.Person{Name: "Cliënt", Email: tt.email, Phone: "06", OpenPGPKey: tt.key}}
			dir := incidents.Directory{Clients: map[string]registry.Client{"c": c}}
			affected := []incidents.Affected{{ID: "c", ClientID: "c", InScope: true, Certainty: incidents.Certain, Readers: []string{"c"}}}
			got := incidents.Recipients(&incidents.Incident{}, incidents.ToClients, affected, dir, 2027, "nl")
			if len(got) != 1 || got[0].Channel != tt.want || got[0].Why != tt.why {
				t.Fatalf("recipients %+v", got)
			}
			if mailed := tt.want == registry.ByEmail; (got[0].OpenPGPKey == tt.key) != mailed && tt.key != "" {
				t.Errorf("the key is %q for %s", got[0].OpenPGPKey, got[0].Channel)
			}
			d := incidents.NewDelivery(&incidents.Notice{}, got[0])
			if d.To.OpenPGPKey != got[0].OpenPGPKey {
				t.Error("the delivery forgets the key")
			}
		})
	}
}
