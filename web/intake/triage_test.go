package intake_test

import (
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/web/casework"
)

func TestAnybodyCanSayThatSomethingIsWrong(t *testing.T) {
	w := newWorld(t)
	stranger := w.visitor()
	holds(t, stranger.get("/p/code-p1"), "Ik denk dat er iets mis is met mijn gegevens", "Praktijk Proef")
	if to := stranger.must("/p/code-p1", "text", "Ik kreeg mail voor een ander.", "name", "Jan", "reach", "06 1234"); to != "/p/code-p1/thanks" {
		t.Errorf("leads to %s", to)
	}
	holds(t, stranger.get("/p/code-p1/thanks"), "Dank u. Uw bericht is aangekomen", "010 123 45 67")
	all := w.reports()
	if len(all) != 1 || all[0].Source != incidents.FromPublic || all[0].State != incidents.InTriage || all[0].Words.Text != "Ik kreeg mail voor een ander." {
		t.Fatalf("reports = %+v", all)
	}
	if due, some := all[0].Clock.DueAt(); !some || !due.Equal(friday.Add(72*time.Hour)) {
		t.Errorf("shadow clock ends %s", due)
	}
	stranger.Cookies().Set("taal", "en")
	holds(t, stranger.get("/p/code-p1"), "I think something is wrong with my data")
}

func TestThePublicFormGivesNothingAway(t *testing.T) {
	w := newWorld(t)
	v := w.visitor()
	missing := v.get("/nowhere")
	for _, path := range []string{"/p/unknown", "/p/unknown/thanks", "/p/" + strings.Repeat("x", 500), "/p/p1"} {
		if a := v.get(path); a.status != http.StatusNotFound || a.text != missing.text {
			t.Errorf("%.30s differs from a page that does not exist: %d", path, a.status)
		}
	}
	if a := v.send("POST", "/p/unknown", url.Values{"text": {"x"}}); a.status != http.StatusNotFound {
		t.Errorf("a message to nobody = %d", a.status)
	}
	v.must("/p/code-p1", "text", "Koop nu", "website", "https://spam.example")
	if n := len(w.reports()); n != 0 {
		t.Errorf("%d reports of a program that fills in every field", n)
	}
}

func TestThePublicFormKeepsWhatWasTyped(t *testing.T) {
	w := newWorld(t)
	v := w.visitor()
	for _, tt := range []struct {
		name  string
		pairs []string
		want  string
	}{
		{"nothing written", []string{"name", "Jan <Jansen>"}, "Schrijf op wat u hebt gemerkt."},
		{"far too much", []string{"text", strings.Repeat("x", 10_001), "name", "Jan <Jansen>"}, "Gebruik hooguit 10000 tekens."},
		{"a header in the name", []string{"text", "x", "name", "Jan <Jansen>\r\nBcc: x@example.org"}, "onzichtbare tekens"},
		{"control characters", []string{"text", "\x00\x1b[0m", "name", "Jan <Jansen>"}, "onzichtbare tekens"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := v.fill("/p/code-p1", tt.pairs...)
			if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "Jan &lt;Jansen&gt;") {
				t.Errorf("status %d: %s", a.status, a.text)
			}
			holds(t, a, tt.want)
		})
	}
	if n := len(w.reports()); n != 0 {
		t.Errorf("%d reports were kept half", n)
	}
}

func TestThePublicFormIsSlowedDown(t *testing.T) {
	w := newWorld(t)
	v := w.visitor()
	for range 5 {
		v.must("/p/code-p1", "text", "Steeds hetzelfde.")
	}
	a := v.fill("/p/code-p1", "text", "Dit mag niet weg zijn.")
	if a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") == "" {
		t.Errorf("status %d, Retry-After %q", a.status, a.header.Get("Retry-After"))
	}
	holds(t, a, "Dit mag niet weg zijn.", "Er kwamen net te veel berichten binnen.")
	w.pass(11 * time.Minute)
	v.must("/p/code-p1", "text", "Dit mag niet weg zijn.")
	if n := len(w.reports()); n != 6 {
		t.Errorf("%d reports, want 6", n)
	}
}

