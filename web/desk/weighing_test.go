package desk_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"datalek/incidents"
	"datalek/incidents/risk"
)

func TestTheRiskIsAdvisedAndADeparturesReasonIsKept(t *testing.T) {
	r := newRig(t)
	_, body := r.get(r.at("/risk"))
	hasAll(t, body, "Wat is ons advies?", "In uw register: ja, altijd.", "U hebt nog niet alle vragen beantwoord.", "Het cijfer van ENISA", "Beantwoord de vragen over het risico")

	_, body = r.get(r.at("/risk/answers"))
	hasAll(t, body, "Wie heeft de gegevens, of kan ze hebben?", "De cijfers van ENISA zelf invullen")
	res, body := r.post(r.at("/risk/answers"), url.Values{"recipient": {"criminal"}, "disclosed": {"yes"}, "severity.dpc": {"zes"}, "severity.ei": {"7"}, "malicious": {"yes"}})
	if res.StatusCode != http.StatusUnprocessableEntity {
		t.Fatalf("numbers that are none = %d, want 422", res.StatusCode)
	}
	hasAll(t, body, "Typ een getal, bijvoorbeeld 2,5.", "Dit getal kan niet.", `value="zes"`, `href="#severity.dpc"`)

	if res, body := r.post(r.at("/risk/answers"), url.Values{"person_kinds": {"clients", "children"}, "context": {"care"}, "recipient": {"criminal"}, "disclosed": {"yes"}, "deletion_confirmed": {"unknown"},
		"malicious": {"yes"}, "severity.dpc": {"3,5"}, "severity.cb.malicious_intent": {"0.25"}}); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("answers = %d, want 303: %.500s", res.StatusCode, body)
	}
	got := r.stored().Facts.Risk
	if got.Recipient != risk.Offender || !got.Malicious || got.Deleted != nil || *got.Severity.DPC != 3.5 || got.Severity.CB[risk.MaliciousIntent] != 0.25 || len(got.PersonKinds) != 2 {
		t.Errorf("stored %+v", got)
	}
	_, body = r.get(r.at("/risk"))
	hasAll(t, body, "Uw antwoorden zijn bewaard.", "Melden bij de toezichthouder: ja", "Het de mensen vertellen: ja, het risico is hoog", "Een dader heeft de gegevens.", "3,5 × ")
	if strings.Contains(body, "U hebt nog niet alle vragen beantwoord.") {
		t.Error("all is answered, and the page asks on")
	}
	_, body = r.get(r.at("/risk/answers"))
	hasAll(t, body, `value="3,5"`, `value="0,25"`, "<details class=\"govuk-details\" open>")

	r.post(r.at("/risk"), url.Values{"answer": {"not_notifiable"}, "reason": {"De dader is gepakt en zag niets."}})
	if d, standing := r.stored().Standing(incidents.AboutPersons); !standing || d.Advised != risk.Yes {
		t.Errorf("decision %+v, want that it departs from the advice", d)
	}
	_, body = r.get(r.at("/risk"))
	hasAll(t, body, "De dader is gepakt en zag niets.", "Ons advies was toen: ja")
	r.post(r.at("/risk/answers"), url.Values{"context": {"care"}, "recipient": {"public"}, "disclosed": {"yes"}})
	if _, standing := r.stored().Standing(incidents.AboutPersons); standing {
		t.Error("the decision stands although the answers changed")
	}
}
