package desk_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/web/webtest"
)

func ticked(state, reason string) url.Values {
	return url.Values{"playbook": {"phished-mailbox"}, "state": {state}, "reason": {reason}}
}

func TestFirstStepsAreTickedOffAndTurnRedWhenLate(t *testing.T) {
	r := newRig(t)
	_, body := r.get(r.at(""))
	hasAll(t, body, "Wat doet u het eerst?", "Beëindig alle sessies", "vóór 17.42 uur vandaag (Amsterdam)", "Gedaan", "Niet van toepassing")
	if strings.Contains(body, "te laat</span>") {
		t.Error("something is late at once")
	}
	if res, _ := r.post(r.at("/steps/sessions"), ticked("done", "")); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != r.at("#steps") {
		t.Fatalf("ticking off = %d to %s", res.StatusCode, res.Header.Get("Location"))
	}
	if res, body := r.post(r.at("/steps/police"), ticked("not_applicable", "")); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, `href="#reason"`) {
		t.Errorf("not applicable without a reason = %d, want 422 at the field", res.StatusCode)
	}
	r.post(r.at("/steps/police"), ticked("not_applicable", "Het is <geen> diefstal."))
	_, body = r.get(r.at(""))
	hasAll(t, body, "Vastgelegd: niet van toepassing.", "2 van 8 afgehandeld", "Anna de Wit", "Het is &lt;geen&gt; diefstal.", "Eerste stap gedaan", "Eerste stap niet van toepassing")
	r.Pass(4 * time.Hour)
	_, body = r.get(r.at(""))
	hasAll(t, body, "dl-steps__row--late", "eerste stappen zijn te laat")
	_, body = r.get("/")
	hasAll(t, body, "eerste stappen zijn te laat")
	r.post(r.at("/steps/second-step"), ticked("done", ""))
	r.visitor.Client().CheckRedirect = nil
	_, body = r.get(r.at("") + "?taal=en")
	hasAll(t, body, "Done, after its time", "1 first step is late", "before", "First step does not apply")
}

func TestAnUnknownStepOrOneOfAnotherKindIsRefused(t *testing.T) {
	r := newRig(t)
	if res, _ := r.post(r.at("/steps/wipe"), ticked("done", "")); res.StatusCode != http.StatusNotFound {
		t.Errorf("a step of another kind = %d, want 404", res.StatusCode)
	}
	form := ticked("done", "")
	form.Set("playbook", "lost-device")
	if res, _ := r.post(r.at("/steps/police"), form); res.StatusCode != http.StatusUnprocessableEntity || len(r.stored().Steps) != 0 {
		t.Errorf("a page of a former kind = %d, want 422 and nothing ticked", res.StatusCode)
	}
}

func TestTheKindsQuestionsAreAskedAndKept(t *testing.T) {
	r := newRig(t)
	_, body := r.get(r.at("/answers"))
	hasAll(t, body, "Stond inloggen met een tweede stap aan?", `value="phished-mailbox/second-step/yes"`)
	form := url.Values{"answer_1": {"phished-mailbox/second-step/no"}, "answer_2": {"phished-mailbox/second-step/no"}, "answer_3": {"lost-device/off/yes"}}
	if res, _ := r.post(r.at("/answers"), form); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("answering = %d", res.StatusCode)
	}
	if got := r.stored(); got.Answer("second-step") != "no" || len(got.Story.Answers) != 1 {
		t.Errorf("answers %v, want the one that fits its question", got.Story.Answers)
	}
	for _, path := range []string{"", "/file"} {
		_, body = r.get(r.at(path))
		hasAll(t, body, "Stond inloggen met een tweede stap aan?", "Nee")
	}
	_, body = r.get(r.at(""))
	hasAll(t, body, "1 van 4 beantwoord")
	r.post(r.at("/answers"), url.Values{})
	if got := r.stored().Story.Answers; got != nil {
		t.Errorf("answers %v, want none once all are taken away", got)
	}
}

func TestWhoseTheDataIsComesFirst(t *testing.T) {
	r := newRig(t)
	_, body := r.get(r.at("/risk"))
	hasAll(t, body, "Van wie zijn de gegevens?", "U beslist over deze gegevens.", r.at("/whose"))
	if strings.Index(body, "Van wie zijn de gegevens?") > strings.Index(body, "Wat telt hier mee?") {
		t.Error("the risk page asks it late")
	}
	if res, _ := r.post(r.at("/whose"), url.Values{"role": {"ours"}}); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("nobody's = %d, want 422", res.StatusCode)
	}
	r.post(r.at("/whose"), url.Values{"role": {"processor"}, "controller": {"Gemeente Proef"}})
	inc := r.stored()
	if inc.Facts.Role != incidents.AsProcessor || inc.Story.Controller != "Gemeente Proef" || inc.Clock(incidents.AuthorityClock).EndedBecause != incidents.EndedProcessorRole {
		t.Errorf("role %s of %s, authority %s", inc.Facts.Role, inc.Story.Controller, inc.Clock(incidents.AuthorityClock).EndedBecause)
	}
	_, body = r.get(r.at("/risk"))
	hasAll(t, body, "Gemeente Proef", "Zij beslist over de melding bij de toezichthouder.")
	_, body = r.get(r.at("/controller"))
	hasAll(t, body, `value="Gemeente Proef"`)
}

