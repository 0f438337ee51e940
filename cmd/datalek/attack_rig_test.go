package main_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	datalek "datalek/cmd/datalek"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// grounds is a demo in which everything has happened once, and beside it a
// practice of strangers that has nothing.
type grounds struct {
	*demo
	world    *world
	former   string // page of a client whose guidance ended
	stranger stranger
	looker   *caller // who reads the pages of state; nil logs in first
}

// stranger is another practice on the same host.
type stranger struct {
	practice               tenant.ID
	login, password, token string
}

var strangerPrinted = regexp.MustCompile(`(?s)Practice\s+(\S+)\nLog in\s+(\S+)\nPassword\s+(\S+).*API token\s+(\S+)`)

// breakIn prepares the grounds.
func breakIn(t *testing.T) *grounds {
	t.Helper()
	g := &grounds{demo: startDemo(t)}
	morning(t, g.demo)
	g.stop()
	out, err := command(t, nil, "practice", "add", "--data", filepath.Join(g.dir, "data"), "--name", "Vreemdeling", "--contact", "Piet Vreemdeling", "--email", "piet@vreemd.example", "--token-scopes", registry.ScopeText(registry.AllScopes()))
	found := strangerPrinted.FindStringSubmatch(out)
	if err != nil || found == nil {
		t.Fatalf("practice add: %v\n%s", err, out)
	}
	g.stranger = stranger{practice: tenant.ID(found[1]), login: found[2], password: found[3], token: found[4]}
	g.start(strings.TrimPrefix(g.BaseURL, "http://"))
	g.world, g.former = (&gallery{t: t, d: g.demo}).world(), clientPage(t, g.demo, "V-047")
	return g
}

var askRouter = sync.OnceValues(datalek.Routes)

// routes are all that the program answers.
func routes(t testing.TB) []datalek.Route {
	t.Helper()
	all, err := askRouter()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 140 {
		t.Fatalf("only %d routes", len(all))
	}
	return all
}

var parameter = regexp.MustCompile(`:[a-z]+`)

// places returns every address that a route has on the grounds: one for each
// thing of its kind. A route whose parameter is not known here fails the test.
func (g *grounds) places(path string) []string {
	g.t.Helper()
	api := strings.HasPrefix(path, "/api/v1/")
	all := []string{strings.TrimPrefix(path, "/api/v1")}
	for {
		before := all[0]
		name := parameter.FindString(before)
		if name == "" {
			break
		}
		begin, _, _ := strings.Cut(before, name)
		var next []string
		for _, at := range all {
			for _, id := range g.ids(begin, name) {
				next = append(next, strings.Replace(at, name, id, 1))
			}
		}
		all = next
	}
	if api {
		for i := range all {
			all[i] = "/api/v1" + all[i]
		}
	}
	return all
}

