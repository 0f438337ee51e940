package catalogue_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents/registry"
	"datalek/web/webtest"
)

// TestASystemSaysWhoseDataItHolds goes the way of a browser without script: a button
// adds a rule, another takes one away, and nothing is saved before the last.
func TestASystemSaysWhoseDataItHolds(t *testing.T) {
	r := newRig(t)
	r.systems()
	_, body := r.get("/systems/mailbox")
	webtest.Wants(t, body, "Van wie staan er gegevens in?", `name="rules.n" value="0"`, `name="act" value="add"`)
	form := filled(body)
	press := func(act string) string {
		t.Helper()
		form.Set("act", act)
		res, body := r.post("/systems/mailbox", form)
		if res.StatusCode != http.StatusOK {
			t.Fatalf("%s = %d: %s", act, res.StatusCode, summary(body))
		}
		return body
	}
	for range 3 {
		form = filled(press("add"))
	}
	form["rules.0.relations"] = []string{"newsletter"}
	form["rules.1.relations"] = []string{"client", "trainee"}
	form["rules.1.identifiability"] = []string{"pseudonymised"}
	form["rules.1.key_system"] = []string{"key-list"}
	form["rules.1.categories"] = []string{"name", "contact"}
	form.Set("rules.1.note", "Namen staan in de kluis.")
	form.Set("rules.2.note", "De rest.")
	body = press("drop.0")
	webtest.Wants(t, body, "Regel 2", `name="rules.0.relations" type="checkbox" value="client" checked`, "Namen staan in de kluis.")
	webtest.Lacks(t, body, "Regel 3", `value="newsletter" checked`)
	if got, err := r.Store.System(t.Context(), "p1", "mailbox"); err != nil || got.Version != 1 {
		t.Errorf("a button that only arranges saved version %d, %v", got.Version, err)
	}
	form = filled(body)
	form.Del("act")
	r.follow("/systems/mailbox", form)
	got, err := r.Store.System(t.Context(), "p1", "mailbox")
	r.Must(err)
	want := []registry.HoldingRule{{Relations: []registry.Relation{registry.RelationClient, registry.RelationTrainee}, Categories: []registry.Category{registry.Name, registry.Contact},
		Identifiability: registry.Pseudonymised, KeySystem: "key-list", Note: "Namen staan in de kluis."}, {Note: "De rest."}}
	if diff := cmp.Diff(want, got.Rules); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	_, body = r.get("/systems/mailbox")
	again := filled(body)
	again.Del("act")
	r.follow("/systems/mailbox", again)
	if got, err = r.Store.System(t.Context(), "p1", "mailbox"); err != nil || cmp.Diff(want, got.Rules) != "" {
		t.Errorf("saving what is shown changes the rules to %+v, %v", got.Rules, err)
	}
}

func TestASystemShowsHowLongItIsKeptByWhichRule(t *testing.T) {
	r := newRig(t)
	r.systems()
	_, err := r.Store.UpdatePractice(t.Context(), "p1", func(p *registry.Practice) error {
		p.Policy.Retention = []registry.RetentionRule{{Relations: []registry.Relation{registry.RelationNewsletter}, From: registry.UntilWithdrawal, Source: "Beleid, brieven"},
			{Systems: []string{"mailbox"}, From: registry.FromLastContact, Months: 84, Source: "Beleid, artikel 10"}, {From: registry.FromGuidance}}
		return nil
	})
	r.Must(err)
	_, body := r.get("/systems/mailbox")
	webtest.Wants(t, body, "Hoe lang blijft het erin staan?", "Nog 7 jaar na het laatste contact.", "Uit: Beleid, artikel 10", "Lezer van de nieuwsbrief",
		"Tot iemand zijn toestemming intrekt", "Uit: Beleid, brieven", `href="/settings/policy/edit#part-keep"`)
	form := filled(body)
	form.Set("rules.n", "1")
	form["rules.0.relations"] = []string{"client"}
	form.Del("act")
	r.follow("/systems/mailbox", form)
	_, body = r.get("/systems/mailbox")
	webtest.Wants(t, body, "Iedereen die erin staat", "Uit: Beleid, artikel 10")
	webtest.Lacks(t, body, "Uit: Beleid, brieven") // nothing of its readers is in it
	_, list := r.get("/systems")
	webtest.Wants(t, list, "Van: Cliënt<", "Van: iedereen<")
}

func TestAProcessorSaysItsContractAndWhatItRuns(t *testing.T) {
	r := newRig(t)
	r.systems()
	_, body := r.get("/processors/microsoft-365")
	webtest.Wants(t, body, "Wat staat er bij dit bedrijf?", `href="/systems/mailbox">Postvak</a>`)
	webtest.Lacks(t, body, "Leerarchief")
	form := filled(body)
	form.Set("contract", "Voorwaarden van 1 mei, map Contracten")
	form.Set("contact", "Meldpunt, 0800-0000")
	r.follow("/processors/microsoft-365", form)
	p, err := r.Store.Processor(t.Context(), "p1", "microsoft-365")
	if err != nil || p.Contract != "Voorwaarden van 1 mei, map Contracten" || p.Contact != "Meldpunt, 0800-0000" {
		t.Errorf("processor = %+v, %v", p, err)
	}
	_, body = r.get("/processors/microsoft-365")
	webtest.Wants(t, body, `value="Voorwaarden van 1 mei, map Contracten"`, `value="Meldpunt, 0800-0000"`)
	r.follow("/processors/new", url.Values{"name": {"Dossier Online"}})
	if _, body = r.get("/processors/dossier-online"); !strings.Contains(body, "Nog geen van uw systemen.") {
		t.Error("a processor without systems does not say so")
	}
}
