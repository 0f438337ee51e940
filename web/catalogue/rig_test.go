package catalogue_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/playbooks"
	"datalek/services/record"
	"datalek/services/sqlitestore"
	"datalek/services/vault"
	"datalek/web"
	"datalek/web/casework"
	"datalek/web/catalogue"
	"datalek/web/page"
)

// rig is the catalogue over the real store, with Anna logged in to practice
// p1. Practice p2 has things that are none of her business.
type rig struct {
	t      *testing.T
	store  *sqlitestore.Store
	office *casework.Office
	site   *httptest.Server
	client *http.Client
	now    time.Time
	ids    int
	log    notebook
}

// notebook keeps what the site logs.
type notebook struct {
	mu   sync.Mutex
	text strings.Builder
}

func (n *notebook) Write(b []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.Write(b)
}

func (n *notebook) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.String()
}

// door lets a test log in without a password.
type door struct{}

func (door) Register(site *page.Site, e *echo.Echo) {
	site.Public(e).POST("/enter", func(c echo.Context) error {
		if err := site.LogIn(c, "anna", "p1"); err != nil {
			return err
		}
		return c.NoContent(http.StatusNoContent)
	})
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, now: time.Date(2027, 3, 8, 16, 42, 0, 0, time.UTC)}
	dir := t.TempDir()
	store, err := sqlitestore.Open(t.Context(), filepath.Join(dir, "store"), sqlitestore.Options{
		Seal: func(ctx context.Context, keys record.Keyring) (record.Sealer, error) {
			return vault.Open(ctx, filepath.Join(dir, "key"), keys)
		}})
	r.must(err)
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	r.store = store
	r.open()
	for _, id := range []string{"p1", "p2"} {
		r.must(store.CreatePractice(t.Context(), registry.Practice{ID: id, PublicCode: "code" + id, Authority: registry.AP, Language: "nl", TimeZone: "Europe/Amsterdam",
			Policy:  registry.Policy{ID: "refleact-48", ClientHours: 48, AuthorityHours: 72, RetainMonths: 24},
			Details: registry.Details{Name: "Praktijk Lindehof", WarnEmail: "anna@example.org"}, CreatedAt: r.now}))
	}
	r.must(store.CreateUser(t.Context(), registry.User{ID: "anna", Login: "anna@example.org", Name: "Anna Voorbeeld", CreatedAt: r.now,
		Memberships: []registry.Membership{{PracticeID: "p1", Role: registry.RoleOwner}}}))
	r.enter()
	return r
}

func (r *rig) enter() {
	r.t.Helper()
	if res, _ := r.post("/enter", nil); res.StatusCode != http.StatusNoContent {
		r.t.Fatalf("enter = %d", res.StatusCode)
	}
}

// later moves the clock on by days; Anna logs in again.
func (r *rig) later(days int) {
	r.t.Helper()
	r.now = r.now.AddDate(0, 0, days)
	r.enter()
}

