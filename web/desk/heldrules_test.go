package desk_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents/registry"
)

// ruledRig has a mailbox with a rule for clients, kept by a rule with a source, and
// a client of whom the rules say what is held.
func ruledRig(t *testing.T) *rig {
	t.Helper()
	r := newRig(t)
	_, err := r.store.UpdatePractice(t.Context(), "p1", func(p *registry.Practice) error {
		p.Policy.Retention = []registry.RetentionRule{{From: registry.FromLastContact, Months: 84, Source: "Reglement, artikel 10"}}
		return nil
	})
	r.must(err)
	s, err := r.store.System(t.Context(), "p1", "mailbox")
	r.must(err)
	s.Rules = []registry.HoldingRule{{Relations: []registry.Relation{registry.RelationClient}, Categories: []registry.Category{registry.Contact}, Note: "Alleen adressen."}}
	_, err = r.store.PutSystem(t.Context(), s)
	r.must(err)
	people := r.people()
	people[0].Holdings, people[0].HoldingsByRule = nil, true
	_, err = r.store.PutClients(t.Context(), "p1", people)
	r.must(err)
	r.own = r.stored()
	own, err := r.office.Reassess(t.Context(), "p1", r.own.ID, r.own.Aware[0].By)
	r.must(err)
	r.Assess(own)
	return r
}

func TestTheReasonSaysTheRuleItsTermAndItsSource(t *testing.T) {
	r := ruledRig(t)
	want := "Dat volgt uit uw regel voor Postvak. Wat daar staat van iemand die dit is (cliënt): e-mailadres of telefoonnummer. " +
		"Bewaartermijn: nog 7 jaar na het laatste contact. Dat staat in: Reglement, artikel 10. U noteerde daarbij: “Alleen adressen”."
	_, body := r.get(r.at("/affected"))
	hasAll(t, body, want)
	_, body = r.get(r.at("/file"))
	hasAll(t, body, "Zo wist het programma wat er stond", want)

	// The rules of the day of the finding stand there, whatever is changed later.
	s, err := r.store.System(t.Context(), "p1", "mailbox")
	r.must(err)
	s.Rules = []registry.HoldingRule{{Note: "Iets heel anders."}}
	_, err = r.store.PutSystem(t.Context(), s)
	r.must(err)
	if _, body = r.get(r.at("/file")); !strings.Contains(body, want) || strings.Contains(body, "Iets heel anders") {
		t.Error("a later rule stands in the file in place of the one that counted")
	}
}

func TestTheRegisterExportsTheRulesThatCounted(t *testing.T) {
	r := ruledRig(t)
	_, body := r.get("/register/export?format=csv")
	hasAll(t, body, "Regels die telden", "Dat staat in: Reglement, artikel 10.")
	type rule struct {
		System, Relation, Source string
		Categories               []string
		KeptFrom                 string `json:"kept_from"`
		KeptMonths               int    `json:"kept_months"`
	}
	var got struct {
		Incidents []struct {
			HeldRules []rule `json:"held_rules"`
		}
	}
	_, body = r.get("/register/export?format=json")
	r.must(json.Unmarshal([]byte(body), &got))
	want := []rule{{System: "mailbox", Relation: "client", Source: "Reglement, artikel 10", Categories: []string{"contact"}, KeptFrom: "last_contact", KeptMonths: 84}}
	if diff := cmp.Diff(want, got.Incidents[0].HeldRules); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
}
