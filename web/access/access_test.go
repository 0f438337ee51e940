package access_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	looks "datalek/incidents/access"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/web/access"
	"datalek/web/account"
	"datalek/web/page"
	"datalek/web/webtest"
)

// pages are some that show people, and one that shows nobody.
type pages struct{}

func (pages) Register(site *page.Site, e *echo.Echo) {
	private := site.Private(e)
	ok := func(c echo.Context) error { return c.String(http.StatusOK, "ok") }
	private.GET("/clients/:id", ok)
	private.GET("/clients", ok)
	private.GET("/incidents/:id/affected/:client", ok)
	private.GET("/doctor", ok)
	private.GET("/notices/:id", func(echo.Context) error { return echo.ErrNotFound })
}

type rig struct {
	*webtest.World
	t       *testing.T
	visitor *webtest.Visitor
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{World: webtest.NewWorld(t, time.Date(2027, 3, 8, 9, 0, 0, 0, time.UTC)), t: t}
	r.Open(r.NewPractice("p1"), "anna")
	for id, name := range map[string]string{"c1": "Proef Persoon", "c2": "Nog Iemand"} {
		_, err := r.Store.CreateClient(t.Context(), registry.Client{ID: id, PracticeID: "p1", Language: "nl", Relation: registry.RelationClient, Person: registry.Person{ExternalID: id, Name: name}})
		r.Must(err)
	}
	accounts := account.New(account.Options{Store: r.Store, Policies: r.Book, Hasher: account.NewHasher(1), SetupHash: account.HashToken("first"), Now: r.Now})
	r.visitor = webtest.NewVisitor(t, r.Serve(page.Options{}, accounts, pages{}, access.New(access.Options{Store: r.Store, Now: r.Now})))
	r.visitor.LogIn("anna", "p1")
	return r
}

func (r *rig) get(path string) string {
	r.t.Helper()
	_, body := r.visitor.Get(path).AndBody()
	return body
}

func (r *rig) kept() []looks.Look {
	r.t.Helper()
	list, err := r.Store.Looks(r.t.Context(), "p1", "", 50)
	r.Must(err)
	return list
}

func TestWhoLooksAtPeopleIsKeptOnceAnHourAndShown(t *testing.T) {
	r := newRig(t)
	for range 3 {
		r.get("/clients/c1")
	}
	r.get("/clients")
	r.get("/incidents/i1/affected/c2")
	r.get("/doctor")
	r.get("/notices/n1")
	if got := r.kept(); len(got) != 3 {
		t.Fatalf("kept %+v, want the person, the list, and who is affected", got)
	}
	body := r.get("/clients/c1/access")
	if !strings.Contains(body, "Proef Persoon") || strings.Count(body, "Gegevens van één persoon") != 1 {
		t.Errorf("the person's own page says %s", body)
	}
	r.Must(r.Store.AddLook(t.Context(), looks.New("p1", register.Actor{Kind: register.ActorUser, ID: "u1"}, looks.Report, "", "r1", r.Now())))
	r.Must(r.Store.AddLook(t.Context(), looks.New("p1", register.Actor{Kind: register.ActorUser, ID: "u1"}, looks.Request, "", "q1", r.Now())))
	all := r.get("/settings/access")
	for _, word := range []string{"De lijst met mensen", "Wie bij een datalek geraakt is", "Nog Iemand", `href="/clients/c2"`, `href="/triage/r1"`, `href="/requests/q1"`} {
		if !strings.Contains(all, word) {
			t.Errorf("all looks do not say %q", word)
		}
	}
	if body := r.get("/clients/c2/access"); strings.Contains(body, "De lijst met mensen") || !strings.Contains(body, "Wie bij een datalek geraakt is") {
		t.Error("another person's looks are wrong")
	}
	if res, _ := r.visitor.Get("/clients/unknown/access").AndBody(); res.StatusCode != http.StatusNotFound {
		t.Errorf("an unknown person = %d", res.StatusCode)
	}
}

func TestManyLooksArePaged(t *testing.T) {
	r := newRig(t)
	by := register.Actor{Kind: register.ActorAPI, ID: "token-1"}
	for hour := range 60 {
		r.Must(r.Store.AddLook(t.Context(), looks.New("p1", by, looks.Client, "c1", "", r.Now().Add(-time.Duration(hour)*time.Hour))))
	}
	first := r.get("/clients/c1/access")
	if strings.Count(first, "Een programma (API)") != 50 || !strings.Contains(first, "after=") {
		t.Errorf("the first page has %d rows", strings.Count(first, "Een programma (API)"))
	}
}
