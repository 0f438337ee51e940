package main_test

import (
	"bytes"
	"cmp"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// form is a form as a page shows it.
type form struct {
	page   string // where it stands
	action string
	values url.Values // what it sends when nothing is touched
	fields []string   // every name in it
	typed  []string   // those into which people type
}

// formsOn are the forms of a page that send something.
func formsOn(t testing.TB, path, body string) []form {
	t.Helper()
	page, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	at, err := url.Parse(path)
	if err != nil {
		t.Fatal(err)
	}
	var all []form
	for n := range page.Descendants() {
		if n.Type != html.ElementNode || n.Data != "form" || !strings.EqualFold(attr(n, "method"), "post") || attr(n, "enctype") != "" {
			continue
		}
		to, err := at.Parse(attr(n, "action"))
		if err != nil {
			t.Fatal(err)
		}
		f := form{page: path, action: (&url.URL{Path: to.Path, RawQuery: to.RawQuery}).String(), values: url.Values{}}
		reader := &plainReader{}
		for e := range n.Descendants() {
			reader.collect(e, f.values)
			f.add(e)
		}
		all = append(all, f)
	}
	return all
}

func (f *form) add(n *html.Node) {
	name := attr(n, "name")
	if name == "" || n.Type != html.ElementNode || n.Data == "meta" {
		return
	}
	if !slices.Contains(f.fields, name) {
		f.fields = append(f.fields, name)
	}
	switch kind := attr(n, "type"); {
	case n.Data == "button":
		if f.values.Get(name) == "" {
			f.values.Set(name, attr(n, "value"))
		}
	case n.Data == "textarea", n.Data == "input" && kind != "radio" && kind != "checkbox" && kind != "hidden":
		f.typed = append(f.typed, name)
	case n.Data == "input" && kind == "radio" && f.values.Get(name) == "":
		f.values.Set(name, attr(n, "value"))
	}
}

// key names what forms of one kind have in common: where they lead, and their fields.
func (f form) key() string {
	return routeOf(f.action) + " " + strings.Join(f.fields, " ")
}

// with is what the form sends with hostile text in some of its fields.
func (f form) with(names []string, text string) url.Values {
	values := url.Values{}
	for name, list := range f.values {
		values[name] = slices.Clone(list)
	}
	for _, name := range names {
		values.Set(name, text)
	}
	return values
}

// leadsAway reports whether a form takes its session away from the practice: out
// of it, or into a drill, or takes away the drill or the token that others use.
func leadsAway(route string) bool {
	return slices.Contains([]string{"/logout", "/drills", "/drills/:id/enter", "/drills/:id/drop", "/settings/devices/:id/end", "/settings/devices/others", "/settings/tokens/:id/revoke", "/processors/:id/addresses/:address/revoke"}, route)
}

// forms are the forms on all pages, one of each kind, those into which most is
// typed first: what only presses a button may end what the others need.
func (g *grounds) forms(t *testing.T, owner *caller) []form {
	t.Helper()
	var all []form
	known := map[string]bool{}
	g.walk(t, owner, 3, func(path string, r reply) {
		for _, f := range formsOn(t, path, r.Body) {
			if !leadsAway(routeOf(f.action)) && !known[f.key()] {
				known[f.key()] = true
				all = append(all, f)
			}
		}
	})
	slices.SortStableFunc(all, func(a, b form) int { return cmp.Compare(len(b.typed), len(a.typed)) })
	return all
}

// sharp are the kinds of text that are tried in each field apart.
func sharp() []string {
	return []string{"an element out of an attribute", "not UTF-8"}
}

// Hostile text in every form of every page: never a failure of ours, and what
// is shown of it is words.
func TestHostileTextInEveryForm(t *testing.T) {
	t.Parallel()
	g := breakIn(t)
	owner := loggedIn(t, g.BaseURL, g.Login, g.Password)
	posted, known := map[string]bool{}, map[string]bool{}
	for range 2 { // what was ended can be resumed: forms that come up meanwhile are tried too
		for _, f := range g.forms(t, owner) {
			posted[routeOf(f.action)] = true
			if !known[f.key()] {
				known[f.key()] = true
				g.attack(t, owner, len(known), f)
			}
		}
	}
	for _, route := range routes(t) {
		if route.Method == http.MethodPost && !strings.HasPrefix(route.Path, "/api/") && !isWebhook(route.Path) && !posted[route.Path] && elsewhere()[route.Path] == "" {
			t.Errorf("no form sends to %s", route.Path)
		}
	}
	g.sendFile(t, owner)
	g.pass(time.Hour) // the forms asked for the password too often
	g.inspect(t, 12)
	g.verify(t)
}

// attack tries one form: every kind of text in all that is typed, some in each
// field apart, also in those that nobody types into, and the form as it stands.
func (g *grounds) attack(t *testing.T, owner *caller, turn int, f form) {
	t.Helper()
	for i, n := range nasties() {
		if len(f.typed) > 0 && (n.text != "" || n.raw == "") && (n.markup() && inTurn(i+turn, 2) || inTurn(i+turn, 6)) {
			f = g.try(t, owner, f, f.typed, n)
		}
		if slices.Contains(sharp(), n.name) {
			for j, name := range f.fields {
				if !inTurn(i+j, 2) {
					continue
				}
				f = g.try(t, owner, f, []string{name}, n)
			}
			f = g.try(t, owner, f, f.fields, n)
		}
	}
	g.try(t, owner, g.again(t, owner, f), nil, nasty{name: "nothing changed"})
}

// again is the form as its page shows it now; pages refuse what was opened
// before something changed.
func (g *grounds) again(t *testing.T, owner *caller, f form) form {
	t.Helper()
	for _, fresh := range formsOn(t, f.page, owner.get(f.page).Body) {
		if fresh.action == f.action && slices.Equal(fresh.fields, f.fields) {
			return fresh
		}
	}
	return f
}

// elsewhere are the routes whose forms the grounds do not show, and why.
func elsewhere() map[string]string {
	return map[string]string{
		"/clients/imports/:id/doubles": "chooses alone: see web/catalogue", "/clients/imports/:id/undo": "nothing to type",
		"/clients/import": "a file", "/triage/mail": "a file: see web/intake", "/triage/:id/told": "is shown of a supplier's mail: see web/intake", "/csp": "browsers send it: see web", "/setup/:token": "of a new host", "/ack/:token": "for who was sent a link", "/reported/:token": "for who was sent a link", "/incidents/:id/seen": "is shown of an alarm", "/stuck/:id/again": "nothing to type", "/stuck/host/:id/again": "nothing to type", "/logout": "nothing to type", "/returns/address": "nothing to type",
		"/p/:code/lees": "is bounded: see web/reading", "/p/:code/lees/read": "for who has a code", "/p/:code/lees/question": "for who has a code", "/p/:code/lees/done": "for who has a code",
		"/processors/:id/resume": "is shown when no system uses it", "/incidents/:id/updates/:audience/kept": "is shown of a promise", "/incidents/:id/updates/:audience/move": "is shown of a promise",
		"/drills": "leads into a drill: see web/drills", "/drills/leave": "nothing to type", "/drills/:id/enter": "nothing to type", "/drills/:id/end": "nothing to type", "/drills/:id/drop": "nothing to type",
		"/retention/:month/:system": "nothing to type", "/retention/:month/:system/entries": "nothing to type", "/retention/people/:client/:system/gone": "nothing to type",
		"/retention/people/:client/:system/keep": "nothing to type", "/retention/confirmed/:id/undo": "nothing to type", "/clients/:id/keep": "nothing to type", "/incidents/:id/file/bundle": "nothing to type",
		"/clients/:id/exceptions/end": "nothing to type", "/requests/:id/erase": "is shown of who may be erased; the API's is attacked",
		"/settings/policy/save": "carries the fields of the form before it, which is attacked",
		"/login/code":           "is shown after a password: see web/factors", "/login/recovery": "is shown after a password: see web/factors", "/settings/account/confirm": "is shown of an old proof: see web/factors", "/login/forgotten": "for who has two codes: see web/factors",
		"/login/passkey/begin": "nothing to type", "/settings/account/confirm/passkey": "is shown of an old proof: see web/factors",
		"/settings/account/security/passkeys/begin": "nothing to type", "/settings/account/security/passkeys": "is shown at a name: see web/factors", "/settings/account/security/passkeys/remove": "is shown of two factors",
		"/settings/account/security/app/remove": "is shown of two factors", "/settings/account/security/codes": "nothing to type",
		"/settings/devices/:id/end": "nothing to type", "/settings/devices/others": "nothing to type",
		"/settings/members/:id/role": "chooses alone: see web/members", "/settings/members/:id/remove": "nothing to type", "/settings/members/invitations/:id/withdraw": "nothing to type",
		"/practices": "chooses alone: see web/members", "/join/:practice/:secret": "for who was invited", "/reset/:user/:secret": "for who got a link of the host",
		"/processors/:id/message-centre/try": "nothing to type", "/processors/:id/message-centre/remove": "nothing to type",
		"/doctor/envelope": "nothing to type", "/mail/try": "nothing to type",
		"/settings/tokens/:id/revoke": "nothing to type",
		"/processors/:id/addresses":   "nothing to type", "/processors/:id/addresses/:address/test": "nothing to type", "/processors/:id/addresses/:address/rotate": "nothing to type",
		"/processors/:id/addresses/:address/drop-old": "nothing to type", "/processors/:id/addresses/:address/keys/remove": "nothing to type", "/processors/:id/addresses/:address/revoke": "nothing to type",
		"/processors/:id/addresses/:address/keys":  "is shown with a fresh proof: see web/addresses",
		"/settings/roles/coaches":                  "is shown when a coach works here: see web/roles",
		"/incidents/:id/affected/:client/decision": "is shown when the policy asks it; the API's is attacked",
		"/incidents/:id/authority/check":           "is shown of what a text gives away: see web/desk",
		"/incidents/:id/preliminary/stop":          "is shown of a plan; the API's is attacked", "/incidents/:id/preliminary/resume": "nothing to type",
	}
}

// postRoutes are the routes that forms send to, and how their addresses look.
var postRoutes = sync.OnceValue(func() map[string]*regexp.Regexp {
	all, _ := askRouter() // asked before; an error has ended the test
	looks := map[string]*regexp.Regexp{}
	for _, route := range all {
		if route.Method == http.MethodPost {
			looks[route.Path] = regexp.MustCompile("^" + parameter.ReplaceAllString(regexp.QuoteMeta(route.Path), `[^/]+`) + "$")
		}
	}
	return looks
})

// routeOf is the route of an address.
func routeOf(path string) string {
	path, _, _ = strings.Cut(path, "?")
	best := ""
	for route, looks := range postRoutes() {
		if looks.MatchString(path) && (best == "" || strings.Count(route, ":") < strings.Count(best, ":")) {
			best = route
		}
	}
	return best
}

// try sends the form once, and returns it as it must be for the next time.
func (g *grounds) try(t *testing.T, owner *caller, f form, names []string, n nasty) form {
	t.Helper()
	what := f.action + " with " + n.name + " in " + strings.Join(names, ", ")
	r := owner.post(f.action, f.with(names, n.text))
	switch {
	case r.Status == http.StatusSeeOther:
		if to := r.Header.Get("Location"); !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\r\n<>\"\\") {
			t.Errorf("%s leads to %q", what, to)
		}
		if strings.HasPrefix(r.Header.Get("Location"), "/login") {
			t.Errorf("%s ended the session", what)
		}
	case r.Status == http.StatusNoContent:
	case slices.Contains([]int{200, 404, 409, 413, 422, 429}, r.Status):
		if isPage(r) { // else a file, such as what is held on somebody
			checkMarkup(t, what, r.Body)
		}
	default:
		t.Errorf("%s answered %d: %.300s", what, r.Status, r.Body)
	}
	if r.Status == http.StatusSeeOther || r.Status == http.StatusConflict {
		return g.again(t, owner, f)
	}
	return f
}

