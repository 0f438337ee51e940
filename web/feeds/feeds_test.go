package feeds_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/feeds"
	"datalek/web/page"
	"datalek/web/webtest"
)

const (
	centre = "/processors/microsoft-365/message-centre"
	secret = "w~7Q8.geheim_van_de_app-1" // #nosec G101 -- a made-up app's
	app    = "6f1c2a3b-4d5e-4f60-8172-93a4b5c6d7e8"
	other  = "11111111-2222-4333-8444-555555555555"
)

// rig is the pages over the real store, with Anna logged in to practice p1, which works
// with Microsoft 365, as p2 does too.
type rig struct {
	*webtest.World
	t       *testing.T
	site    string
	visitor *webtest.Visitor
	look    registry.FeedLook // what a look at a message centre comes to
	lookErr error
	looks   int
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{World: webtest.NewWorld(t, time.Date(2027, 3, 8, 9, 0, 0, 0, time.UTC)), t: t}
	for practice, user := range map[string]string{"p1": "anna", "p2": "bert"} {
		r.Open(r.NewPractice(practice), user)
		_, _, err := r.Office.SaveProcessor(t.Context(), registry.Processor{ID: "microsoft-365", PracticeID: tenant.ID(practice), Name: "Microsoft 365"})
		r.Must(err)
	}
	r.site = r.Serve(page.Options{}, feeds.New(feeds.Options{Store: r.Store, Office: r.Office, Look: r.reads, Now: r.Now}))
	r.visitor = webtest.NewVisitor(t, r.site)
	r.visitor.LogIn("anna", "p1")
	return r
}

// reads stands for the worker that reads message centres: it notes what the test says.
func (r *rig) reads(ctx context.Context, practice tenant.ID, id string) (registry.Feed, error) {
	if r.looks++; r.lookErr != nil {
		return registry.Feed{}, r.lookErr
	}
	return r.Store.UpdateFeed(ctx, practice, id, func(f *registry.Feed) error {
		f.Note(r.look, r.Now(), r.Now())
		return nil
	})
}

func login(organisation, client, secret string) url.Values {
	return url.Values{"tenant": {organisation}, "client_id": {client}, "client_secret": {secret}}
}

// press posts a form that must be taken, follows where it leads and returns that page.
func (r *rig) press(path string, form url.Values) string {
	r.t.Helper()
	a := r.visitor.Post(path, form)
	if a.StatusCode != http.StatusSeeOther || a.Location() != centre {
		r.t.Fatalf("%s = %d to %q: %s", path, a.StatusCode, a.Location(), a.Body)
	}
	return r.see(centre)
}

func (r *rig) see(path string) string {
	r.t.Helper()
	a := r.visitor.Get(path)
	if a.StatusCode != http.StatusOK {
		r.t.Fatalf("%s = %d: %s", path, a.StatusCode, a.Body)
	}
	return a.Body
}

// feed is how p1's message centre is read; the zero feed when it is not.
func (r *rig) feed() registry.Feed {
	r.t.Helper()
	f, on, err := r.Office.Feed(r.t.Context(), "p1", "microsoft-365")
	r.Must(err)
	if !on {
		return registry.Feed{}
	}
	return f
}

// told are the acts on the message centre of p1 and who did each.
func (r *rig) told() []string {
	var acts []string
	for _, e := range r.Waiting("p1") {
		if strings.HasPrefix(string(e.Kind), "feed.") {
			acts = append(acts, string(e.Kind)+" of "+e.Subject+" by "+e.Actor.ID)
		}
	}
	return acts
}

