package notices_test

import (
	"context"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
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
	"datalek/web/notices"
	"datalek/web/page"
)

// rig is the area over a real store, a practice with clients of every kind, and
// a browser that is logged in.
type rig struct {
	t      *testing.T
	store  *sqlitestore.Store
	office *casework.Office
	server *httptest.Server
	client *http.Client
	inc    *incidents.Incident
	mu     sync.Mutex
	at     time.Time
	ids    int
}

func monday() time.Time { return time.Date(2027, 3, 8, 9, 0, 0, 0, time.UTC) }

func (r *rig) now() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.at
}

func (r *rig) newID() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ids++
	return fmt.Sprintf("00000000-0000-4000-8000-%012d", r.ids)
}

// gate lets a test come in as somebody.
type gate struct{}

func (gate) Register(site *page.Site, e *echo.Echo) {
	site.Public(e).POST("/come-in", func(c echo.Context) error {
		return site.LogIn(c, c.FormValue("user"), c.FormValue("practice"))
	})
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, at: monday()}
	dir := t.TempDir()
	store, err := sqlitestore.Open(t.Context(), filepath.Join(dir, "data"), sqlitestore.Options{
		Seal: func(ctx context.Context, keys record.Keyring) (record.Sealer, error) {
			return vault.Open(ctx, filepath.Join(dir, "key"), keys)
		}})
	must(t, err)
	r.store = store
	book, err := playbooks.Load("")
	must(t, err)
	r.office = casework.New(casework.Options{Store: store, Book: book, Now: r.now, NewID: r.newID})
	area := notices.New(notices.Options{Store: store, Office: r.office, Book: book, Pace: 20 * time.Millisecond})
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError}))
	server, err := web.New(web.Options{Page: page.Options{Store: store, Now: r.now, Log: log}, Areas: []web.Area{area, gate{}}})
	must(t, err)
	r.server = httptest.NewServer(server.Handler())
	t.Cleanup(func() {
		server.Site().EndStreams()
		r.server.Close()
		must(t, store.Close())
	})
	r.practice("p1", "anna")
	r.practice("p2", "bert")
	r.people()
	r.inc = r.file("p1")
	r.client = r.comeIn("anna", "p1")
	return r
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (r *rig) practice(id, user string) registry.Practice {
	r.t.Helper()
	p := registry.Practice{ID: id, PublicCode: "code-" + id, Authority: registry.AP, Language: "nl", TimeZone: "Europe/Amsterdam", CreatedAt: monday(),
		Policy: registry.Policy{ID: "sample", ClientHours: 48, ClientThresholds: []int{50}, AuthorityHours: 72, Formal: true},
		Details: registry.Details{Name: "Praktijk Lindehof", Street: "Voorbeeldlaan 12", Place: "1234 AB Voorbeeldstad",
			Contact: registry.ContactPerson{Name: "Anna Voorbeeld", Phone: "+31 6 12345678", Email: "anna@lindehof.example"},
			Senders: []registry.Sender{{Email: "anna@lindehof.example", Name: "Anna Voorbeeld", System: "mailbox"},
				{Email: "bericht@lindehof-post.example", Name: "Anna Voorbeeld"}},
			WarnEmail: "anna@lindehof.example"}}
	must(r.t, r.store.CreatePractice(r.t.Context(), p))
	must(r.t, r.store.CreateUser(r.t.Context(), registry.User{ID: user, Login: user + "@example.org", Name: "Anna de Wit",
		Memberships: []registry.Membership{{PracticeID: id, Role: registry.RoleOwner}}, CreatedAt: monday()}))
	_, err := r.store.PutSystem(r.t.Context(), registry.System{ID: "mailbox", PracticeID: id, Name: "Mailbox",
		Categories: []registry.Category{registry.Name, registry.Contact, registry.Correspondence}, Identifiability: registry.Identified})
	must(r.t, err)
	return p
}