// ids are the things that a parameter may name, by the path before it.
func (g *grounds) ids(begin, name string) []string {
	g.t.Helper()
	w, last := g.world, func(all ...string) []string {
		for i := range all {
			all[i] = all[i][strings.LastIndex(all[i], "/")+1:]
		}
		return all
	}
	area, _, _ := strings.Cut(strings.TrimPrefix(begin, "/"), "/")
	known := map[string][]string{
		"incidents :id": last(w.running, w.unsure, w.overdue, w.closed, w.processor), "notices :id": last(w.draft, w.going, w.done),
		"deliveries :id": last(w.phone, w.letter, w.told), "clients :id": last(w.client, w.child, g.former), "clients :n": {"1"},
		"incidents :client": last(w.client), "incidents :person": last(w.client), "incidents :clock": {"client", "authority"},
		"incidents :audience": {"clients", "authority"}, "incidents :update": {"u1"}, "incidents :announcement": {"a1"}, "systems :id": {"mailbox"}, "processors :id": {"dossier-online"}, "processors :address": {w.address},
		"triage :id": last(w.report, w.dismissed), "reports :id": last(w.report), "p :code": last(w.public), "mailbox :id": last(w.mail),
		"setup :token": {"wrong"}, "ack :token": {"wrong"}, "reported :token": {"wrong"}, "processors :report": last(w.report), "stuck :id": {"none"}, "webhooks :token": last(g.WebhookURL), "assets :version": {"none"}, "assets :name": {"none"},
	}
	known["questions :id"], known["drills :id"], known["report :year"] = last(w.question), last(w.drill), []string{"none"}
	known["requests :id"] = last(w.request, w.erasure)
	known["retention :month"], known["retention :system"], known["retention :id"], known["retention :client"] = []string{"2020-01"}, []string{"mailbox"}, []string{"none"}, last(w.client)
	known["join :practice"], known["join :secret"], known["reset :user"], known["reset :secret"] = []string{"none"}, []string{"wrong"}, []string{"none"}, []string{"wrong"}
	known["settings :id"] = []string{"none"}
	known["own :id"], known["sample :id"] = append(last(w.client), last(w.running)...), last(w.running, w.closed)
	known["incidents :measure"] = []string{"m1"}
	known["incidents :draft"], known["mis-sent :draft"] = last(w.long, w.short), last(w.short)
	known["incidents :step"], known["mis-sent :step"] = []string{"what", "when", "check", "wipe"}, []string{"about", "recipient", "check"}
	ids := known[area+" "+name]
	if len(ids) == 0 {
		g.t.Fatalf("the attacks do not know what stands at %s%s; tell them", begin, name)
	}
	return ids
}

// caller asks as a browser or a script does, and follows no redirects.
type caller struct {
	t      testing.TB
	base   string
	client *http.Client
	header http.Header
}

// reply is what came back.
type reply struct {
	Status int
	Header http.Header
	Body   string
}

func newCaller(t testing.TB, base string) *caller {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &caller{t: t, base: base, header: http.Header{}, client: &http.Client{Jar: jar, Timeout: time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// withToken is a script of the practice with this token.
func withToken(t testing.TB, base, token string) *caller {
	c := newCaller(t, base)
	c.header.Set("Authorization", "Bearer "+token)
	return c
}

// loggedIn is a browser after the login page.
func loggedIn(t testing.TB, base, login, password string) *caller {
	t.Helper()
	c := newCaller(t, base)
	if r := c.post("/login", url.Values{"login": {login}, "password": {password}}); r.Status != http.StatusSeeOther || r.Header.Get("Location") != "/" {
		t.Fatalf("login answered %d:\n%s", r.Status, r.Body)
	}
	return c
}

func (c *caller) get(path string) reply { c.t.Helper(); return c.send(http.MethodGet, path, "", nil) }

func (c *caller) post(path string, form url.Values) reply {
	c.t.Helper()
	return c.send(http.MethodPost, path, "application/x-www-form-urlencoded", []byte(form.Encode()))
}

// send makes one request, and again when the pages' limit asks to wait a second:
// attacks ask more often than anybody.
func (c *caller) send(method, path, kind string, body []byte, headers ...string) reply {
	c.t.Helper()
	for {
		r := c.sendOnce(method, path, kind, body, headers...)
		if r.Status != http.StatusTooManyRequests || r.Header.Get("Retry-After") != "1" || strings.HasPrefix(path, "/api/") || strings.HasPrefix(path, "/webhooks/") {
			return r
		}
		time.Sleep(time.Second)
	}
}

// sendOnce makes one request. What stays open is read for a moment only.
func (c *caller) sendOnce(method, path, kind string, body []byte, headers ...string) reply {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, bytes.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	for name, values := range c.header {
		r.Header[name] = values
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := c.client.Do(r)
	if err != nil {
		c.t.Fatalf("%s %.200s: %v", method, path, err)
	}
	defer func() { _ = answer.Body.Close() }()
	if strings.HasPrefix(answer.Header.Get("Content-Type"), "text/event-stream") {
		return reply{answer.StatusCode, answer.Header, ""}
	}
	raw, err := io.ReadAll(answer.Body)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		c.t.Fatalf("%s %.200s: %v", method, path, err)
	}
	return reply{answer.StatusCode, answer.Header, string(raw)}
}