func TestAReportBecomesOneIncident(t *testing.T) {
	w := newWorld(t)
	w.visitor().must("/p/code-p1", "text", "Ik kreeg mail voor een ander.")
	w.pass(2 * time.Hour)
	anke := w.anke()
	report := "/triage/" + w.reports()[0].ID
	holds(t, anke.get("/triage"), "Ik kreeg mail voor een ander.", "Uw openbare formulier", "nog 70 uur", "Nog besluiten")
	holds(t, anke.get(report), "Is dit een datalek?", "vrijdag 5 maart 2027 om 17.42 uur, Nederlandse tijd")
	first := anke.send("POST", report+"/incident", url.Values{})
	if second := anke.send("POST", report+"/incident", url.Values{}); second.to != first.to || first.status != http.StatusSeeOther {
		t.Fatalf("two presses lead to %q and %q", first.to, second.to)
	}
	draft := strings.TrimSuffix(first.to, "/whose")
	holds(t, anke.get(draft+"/story"), "Ik kreeg mail voor een ander.")
	for _, step := range [][]string{{"whose", "role", "controller"}, {"what", "playbook", "phished-mailbox"}, {"window", "occurred", "unknown"}, {"systems", "systems", "unknown"},
		{"data", "categories", "unknown"}, {"whom", "whom", "all"}, {"protected", "unintelligible", "unknown"}} {
		anke.must(draft+"/"+step[0], step[1:]...)
	}
	anke.must(draft + "/check")
	inc, settled := w.incidents()[0], w.reports()[0]
	if !inc.AwareAt().Equal(friday) || inc.Story.Summary != "Ik kreeg mail voor een ander." || len(inc.ReportIDs) != 1 {
		t.Errorf("incident aware at %s: %+v", inc.AwareAt(), inc.Story)
	}
	if settled.State != incidents.BecameIncident || settled.IncidentID != inc.ID || settled.Clock.EndedAt.IsZero() {
		t.Errorf("report = %+v", settled)
	}
	if a := anke.send("POST", report+"/incident", url.Values{}); a.status != http.StatusConflict {
		t.Errorf("a settled report again: %d", a.status)
	}
	holds(t, anke.get("/triage?show=all"), "Is een datalek")
	holds(t, anke.get(report), "Naar dit datalek")
}

func TestAReportThatIsNoIncidentIsDismissedWithAReason(t *testing.T) {
	w := newWorld(t)
	w.visitor().must("/p/code-p1", "text", "Reclame")
	anke := w.anke()
	report := "/triage/" + w.reports()[0].ID
	a := anke.send("POST", report+"/dismiss", url.Values{"reason": {" "}})
	if a.status != http.StatusUnprocessableEntity {
		t.Errorf("without a reason: %d", a.status)
	}
	holds(t, a, "Schrijf op waarom dit geen datalek is.")
	if a = anke.send("POST", report+"/dismiss", url.Values{"reason": {"Het is reclame."}}); a.to != "/triage" {
		t.Errorf("leads to %s", a.to)
	}
	holds(t, anke.get("/triage"), "Vastgelegd: dit is geen datalek.", "Niets om te bekijken")
	if a = anke.send("POST", report+"/dismiss", url.Values{"reason": {"Nog eens."}}); a.status != http.StatusConflict {
		t.Errorf("a second time: %d", a.status)
	}
	holds(t, anke.get(report), "Het is reclame.")
}