// people are 14 clients in guidance: ten by mail, three of them in English, one
// without mail, one who wants letters, and two who share an address.
func (r *rig) people() {
	r.t.Helper()
	from := monday().AddDate(-1, 0, 0)
	var list []registry.Client
	for n := 1; n <= 14; n++ {
		id := fmt.Sprintf("c-%02d", n)
		c := registry.Client{ID: id, PracticeID: "p1", Language: "nl", Relation: registry.RelationClient, UpdatedAt: monday(),
			Guidance: []registry.Guidance{{From: registry.Date{Year: 2026, Month: 3, Day: 8}}},
			Holdings: []registry.Holding{{System: "mailbox", Categories: []registry.Category{registry.Name, registry.Contact}, Identifiability: registry.Identified, From: &from}},
			Person: registry.Person{ExternalID: "V-" + id, Name: fmt.Sprintf("Cliënt %02d van Voorbeeld", n), Email: id + "@post.example",
				Phone: fmt.Sprintf("+31 6 0000 00%02d", n), PostalAddress: fmt.Sprintf("Verzonnenweg %d\n9999 ZZ Nergenshuizen", n)}}
		switch n {
		case 1, 2, 3:
			c.Language = "en"
		case 11:
			c.Person.Email = ""
		case 12:
			c.Channel = registry.ByLetter
		case 13, 14:
			c.Person.Email = "thuis@post.example"
		}
		list = append(list, c)
	}
	_, err := r.store.PutClients(r.t.Context(), "p1", list)
	must(r.t, err)
}

// file opens a case over the mailbox and finds who is affected.
func (r *rig) file(practice string) *incidents.Incident {
	r.t.Helper()
	p, err := r.store.Practice(r.t.Context(), practice)
	must(r.t, err)
	from, until := monday().Add(-48*time.Hour), monday().Add(-time.Hour)
	inc, err := r.office.File(r.t.Context(), p, casework.NewCase{Source: incidents.FromForm, AwareAt: monday().Add(-time.Hour), Basis: "Zelf gezien.",
		Facts: incidents.Facts{Playbook: "phished-mailbox", OccurredFrom: &from, OccurredUntil: &until, DiscoveredAt: monday().Add(-2 * time.Hour),
			Systems: []string{"mailbox"}, Categories: []registry.Category{registry.Name, registry.Contact},
			BreachKinds: []incidents.BreachKind{incidents.Confidentiality}, Unintelligible: incidents.UnintelligibleNo, Role: incidents.AsController},
		Story: incidents.Story{Summary: "Iemand kon in de mailbox.", MeasuresTaken: "Wij hebben het wachtwoord veranderd."}}, incidents.System())
	must(r.t, err)
	return r.assess(inc)
}

func (r *rig) assess(inc *incidents.Incident) *incidents.Incident {
	r.t.Helper()
	ctx := r.t.Context()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	must(r.t, err)
	assessor := incidents.NewAssessor(inc, nil, registry.Policy{}, zone)
	clients, err := r.store.Clients(ctx, inc.PracticeID, "", 500)
	must(r.t, err)
	var rows []incidents.Affected
	var counts incidents.Counts
	for _, c := range clients {
		row := assessor.Assess(c)
		rows = append(rows, row)
		counts.Add(row)
	}
	must(r.t, r.store.SaveAffected(ctx, inc.PracticeID, rows))
	inc, err = r.store.UpdateIncident(ctx, inc.PracticeID, inc.ID, func(i *incidents.Incident) error {
		i.Assessed(i.Assessment.Wanted, counts, len(rows), 0, r.now())
		return nil
	})
	must(r.t, err)
	return inc
}

func (r *rig) comeIn(user, practice string) *http.Client {
	r.t.Helper()
	client := &http.Client{Jar: &jar{cookies: map[string]*http.Cookie{}}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.PostForm(r.server.URL+"/come-in", url.Values{"user": {user}, "practice": {practice}})
	must(r.t, err)
	defer res.Body.Close()
	return client
}

// jar keeps every cookie of the one site there is.
type jar struct {
	mu      sync.Mutex
	cookies map[string]*http.Cookie
}

func (j *jar) SetCookies(_ *url.URL, cookies []*http.Cookie) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, c := range cookies {
		j.cookies[c.Name] = c
	}
}

func (j *jar) Cookies(*url.URL) []*http.Cookie {
	j.mu.Lock()
	defer j.mu.Unlock()
	var all []*http.Cookie
	for _, c := range j.cookies {
		all = append(all, c)
	}
	return all
}

func (r *rig) get(path string) (*http.Response, string) { return r.send("GET", path, nil) }

func (r *rig) send(method, path string, form url.Values) (*http.Response, string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.server.URL+path, strings.NewReader(form.Encode()))
	must(r.t, err)
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req.Header.Set("Accept-Language", "nl")
	res, err := r.client.Do(req)
	must(r.t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	must(r.t, err)
	return res, string(raw)
}

// draft makes a draft and returns its id.
func (r *rig) draft(audience incidents.Audience) string {
	r.t.Helper()
	res, body := r.send("POST", "/incidents/"+r.inc.ID+"/notices", url.Values{"audience": {string(audience)}})
	if res.StatusCode != http.StatusSeeOther {
		r.t.Fatalf("draft for %s = %d: %s", audience, res.StatusCode, wordsOf(body))
	}
	return strings.TrimPrefix(res.Header.Get("Location"), "/notices/")
}

