package desk_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"datalek/incidents"
	"datalek/incidents/register"
)

// tell changes the story of the own case.
func (r *rig) tell(change func(*incidents.Facts, *incidents.Story)) {
	r.t.Helper()
	_, err := r.office.Change(r.t.Context(), "p1", r.own.ID, incidents.Change{Reason: "meer bekend", By: incidents.Actor{Kind: register.ActorUser, ID: "anna"}, Apply: change})
	r.must(err)
}

func TestNothingPersonalLeavesForTheAuthorityUndecided(t *testing.T) {
	r := newRig(t)
	r.tell(func(_ *incidents.Facts, s *incidents.Story) {
		s.Summary = "Elders Bewaard belde. Terugbellen op 06-12345678."
	})
	_, body := r.get(r.at("/authority"))
	hasAll(t, body, "Er staan nog 2 persoonlijke gegevens in uw teksten", "In dit antwoord staat iets persoonlijks")
	if strings.Contains(body, "06-12345678") || strings.Contains(body, "sheet.pdf") {
		t.Error("the page offers what nobody decided about")
	}
	for _, path := range []string{"/authority/sheet", "/authority/sheet.pdf", "/authority/edpb.json"} {
		if res, _ := r.get(r.at(path)); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != r.at("/authority/check") {
			t.Errorf("%s answers %d", path, res.StatusCode)
		}
	}
	_, body = r.get(r.at("/authority/filing"))
	hasAll(t, body, "Bekijk dat voordat u meldt")
	_, body = r.get(r.at("/authority/check"))
	hasAll(t, body, "1. Naam van een cliënt Elders Bewaard ·", "2. Telefoonnummer 06-12345678 ·", "5.3 Beschrijving")
	fields := regexp.MustCompile(`id="(choice_[0-9a-f]+)"`).FindAllStringSubmatch(body, -1)
	if len(fields) != 2 {
		t.Fatalf("%d choices", len(fields))
	}
	name, phone := fields[0][1], fields[1][1]
	reason := strings.Replace(phone, "choice", "reason", 1)
	if res, _ := r.post(r.at("/authority/check"), url.Values{name: {"remove"}}); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("one of two choices answers %d", res.StatusCode)
	}
	if res, _ := r.post(r.at("/authority/check"), url.Values{name: {"remove"}, phone: {"keep"}}); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("keeping without a reason answers %d", res.StatusCode)
	}
	if res, _ := r.post(r.at("/authority/check"), url.Values{name: {"remove"}, phone: {"keep"}, reason: {"het nummer van de politie"}}); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("choosing answers %d", res.StatusCode)
	}
	_, body = r.get(r.at("/authority"))
	hasAll(t, body, "[weggelaten] belde. Terugbellen op 06-12345678.", "sheet.pdf", "data-copy=\"answer-description\"", "readonly")
	res, body := r.get(r.at("/authority/edpb.json"))
	var template struct {
		Blocks []struct{ Fields []map[string]any }
	}
	if err := json.Unmarshal([]byte(body), &template); err != nil || res.StatusCode != http.StatusOK || len(template.Blocks) != 11 || strings.Contains(body, "Elders") {
		t.Errorf("the template answers %d, %v: %s", res.StatusCode, err, body)
	}
	if res, body := r.get(r.at("/authority/sheet.pdf")); res.StatusCode != http.StatusOK || !strings.HasPrefix(body, "%PDF") {
		t.Errorf("the PDF answers %d", res.StatusCode)
	}
	_, body = r.get(r.at("/authority/sheet"))
	hasAll(t, body, "Praktijk p1 · "+r.own.Reference+" · gemaakt op ", ", door Anna de Wit")
	_, body = r.get(r.at("/authority/check"))
	hasAll(t, body, "blijft staan: het nummer van de politie")
	if s := r.stored().Story.Summary; !strings.HasPrefix(s, "Elders Bewaard") {
		t.Errorf("the case itself now reads %q", s)
	}
}

