package desk_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"datalek/incidents"
	"datalek/incidents/registry"
)

// accusedRig is the rig of a practice that decides about accused people one by
// one, with one of them in the mailbox.
func accusedRig(t *testing.T) *rig {
	t.Helper()
	r := newRig(t)
	p := r.Practice("p1")
	p.Policy.Telling = []registry.Telling{{Relation: registry.RelationAccused, When: registry.TellByDecision, Source: "privacybeleid, onderdeel Klachten"}}
	_, err := r.store.UpdatePractice(t.Context(), p.ID, func(stored *registry.Practice) error {
		stored.Policy = p.Policy
		return nil
	})
	r.must(err)
	c := r.people()[0]
	c.ID, c.Relation, c.Guidance, c.Person.ExternalID, c.Person.Name = "c9", registry.RelationAccused, nil, "n-c9", "Beschuldigde Persoon"
	_, err = r.store.PutClients(t.Context(), "p1", []registry.Client{c})
	r.must(err)
	r.reassess()
	return r
}

// reassess finds anew who is affected.
func (r *rig) reassess() {
	r.t.Helper()
	inc := r.stored()
	if !inc.Assessment.Pending() {
		var err error
		inc, err = r.office.Reassess(r.t.Context(), "p1", inc.ID, incidents.System())
		r.must(err)
	}
	r.Assess(inc)
}

func TestWhoIsToBeDecidedAboutStandsApartUntilThen(t *testing.T) {
	r := accusedRig(t)
	_, body := r.get(r.at(""))
	hasAll(t, body, "Wie vertelt u het wel of niet?", "nog 1 persoon", r.at("/affected?group=undecided"), "Nog te beslissen: 1. Hoort het niet, met reden: 0.")
	_, body = r.get(r.at("/risk"))
	hasAll(t, body, "Nog te beslissen: 1. Hoort het niet, met reden: 0.")
	_, body = r.get(r.at("/affected?group=undecided"))
	hasAll(t, body, "Beschuldigde Persoon", "Nog te beslissen", "U beslist zelf of u het deze persoon vertelt.", r.at("/affected/c9/decision"), "Beslis")
	if strings.Contains(body, "Nog te beslissen, krijgt bericht") {
		t.Error("who is undecided is said to get a message")
	}
	_, body = r.get(r.at("/affected/c9/decision"))
	hasAll(t, body, "Beschuldigde Persoon", "privacybeleid, onderdeel Klachten", "Ja, deze persoon krijgt ook een bericht", "UAVG artikel 41")

	res, body := r.post(r.at("/affected/c9/decision"), url.Values{"answer": {"not"}})
	if res.StatusCode != http.StatusUnprocessableEntity {
		t.Fatalf("a bare no = %d, want 422", res.StatusCode)
	}
	hasAll(t, body, "Kies waarom deze persoon het niet hoort.", `href="#reason"`)
	if res, _ = r.post(r.at("/affected/c9/decision"), url.Values{"reason": {"x"}}); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("no answer = %d, want 422", res.StatusCode)
	}

	res, _ = r.post(r.at("/affected/c9/decision"), url.Values{"answer": {"not"}, "ground": {"reveals"}, "reason": {"Hij weet niet van de klacht <b>."}})
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("a reasoned no = %d, want 303", res.StatusCode)
	}
	r.reassess()
	_, body = r.get(r.at("/affected?group=not_told"))
	hasAll(t, body, "Beschuldigde Persoon", "Hoort het niet, met reden", "Het bericht zou verraden dat er een klacht of melding is", "Hij weet niet van de klacht &lt;b&gt;.", "Beslis opnieuw")
	_, body = r.get(r.at(""))
	hasAll(t, body, "Besloten: iemand hoort het niet")
	if strings.Contains(body, "Wie vertelt u het wel of niet?") {
		t.Error("the task still stands")
	}

	if res, _ = r.post(r.at("/affected/c9/decision"), url.Values{"answer": {"tell"}}); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("changed to a yes = %d, want 303", res.StatusCode)
	}
	r.reassess()
	_, body = r.get(r.at("/affected"))
	hasAll(t, body, "U besloot om het deze persoon te vertellen.")
	if got := r.stored().Assessment.Counts; got.Undecided+got.NotTold != 0 || got.InScope != 2 {
		t.Errorf("counts %+v", got)
	}
}

func TestADecisionIsOnlyAskedWhereThePolicyAsksIt(t *testing.T) {
	r := accusedRig(t)
	for _, path := range []string{"/affected/c1/decision", "/affected/c3/decision", "/affected/nobody/decision"} {
		if res, _ := r.get(r.at(path)); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s = %d, want 404", path, res.StatusCode)
		}
		if res, _ := r.post(r.at(path), url.Values{"answer": {"tell"}}); res.StatusCode < 400 {
			t.Errorf("POST %s = %d, want a refusal", path, res.StatusCode)
		}
	}
	if res, _ := r.get("/incidents/" + r.other.ID + "/affected/c9/decision"); res.StatusCode != http.StatusNotFound {
		t.Error("another practice's case is shown")
	}
	if n := len(r.stored().PersonDecisions); n != 0 {
		t.Errorf("%d decisions were kept", n)
	}
}
