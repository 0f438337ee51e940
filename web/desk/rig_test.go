package desk_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
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
	"datalek/web/account"
	"datalek/web/casework"
	"datalek/web/desk"
	"datalek/web/page"
)

// rig is the desk over the real store, with Anna logged in to practice p1.
// Practice p2 has an incident that is none of her business.
type rig struct {
	t      *testing.T
	store  *sqlitestore.Store
	office *casework.Office
	site   *httptest.Server
	client *http.Client
	now    time.Time
	ids    int
	own    *incidents.Incident
	other  *incidents.Incident
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
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	r.store = store
	r.open()
	r.seed()
	return r
}

func (r *rig) clock() time.Time { return r.now }

func (r *rig) open() {
	book, err := playbooks.Load("")
	r.must(err)
	r.office = casework.New(casework.Options{Store: r.store, Book: book, Now: r.clock, NewID: func() string {
		r.ids++
		return fmt.Sprintf("id%06d", r.ids)
	}})
	log := slog.New(slog.NewTextHandler(r.t.Output(), &slog.HandlerOptions{Level: slog.LevelError}))
	area := desk.New(desk.Options{Store: r.store, Office: r.office, Book: book})
	accounts := account.New(account.Options{Store: r.store, Policies: book, Hasher: account.NewHasher(1), SetupHash: account.HashToken("first"), Now: r.clock})
	server, err := web.New(web.Options{Page: page.Options{Store: r.store, Now: r.clock, Log: log}, Areas: []web.Area{area, accounts, door{}}})
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

func (r *rig) seed() {
	r.t.Helper()
	ctx := r.t.Context()
	for _, id := range []string{"p1", "p2"} {
		r.must(r.store.CreatePractice(ctx, registry.Practice{ID: id, PublicCode: "code" + id, Authority: registry.AP, Language: "nl", TimeZone: "Europe/Amsterdam",
			Policy: registry.Policy{ID: "refleact-48", ClientHours: 48, ClientThresholds: []int{50, 75, 90}, AuthorityHours: 72, AuthorityThresholds: []int{24, 48}},
			Details: registry.Details{Name: "Praktijk " + id, Contact: registry.ContactPerson{Name: "Anna", Email: "anna@example.org"},
				Senders: []registry.Sender{{Email: "post@example.org"}}, WarnEmail: "anna@example.org"}, CreatedAt: r.now}))
		_, err := r.store.PutSystem(ctx, registry.System{ID: "mailbox", PracticeID: id, Name: "Postvak", Categories: []registry.Category{registry.Name, registry.Contact},
			Identifiability: registry.Identified, UpdatedAt: r.now})
		r.must(err)
	}
	r.must(r.store.CreateUser(ctx, registry.User{ID: "anna", Login: "anna@example.org", Name: "Anna de Wit", CreatedAt: r.now,
		Memberships: []registry.Membership{{PracticeID: "p1", Role: registry.RoleOwner}}}))
	_, err := r.store.PutClients(ctx, "p1", r.people())
	r.must(err)
	r.own, r.other = r.file("p1"), r.file("p2")
	r.assess(r.own)
	if res, _ := r.post("/enter", nil); res.StatusCode != http.StatusNoContent {
		r.t.Fatalf("enter = %d", res.StatusCode)
	}
}

// people are one client in guidance, one former, and one held elsewhere.
func (r *rig) people() []registry.Client {
	person := func(id, name string, until registry.Date, system string) registry.Client {
		from := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
		return registry.Client{ID: id, PracticeID: "p1", Language: "nl", Relation: registry.RelationClient, UpdatedAt: r.now,
			Person:   registry.Person{ExternalID: "n-" + id, Name: name, Email: id + "@example.org"},
			Guidance: []registry.Guidance{{From: registry.Date{Year: 2025, Month: 1, Day: 1}, Until: until}},
			Holdings: []registry.Holding{{System: system, Categories: []registry.Category{registry.Contact}, Identifiability: registry.Identified, From: &from}}}
	}
	return []registry.Client{
		person("c1", "José Proef <b>", registry.Date{}, "mailbox"),
		person("c2", "Eerdere Cliënt", registry.Date{Year: 2026, Month: 1, Day: 31}, "mailbox"),
		person("c3", "Elders Bewaard", registry.Date{}, "paper"),
	}
}

func (r *rig) file(practice string) *incidents.Incident {
	r.t.Helper()
	p, err := r.store.Practice(r.t.Context(), practice)
	r.must(err)
	from, until := r.now.Add(-48*time.Hour), r.now.Add(-24*time.Hour)
	inc, err := r.office.File(r.t.Context(), p, casework.NewCase{Source: incidents.FromForm, AwareAt: r.now.Add(-time.Hour), Basis: "Ik zag vreemde mails.",
		Facts: incidents.Facts{Playbook: "phished-mailbox", OccurredFrom: &from, OccurredUntil: &until, DiscoveredAt: r.now.Add(-2 * time.Hour),
			Systems: []string{"mailbox"}, Categories: []registry.Category{registry.Contact}, BreachKinds: []incidents.BreachKind{incidents.Confidentiality}},
		Story: incidents.Story{Summary: "=Iemand <script>las</script> mee."}}, incidents.Actor{Kind: register.ActorUser, ID: "anna"})
	r.must(err)
	return inc
}

// assess does the assessor's work for a case, as the workers do.
func (r *rig) assess(inc *incidents.Incident) {
	r.t.Helper()
	ctx := r.t.Context()
	inc, err := r.store.Incident(ctx, inc.PracticeID, inc.ID)
	r.must(err)
	systems, err := r.store.Systems(ctx, inc.PracticeID, "", 100)
	r.must(err)
	p, err := r.store.Practice(ctx, inc.PracticeID)
	r.must(err)
	zone, err := p.Zone()
	r.must(err)
	clients, err := r.store.Clients(ctx, inc.PracticeID, "", 100)
	r.must(err)
	assessor := incidents.NewAssessor(inc, systems, p.Policy, zone)
	var rows []incidents.Affected
	var counts incidents.Counts
	for _, c := range clients {
		row := assessor.Assess(c)
		counts.Add(row)
		rows = append(rows, row)
	}
	r.must(r.store.SaveAffected(ctx, inc.PracticeID, rows))
	_, err = r.store.UpdateIncident(ctx, inc.PracticeID, inc.ID, func(i *incidents.Incident) error {
		i.Assessed(inc.Assessment.Wanted, counts, 0, 0, r.now)
		return nil
	})
	r.must(err)
}

// answer is the part of a response that tests look at.
type answer struct {
	StatusCode int
	Header     http.Header
}

func (r *rig) get(path string) (answer, string) { return r.send(http.MethodGet, path, nil) }

func (r *rig) post(path string, form url.Values) (answer, string) {
	return r.send(http.MethodPost, path, form)
}

func (r *rig) send(method, path string, form url.Values) (answer, string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.site.URL+path, strings.NewReader(form.Encode()))
	r.must(err)
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := r.client.Do(req)
	r.must(err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	r.must(err)
	return answer{StatusCode: res.StatusCode, Header: res.Header}, string(raw)
}

// at returns an address below the own incident's home.
func (r *rig) at(path string) string { return "/incidents/" + r.own.ID + path }

// stored returns the own incident as the store has it.
func (r *rig) stored() *incidents.Incident {
	r.t.Helper()
	inc, err := r.store.Incident(r.t.Context(), "p1", r.own.ID)
	r.must(err)
	return inc
}

// hasAll fails for each text that a page lacks.
func hasAll(t *testing.T, body string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}
