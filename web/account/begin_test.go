package account_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// practice returns the one practice there is.
func (r *rig) practice() registry.Practice {
	r.t.Helper()
	for _, p := range r.store.practices {
		return p
	}
	r.t.Fatal("there is no practice")
	return registry.Practice{}
}

func TestWhoChoosesAPolicyMayTakeOverWhatBelongsToIt(t *testing.T) {
	r := newRig(t)
	form := setupForm()
	form.Set("policy", "belgian")
	res, _ := r.post("/setup/first", form)
	if got := res.Header.Get("Location"); got != "/start/systems" {
		t.Fatalf("after the set-up one goes to %s", got)
	}
	if len(r.store.own) != 1 || tenant.ID(r.store.own[0]) != r.practice().ID {
		t.Errorf("datalek itself is a system of %v", r.store.own)
	}
	_, body := r.get("/settings/start")
	for _, want := range []string{"Schijf: Verslagen", "Google", "Gegevensbeschermingsautoriteit (België), België (Brussel)", `value="catalogue"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not offer %q", want)
		}
	}
	if strings.Contains(body, "Mailbox:") {
		t.Error("the page offers what the practice has already")
	}
	if strings.Contains(body, " checked") {
		t.Error("something is ticked for a practice that has systems already")
	}
	res, _ = r.post("/settings/start", url.Values{"take": {"catalogue", "place"}})
	if got := res.Header.Get("Location"); res.StatusCode != http.StatusSeeOther || got != "/systems" {
		t.Errorf("taking over = %d to %s", res.StatusCode, got)
	}
	if len(r.store.systems) != 1 || r.store.systems[0].ID != "drive" || r.store.systems[0].PracticeID != r.practice().ID || len(r.store.processors) != 1 {
		t.Errorf("taken over: %+v and %+v", r.store.systems, r.store.processors)
	}
	if p := r.practice(); p.Authority != registry.GBA || p.TimeZone != "Europe/Brussels" {
		t.Errorf("the practice notifies %s in %s", p.Authority, p.TimeZone)
	}
	if res, _ := r.get("/settings/start"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("with nothing left to take over the page = %d", res.StatusCode)
	}
}

func TestWhoTakesOverNothingKeepsItsOwn(t *testing.T) {
	r := newRig(t)
	form := setupForm()
	form.Set("policy", "belgian")
	r.post("/setup/first", form)
	r.post("/settings/start", url.Values{})
	if p := r.practice(); len(r.store.systems)+len(r.store.processors) != 0 || p.Authority != registry.AP {
		t.Errorf("something was taken over: %v, %v, %s", r.store.systems, r.store.processors, p.Authority)
	}
}

func TestAPolicyWithoutSystemsOffersNothing(t *testing.T) {
	r := newRig(t)
	res, _ := r.post("/setup/first", setupForm())
	if got := res.Header.Get("Location"); got != "/start/systems" {
		t.Errorf("after the set-up one goes to %s", got)
	}
	if res, _ := r.get("/settings/start"); res.StatusCode != http.StatusNotFound {
		t.Errorf("the page = %d, want 404", res.StatusCode)
	}
}

func TestTheRulesPageShowsEachRuleWithItsSource(t *testing.T) {
	r := newRig(t)
	form := setupForm()
	form.Set("policy", "belgian")
	r.post("/setup/first", form)
	_, body := r.get("/settings/rules")
	for _, want := range []string{"Belgisch", "Zo snel mogelijk. U belooft geen vast aantal uren.", "Uit: reglement, artikel 1", "Postvak", "Nog 1 jaar na de laatste dag van de begeleiding.",
		"Uit: artikel 2", "Tot iemand zijn toestemming intrekt", "gmail.com"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if _, body := r.get("/settings"); !strings.Contains(body, `href="/settings/rules"`) {
		t.Error("the settings do not lead there")
	}
	r.get("/settings/rules?taal=en")
	if _, body := r.get("/settings/rules"); !strings.Contains(body, "From: artikel 2") {
		t.Error("the page does not speak English")
	}
}

func TestASenderThatThePolicyBarsIsRefusedAtItsField(t *testing.T) {
	r := newRig(t)
	form := setupForm()
	form.Set("policy", "belgian")
	form.Set("sender_email", "praktijk@gmail.com")
	res, body := r.post("/setup/first", form)
	if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, `href="#sender_email"`) || !strings.Contains(body, "nooit vanaf dit adres") {
		t.Errorf("a barred sender = %d", res.StatusCode)
	}
}

func TestAnotherPolicyUnderSettingsLeavesOpenCasesTheirsAndIsWrittenDown(t *testing.T) {
	r := newRig(t)
	r.setUp()
	form := setupForm()
	form.Set("version", "1")
	form.Set("place", "Utrecht")
	if res, body := r.post("/settings", form); res.StatusCode != http.StatusSeeOther || len(r.store.kept) != 0 {
		t.Fatalf("another place = %d, kept %v: %s", res.StatusCode, r.store.kept, body)
	}
	begun := 1 // its own making comes first
	if pending := r.practice().Outbox.Pending[begun:]; len(pending) != 1 || pending[0].Kind != "practice.settings_changed" || pending[0].Facts["fields"] != "place" || len(pending[0].Words) != 0 {
		t.Fatalf("another place wrote %+v", pending)
	}
	form.Set("version", "2")
	form.Set("policy", "belgian")
	if res, body := r.post("/settings", form); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("save = %d: %s", res.StatusCode, body)
	}
	if len(r.store.kept) != 1 || r.store.kept[0] != "sample before belgian" {
		t.Errorf("kept %v", r.store.kept)
	}
	pending := r.practice().Outbox.Pending[begun+1:]
	if len(pending) != 1 || pending[0].Kind != "practice.policy_changed" || pending[0].Words["reason"] == "" || pending[0].Actor.ID == "" {
		t.Errorf("written down: %+v", pending)
	}
}
