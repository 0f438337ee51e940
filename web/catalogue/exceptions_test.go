package catalogue_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents/registry"
	"datalek/web/webtest"
)

// exceptionRig has a mailbox of clients, an archive of everyone, and Jan, who left.
func exceptionRig(t *testing.T) (*rig, registry.Client) {
	t.Helper()
	r := newRig(t)
	r.systems()
	_, err := r.Store.UpdatePractice(t.Context(), "p1", func(p *registry.Practice) error {
		p.Policy.Retention = []registry.RetentionRule{{Systems: []string{"mailbox"}, From: registry.FromLastContact, Months: 12, Source: "Beleid, 1"}, {From: registry.UntilWithdrawal, Source: "Beleid, 2"}}
		return nil
	})
	r.Must(err)
	s, err := r.Store.System(t.Context(), "p1", "key-list")
	r.Must(err)
	s.Rules = []registry.HoldingRule{{Relations: []registry.Relation{registry.RelationTrainee}}}
	_, _, err = r.Office.SaveSystem(t.Context(), s)
	r.Must(err)
	jan := person("N-1", "Jan Proef")
	jan.Guidance[0].Until = registry.Date{Year: 2025, Month: 6, Day: 30}
	return r, r.add("p1", jan)
}

func TestTheClientsPageSaysWhatEachSystemKeepsAndByWhichRule(t *testing.T) {
	r, jan := exceptionRig(t)
	_, body := r.get("/clients/" + jan.ID)
	webtest.Wants(t, body, "Postvak", "te bewaren tot en met 30 juni 2026", "Misschien staat het er nog", "Volgens uw regel voor: Cliënt. Nog 1 jaar na het laatste contact.",
		"Tot iemand zijn toestemming intrekt", "Sleutellijst in de kluis", "Volgens uw regels staat er niets in van iemand die dit is: Cliënt.")

	_, body = r.get("/clients/" + jan.ID + "/edit")
	form := filled(body)
	day(form, "first_contact", "1", "2", "2025")
	day(form, "last_contact", "1", "9", "2026")
	body = r.follow("/clients/"+jan.ID+"/edit", form)
	webtest.Wants(t, body, "1 februari 2025", "Sinds 1 februari 2025, te bewaren tot en met 1 september 2027")
	webtest.Lacks(t, body, "Misschien staat het er nog")
	day(form, "last_contact", "1", "1", "2025")
	form.Set("version", "2")
	if _, body = r.post("/clients/"+jan.ID+"/edit", form); true {
		webtest.Wants(t, body, `href="#last_contact"`, "Het einde ligt voor het begin.")
	}
}

func TestAnExceptionStandsInPlaceOfARuleUntilItEnds(t *testing.T) {
	r, jan := exceptionRig(t)
	home := "/clients/" + jan.ID
	_, body := r.get(home)
	webtest.Wants(t, body, home+"/holdings/new?system=mailbox")
	_, body = r.get(home + "/holdings/new?system=mailbox")
	webtest.Wants(t, body, "Een uitzondering voor deze persoon", "in plaats van de regel", `value="correspondence" checked`, `name="by_rule" value="yes"`)
	form := filled(body)
	form["categories"] = []string{"name"}
	form["identifiability"] = []string{"anonymous"}
	body = r.follow(home+"/holdings/new", form)
	webtest.Wants(t, body, "Uitzondering: dit noteerde u zelf voor deze persoon.", "Tot iemand zijn toestemming intrekt")
	webtest.Lacks(t, body, "Misschien staat het er nog")
	got := r.stored(jan.ID)
	want := []registry.Holding{{System: "mailbox", Categories: []registry.Category{registry.Name}, Identifiability: registry.Anonymous}}
	if diff := cmp.Diff(want, got.Holdings); !got.HoldingsByRule || diff != "" {
		t.Errorf("by rule %t, exceptions (-want +got):\n%s", got.HoldingsByRule, diff)
	}

	press := func(path, system string) string {
		t.Helper()
		_, body := r.get(home)
		return r.follow(home+path, url.Values{"version": {version(t, body)}, "system": {system}})
	}
	body = press("/exceptions/without", "mailbox")
	webtest.Wants(t, body, "Uitzondering: u noteerde dat er niets van deze persoon in staat.")
	if got = r.stored(jan.ID); len(got.Holdings) != 0 || !cmp.Equal(got.Without, []string{"mailbox"}) {
		t.Errorf("exceptions %v, without %v", got.Holdings, got.Without)
	}
	body = press("/exceptions/without", "elders")
	webtest.Wants(t, body, "Kies systemen uit de lijst van de praktijk.")
	body = press("/exceptions/end", "mailbox")
	webtest.Wants(t, body, "Voor dit systeem geldt weer de regel.", "Misschien staat het er nog")
	if got = r.stored(jan.ID); len(got.Without) != 0 {
		t.Errorf("without %v", got.Without)
	}

	body = press("/exceptions/without", "archive")
	webtest.Wants(t, body, "Genoteerd")
	press("/holdings/by-hand", "")
	got = r.stored(jan.ID)
	until := time.Date(2026, 6, 30, 22, 0, 0, 0, time.UTC)
	if got.HoldingsByRule || len(got.Without) != 0 || len(got.Holdings) != 1 || got.Holdings[0].System != "mailbox" || !got.Holdings[0].Until.Equal(until) {
		t.Errorf("by hand the list begins with %+v, without %v; want what rules and exceptions say", got.Holdings, got.Without)
	}
}