func TestAFollowUpShowsWhatChangedSinceTheFiling(t *testing.T) {
	r := newRig(t)
	filing := func(kind string) url.Values {
		return url.Values{"kind": {kind}, "complete": {""}, "reference": {"AP-77"}, "filed_at_day": {"8"}, "filed_at_month": {"3"}, "filed_at_year": {"2027"}, "filed_at_time": {"17:42"}}
	}
	if res, body := r.post(r.at("/authority/filing"), filing("new")); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("filing answers %d: %s", res.StatusCode, body)
	}
	if f := r.stored().Filings[0]; f.Form != "AP 2022-08" || len(f.Answers) < 10 {
		t.Errorf("the filing keeps %+v", f)
	}
	_, body := r.get(r.at("/authority"))
	hasAll(t, body, "Sinds de vorige melding is er niets veranderd.", "Aanvulling of wijziging van een eerdere melding")
	r.tell(func(_ *incidents.Facts, s *incidents.Story) { s.Consequences = "Iemand kan phishing krijgen." })
	_, body = r.get(r.at("/authority"))
	hasAll(t, body, "Veranderd sinds de vorige melding", "9.2 Voor betrokkenen Wij weten niet wat deze persoon heeft gelezen of bewaard.", "Iemand weet wie er contact met ons heeft. Iemand kan phishing krijgen.")
}

func TestTheFormAsksWhatTheCaseDoesNotKnow(t *testing.T) {
	r := newRig(t)
	given := url.Values{"persons_min": {"3"}, "persons_max": {"9"}, "records_min": {"x"}, "abroad": {"yes"}, "countries": {"Duitsland"}, "main_establishment": {"BE"}, "sector": {"welzijn"}}
	if res, _ := r.post(r.at("/authority/answers"), given); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a number in letters answers %d", res.StatusCode)
	}
	given.Set("records_min", "1.200")
	if res, body := r.post(r.at("/authority/answers"), given); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("answering gives %d: %s", res.StatusCode, body)
	}
	_, body := r.get(r.at("/authority"))
	hasAll(t, body, "tussen 3 en 9", "minstens 1200", "De GBA: daar is uw hoofdvestiging. Meld dus daar.", "Duitsland", "welzijn")
	_, body = r.get(r.at("/authority/answers"))
	hasAll(t, body, `value="1200"`, `value="BE" checked`)
}

func TestTheAuthorityPageShowsTheAdviceAndWhatIsNotKnown(t *testing.T) {
	r := newRig(t)
	_, body := r.get(r.at("/authority"))
	hasAll(t, body, "Wat wij adviseren", "Melden bij de toezichthouder: ja", "10. Hacking, malware", "afgeleid: kijk of het klopt", "nog niet ingevuld", "4.4, 10.1.2")
	_, body = r.get(r.at("/authority/filing"))
	if strings.Contains(body, "weekend") {
		t.Error("a filing in time is asked why it is late")
	}
}

// Who copies an answer on a phone sees all of it: lines break between words there, and
// a letter with an accent is one.
func TestAnAnswersFieldIsAsHighAsItsTextOnAPhone(t *testing.T) {
	r := newRig(t)
	for text, rows := range map[string]string{
		"Kort.":                      "1",
		"Eén\ntwee":                  "2",
		strings.Repeat("é", 33):      "1",
		strings.Repeat("x", 80):      "3",
		strings.Repeat("vier ", 200): "14",
		"De verwerker wist het naar eigen zeggen sinds 21-11-2026 20:58 en meldde het op 23-11-2026 02:58: 6 uur te laat volgens de afspraak van 24 uur": "5",
	} {
		r.tell(func(_ *incidents.Facts, s *incidents.Story) { s.Summary = text })
		_, body := r.get(r.at("/authority"))
		hasAll(t, body, `id="answer-description" rows="`+rows+`"`)
	}
}
