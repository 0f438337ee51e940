package main_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// open are the routes that show anybody the same, and why.
func open() map[string]string {
	return map[string]string{
		"/setup/:token": "a link of its own", "/ack/:token": "a link of its own", "/reported/:token": "a link of its own", "/login": "the way in", "/login/code": "the way in", "/login/recovery": "the way in", "/login/forgotten": "the way in", "/login/passkey": "the way in", "/login/passkey/begin": "the way in", "/logout": "the way out", "/p/:code": "the public form", "/p/:code/thanks": "the public form",
		"/join/:practice/:secret": "a link of its own", "/reset/:user/:secret": "a link of its own",
		"/p/:code/lees": "for who has a code", "/p/:code/lees/read": "for who has a code", "/p/:code/lees/question": "for who has a code", "/p/:code/lees/done": "for who has a code",
		"/mailbox": "the demo's alone", "/mailbox.json": "the demo's alone", "/mailbox/:id": "the demo's alone", "/mailbox/:id/html": "the demo's alone",
		"/assets/:version/:name": "styles", "/robots.txt": "for machines", "/csp": "what browsers report", "/healthz": "for machines", "/readyz": "for machines",
		"/.well-known/security.txt": "for machines", "/api/v1/openapi.yaml": "the description",
	}
}

// isWebhook reports whether an address belongs to machines that prove each
// message, by a signature or a token of its own.
func isWebhook(path string) bool { return strings.HasPrefix(path, "/webhooks/") }

// ofTheFirst are words that stand in the first practice's data alone.
func (g *grounds) ofTheFirst() []string {
	return []string{"Voorbeeldcli", "voorbeeldpost.example", "Lindehof", "lindehof", "vreemde e-mails", "Mijn telefoon is weg", "Wachtwoord veranderd", "Verzonnenweg",
		"Jan Verzonnen", "Er stonden namen in", "Leerarchief", "Dossier Online", "AP-2026-001234", "Rustig gesprek", "Drie keer aangebeld", "Zebrapad", g.WebhookSecret, g.APIToken, "Bram Waarnemer"}
}

func (g *grounds) leaks(body string) []string {
	return slices.DeleteFunc(g.ofTheFirst(), func(words string) bool { return !strings.Contains(body, words) })
}

// Every route there is, asked with the first practice's ids by another practice
// and by nobody: what needs an id is not there, what lists shows nothing of the
// first, and nothing of the first has changed afterwards.
func TestNoRouteShowsOrChangesWhatIsAnothers(t *testing.T) {
	t.Parallel()
	g := breakIn(t)
	before := g.state(t)
	browser := loggedIn(t, g.BaseURL, g.stranger.login, g.stranger.password)
	script, nobody := withToken(t, g.BaseURL, g.stranger.token), newCaller(t, g.BaseURL)
	bodies := g.apiBodies()
	for _, route := range routes(t) {
		if open()[route.Path] != "" || isWebhook(route.Path) {
			continue
		}
		api := strings.HasPrefix(route.Path, "/api/v1/")
		for _, place := range g.places(route.Path) {
			who, kind, body := browser, "application/x-www-form-urlencoded", []byte(url.Values{"reason": {"x"}}.Encode())
			if api {
				who, kind, body = script, "application/json", encoded(t, bodies[route.Method+" "+route.Path])
			}
			if route.Method == http.MethodGet {
				kind, body = "", nil
			}
			r := who.send(route.Method, place, kind, body)
			if found := g.leaks(r.Body); len(found) > 0 {
				t.Errorf("%s %s shows a stranger %q", route.Method, place, found)
			}
			if strings.Contains(route.Path, ":") && r.Status != http.StatusNotFound && !dropsNothing(route.Path, r) {
				t.Errorf("%s %s (%s) answered a stranger %d, want 404", route.Method, route.Path, place, r.Status)
			}
			if r.Status >= 500 {
				t.Errorf("%s %s answered %d", route.Method, place, r.Status)
			}
			r = nobody.send(route.Method, place, kind, body)
			want := http.StatusSeeOther
			if api {
				want = http.StatusUnauthorized
			}
			if api && r.Status == http.StatusTooManyRequests {
				g.pass(30 * time.Second) // who has no token may not ask often
				r = nobody.send(route.Method, place, kind, body)
			}
			if found := g.leaks(r.Body); r.Status != want || len(found) > 0 {
				t.Errorf("%s %s answered nobody %d with %q, want %d", route.Method, place, r.Status, found, want)
			}
			if to := r.Header.Get("Location"); !api && !strings.HasPrefix(to, "/login?next=%2F") {
				t.Errorf("%s %s sends nobody to %q, want the login page", route.Method, place, to)
			}
		}
	}
	if after := g.state(t); after != before {
		t.Errorf("strangers changed the first practice:\n%s\n%s", before, after)
	}
}

