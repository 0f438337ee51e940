package casework_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/authority"
	"datalek/incidents/registry"
	"datalek/web/casework"
)

// answers returns the sheet of a case by question.
func (w *world) answers(inc *incidents.Incident) map[string]authority.Answer {
	w.t.Helper()
	inc, err := w.store.Incident(w.t.Context(), "p1", inc.ID)
	w.must(err)
	s, _, err := w.Sheet(w.t.Context(), w.Practice("p1"), inc, authority.AP, "nl")
	w.must(err)
	all := map[string]authority.Answer{}
	for _, a := range s.Answers() {
		all[a.Key] = a
	}
	return all
}

func TestTheSheetSaysWhenAndHowPeopleWereTold(t *testing.T) {
	w := newWorld(t)
	p := w.Practice("p1")
	p.Details.Contact = registry.ContactPerson{Name: "Anna Voorbeeld", Email: "anna@lindehof-post.example"}
	p.Details.Senders = []registry.Sender{{Email: "bericht@lindehof-post.example"}}
	inc := w.filed()
	if _, asked := w.answers(inc)["told_at"]; asked {
		t.Error("nobody was told yet")
	}
	n, err := w.Draft(t.Context(), p, inc.ID, incidents.ToClients, anna())
	w.must(err)
	_, err = w.Approve(t.Context(), p, n.ID, casework.Approval{TextHash: n.TextHash, RecipientsHash: n.RecipientsHash, Sender: "bericht@lindehof-post.example", By: anna()})
	w.must(err)
	rows, err := w.store.DeliveriesOf(t.Context(), "p1", n.ID, nil, "", 10)
	w.must(err)
	first, second := w.Now(), w.Now().Add(2*time.Hour)
	_, err = w.store.UpdateDelivery(t.Context(), "p1", rows[0].ID, func(d *incidents.Delivery) error {
		d.Record(incidents.Answer{Kind: incidents.Accepted, Stage: "data", Code: 250, At: first}, time.Time{})
		return nil
	})
	w.must(err)
	if a := w.answers(inc); a["means"].Text != "Per e-mail" || a["told_at"].Text != "08-03-2027 17:42" || a["told_at"].Mark != authority.Derived {
		t.Errorf("after one mail: %+v, %+v", a["told_at"], a["means"])
	}
	_, err = w.store.UpdateDelivery(t.Context(), "p1", rows[1].ID, func(d *incidents.Delivery) error { return d.Tell("phone", "", "anna", second, second) })
	w.must(err)
	if a := w.answers(inc); a["told_count"].Text != "2" || a["means"].Text != "Per e-mail\nTelefonisch" || a["told_at"].Text != "van 08-03-2027 17:42 tot en met 08-03-2027 19:42" {
		t.Errorf("after a call too: %+v, %+v", a["told_at"], a["means"])
	}
}

func TestTheSheetNamesWhoKeepsTheSystemsThatWereHit(t *testing.T) {
	w := newWorld(t)
	for _, s := range []registry.System{{ID: "reports", Name: "Verslagen", ProcessorID: "dropbox"}, {ID: "links", Name: "Links", ProcessorID: "dropbox"}, {ID: "paper", Name: "Papier"}} {
		s.PracticeID, s.Categories, s.Identifiability = "p1", []registry.Category{registry.Name}, registry.Identified
		if s.ProcessorID != "" {
			_, _, err := w.SaveProcessor(t.Context(), registry.Processor{ID: s.ProcessorID, PracticeID: "p1", Name: "Dropbox"})
			w.must(err)
		}
		_, _, err := w.SaveSystem(t.Context(), s)
		w.must(err)
	}
	for hit, want := range map[string]string{"reports links": "verwerker\nDropbox", "paper": ""} {
		inc, err := w.File(t.Context(), w.Practice("p1"), casework.NewCase{Source: incidents.FromAPI, AwareAt: w.Now(), Basis: "gezien",
			Facts: incidents.Facts{Playbook: "open-share", DiscoveredAt: w.Now(), Systems: strings.Fields(hit)}, Story: incidents.Story{Summary: "Er is iets."}}, anna())
		w.must(err)
		if a := w.answers(inc)["other_parties"]; a.Text != want || want != "" && a.Mark != authority.Derived {
			t.Errorf("hit %q: the sheet names %+v, want %q", hit, a, want)
		}
	}
}

func TestTheKindOfIncidentComesFromTheKindOfBreach(t *testing.T) {
	w := newWorld(t)
	for _, kind := range w.Book.Playbooks() {
		inc, err := w.File(t.Context(), w.Practice("p1"), casework.NewCase{Source: incidents.FromAPI, AwareAt: w.Now(), Basis: "gezien",
			Facts: incidents.Facts{Playbook: kind.ID, DiscoveredAt: w.Now()}, Story: incidents.Story{Summary: "Er is iets."}}, anna())
		w.must(err)
		if a := w.answers(inc)["incident_type"]; !strings.HasPrefix(a.Text, fmt.Sprintf("%d. ", kind.APIncidents[0])) {
			t.Errorf("%s stands on the sheet as %+v, want kind %d", kind.ID, a, kind.APIncidents[0])
		}
	}
}

func TestOnlyNamesThatTheTextsMeetAreLookedFor(t *testing.T) {
	w := newWorld(t)
	w.take("nummer;naam;e-mail\nc-1;Jan Proef;a@voorbeeldpost.example\nc-2;Li Wu;b@voorbeeldpost.example\nc-3;Zus van der Beek;c@voorbeeldpost.example\n")
	inc, err := w.File(t.Context(), w.Practice("p1"), casework.NewCase{Source: incidents.FromAPI, AwareAt: w.Now(), Basis: "gezien",
		Facts: incidents.Facts{Playbook: "lost-paper", DiscoveredAt: w.Now()}, Story: incidents.Story{Summary: "De map van Proef en li wu is weg, en een van de sleutels."}}, anna())
	w.must(err)
	_, open, err := w.Sheet(t.Context(), w.Practice("p1"), inc, authority.AP, "nl")
	w.must(err)
	var found []string
	for _, f := range open {
		found = append(found, f.Text)
	}
	if got := strings.Join(found, ", "); got != "Proef, li wu" {
		t.Errorf("found %q", got)
	}
}

// BenchmarkSheetOfLargePractice makes a sheet of a practice with 10,000 clients, whose
// names are looked for in the texts.
func BenchmarkSheetOfLargePractice(b *testing.B) {
	w := newWorld(b)
	for start := 0; start < 10_000; start += 1000 {
		clients := make([]registry.Client, 1000)
		for i := range clients {
			id := fmt.Sprintf("c-%05d", start+i)
			clients[i] = registry.Client{ID: id, PracticeID: "p1", Language: "nl", Relation: registry.RelationClient, UpdatedAt: w.Now(),
				Person: registry.Person{ExternalID: id, Name: "Meet Persoon " + id, Email: id + "@voorbeeldpost.example"}}
		}
		_, err := w.store.PutClients(b.Context(), "p1", clients)
		w.must(err)
	}
	inc, err := w.File(b.Context(), w.Practice("p1"), casework.NewCase{Source: incidents.FromAPI, AwareAt: w.Now(), Basis: "gezien",
		Facts: incidents.Facts{Playbook: "lost-paper", DiscoveredAt: w.Now()}, Story: incidents.Story{Summary: "De map met het schrift van Jan Proef is weg."}}, anna())
	w.must(err)
	p := w.Practice("p1")
	for b.Loop() {
		if _, _, err := w.Sheet(b.Context(), p, inc, authority.AP, "nl"); err != nil {
			b.Fatal(err)
		}
	}
}