// sendFile imports a file with hostile text in every cell of a row, and rows
// that are none.
func (g *grounds) sendFile(t testing.TB, owner *caller) {
	t.Helper()
	var file bytes.Buffer
	file.WriteString("nummer;naam;e-mail;telefoon;adres;taal;relatie;geboortejaar;ouders;kanaal;begeleiding van;begeleiding tot;coach;attacc<attacc-9>\n")
	for i, n := range nasties() {
		if len(n.text) > 1000 || strings.ContainsAny(n.text, "\r\n\x00") {
			continue
		}
		cell := `"` + strings.ReplaceAll(n.text, `"`, `""`) + `"`
		file.WriteString("B-" + string(rune('A'+i%26)) + strings.Repeat("x", i/26) + ";" + cell + strings.Repeat(";", 12) + cell + "\n")
		file.WriteString(strings.Repeat(cell+";", 13) + "\n")
	}
	for _, press := range []string{"look", "import", "attacc"} {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		part, err := w.CreateFormFile("file", `../../attacc"><attacc-8>.csv`)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = part.Write(file.Bytes()) // into memory
		_ = w.WriteField("do", press)
		_ = w.Close()
		r := owner.send("POST", "/clients/import", w.FormDataContentType(), body.Bytes())
		if r.Status == http.StatusSeeOther {
			r = owner.get(r.Header.Get("Location"))
		}
		if r.Status != 200 {
			t.Errorf("the file answered %d: %.300s", r.Status, r.Body)
		}
		checkMarkup(t, "an import by "+press, r.Body)
	}
}

