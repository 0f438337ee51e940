package intake_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"datalek/incidents"
	"datalek/incidents/tenant"
	"datalek/services/sqlitestore"
	"datalek/web/intake"
	"datalek/web/page"
	"datalek/web/webtest"
)

// opened returns the public form as it is shown, with an answer in it.
func (v *visitor) opened(text string) url.Values {
	v.t.Helper()
	form := v.get("/p/code-p1").hiddenOf()
	form.Set("text", text)
	return form
}

func TestAPublicMessageSentTwiceIsKeptOnce(t *testing.T) {
	w := newWorld(t)
	v := w.visitor()
	form := v.opened("Ik kreeg mail voor een ander.")
	for n := range 3 { // pressed twice, and sent anew by the browser
		if a := v.send("POST", "/p/code-p1", form); a.status != http.StatusSeeOther || a.to != "/p/code-p1/thanks" {
			t.Errorf("press %d = %d to %s", n+1, a.status, a.to)
		}
	}
	if n := len(w.reports()); n != 1 {
		t.Errorf("%d reports of one message", n)
	}
	for range 4 { // what was kept already did not count against the limit
		v.must("/p/code-p1", "text", "Nog een.")
	}
	if a := v.send("POST", "/p/code-p1", form); a.status != http.StatusSeeOther {
		t.Errorf("once more, when the limit is reached = %d", a.status)
	}
	if n := len(w.reports()); n != 5 {
		t.Errorf("%d reports of five messages", n)
	}
}

func TestAPublicMessageSentTwiceAtOnceIsKeptOnce(t *testing.T) {
	w := newWorld(t)
	form := w.visitor().opened("Ik kreeg mail voor een ander.")
	answers := make([]answer, 4)
	var all sync.WaitGroup
	for n := range answers {
		v := w.visitor()
		all.Go(func() { answers[n] = v.send("POST", "/p/code-p1", form) })
	}
	all.Wait()
	for _, a := range answers {
		if a.status != http.StatusSeeOther || a.to != "/p/code-p1/thanks" {
			t.Errorf("a press = %d to %s", a.status, a.to)
		}
	}
	if n := len(w.reports()); n != 1 {
		t.Errorf("%d reports of one message", n)
	}
}

func TestAPublicMessageThatWasChangedIsAnother(t *testing.T) {
	w := newWorld(t)
	v := w.visitor()
	form := v.opened("Ik kreeg mail voor een ander.")
	v.send("POST", "/p/code-p1", form)
	form.Set("reach", "06 1234")
	v.send("POST", "/p/code-p1", form)
	v.send("POST", "/p/code-p2", form)
	if n := len(w.reports()); n != 2 {
		t.Errorf("%d reports here, want the first and the changed one", n)
	}
	theirs, err := w.store.Reports(t.Context(), "p2", "", "", 10)
	w.ok(err)
	if len(theirs) != 1 {
		t.Errorf("%d reports of the other practice, want its own", len(theirs))
	}
}

// Who has seen another's form learns nothing by sending it himself: his answer
// is that of any message.
func TestAnothersFormTellsNothing(t *testing.T) {
	w := newWorld(t)
	theirs := w.visitor().opened("Mijn dossier lag op straat.")
	w.visitor().send("POST", "/p/code-p1", theirs)
	stranger := w.visitor()
	fresh := stranger.send("POST", "/p/code-p1", stranger.opened("Gok."))
	theirs.Set("text", "Gok.")
	guess := stranger.send("POST", "/p/code-p1", theirs)
	if guess.status != fresh.status || guess.to != fresh.to || guess.body != fresh.body {
		t.Errorf("with another's form: %d to %s, else %d to %s", guess.status, guess.to, fresh.status, fresh.to)
	}
	if a := stranger.get("/p/code-p1/thanks"); strings.Contains(a.body, "dossier") {
		t.Error("the confirmation shows a message")
	}
}