func TestAMessageCentreIsReadOnceALoginIsGivenAndUntilItIsStopped(t *testing.T) {
	r := newRig(t)
	webtest.Wants(t, r.see(centre), "Het berichtencentrum wordt niet gelezen", centre+"/login")
	webtest.Wants(t, r.press(centre+"/login", login("Praktijk.Example", strings.ToUpper(app), secret)), "Opgeslagen", "Is nog niet gelezen", "praktijk.example", app)
	want := registry.FeedLogin{Tenant: "praktijk.example", Client: app, Secret: secret}
	if f := r.feed(); f.Login != want || f.PracticeID != "p1" || !f.NextAt.Equal(r.Now()) || !f.ChangedAt.Equal(r.Now()) {
		t.Errorf("kept %+v", f)
	}
	r.look = registry.FeedLook{Seen: 41, Kept: 2, Odd: 1}
	webtest.Wants(t, r.press(centre+"/try", nil), "Gelezen sinds het begin: 41. Waarvan nieuw over een datalek: 2.", "Wordt gelezen", "Waarvan zonder nummer of tijd")
	webtest.Wants(t, r.press(centre+"/remove", nil), "Het berichtencentrum wordt niet meer gelezen", "Het berichtencentrum wordt niet gelezen")
	if f, err := r.Store.Feed(t.Context(), "p1", "microsoft-365"); err != nil || !f.Ended() || f.Login != (registry.FeedLogin{}) || f.Seen != 0 {
		t.Errorf("stopped, it keeps %+v, %v", f, err)
	}
	r.press(centre+"/remove", nil) // pressed twice
	r.press(centre+"/login", login(other, app, secret))
	if f := r.feed(); f.Login.Tenant != other || f.Ended() {
		t.Errorf("begun anew as %+v", f)
	}
	if diff := cmp.Diff([]string{"feed.set of microsoft-365 by anna", "feed.dropped of microsoft-365 by anna", "feed.set of microsoft-365 by anna"}, r.told()); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

func TestTheSecretOfAnAppIsNeverShownAgain(t *testing.T) {
	r := newRig(t)
	pages := r.press(centre+"/login", login("praktijk.example", app, secret)) + r.see(centre+"/login")
	refused := r.visitor.Post(centre+"/login", login("geen domein", app, "een~ander~geheim"))
	if refused.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a wrong organisation = %d", refused.StatusCode)
	}
	webtest.Wants(t, refused.Body, `value="geen domein"`) // what is no secret is kept
	webtest.Wants(t, r.see(centre+"/login"), `value="praktijk.example"`, `value="`+app+`"`, "Leeg laten mag")
	pages += refused.Body + r.press(centre+"/try", nil) + r.press(centre+"/login", login("praktijk.example", app, ""))
	webtest.Lacks(t, pages, secret, "een~ander~geheim")
	if got := r.feed().Login.Secret; got != secret {
		t.Errorf("left out for the same app, the secret is %q", got)
	}
}

func TestALoginThatCannotWorkChangesNothing(t *testing.T) {
	r := newRig(t)
	r.press(centre+"/login", login("praktijk.example", app, secret))
	before := r.feed()
	const noTenant, noApp, noSecret = "Vul de map-id in", "Vul de toepassings-id in", "Vul de waarde van het clientgeheim in"
	for _, tt := range []struct {
		name  string
		form  url.Values
		wants []string
	}{
		{"nothing is filled in", url.Values{}, []string{noTenant, noApp, noSecret}},
		{"the organisation is an address", login("https://praktijk.example", app, secret), []string{noTenant}},
		{"the organisation leads elsewhere", login("../common", app, secret), []string{noTenant}},
		{"the app is a name", login("praktijk.example", "datalek", secret), []string{noApp}},
		{"the secret is its id cut short", login("praktijk.example", app, "w~7Q8"), []string{noSecret}},
		{"the secret is not printable", login("praktijk.example", app, "geheim\u00ad\u00ad\u00ad"), []string{noSecret}},
		{"another app, and no secret for it", login("praktijk.example", other, ""), []string{noSecret}},
		{"another organisation, and no secret for it", login("elders.example", app, ""), []string{noSecret}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := r.visitor.Post(centre+"/login", tt.form)
			if a.StatusCode != http.StatusUnprocessableEntity {
				t.Errorf("answered %d", a.StatusCode)
			}
			for _, fault := range []string{noTenant, noApp, noSecret} {
				if got, want := strings.Contains(webtest.Words(a.Body), fault), strings.Contains(strings.Join(tt.wants, " "), fault); got != want {
					t.Errorf("says %q: %t, want %t", fault, got, want)
				}
			}
			if diff := cmp.Diff(before, r.feed()); diff != "" || len(r.told()) != 1 {
				t.Errorf("told %v; changed:\n%s", r.told(), diff)
			}
		})
	}
}

func TestWhatALookCameToIsSaidWithWhatToDo(t *testing.T) {
	r := newRig(t)
	if a := r.visitor.Post(centre+"/try", nil); a.StatusCode != http.StatusNotFound || r.looks != 0 {
		t.Errorf("without a login a look = %d, %d looks", a.StatusCode, r.looks)
	}
	r.press(centre+"/login", login("praktijk.example", app, secret))
	for _, f := range registry.FeedFaults() {
		r.look = registry.FeedLook{Fault: f}
		body := r.press(centre+"/try", nil)
		webtest.Wants(t, body, "Het lukte niet", "Kan niet gelezen worden sinds")
		webtest.Lacks(t, body, "feeds.fault.")
		r.Pass(time.Minute)
	}
	r.lookErr = fault.Conflict
	webtest.Wants(t, r.press(centre+"/try", nil), "Dit wordt net gelezen")
	r.lookErr = context.DeadlineExceeded
	webtest.Wants(t, r.press(centre+"/try", nil), "Microsoft antwoordt traag")
	r.lookErr = errors.New("disk full")
	if a := r.visitor.Post(centre+"/try", nil); a.StatusCode != http.StatusInternalServerError {
		t.Errorf("a broken look = %d", a.StatusCode)
	}
	r.Pass(25 * time.Hour)
	r.visitor.LogIn("anna", "p1")
	r.look, r.lookErr = registry.FeedLook{}, nil
	_, err := r.Store.UpdateFeed(t.Context(), "p1", "microsoft-365", func(f *registry.Feed) error { f.Fault, f.ReadAt = "", r.Now().Add(-25*time.Hour); return nil })
	r.Must(err)
	webtest.Wants(t, r.see(centre), "Is langer dan een dag niet gelezen")
}