func TestMeasuresHaveOwnersAndOutliveTheCase(t *testing.T) {
	r := newRig(t)
	r.post(r.at("/measures"), url.Values{"measures_planned": {"- Iedereen bellen\n- Nieuwe router"}})
	_, body := r.get(r.at("/measures"))
	hasAll(t, body, "Voorstellen", "Iedereen bellen", "Nieuwe router", "Oefen met iedereen")
	if res, body := r.post(r.at("/measures/add"), url.Values{"text": {""}, "due_on_day": {"40"}}); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "Vul in wat er moet gebeuren.") || !strings.Contains(body, `href="#due_on"`) {
		t.Errorf("nothing on a day that is none = %d, want 422 with both faults", res.StatusCode)
	}
	r.post(r.at("/measures/add"), url.Values{"planned": {"Nieuwe router"}})
	r.post(r.at("/measures/add"), url.Values{"lesson": {"practise"}})
	r.post(r.at("/measures/add"), url.Values{"text": {"Versleutel <alles>"}, "owner": {"Bram"}, "due_on_day": {"7"}, "due_on_month": {"3"}, "due_on_year": {"2027"}})
	_, body = r.get(r.at("/measures"))
	hasAll(t, body, "Versleutel &lt;alles&gt;", "Bram", "uiterlijk 7 maart 2027", "Te laat", "nog niemand")
	if strings.Contains(body, `value="practise"`) || strings.Contains(body, `value="Nieuwe router"`) {
		t.Error("what stands on the list is suggested still")
	}
	r.settle()
	r.post(r.at("/close"), url.Values{"reason": {"Geleerd."}, "despite": {"Rest volgt."}})
	_, body = r.get("/")
	hasAll(t, body, "Er zijn 3 maatregelen nog te doen.", "Bij 1 is de dag voorbij.", `href="/measures"`)
	_, body = r.get("/measures")
	hasAll(t, body, r.own.Reference, "Afgerond", "Versleutel &lt;alles&gt;")
	r.post(r.at("/measures/m3/end"), url.Values{"state": {"done"}})
	r.post(r.at("/measures/m1"), url.Values{"text": {"Nieuwe router"}, "owner": {"Anna"}})
	if res, _ := r.post(r.at("/measures/m2/end"), url.Values{"state": {"dropped"}}); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("dropped without a reason = %d, want 422", res.StatusCode)
	}
	_, body = r.get(r.at("/file"))
	hasAll(t, body, "Wat nog te doen is, en door wie", "Nieuwe router", "Anna", "Versleutel &lt;alles&gt;", "Gedaan")
	if open, unowned := r.stored().OpenMeasures(); open != 2 || unowned != 1 {
		t.Errorf("%d open, %d of nobody", open, unowned)
	}
	if res, _ := r.get("/incidents/" + r.other.ID + "/measures/m1"); res.StatusCode != http.StatusNotFound {
		t.Errorf("another practice's = %d, want 404", res.StatusCode)
	}
}

func TestALongListOfMeasuresIsPaged(t *testing.T) {
	r := newRig(t)
	_, err := r.store.UpdateIncident(t.Context(), "p1", r.own.ID, func(i *incidents.Incident) error {
		for range 60 {
			if err := i.AddMeasure(incidents.Measure{Text: "Doe iets.", By: anna}, r.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	r.must(err)
	shown, next := 0, r.at("/measures")
	for n := 0; next != "" && n < 5; n++ {
		_, body := r.get(next)
		shown += strings.Count(body, "Doe iets.</p>")
		next = hrefOf(body, `rel="next"`)
		if !strings.Contains(body, `rel="next"`) {
			next = ""
		}
	}
	if shown != 60 {
		t.Errorf("the pages show %d measures, want 60", shown)
	}
}

func TestTheChecklistShowsWhatBlocksAndAsksWhyOfTheRest(t *testing.T) {
	r := newRig(t)
	_, body := r.get(r.at("/close"))
	hasAll(t, body, "Is alles gedaan?", "De cliënten weten het", "Moet eerst", "Dit datalek kan nog niet worden afgerond.", "De eerste stappen", "Nog 8", "Feiten, gevolgen en maatregelen voor het register")
	r.settle()
	res, body := r.post(r.at("/close"), url.Values{"reason": {"Geleerd."}})
	if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, `href="#despite"`) {
		t.Errorf("without why = %d, want 422 at the field", res.StatusCode)
	}
	if res, _ = r.post(r.at("/close"), url.Values{"reason": {"Geleerd."}, "despite": {"Het komt niet meer."}}); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("with why = %d", res.StatusCode)
	}
	_, body = r.get(r.at(""))
	hasAll(t, body, "Bij het afronden stond nog open: De eerste stappen (8)", "Waarom toch afgerond: Het komt niet meer.")
	if _, body = webtest.NewVisitor(t, r.site).Get(r.at("/close")).AndBody(); strings.Contains(body, "eerste stappen") {
		t.Error("a stranger sees the checklist")
	}
}
