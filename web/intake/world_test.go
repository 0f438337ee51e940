package intake_test

import (
	"context"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/playbooks"
	"datalek/services/record"
	"datalek/services/sqlitestore"
	"datalek/services/vault"
	"datalek/web"
	"datalek/web/casework"
	"datalek/web/intake"
	"datalek/web/page"
)

// friday is when these tests play: Friday 5 March 2027, 17.42 in Amsterdam.
var friday = time.Date(2027, 3, 5, 16, 42, 0, 0, time.UTC)

// world is a practice with two systems and four clients, on the real store.
type world struct {
	t      *testing.T
	store  *sqlitestore.Store
	office *casework.Office
	server *httptest.Server
	mu     sync.Mutex
	at     time.Time
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

// door logs a user in without a password.
type door struct{}

func (door) Register(site *page.Site, e *echo.Echo) {
	site.Public(e).POST("/enter/:user/:practice", func(c echo.Context) error {
		if err := site.LogIn(c, c.Param("user"), c.Param("practice")); err != nil {
			return err
		}
		return c.NoContent(http.StatusNoContent)
	})
}

func newWorld(t *testing.T) *world {
	t.Helper()
	book, err := playbooks.Load("")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	w := &world{t: t, at: friday}
	w.store, err = sqlitestore.Open(t.Context(), filepath.Join(dir, "data"), sqlitestore.Options{Seal: func(ctx context.Context, keys record.Keyring) (record.Sealer, error) {
		return vault.Open(ctx, filepath.Join(dir, "key"), keys)
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.store.Close(); err != nil {
			t.Error(err)
		}
	})
	var ids atomic.Int64
	newID := func() string { return fmt.Sprintf("id-%04d", ids.Add(1)) }
	w.office = casework.New(casework.Options{Store: w.store, Book: book, Now: w.now, NewID: newID})
	w.fill(book)
	area := intake.New(intake.Options{Store: w.store, Office: w.office, Book: book, Now: w.now, NewID: newID})
	server, err := web.New(web.Options{Page: page.Options{Store: w.store, Now: w.now}, Areas: []web.Area{area, door{}}})
	if err != nil {
		t.Fatal(err)
	}
	w.server = httptest.NewServer(server.Handler())
	t.Cleanup(w.server.Close)
	return w
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) fill(book *playbooks.Book) {
	ctx := w.t.Context()
	policy, _ := book.Policy("refleact-48")
	for _, id := range []string{"p1", "p2"} {
		w.ok(w.store.CreatePractice(ctx, registry.Practice{ID: id, PublicCode: "code-" + id, Authority: registry.AP, Language: "nl",
			TimeZone: "Europe/Amsterdam", Policy: policy, CreatedAt: friday, Details: registry.Details{Name: "Praktijk Proef",
				Contact: registry.ContactPerson{Name: "Anke Proef", Phone: "010 123 45 67", Email: "anke@proef.example"}}}))
		w.ok(w.store.CreateUser(ctx, registry.User{ID: "user-" + id, Login: id + "@proef.example", Name: "Anke Proef",
			Memberships: []registry.Membership{{PracticeID: id, Role: registry.RoleOwner}}, CreatedAt: friday}))
	}
	for _, s := range []registry.System{
		{ID: "mailbox", Name: "Mailbox", Categories: []registry.Category{registry.Name, registry.Contact, registry.Correspondence}},
		{ID: "client-file", Name: "Cliëntdossier", Categories: []registry.Category{registry.Name, registry.SessionNotes}},
	} {
		s.PracticeID, s.Identifiability, s.UpdatedAt = "p1", registry.Identified, friday
		_, err := w.store.PutSystem(ctx, s)
		w.ok(err)
	}
	var clients []registry.Client
	for n, person := range []registry.Person{
		{ExternalID: "c-1", Name: "Zoë van den Proef", Email: "zoe@example.org"}, {ExternalID: "c-2", Name: "Bram Voorbeeld", Email: "bram@example.org"},
		{ExternalID: "c-3", Name: "Carla Voorbeeld"}, {ExternalID: "c-4", Name: "<b>Dirk</b> Voorbeeld", Email: "dirk@example.org"},
	} {
		clients = append(clients, registry.Client{ID: fmt.Sprintf("client-%d", n), PracticeID: "p1", Person: person, Language: "nl",
			Relation: registry.RelationClient, UpdatedAt: friday})
	}
	_, err := w.store.PutClients(ctx, "p1", clients)
	w.ok(err)
}

func (w *world) incidents() []*incidents.Incident {
	w.t.Helper()
	all, err := w.store.Incidents(w.t.Context(), "p1", "", 100)
	w.ok(err)
	return all
}

func (w *world) reports() []*incidents.Report {
	w.t.Helper()
	all, err := w.store.Reports(w.t.Context(), "p1", "", "", 100)
	w.ok(err)
	return all
}

// visitor is a browser that keeps cookies and follows no redirect.
type visitor struct {
	t       *testing.T
	base    string
	cookies map[string]string
}

func (w *world) visitor() *visitor {
	return &visitor{t: w.t, base: w.server.URL, cookies: map[string]string{"taal": "nl"}}
}

// anke is logged in to the first practice.
func (w *world) anke() *visitor {
	v := w.visitor()
	v.send("POST", "/enter/user-p1/p1", url.Values{})
	return v
}

// answer is what came back.
type answer struct {
	status int
	to     string // where it leads
	body   string
	text   string // the body without tags, entities resolved, blanks folded
	header http.Header
}

var (
	tags   = regexp.MustCompile(`<[^>]*>`)
	hidden = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)
)

func (v *visitor) send(method, path string, form url.Values) answer {
	v.t.Helper()
	req, err := http.NewRequestWithContext(v.t.Context(), method, v.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	if method == "POST" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range v.cookies {
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	for _, c := range res.Cookies() {
		v.cookies[c.Name] = c.Value
	}
	a := answer{status: res.StatusCode, to: res.Header.Get("Location"), body: string(raw), header: res.Header}
	a.text = strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(a.body, " "))), " ")
	return a
}