func TestAPublicFormOfUnknownMakeIsShownAgain(t *testing.T) {
	w := newWorld(t)
	v := w.visitor()
	for _, id := range []string{"", "x", strings.Repeat("A", 25), strings.Repeat("a", 26), strings.Repeat("A", 27), strings.Repeat("1", 26), "../../" + strings.Repeat("A", 20)} {
		form := v.opened("Dit mag niet weg zijn.")
		form.Set("_form", id)
		a := v.send("POST", "/p/code-p1", form)
		if a.status != http.StatusUnprocessableEntity || a.hiddenOf().Get("_form") == id {
			t.Errorf("form id %q = %d, want 422 with an id of ours", id, a.status)
		}
		holds(t, a, "Dit formulier kwam niet goed over.", "Dit mag niet weg zijn.")
	}
	form := v.opened("")
	if a := v.send("POST", "/p/code-p1", form); a.hiddenOf().Get("_form") != form.Get("_form") {
		t.Error("a form that is mended got another id")
	}
	if n := len(w.reports()); n != 0 {
		t.Errorf("%d reports were kept", n)
	}
}

func TestAPastedReportSentTwiceIsKeptOnce(t *testing.T) {
	w := newWorld(t)
	anke := w.anke()
	form := anke.get("/triage/new").hiddenOf()
	form.Set("text", "Beste klant, er was een lek.")
	for name, value := range map[string]string{"day": "5", "month": "3", "year": "2027", "time": "12:00"} {
		form.Set("received_at_"+name, value)
	}
	first, second := anke.send("POST", "/triage/new", form), anke.send("POST", "/triage/new", form)
	if first.status != http.StatusSeeOther || second.to != first.to {
		t.Errorf("the presses led to %d %s and %d %s", first.status, first.to, second.status, second.to)
	}
	if n := len(w.reports()); n != 1 {
		t.Fatalf("%d reports of one mail", n)
	}
	dismissal := anke.get(first.to).hiddenOf()
	dismissal.Set("reason", "Geen gegevens van ons.")
	for n := range 2 {
		if a := anke.send("POST", first.to+"/dismiss", dismissal); a.status != http.StatusSeeOther {
			t.Errorf("press %d of the dismissal = %d: %s", n+1, a.status, a.text)
		}
	}
	if r := w.reports()[0]; r.State != incidents.Dismissed {
		t.Errorf("the report is %s", r.State)
	}
}

// overtaken is a store in which another press files the incident just before
// this press looks for its draft, or for the report behind it.
type overtaken struct {
	*sqlitestore.Store
	beforeDraft, beforeReport func()
}

func (o *overtaken) Draft(ctx context.Context, practice tenant.ID, id string) (incidents.Draft, error) {
	if file := o.beforeDraft; file != nil {
		o.beforeDraft = nil
		file()
	}
	return o.Store.Draft(ctx, practice, id)
}

func (o *overtaken) Report(ctx context.Context, practice tenant.ID, id string) (*incidents.Report, error) {
	if file := o.beforeReport; file != nil {
		o.beforeReport = nil
		file()
	}
	return o.Store.Report(ctx, practice, id)
}

func TestAPressThatIsOvertakenLeadsToTheIncident(t *testing.T) {
	for name, when := range map[string]func(*overtaken, func()){
		"before it finds the draft":  func(o *overtaken, file func()) { o.beforeDraft = file },
		"before it finds the report": func(o *overtaken, file func()) { o.beforeReport = file },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			anke := w.anke()
			w.visitor().must("/p/code-p1", "text", "Ik kreeg mail voor een ander.")
			begun := anke.send("POST", "/triage/"+w.reports()[0].ID+"/incident", url.Values{}).to
			draft := begun[:strings.LastIndex(begun, "/")]
			anke.answers(draft)
			form := anke.get(draft + "/check").hiddenOf()
			between := &overtaken{Store: w.store}
			when(between, func() { anke.send("POST", draft+"/check", form) })
			site := w.Serve(page.Options{}, intake.New(intake.Options{Store: between, Office: w.Office, Book: w.Book, Now: w.Now, NewID: w.NewID}))
			second := webtest.NewVisitor(t, site)
			second.LogIn("user-p1", "p1")
			if a := second.Post(draft+"/check", form); a.StatusCode != http.StatusSeeOther || !strings.HasSuffix(a.Location(), "/filed") {
				t.Errorf("the second press = %d to %q", a.StatusCode, a.Location())
			}
			if n := len(w.incidents()); n != 1 {
				t.Errorf("%d incidents, want 1", n)
			}
		})
	}
}