func TestLooksAreNotAskedForTooOften(t *testing.T) {
	r := newRig(t)
	r.press(centre+"/login", login("praktijk.example", app, secret))
	for range 6 {
		r.press(centre+"/try", nil)
	}
	if a := r.visitor.Post(centre+"/try", nil); a.StatusCode != http.StatusTooManyRequests || a.Header.Get("Retry-After") == "" || r.looks != 6 {
		t.Errorf("the seventh = %d, after %d looks", a.StatusCode, r.looks)
	}
	r.Pass(20 * time.Second)
	r.press(centre+"/try", nil)
}

func TestOnlyWhoKeepsSystemsReadsOrChangesAMessageCentre(t *testing.T) {
	r := newRig(t)
	for _, role := range registry.Roles() {
		t.Run(string(role), func(t *testing.T) {
			r.visitor = webtest.NewVisitor(t, r.site)
			r.visitor.LogIn("anna", "p1")
			r.press(centre+"/login", login("praktijk.example", app, secret))
			before, user := r.feed(), "user-"+string(role)
			r.Must(r.Store.CreateUser(t.Context(), registry.User{ID: user, Login: user + "@example.org", Name: "Kim", CreatedAt: r.Now(),
				Memberships: []registry.Membership{{PracticeID: "p1", Role: role}}}))
			r.visitor = webtest.NewVisitor(t, r.site)
			r.visitor.LogIn(user, "p1")
			look, change := http.StatusForbidden, http.StatusForbidden
			if role.May(registry.KeepSystems) {
				look, change = http.StatusOK, http.StatusSeeOther
			}
			for _, path := range []string{centre, centre + "/login"} {
				a := r.visitor.Get(path)
				if a.StatusCode != look || look != http.StatusOK && strings.Contains(a.Body, app) {
					t.Errorf("%s = %d, want %d", path, a.StatusCode, look)
				}
			}
			for _, path := range []string{centre + "/login", centre + "/try", centre + "/remove"} {
				if a := r.visitor.Post(path, login("praktijk.example", app, "een~ander~geheim")); a.StatusCode != change {
					t.Errorf("%s = %d, want %d", path, a.StatusCode, change)
				}
			}
			if changed := !cmp.Equal(before, r.feed()); changed != (change == http.StatusSeeOther) {
				t.Errorf("changed: %t", changed)
			}
		})
	}
}

func TestAMessageCentreIsChangedOnlyWithAFreshProof(t *testing.T) {
	r := newRig(t)
	r.press(centre+"/login", login("praktijk.example", app, secret))
	before := r.feed()
	r.Pass(11 * time.Minute)
	if a := r.visitor.Get(centre + "/login"); !strings.HasPrefix(a.Location(), page.ConfirmPath) {
		t.Errorf("the form = %d to %q", a.StatusCode, a.Location())
	}
	for _, path := range []string{centre + "/login", centre + "/remove"} {
		if a := r.visitor.Post(path, login("elders.example", other, "een~ander~geheim")); !strings.HasPrefix(a.Location(), page.ConfirmPath) {
			t.Errorf("%s = %d to %q", path, a.StatusCode, a.Location())
		}
	}
	if diff := cmp.Diff(before, r.feed()); diff != "" {
		t.Errorf("changed:\n%s", diff)
	}
}

func TestAPracticeSeesNoMessageCentreOfAnother(t *testing.T) {
	r := newRig(t)
	_, err := r.Office.SetFeed(t.Context(), "p2", "microsoft-365", registry.FeedLogin{Tenant: "elders.example", Client: other, Secret: "een~ander~geheim"}, incidents.Actor{Kind: register.ActorUser, ID: "bert"})
	r.Must(err)
	body := r.see(centre)
	webtest.Wants(t, body, "Het berichtencentrum wordt niet gelezen")
	webtest.Lacks(t, body, "elders.example", other)
	r.press(centre+"/remove", nil)
	if f, on, err := r.Office.Feed(t.Context(), "p2", "microsoft-365"); err != nil || !on || f.Login.Tenant != "elders.example" {
		t.Errorf("p2's is %+v, %t, %v", f, on, err)
	}
	for _, path := range []string{"", "/login"} {
		if a := r.visitor.Get("/processors/none/message-centre" + path); a.StatusCode != http.StatusNotFound {
			t.Errorf("of a processor that is not there%s = %d", path, a.StatusCode)
		}
	}
	for _, path := range []string{"/login", "/try", "/remove"} {
		if a := r.visitor.Post("/processors/none/message-centre"+path, login("praktijk.example", app, secret)); a.StatusCode != http.StatusNotFound {
			t.Errorf("%s of a processor that is not there = %d", path, a.StatusCode)
		}
	}
}
