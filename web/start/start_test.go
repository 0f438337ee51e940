package start_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"
	_ "time/tzdata"

	"datalek/incidents/registry"
	"datalek/playbooks"
	"datalek/web/casework"
	"datalek/web/page"
	"datalek/web/start"
	"datalek/web/webtest"
)

// rig is the start over the real store, with Anna logged in to practice p1.
type rig struct {
	*webtest.World
	site    string
	visitor *webtest.Visitor
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{World: webtest.NewWorld(t, time.Date(2027, 3, 8, 16, 42, 0, 0, time.UTC))}
	var err error
	r.Book, err = playbooks.Load("")
	r.Must(err)
	r.Office = casework.New(casework.Options{Store: r.Store, Book: r.Book, Now: r.Now, NewID: r.NewID})
	r.Open(r.NewPractice("p1"), "anna")
	r.site = r.Serve(page.Options{}, start.New(start.Options{Store: r.Store, Office: r.Office, Book: r.Book}))
	r.visitor = webtest.NewVisitor(t, r.site)
	r.visitor.LogIn("anna", "p1")
	return r
}

func (r *rig) post(path string, form url.Values) (webtest.Answer, string) {
	return r.visitor.Post(path, form).AndBody()
}

func (r *rig) ids(t *testing.T) map[string]registry.System {
	t.Helper()
	systems, err := r.Store.Systems(t.Context(), "p1", "", 100)
	r.Must(err)
	ids := map[string]registry.System{}
	for _, s := range systems {
		ids[s.ID] = s
	}
	return ids
}

func TestAnotherPolicyIsChosenAndItsSystemsAreTicked(t *testing.T) {
	r := newRig(t)
	if res, body := r.post("/start", url.Values{"policy": {"none"}}); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a policy that is not there = %d: %.300s", res.StatusCode, body)
	}
	res, _ := r.post("/start", url.Values{"policy": {"ballance"}})
	if got := res.Header.Get("Location"); got != "/start/systems" || r.Practice("p1").Policy.ID != "ballance" {
		t.Errorf("one goes to %s under %s", got, r.Practice("p1").Policy.ID)
	}
	_, body := r.visitor.Get("/start/systems").AndBody()
	webtest.Wants(t, body, `name="pick_policy" type="checkbox" value="keywords" checked`, `name="pick_talks" type="checkbox" value="signal"`, "Stap 2 van 3")
	webtest.Lacks(t, body, `value="signal" checked`, `value="datalek"`)
}

func TestWhatIsTickedIsSavedWithItsFirmAndRules(t *testing.T) {
	r := newRig(t)
	r.post("/start", url.Values{"policy": {"ballance"}})
	form := url.Values{"pick_policy": {"mailbox", "keywords"}, "pick_site": {"newsletter"}, "pick_files": {"elders"}}
	for range 2 { // pressed again, nothing is saved twice or replaced
		res, _ := r.post("/start/systems", form)
		if got := res.Header.Get("Location"); res.StatusCode != http.StatusSeeOther || got != "/start/people" {
			t.Fatalf("saving = %d to %s", res.StatusCode, got)
		}
	}
	got := r.ids(t)
	if len(got) != 4 || got["mailbox"].Version != 1 || got["mailbox"].ProcessorID != "microsoft-365" || got["newsletter"].ProcessorID != "mailchimp" || got[registry.OwnSystem].Name == "" {
		t.Errorf("systems: %+v", got)
	}
	if _, some := got["keywords"].RuleFor(registry.RelationOrganisationContact); some {
		t.Error("the keywords hold the employer")
	}
	if err := r.Office.EndSystem(t.Context(), "p1", registry.OwnSystem); err == nil {
		t.Error("datalek itself was ended")
	}
	_, body := r.visitor.Get("/start/systems").AndBody()
	webtest.Lacks(t, body, `value="mailbox"`, `value="newsletter"`)
	webtest.Wants(t, body, `value="paper" checked`)
	_, body = r.visitor.Get("/start/people").AndBody()
	webtest.Wants(t, body, `action="/clients/import"`, `type="file"`, "Dit doe ik later")
}

// TestEveryPageInABrowser looks at each step, in both languages.
func TestEveryPageInABrowser(t *testing.T) {
	r := newRig(t)
	b := webtest.OpenBrowser(t, r.site)
	b.LogIn(t, r.visitor)
	for _, lang := range page.Languages() {
		b.SetCookie(t, "taal", lang)
		for name, path := range map[string]string{"start": "/start", "start-systems": "/start/systems", "start-people": "/start/people"} {
			b.Look(t, webtest.View{Name: name + "-" + lang, Path: path})
		}
	}
}
