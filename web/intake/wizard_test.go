package intake_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents"
	"datalek/incidents/registry"
)

func TestTheFormMakesTheIncidentItDescribes(t *testing.T) {
	w := newWorld(t)
	anke := w.anke()
	draft := anke.begin("/incidents/new")
	anke.answers(draft)
	check := anke.get(draft + "/check")
	holds(t, check, "stap 13 van 13", "Mailbox overgenomen", "Ongeveer woensdag 3 maart 2027 om 09.00 uur, Nederlandse tijd", "Wat gaat u nog doen? Niet opgegeven Wijzigen",
		"vóór zondag 7 maart 2027 om 17.42 uur, Nederlandse tijd", "Leg dit datalek vast")
	to := anke.must(draft + "/check")
	filed := anke.get(to)
	holds(t, filed, "2027-0001", "Vertel het de cliënten vóór zondag 7 maart 2027 om 17.42 uur, Nederlandse tijd.",
		"Meld het bij de toezichthouder vóór maandag 8 maart 2027 om 17.42 uur, Nederlandse tijd")
	all := w.incidents()
	if len(all) != 1 {
		t.Fatalf("%d incidents, want 1", len(all))
	}
	from, until := time.Date(2027, 3, 3, 8, 0, 0, 0, time.UTC), time.Date(2027, 3, 5, 9, 0, 0, 0, time.UTC)
	want := incidents.Facts{Playbook: "phished-mailbox", OccurredFrom: &from, OccurredUntil: &until, OccurredApprox: true,
		DiscoveredAt: time.Date(2027, 3, 5, 16, 0, 0, 0, time.UTC), Systems: []string{"mailbox"},
		Categories: []registry.Category{registry.Contact, registry.Correspondence}, Unintelligible: incidents.UnintelligibleNo, Role: incidents.AsController,
		Usual: []incidents.BreachKind{incidents.Confidentiality, incidents.Integrity}, Steps: all[0].Facts.Steps}
	if len(want.Steps) == 0 || want.Steps[0].Within <= 0 {
		t.Errorf("the kind's first steps are not kept: %+v", want.Steps)
	}
	if diff := cmp.Diff(want, all[0].Facts); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
	if got := all[0].Aware[0]; !got.AwareAt.Equal(friday) || got.Basis != "Ik zag vreemde mail in Verzonden." || got.Estimated {
		t.Errorf("aware = %+v", got)
	}
	if rest := anke.get("/incidents/drafts"); !strings.Contains(rest.text, "Niets dat nog af moet") {
		t.Errorf("the filed draft is still there: %s", rest.text)
	}
}

func TestSendingTheLastPageTwiceMakesOneIncident(t *testing.T) {
	w := newWorld(t)
	anke := w.anke()
	draft := anke.begin("/incidents/new")
	anke.answers(draft)
	form := anke.get(draft + "/check").hiddenOf()
	var presses sync.WaitGroup
	answers := make([]answer, 8)
	for n := range answers {
		presses.Add(1)
		go func() {
			defer presses.Done()
			answers[n] = anke.send("POST", draft+"/check", form)
		}()
	}
	presses.Wait()
	for _, a := range append(answers, anke.send("POST", draft+"/check", form), anke.get(draft+"/story")) {
		if a.status != http.StatusSeeOther || !strings.HasSuffix(a.to, "/filed") {
			t.Errorf("status %d to %q", a.status, a.to)
		}
	}
	if n := len(w.incidents()); n != 1 {
		t.Errorf("%d incidents, want 1", n)
	}
}

func TestAnAnswerFromAnotherWindowIsNotLostUnseen(t *testing.T) {
	w := newWorld(t)
	anke := w.anke()
	draft := anke.begin("/incidents/new")
	story := draft + "/story"
	first, second := anke.get(story).hiddenOf(), anke.get(story).hiddenOf()
	first.Set("summary", "Uit het eerste venster.")
	second.Set("summary", "Uit het tweede venster.")
	if a := anke.send("POST", story, first); a.status != http.StatusSeeOther {
		t.Fatalf("first window: %d", a.status)
	}
	clash := anke.send("POST", story, second)
	if clash.status != http.StatusConflict {
		t.Fatalf("second window: %d, want 409", clash.status)
	}
	holds(t, clash, "in een ander venster veranderd", "Uit het tweede venster.")
	if kept := anke.get(story); !strings.Contains(kept.text, "Uit het eerste venster.") {
		t.Errorf("the first answer is gone: %s", kept.text)
	}
	again := clash.hiddenOf()
	again.Set("summary", "Uit het tweede venster.")
	if a := anke.send("POST", story, again); a.status != http.StatusSeeOther {
		t.Errorf("sent again: %d", a.status)
	}
	first.Set("summary", "Uit het tweede venster.")
	if a := anke.send("POST", story, first); a.status != http.StatusSeeOther {
		t.Errorf("two windows that say the same: %d", a.status)
	}
}

func TestTheBrowsersWayBackIsNoClash(t *testing.T) {
	w := newWorld(t)
	anke := w.anke()
	story := anke.begin("/incidents/new") + "/story"
	form := anke.get(story).hiddenOf()
	for _, text := range []string{"Eerst dit.", "Toen dat.", "Ten slotte zo."} {
		form.Set("summary", text)
		if a := anke.send("POST", story, form); a.status != http.StatusSeeOther {
			t.Errorf("%s: status %d", text, a.status)
		}
	}
}