func (r *rig) open() {
	book, err := playbooks.Load("")
	r.must(err)
	clock := func() time.Time { return r.now }
	r.office = casework.New(casework.Options{Store: r.store, Book: book, Now: clock, NewID: func() string {
		r.ids++
		return fmt.Sprintf("id%06d", r.ids)
	}})
	area := catalogue.New(catalogue.Options{Store: r.store, Office: r.office})
	server, err := web.New(web.Options{Page: page.Options{Store: r.store, Now: clock, Log: slog.New(slog.NewTextHandler(&r.log, nil)),
		BaseURL: "https://datalek.example"}, Areas: []web.Area{area, door{}}})
	r.must(err)
	r.site = httptest.NewServer(server.Handler())
	r.t.Cleanup(r.site.Close)
	jar, err := cookiejar.New(nil)
	r.must(err)
	r.client = &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// systems lists a processor and three systems in practice p1, and one of each in p2.
func (r *rig) systems() {
	r.t.Helper()
	day, yes := 24, true
	for _, id := range []string{"p1", "p2"} {
		_, _, err := r.office.SaveProcessor(r.t.Context(), registry.Processor{ID: "microsoft-365", PracticeID: id, Name: "Microsoft", ContractHours: &day})
		r.must(err)
	}
	for _, s := range []registry.System{
		{ID: "mailbox", PracticeID: "p1", Name: "Postvak", ProcessorID: "microsoft-365", Services: []string{"Exchange Online", "mail"},
			Categories: []registry.Category{registry.Name, registry.Contact, registry.Correspondence}, Identifiability: registry.Identified, EncryptedAtRest: &yes},
		{ID: "archive", PracticeID: "p1", Name: "Leerarchief zonder namen", Categories: []registry.Category{registry.SessionNotes}, Identifiability: registry.Pseudonymised},
		{ID: "key-list", PracticeID: "p1", Name: "Sleutellijst in de kluis", Categories: []registry.Category{registry.Name}, Identifiability: registry.Identified},
		{ID: "theirs", PracticeID: "p2", Name: "Van een ander", Categories: []registry.Category{registry.Name}, Identifiability: registry.Identified},
	} {
		_, _, err := r.office.SaveSystem(r.t.Context(), s, r.actor())
		r.must(err)
	}
}

func (r *rig) actor() incidents.Actor { return incidents.Actor{Kind: register.ActorUser, ID: "anna"} }

func (r *rig) practice(id string) registry.Practice {
	r.t.Helper()
	p, err := r.store.Practice(r.t.Context(), id)
	r.must(err)
	return p
}

// add keeps a person in a practice.
func (r *rig) add(practice string, x registry.Client, guardians ...string) registry.Client {
	r.t.Helper()
	saved, err := r.office.AddClient(r.t.Context(), r.practice(practice), casework.ClientInput{Client: x, Guardians: guardians}, r.actor())
	r.must(err)
	return saved
}

// person is somebody in guidance since 1 March 2025.
func person(number, name string) registry.Client {
	return registry.Client{Language: "nl", Relation: registry.RelationClient, HoldingsByRule: true,
		Person:   registry.Person{ExternalID: number, Name: name, Email: strings.ToLower(number) + "@voorbeeldpost.example"},
		Guidance: []registry.Guidance{{From: registry.Date{Year: 2025, Month: 3, Day: 1}}}}
}

// stored returns a client as the store has him.
func (r *rig) stored(id string) registry.Client {
	r.t.Helper()
	x, err := r.store.Client(r.t.Context(), "p1", id)
	r.must(err)
	return x
}

// all returns every client of practice p1.
func (r *rig) all() []registry.Client {
	r.t.Helper()
	clients, err := r.store.Clients(r.t.Context(), "p1", "", 1000)
	r.must(err)
	return clients
}

// numbered returns the client with a number, and fails when there is none.
func (r *rig) numbered(number string) registry.Client {
	r.t.Helper()
	clients, err := r.store.ClientsByExternalIDs(r.t.Context(), "p1", []string{number})
	r.must(err)
	if len(clients) != 1 {
		r.t.Fatalf("%d clients have number %s, want 1", len(clients), number)
	}
	return clients[0]
}

func (r *rig) get(path string) (*http.Response, string) {
	r.t.Helper()
	return r.send(http.MethodGet, path, "", nil)
}

func (r *rig) post(path string, form url.Values) (*http.Response, string) {
	r.t.Helper()
	return r.send(http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
}

func (r *rig) send(method, path, kind string, body io.Reader) (*http.Response, string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.site.URL+path, body)
	r.must(err)
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	res, err := r.client.Do(req)
	r.must(err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	r.must(err)
	return res, string(raw)
}

// upload sends a file with one of the two buttons.
func (r *rig) upload(file []byte, button string) (*http.Response, string) {
	r.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormFile("file", "clients.csv")
	r.must(err)
	_, err = part.Write(file)
	r.must(err)
	r.must(w.WriteField("do", button))
	r.must(w.Close())
	return r.send(http.MethodPost, "/clients/import", w.FormDataContentType(), &body)
}

// wants fails for each text that a page lacks.
func wants(t *testing.T, body string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(body, text) {
			t.Errorf("the page lacks %q", text)
		}
	}
}

// lacks fails for each text that a page shows.
func lacks(t *testing.T, body string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(body, text) {
			t.Errorf("the page shows %q", text)
		}
	}
}

// follow posts a form that must be taken, and returns the page it leads to.
func (r *rig) follow(path string, form url.Values) string {
	r.t.Helper()
	res, body := r.post(path, form)
	if res.StatusCode != http.StatusSeeOther {
		r.t.Fatalf("post %s = %d: %s", path, res.StatusCode, summary(body))
	}
	res, body = r.get(res.Header.Get("Location"))
	if res.StatusCode != http.StatusOK {
		r.t.Fatalf("after %s = %d", path, res.StatusCode)
	}
	return body
}

// summary returns a page's error summary.
func summary(body string) string {
	_, rest, found := strings.Cut(body, "govuk-error-summary__list")
	if !found {
		return body[:min(len(body), 2000)]
	}
	list, _, _ := strings.Cut(rest, "</ul>")
	return list
}

// version returns the version that the form on a page is filled in over.
func version(t *testing.T, body string) string {
	t.Helper()
	_, rest, found := strings.Cut(body, `name="version" value="`)
	if !found {
		t.Fatal("the page has no version")
	}
	v, _, _ := strings.Cut(rest, `"`)
	return v
}