var asked = regexp.MustCompile(`QueryParam\("([A-Za-z_]+)"\)`)

// questions are the names that pages take after a question mark.
func questions(t testing.TB) []string {
	t.Helper()
	names := map[string]bool{}
	files, err := filepath.Glob("../../web/*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range asked.FindAllSubmatch(raw, -1) {
			names[string(m[1])] = true
		}
	}
	if len(names) < 8 {
		t.Fatalf("only %d names of questions", len(names))
	}
	return slices.Sorted(maps.Keys(names))
}

// What stands in the address, and what is asked there, is input too.
func TestHostileAddressesOfThePages(t *testing.T) {
	t.Parallel()
	g := breakIn(t)
	owner := loggedIn(t, g.BaseURL, g.Login, g.Password)
	names := questions(t)
	for at, route := range routes(t) {
		if strings.HasPrefix(route.Path, "/api/") || isWebhook(route.Path) || leadsAway(route.Path) {
			continue
		}
		for i, n := range nasties() {
			if len(n.text) > 4000 || n.text == "" || !inTurn(i+at, 4) {
				continue
			}
			what := route.Method + " " + route.Path + " for " + n.name
			ask := func(place string) reply {
				if route.Method == http.MethodPost {
					return owner.post(place, url.Values{})
				}
				return owner.send(route.Method, place, "", nil)
			}
			if parameter.MatchString(route.Path) {
				if route.Path == "/reported/:token" {
					g.pass(2 * time.Second) // who guesses links is held up
				}
				r := ask(parameter.ReplaceAllLiteralString(route.Path, url.PathEscape(n.text)))
				if r.Status != http.StatusNotFound && !dropsNothing(route.Path, r) {
					t.Errorf("%s answered %d, want 404: %.200s", what, r.Status, r.Body)
				}
				checkMarkup(t, what, r.Body)
			}
			if route.Method != http.MethodGet {
				continue
			}
			query := url.Values{}
			for _, name := range names {
				if name != "taal" {
					query.Set(name, n.text)
				}
			}
			r := ask(g.places(route.Path)[0] + "?" + query.Encode())
			if r.Status >= 500 || r.Status == 400 {
				t.Errorf("%s in the query answered %d: %.200s", what, r.Status, r.Body)
			}
			if strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") {
				checkMarkup(t, what+" in the query", r.Body)
			}
			if to := r.Header.Get("Location"); to != "" && (!strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//")) {
				t.Errorf("%s leads to %q", what, to)
			}
		}
	}
}
