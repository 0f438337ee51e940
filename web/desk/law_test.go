package desk_test

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/playbooks"
	"datalek/web/casework"
	"datalek/web/webtest"
)

// underLaterLaw is the desk under a law that gives 96 hours and speaks of a high
// risk alone, from 10 March 2027 on.
func underLaterLaw(t *testing.T) *rig {
	t.Helper()
	dir := t.TempDir()
	raw, err := os.ReadFile("../../playbooks/law/eu.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(raw), "    valid_to:\n", "    valid_to: 2027-03-09\n", 1) + `  - id: later-authority
    about: authority
    nl: Vertel het de toezichthouder binnen 96 uur, als het risico hoog is.
    en: Tell the authority within 96 hours, where the risk is high.
    hours: 96
    starts: aware
    risk: high_risk
    valid_from: 2027-03-10
    source: {document: Proefwet, article: '33'}
`
	if err := os.WriteFile(filepath.Join(dir, "eu.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return newRigUnder(t, playbooks.Folders{Law: dir})
}

// fileNow files a case of which the practice became aware just now.
func (r *rig) fileNow() *incidents.Incident {
	r.t.Helper()
	inc, err := r.office.File(r.t.Context(), r.Practice("p1"), casework.NewCase{Source: incidents.FromForm, AwareAt: r.Now(), Basis: "Gezien.",
		Facts: incidents.Facts{Playbook: "outage", DiscoveredAt: r.Now(), BreachKinds: []incidents.BreachKind{incidents.Availability}, Categories: []registry.Category{registry.Name}},
		Story: incidents.Story{Summary: "De agenda was weg."}}, incidents.Actor{Kind: register.ActorUser, ID: "anna"})
	r.must(err)
	return inc
}

func TestPagesShowTheRulesOfTheCasesOwnDay(t *testing.T) {
	r := underLaterLaw(t)
	before := r.fileNow()
	r.Pass(48 * time.Hour)
	r.enter()
	after := r.fileNow()
	_, body := r.get("/incidents/" + before.ID)
	hasAll(t, body, "Welke regels gelden hier?", "binnen 72 uur nadat u het wist", "Geldt van 25 mei 2018 tot en met 9 maart 2027", "2016/679, artikel 33(1)", "Geldt sinds 25 mei 2018", "Jeugdwet")
	_, body = r.get("/incidents/" + after.ID)
	hasAll(t, body, "binnen 96 uur, als het risico hoog is", "Proefwet, artikel 33", "Geldt sinds 10 maart 2027", "nog 96 uur")
	_, body = r.get("/incidents/" + after.ID + "/file")
	hasAll(t, body, "binnen 96 uur, als het risico hoog is")
	_, body = r.get("/incidents/" + before.ID + "/authority")
	hasAll(t, body, "Later dan 72 uur na ontdekking")
	_, body = r.get("/incidents/" + after.ID + "/authority")
	hasAll(t, body, "Niet van toepassing: nog binnen 96 uur", "Later dan 96 uur na ontdekking")
	if strings.Contains(webtest.Words(body), "72") {
		t.Error("the page of a case with 96 hours speaks of 72")
	}
}

func TestAMovedDayOfAwarenessThatBringsOtherRulesSaysSo(t *testing.T) {
	r := underLaterLaw(t)
	r.Pass(48 * time.Hour)
	r.enter()
	inc := r.fileNow()
	sooner := inc.AwareAt().Add(-24 * time.Hour)
	_, err := r.office.Change(r.t.Context(), "p1", inc.ID, incidents.Change{AwareAt: &sooner, Reason: "de mail was al gelezen", By: incidents.Actor{Kind: register.ActorUser, ID: "anna"}})
	r.must(err)
	_, body := r.get("/incidents/" + inc.ID)
	hasAll(t, body, "Andere regels van de wet gelden", "De toezichthouder moet het binnen 72 uur weten. Dat was 96 uur.", "binnen 72 uur nadat u het wist")
}

func TestTheSheetTakesThePracticesDetailsAndHowPeopleWereTold(t *testing.T) {
	r := newRig(t)
	p := r.Practice("p1")
	settings := url.Values{"name": {p.Details.Name}, "authority": {"AP"}, "language": {"nl"}, "time_zone": {p.TimeZone}, "policy": {p.Policy.ID}, "contact_name": {"Anna"},
		"contact_email": {"anna@lindehof.example"}, "sender_email": {"post@lindehof.example"}, "warn_email": {"anna@lindehof.example"}, "version": {"1"},
		"sector": {"Coaching"}, "trade_number": {"1234"}}
	if res, body := r.post("/settings", settings); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "8 cijfers van het KvK-nummer") {
		t.Errorf("a number of four digits answers %d", res.StatusCode)
	}
	settings.Set("trade_number", "1234 56.78")
	if res, body := r.post("/settings", settings); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("the settings answer %d: %s", res.StatusCode, body)
	}
	if d := r.Practice("p1").Details; d.Sector != "Coaching" || d.TradeNumber != "12345678" {
		t.Errorf("kept as %q, %q", d.Sector, d.TradeNumber)
	}
	_, body := r.get(r.at("/authority"))
	hasAll(t, body, "3.1.1 KvK-nummer", ">12345678</textarea>", ">Coaching</textarea>", "Ons advies")
}

func TestAFilingKeepsTheEditionOfTheFormOfItsDay(t *testing.T) {
	dir := t.TempDir()
	raw, err := os.ReadFile("../../playbooks/law/nl.yaml")
	if err != nil {
		t.Fatal(err)
	}
	at := strings.Index(string(raw), "  - id: nl-form-2022")
	text := string(raw[:at]) + strings.Replace(string(raw[at:]), "    valid_to:\n", "    valid_to: 2027-03-09\n", 1) + `  - id: nl-form-2027
    about: form
    nl: Melden gaat met een nieuw formulier.
    en: You report with a new form.
    edition: GBA 2026-11
    valid_from: 2027-03-10
    source: {document: Proefformulier, article: '1'}
`
	if err := os.WriteFile(filepath.Join(dir, "nl.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r := newRigUnder(t, playbooks.Folders{Law: dir})
	filing := func(kind, day string) url.Values {
		return url.Values{"kind": {kind}, "complete": {""}, "reference": {"AP-" + day}, "filed_at_day": {day}, "filed_at_month": {"3"}, "filed_at_year": {"2027"}, "filed_at_time": {"17:42"}}
	}
	r.post(r.at("/authority/filing"), filing("new", "8"))
	r.Pass(72 * time.Hour)
	r.enter()
	_, body := r.get(r.at("/authority"))
	hasAll(t, body, "Met het formulier AP 2022-08")
	r.post(r.at("/authority/filing"), filing("follow_up", "9")) // recorded under the new form, made with the old one
	r.post(r.at("/authority/filing"), filing("follow_up", "10"))
	var forms []string
	for _, f := range r.stored().Filings {
		forms = append(forms, f.Form)
	}
	if got := strings.Join(forms, ", "); got != "AP 2022-08, AP 2022-08, GBA 2026-11" {
		t.Errorf("the filings keep the forms %s", got)
	}
	_, body = r.get(r.at("/authority"))
	hasAll(t, body, "Met het formulier AP 2022-08", "Met het formulier GBA 2026-11")
}