func TestTheLastPageWantsToBeSeenAsItIs(t *testing.T) {
	w := newWorld(t)
	anke := w.anke()
	draft := anke.begin("/incidents/new")
	anke.answers(draft)
	old := anke.get(draft + "/check").hiddenOf()
	if to := anke.must(draft+"/protected?from=check", "unintelligible", "yes"); to != draft+"/check" {
		t.Errorf("a change leads to %s", to)
	}
	a := anke.send("POST", draft+"/check", old)
	if a.status != http.StatusConflict || len(w.incidents()) != 0 {
		t.Errorf("status %d with %d incidents", a.status, len(w.incidents()))
	}
	holds(t, a, "De antwoorden zijn in een ander venster veranderd")
}

func TestWhatIsMissingIsNamedOnTheLastPage(t *testing.T) {
	w := newWorld(t)
	anke := w.anke()
	draft := anke.begin("/incidents/new")
	anke.must(draft+"/what", "playbook", "mis-sent-email")
	a := anke.fill(draft + "/check")
	if a.status != http.StatusUnprocessableEntity || len(w.incidents()) != 0 {
		t.Errorf("status %d with %d incidents", a.status, len(w.incidents()))
	}
	holds(t, a, "Fout: Kijk uw antwoorden na", "Bij ‘Vertel kort wat er gebeurde’: Schrijf in een paar zinnen op wat er gebeurde.", "Bij ‘Bij wie kwam het terecht?’: Vul in bij wie",
		"stap 14 van 14", "Niet opgegeven")
	shown := anke.get(draft + "/recipients?from=check&show=1")
	holds(t, shown, "Vul in bij wie het terechtkwam")
}

func TestAFormIsKeptAndGoneOnWithLater(t *testing.T) {
	w := newWorld(t)
	anke := w.anke()
	draft := anke.begin("/incidents/new")
	anke.must(draft+"/what", "playbook", "lost-device")
	if to := anke.must(draft+"/found", "discovered_at_day", "31", "discovered_at_month", "februari", "act", "later"); to != "/incidents/drafts" {
		t.Errorf("later leads to %s", to)
	}
	list := anke.get("/incidents/drafts")
	holds(t, list, "Uw antwoorden zijn bewaard", "Ga verder: Apparaat kwijt of gestolen", "Bewaard op vrijdag 5 maart 2027 om 17.42 uur")
	if !strings.Contains(list.body, `href="`+draft+`/found"`) {
		t.Error("the list does not lead to the step last worked on")
	}
	if page := anke.get(draft + "/found"); !strings.Contains(page.body, `value="februari"`) {
		t.Error("what was typed is gone")
	}
	if fresh := anke.get(anke.begin("/incidents/new") + "/whose"); !strings.Contains(fresh.text, "U was al begonnen: Apparaat kwijt of gestolen, op vrijdag 5 maart 2027 om 17.42 uur. Ga daarmee verder · Bekijk wat niet af is (1)") {
		t.Errorf("a new form does not remind of the old: %s", fresh.text)
	}
	drop := "/incidents/drafts/" + draft[strings.LastIndex(draft, "/")+1:] + "/drop"
	holds(t, anke.get(drop), "Deze antwoorden weggooien?")
	if a := anke.send("POST", drop, url.Values{}); a.to != "/incidents/drafts" {
		t.Errorf("throwing away leads to %s", a.to)
	}
	if a := anke.get(draft + "/found"); a.status != http.StatusNotFound {
		t.Errorf("a dropped draft: %d", a.status)
	}
}

func TestADraftIsOnlyItsPractices(t *testing.T) {
	w := newWorld(t)
	draft := w.anke().begin("/incidents/new")
	other := w.as("p2")
	for _, path := range []string{draft + "/what", draft + "/check", "/incidents/drafts/" + draft[len("/incidents/new/"):] + "/drop"} {
		if a := other.get(path); a.status != http.StatusNotFound {
			t.Errorf("%s = %d, want 404", path, a.status)
		}
	}
	if a := w.visitor().get(draft + "/what"); a.status != http.StatusSeeOther || !strings.HasPrefix(a.to, "/login") {
		t.Errorf("a stranger gets %d %s", a.status, a.to)
	}
	if a := w.anke().get(draft + "/nothing"); a.status != http.StatusNotFound {
		t.Errorf("an unknown step = %d", a.status)
	}
	if a := w.anke().get(strings.Replace(draft, "/incidents/new", "/mis-sent/new", 1) + "/about"); a.status != http.StatusNotFound {
		t.Errorf("another form's draft = %d", a.status)
	}
}

func TestTypingKeepsItself(t *testing.T) {
	w := newWorld(t)
	anke := w.anke()
	story := anke.begin("/incidents/new") + "/story"
	opened := anke.get(story)
	if !strings.Contains(opened.body, `data-autosave="`+story+`"`) {
		t.Error("the page does not keep itself")
	}
	form := opened.hiddenOf()
	form.Set("summary", "Half een zin")
	req, err := http.NewRequestWithContext(t.Context(), "POST", w.site+story, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Autosave", "1")
	res, err := anke.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusNoContent {
		t.Errorf("status %d", res.StatusCode)
	}
	form.Set("summary", "Half een zin, en nu heel.")
	if a := anke.send("POST", story, form); a.status != http.StatusSeeOther {
		t.Errorf("going on after keeping: %d", a.status)
	}
}