// approval is the form of the approval page as a browser would send it back.
func (r *rig) approval(id string) url.Values {
	r.t.Helper()
	res, body := r.get("/notices/" + id + "/approve")
	if res.StatusCode != 200 {
		r.t.Fatalf("approval page = %d", res.StatusCode)
	}
	form := url.Values{}
	for _, name := range []string{"text_hash", "recipients_hash"} {
		form.Set(name, hidden(r.t, body, name))
	}
	return form
}

func hidden(t testing.TB, body, name string) string {
	t.Helper()
	found := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(body)
	if found == nil {
		t.Fatalf("the page has no hidden %s", name)
	}
	return found[1]
}

// approved drafts and approves a notice for clients from the safe sender.
func (r *rig) approved() string {
	r.t.Helper()
	id := r.draft(incidents.ToClients)
	form := r.approval(id)
	form.Set("sender", "bericht@lindehof-post.example")
	res, body := r.send("POST", "/notices/"+id+"/approve", form)
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/notices/"+id+"/progress" {
		r.t.Fatalf("approval = %d to %q: %s", res.StatusCode, res.Header.Get("Location"), wordsOf(body))
	}
	return id
}

// answer lets the mail server answer the first n waiting mails of a notice.
func (r *rig) answer(id string, n int, a incidents.Answer) {
	r.t.Helper()
	ctx := r.t.Context()
	rows, err := r.store.DeliveriesOf(ctx, "p1", id, []incidents.DeliveryState{incidents.Queued}, "", 100)
	must(r.t, err)
	var ids []string
	for _, d := range rows {
		if d.Channel == registry.ByEmail && len(ids) < n {
			ids = append(ids, d.ID)
		}
	}
	claimed, err := r.store.ClaimDeliveries(ctx, "p1", ids, r.now(), time.Minute)
	must(r.t, err)
	if len(claimed) != n {
		r.t.Fatalf("%d mails waited, want %d", len(claimed), n)
	}
	a.At = r.now()
	for i := range claimed {
		claimed[i].Record(a, r.now().Add(time.Minute))
	}
	_, err = r.store.RecordDeliveries(ctx, "p1", claimed)
	must(r.t, err)
	left := 0
	rest, err := r.store.DeliveriesOf(ctx, "p1", id, []incidents.DeliveryState{incidents.Queued, incidents.Sending, incidents.Deferred}, "", 100)
	must(r.t, err)
	for _, d := range rest {
		if d.Channel == registry.ByEmail {
			left++
		}
	}
	_, err = r.store.UpdateNotice(ctx, "p1", id, func(n *incidents.Notice) error {
		n.Progressed(claimed, left, r.now())
		return nil
	})
	must(r.t, err)
}

func accepted() incidents.Answer {
	return incidents.Answer{Kind: incidents.Accepted, Stage: "data", Code: 250, Text: "2.0.0 OK queued"}
}

func refused() incidents.Answer {
	return incidents.Answer{Kind: incidents.RefusedPerson, Stage: "rcpt", Code: 550, Text: "5.1.1 No such user <script>alert(1)</script>"}
}

func deferred() incidents.Answer {
	return incidents.Answer{Kind: incidents.Later, Stage: "rcpt", Code: 451, Text: "4.7.1 Greylisted, come back later"}
}

// delivery returns the first delivery that fits.
func (r *rig) delivery(id string, fits func(incidents.Delivery) bool) incidents.Delivery {
	r.t.Helper()
	rows, err := r.store.DeliveriesOf(r.t.Context(), "p1", id, nil, "", 100)
	must(r.t, err)
	for _, d := range rows {
		if fits(d) {
			return d
		}
	}
	r.t.Fatal("no delivery fits")
	return incidents.Delivery{}
}

var tags = regexp.MustCompile(`(?s)<(script|style|svg).*?</(script|style|svg)>|<[^>]*>`)

// wordsOf is a page without its markup, on one line.
func wordsOf(body string) string {
	if _, main, found := strings.Cut(body, "<main"); found {
		body = "<" + main
	}
	return strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(body, " "))), " ")
}

func wants(t *testing.T, body string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(body, w) && !strings.Contains(wordsOf(body), w) {
			t.Errorf("the page lacks %q; it says: %.1500s", w, wordsOf(body))
		}
	}
}

func word(by string, at time.Time) casework.Word {
	return casework.Word{By: by, At: at, User: incidents.System()}
}