func (v *visitor) get(path string) answer {
	v.t.Helper()
	return v.send("GET", strings.SplitN(path, "#", 2)[0], nil)
}

// hiddenOf returns the hidden fields of a page's forms.
func (a answer) hiddenOf() url.Values {
	form := url.Values{}
	for _, found := range hidden.FindAllStringSubmatch(a.body, -1) {
		form.Set(found[1], html.UnescapeString(found[2]))
	}
	return form
}

// fill opens a page and sends its form with these values: names and values in turn.
func (v *visitor) fill(path string, pairs ...string) answer {
	v.t.Helper()
	opened := v.get(path)
	if opened.status != http.StatusOK {
		v.t.Fatalf("%s: status %d: %s", path, opened.status, opened.text)
	}
	form := opened.hiddenOf()
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return v.send("POST", strings.SplitN(strings.SplitN(path, "#", 2)[0], "?", 2)[0], form)
}

// must fills in a page that leads on, and returns where.
func (v *visitor) must(path string, pairs ...string) string {
	v.t.Helper()
	a := v.fill(path, pairs...)
	if a.status != http.StatusSeeOther {
		v.t.Fatalf("%s: status %d: %s", path, a.status, a.text)
	}
	return a.to
}

func at(name, moment string) []string {
	t, err := time.Parse("2-1-2006 15:04", moment)
	if err != nil {
		panic(err)
	}
	return []string{name + "_day", t.Format("2"), name + "_month", t.Format("1"), name + "_year", t.Format("2006"), name + "_time", t.Format("15:04")}
}

func join(lists ...[]string) []string {
	var all []string
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

// begin opens a new form and returns the address of its draft.
func (v *visitor) begin(form string) string {
	v.t.Helper()
	a := v.get(form)
	if a.status != http.StatusSeeOther {
		v.t.Fatalf("%s: status %d: %s", form, a.status, a.text)
	}
	return a.to[:strings.LastIndex(a.to, "/")]
}

// answers fills in every step of the long form up to the last page.
func (v *visitor) answers(draft string) {
	v.t.Helper()
	steps := []struct {
		step  string
		pairs []string
	}{
		{"what", []string{"playbook", "phished-mailbox"}},
		{"story", []string{"summary", "Iemand las mijn mail."}},
		{"window", join([]string{"occurred", "span"}, at("occurred_from", "3-3-2027 09:00"), []string{"occurred_from_precision", "about"}, at("occurred_until", "5-3-2027 10:00"))},
		{"found", join(at("discovered_at", "5-3-2027 17:00"), []string{"discovered_how", "Een cliënt belde."})},
		{"aware", join([]string{"aware", "other", "aware_basis", "Ik zag vreemde mail in Verzonden."}, at("aware_at", "5-3-2027 17:42"))},
		{"systems", []string{"systems", "mailbox"}},
		{"data", []string{"categories", "contact", "categories", "correspondence"}},
		{"whom", []string{"whom", "all"}},
		{"protected", []string{"unintelligible", "no"}},
		{"measures", []string{"measures_taken", "Wachtwoord veranderd.", "measures_planned", ""}},
	}
	for n, s := range steps {
		to := v.must(draft+"/"+s.step, s.pairs...)
		want := draft + "/check"
		if n+1 < len(steps) {
			want = draft + "/" + steps[n+1].step
		}
		if to != want {
			v.t.Fatalf("after %s comes %s, want %s", s.step, to, want)
		}
	}
}

func holds(t *testing.T, a answer, wanted ...string) {
	t.Helper()
	for _, want := range wanted {
		if !strings.Contains(a.text, want) {
			t.Errorf("the page lacks %q:\n%s", want, a.text)
		}
	}
}