// dropsNothing is the answer to who throws away a form, or asks again for work,
// that is not there, or no more: the same as to who does it twice.
func dropsNothing(path string, r reply) bool {
	twice := []string{"/incidents/drafts/:draft/drop", "/stuck/:id/again", "/stuck/host/:id/again"}
	links := []string{"/join/:practice/:secret", "/reset/:user/:secret"} // who tries too many waits
	return slices.Contains(twice, path) && r.Status == http.StatusSeeOther || slices.Contains(links, path) && r.Status == http.StatusTooManyRequests
}

// pass lets the program's clock go on.
func (d *demo) pass(more time.Duration) {
	d.t.Helper()
	d.moveClock(time.Until(d.now().Add(more)).Round(time.Millisecond))
	time.Sleep(60 * time.Millisecond) // the program looks at its clock's file every 50 ms
}

// state is all that the API lists, but for what its own clocks do.
func (g *grounds) state(t testing.TB) string {
	t.Helper()
	var all []string
	for _, list := range []string{"/clients?limit=500", "/systems", "/processors", "/incidents", "/reports?state=all"} {
		var page struct{ Items []map[string]any }
		g.must(200, "GET", list, nil, &page)
		for _, item := range page.Items {
			maps.DeleteFunc(item, func(name string, _ any) bool { return name == "clocks" || name == "clock" || name == "version" })
			all = append(all, string(encoded(t, item)))
		}
	}
	if g.looker == nil {
		g.looker = loggedIn(t, g.BaseURL, g.Login, g.Password)
	}
	owner := g.looker
	for _, form := range []string{g.world.long + "/what", g.world.short + "/about"} {
		all = append(all, form+" "+http.StatusText(owner.get(form).Status))
	}
	return strings.Join(all, "\n")
}

func encoded(t testing.TB, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// What a body or a query names is looked for in one's own practice alone.
func TestIDsInsideABodyAreOnesOwn(t *testing.T) {
	t.Parallel()
	g := breakIn(t)
	script := withToken(t, g.BaseURL, g.stranger.token)
	now := g.now().UTC().Format(time.RFC3339)
	filing := func(more object) object {
		body := object{"playbook": "lost-device", "summary": "x", "discovered_at": now, "aware_at": now, "aware_basis": "y"}
		maps.Copy(body, more)
		return body
	}
	mine := script.send("POST", "/api/v1/incidents", "application/json", encoded(t, filing(nil)), "Idempotency-Key", "one")
	var own struct{ ID string }
	if err := json.Unmarshal([]byte(mine.Body), &own); err != nil || mine.Status != 201 {
		t.Fatalf("filed %d %s", mine.Status, mine.Body)
	}
	var first struct{ ID string }
	g.must(201, "POST", "/incidents", filing(nil), &first, "Idempotency-Key", "one")
	if first.ID == own.ID {
		t.Error("two practices with one Idempotency-Key and body share an incident")
	}
	for _, call := range []struct {
		path string
		body object
		at   string // the field at fault
	}{
		{"/systems", object{"id": "post", "name": "Post", "categories": []string{"name"}, "processor": "dossier-online"}, "processor"},
		{"/clients", object{"external_id": "1", "name": "Kind", "guardians": []string{"V-058"}}, "guardians"},
		{"/clients", object{"external_id": "1", "name": "Iemand", "holdings": []object{{"system": "client-file", "categories": []string{"name"}}}}, "holdings"},
		{"/incidents", filing(object{"systems": []string{"client-file"}}), "systems"},
		{"/incidents", filing(object{"subjects": object{"external_ids": []string{"V-001"}}}), "subjects"},
		{"/incidents/" + own.ID + "/affected", object{"external_id": "V-001", "include": true, "reason": "x"}, "external_id"},
	} {
		r := script.send("POST", "/api/v1"+call.path, "application/json", encoded(t, call.body))
		var problem struct{ Errors []struct{ Field string } }
		if err := json.Unmarshal([]byte(r.Body), &problem); err != nil || r.Status != 422 || len(problem.Errors) == 0 || !strings.HasPrefix(problem.Errors[0].Field, call.at) {
			t.Errorf("%s with the first's %s answered %d %s, want 422 at that field", call.path, call.at, r.Status, r.Body)
		}
		if found := g.leaks(r.Body); len(found) > 0 {
			t.Errorf("%s shows %q", call.path, found)
		}
	}
	browser := loggedIn(t, g.BaseURL, g.stranger.login, g.stranger.password)
	client := g.world.client[strings.LastIndex(g.world.client, "/"):]
	for _, path := range []string{"/incidents/" + own.ID + "/affected" + client, "/incidents/" + own.ID + "/affected?after=" + client[1:]} {
		if r := browser.get(path); len(g.leaks(r.Body)) > 0 || r.Status >= 500 {
			t.Errorf("%s answered %d with %q", path, r.Status, g.leaks(r.Body))
		}
	}
	if r := browser.post("/incidents/"+own.ID+"/affected"+client, url.Values{"act": {"add"}, "reason": {"x"}}); r.Status != http.StatusNotFound {
		t.Errorf("a client of the first is added to a case of the stranger: %d", r.Status)
	}
}