func TestWhatIsPastedCountsFromWhenItCame(t *testing.T) {
	w := newWorld(t)
	anke := w.anke()
	for _, tt := range []struct {
		name  string
		pairs []string
		want  string
	}{
		{"nothing pasted", at("received_at", "4-3-2027 09:00"), "Plak of typ hier wat u kreeg."},
		{"received in the future", append(at("received_at", "6-3-2027 09:00"), "text", "Een lek."), "Dit ligt in de toekomst."},
		{"received in 1970", append(at("received_at", "1-1-1970 09:00"), "text", "Een lek."), "meer dan tien jaar geleden"},
		{"received on no day", []string{"received_at_day", "31", "received_at_month", "2", "received_at_year", "2027", "received_at_time", "9:00", "text", "Een lek."}, "Deze dag of tijd bestaat niet."},
		{"HTML and control characters", append(at("received_at", "4-3-2027 09:00"), "text", "Een lek.", "name", "<b>\x07"), "onzichtbare tekens"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if a := anke.fill("/triage/new", tt.pairs...); a.status != http.StatusUnprocessableEntity {
				t.Errorf("status %d", a.status)
			} else {
				holds(t, a, tt.want)
			}
		})
	}
	to := anke.must("/triage/new", append(at("received_at", "4-3-2027 09:00"), "text", "Beste klant,\r\n\r\nEr was een lek.", "name", "Agenda BV", "reference", "INC-7")...)
	holds(t, anke.get(to), "Nu eerst: is dit een datalek?", "Agenda BV", "INC-7", "Er was een lek.", "vóór zondag 7 maart 2027 om 09.00 uur")
	r := w.reports()[0]
	if r.Source != incidents.FromPaste || !r.Clock.StartsAt.Equal(time.Date(2027, 3, 4, 8, 0, 0, 0, time.UTC)) {
		t.Errorf("report = %+v", r)
	}
}

func TestAReportIsOnlyItsPractices(t *testing.T) {
	w := newWorld(t)
	w.visitor().must("/p/code-p1", "text", "Van ons alleen")
	other := w.as("p2")
	report := "/triage/" + w.reports()[0].ID
	if a := other.get(report); a.status != http.StatusNotFound {
		t.Errorf("reading it: %d", a.status)
	}
	for _, act := range []string{"/incident", "/dismiss"} {
		if a := other.send("POST", report+act, url.Values{"reason": {"x"}}); a.status != http.StatusNotFound {
			t.Errorf("%s: %d", act, a.status)
		}
	}
	if a := other.get("/triage"); strings.Contains(a.text, "Van ons alleen") {
		t.Error("another practice sees it in its list")
	}
}

func TestAFilingThatWasCutOffIsFinished(t *testing.T) {
	w := newWorld(t)
	w.visitor().must("/p/code-p1", "text", "Ik kreeg mail voor een ander.")
	anke := w.anke()
	report := w.reports()[0].ID
	draft := strings.TrimSuffix(anke.send("POST", "/triage/"+report+"/incident", url.Values{}).to, "/whose")
	id := draft[strings.LastIndex(draft, "/")+1:]
	practice, err := w.store.Practice(t.Context(), "p1")
	w.ok(err)
	// The program stopped after the incident was saved: nothing else was done.
	_, err = w.office.File(t.Context(), practice, casework.NewCase{ID: id, Source: incidents.FromForm, AwareAt: friday, Basis: "x",
		Facts: incidents.Facts{Playbook: "outage", DiscoveredAt: friday}, Story: incidents.Story{Summary: "x"}}, incidents.System())
	w.ok(err)
	if a := anke.get(draft + "/check"); a.status != http.StatusSeeOther || a.to != "/incidents/"+id+"/filed" {
		t.Errorf("status %d to %s", a.status, a.to)
	}
	if r := w.reports()[0]; r.State != incidents.BecameIncident || r.IncidentID != id {
		t.Errorf("report = %s of %q", r.State, r.IncidentID)
	}
	if _, err := w.store.Draft(t.Context(), "p1", id); !errors.Is(err, fault.NotFound) {
		t.Errorf("the draft is still there: %v", err)
	}
}

func TestALongListOfReportsIsPaged(t *testing.T) {
	w := newWorld(t)
	practice, err := w.store.Practice(t.Context(), "p1")
	w.ok(err)
	for n := range 30 {
		_, err := w.office.Triage(t.Context(), practice, incidents.FromPublic, incidents.ReportWords{Text: fmt.Sprintf("Bericht %02d.", n)}, incidents.System())
		w.ok(err)
		w.pass(time.Minute)
	}
	anke := w.anke()
	first := anke.get("/triage")
	next := regexp.MustCompile(`href="([^"]+)" rel="next"`).FindStringSubmatch(first.body)
	if len(next) == 0 || !strings.Contains(first.text, "Bericht 29.") || strings.Contains(first.text, "Bericht 04.") {
		t.Fatalf("the first page: %s", first.text)
	}
	holds(t, anke.get(html.UnescapeString(next[1])), "Bericht 04.", "Bericht 00.")
}
