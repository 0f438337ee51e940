package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestEveryPage opens every page of the program with something on it, in both
// languages and at the widths of a desk and a phone: it must answer as it
// should, fit its window, show no name of a text in place of the text, hold
// nothing that axe objects to and break no rule of its own security policy.
// With DATALEK_TEST_PICTURES set to a folder it leaves a picture of each there.
func TestEveryPage(t *testing.T) {
	d := startDemo(t)
	morning(t, d)
	g := &gallery{t: t, b: openBrowser(t, d.BaseURL, deskWidth), d: d, axe: axeScript(t), keys: keyPattern(t)}
	p := &person{visitor: g.b, t: t, disturb: func() {}}
	g.look(view{name: "login", path: "/login"})
	g.look(view{name: "login-refused", path: "/login", status: 422, act: func(p *person) {
		p.fill("E-mailadres", d.Login)
		p.fill("Wachtwoord", "dit is het niet")
		p.click("Log in")
	}})
	p.logIn(d)
	for _, v := range emptyPages() {
		g.look(v)
	}
	w := g.world()
	p.logIn(d) // days went by
	for _, v := range slices.Concat(memberPages(), w.deskPages(), w.intakePages(), w.noticePages(), w.callPages(), w.cataloguePages(), w.supplierPages(), w.plannedPages(), w.requestPages(), otherPages(), g.retentionPages(), w.drillPages()) {
		g.look(v)
	}
	g.lookAtSecondStep(p)
	g.checkWhole()
}

// lookAtSecondStep looks at the pages of the second step, while the login gets
// one. The site has no name here, so it offers no passkeys.
func (g *gallery) lookAtSecondStep(p *person) {
	const security = "/settings/account/security"
	p.logIn(g.d) // what stands there asks for a fresh proof
	for _, v := range []view{{name: "security", path: security}, {name: "security-passkey", path: security + "/passkey"}, {name: "security-app", path: security + "/app"},
		refused("security-app-refused", security+"/app", "Zet de app aan"), {name: "confirm", path: "/settings/account/confirm"},
		refused("confirm-refused", "/settings/account/confirm", "Ga verder met het wachtwoord")} {
		g.look(v)
	}
	p.setUpApp(g.d)
	for _, v := range []view{{name: "security-set", path: security}, {name: "codes-shown", path: security + "/codes"}, {name: "confirm-by-code", path: "/settings/account/confirm"}} {
		g.look(v)
	}
	p.open(security) // in Dutch again
	p.click("Uitloggen")
	p.fill("E-mailadres", g.d.Login)
	p.fill("Wachtwoord", g.d.Password)
	p.click("Log in")
	for _, v := range []view{{name: "code", path: "/login/code"}, {name: "recovery", path: "/login/recovery"}, refused("recovery-refused", "/login/recovery", "Log in"),
		{name: "forgotten", path: "/login/forgotten"}, refused("forgotten-refused", "/login/forgotten", "Bewaar het nieuwe wachtwoord")} {
		g.look(v)
	}
}

// checkWhole fails when the program has a page that was not looked at.
func (g *gallery) checkWhole() {
	elsewhere := []string{"/setup/:token", "/register/export", "/incidents/:id/deadlines.ics", "/mailbox.json", "/mailbox/:id/html", "/notices/:id/preview/html", "/deliveries/:id/letter", "/deliveries/:id/letter.pdf", "/notices/:id/letters.pdf", "/robots.txt", "/incidents/:id/authority/sheet.pdf", "/incidents/:id/authority/edpb.json", "/triage/:id/raw", "/report/:year/report.csv", "/report/:year/report.pdf", "/settings/policy/rules.yaml", "/retention/:month/:system/entries"}
	for _, route := range routesOfPages(g.t) {
		looks := regexp.MustCompile("^" + regexp.MustCompile(`:[a-z]+`).ReplaceAllString(regexp.QuoteMeta(route), `[^/]+`) + "$")
		if !slices.Contains(elsewhere, route) && !slices.ContainsFunc(g.paths, looks.MatchString) {
			g.t.Errorf("the page %s was not looked at", route)
		}
	}
}

// routesOfPages reads from the source which pages there are.
func routesOfPages(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "web", "*", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var routes []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || strings.Contains(file, filepath.Join("web", "api")) {
			continue
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\b(?:r|private|public)\.GET\("([^"]+)"`).FindAllStringSubmatch(string(raw), -1) {
			routes = append(routes, m[1])
		}
	}
	if len(routes) < 50 {
		t.Fatalf("only %d pages found in the source", len(routes))
	}
	return routes
}

// view is one page to look at.
type view struct {
	name, path string
	status     int           // 0 is 200
	act        func(*person) // what is done on the page first
}

// gallery looks at pages.
type gallery struct {
	t   *testing.T
	b   *browser
	d   *demo
	axe string
	// paths are the pages that were looked at, without what was asked of them.
	paths []string
	keys  *regexp.Regexp
}

func axeScript(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "web", "testdata", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// keyPattern finds names of texts, such as desk.home.title, and traces of
// templates that went wrong.
func keyPattern(t *testing.T) *regexp.Regexp {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "web", "locales", "*.nl.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no texts: %v", err)
	}
	key := regexp.MustCompile(`(?m)^  "([a-z_]+)\.`)
	var areas []string
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range key.FindAllStringSubmatch(string(raw), -1) {
			areas = append(areas, m[1])
		}
	}
	slices.Sort(areas)
	return regexp.MustCompile(`\b(` + strings.Join(slices.Compact(areas), "|") + `)\.[a-z_]+(\.[a-z_0-9]+)*\b|<no value>|%!|ZgotmplZ|map\[|\{\{`)
}

// look opens a page in both languages; axe reads the Dutch one.
func (g *gallery) look(v view) {
	g.t.Run(v.name, func(t *testing.T) {
		for _, language := range []string{"nl", "en"} {
			if language == "en" && v.act != nil {
				continue // what is done there is told in Dutch words
			}
			g.b.t = t
			g.b.language(language)
			g.b.expect(v.status)
			g.b.open(v.path)
			if v.act != nil {
				v.act(&person{visitor: g.b, t: t, disturb: func() {}})
			}
			at, _, _ := strings.Cut(g.b.path(), "?")
			g.paths = append(g.paths, v.path, at)
			for _, width := range []int64{deskWidth, phoneWidth} {
				g.judge(t, v, language, width)
			}
		}
		g.b.language("nl")
		g.b.expect(0)
	})
	g.b.t = g.t
}

// seen is what the browser tells of a page.
type seen struct {
	Status    int
	Title     string
	Text      string
	Language  string
	Headings  int
	Width     int64
	Widest    string
	Forbidden []string
}

func (g *gallery) judge(t *testing.T, v view, language string, width int64) {
	t.Helper()
	g.b.do(chromedp.EmulateViewport(width, 900))
	s := eval[seen](g.b, sawPage)
	if want := max(v.status, 200); s.Status != want {
		t.Errorf("%s answered %d, want %d", v.path, s.Status, want)
	}
	if s.Width > width {
		t.Errorf("%s in %s is %d px wide in a window of %d: %s", v.path, language, s.Width, width, s.Widest)
	}
	if found := g.keys.FindAllString(strings.ReplaceAll(s.Text, "mailbox.json", ""), 5); len(found) > 0 {
		t.Errorf("%s in %s shows %q", v.path, language, found)
	}
	if s.Language != language || s.Headings != 1 || s.Title == "" {
		t.Errorf("%s: language %q, %d main headings, title %q; want %q, one, and some", v.path, s.Language, s.Headings, s.Title, language)
	}
	if v.status == 422 && !strings.HasPrefix(s.Title, "Fout: ") {
		t.Errorf("%s: the title %q does not begin with the fault", v.path, s.Title)
	}
	for _, fault := range g.b.heard() {
		t.Errorf("%s in %s: console: %s", v.path, language, fault)
	}
	if language == "nl" {
		g.b.keepIn(os.Getenv("DATALEK_TEST_PICTURES"), fmt.Sprintf("%s-%d.png", v.name, width))
		for _, violation := range axeFaults(g.b, g.axe) {
			t.Errorf("%s at %d px: axe: %s", v.path, width, violation)
		}
	}
}

const sawPage = `(() => ({
	status: performance.getEntriesByType("navigation")[0].responseStatus,
	title: document.title,
	text: document.title + "\n" + document.body.textContent + "\n" + [...document.querySelectorAll("[title], [aria-label], [placeholder], [alt]")].map(e => ["title", "aria-label", "placeholder", "alt"].map(a => e.getAttribute(a) || "").join(" ")).join("\n"),
	language: document.documentElement.lang,
	headings: document.querySelectorAll("h1").length,
	width: document.documentElement.scrollWidth,
	widest: [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".dl-scroll")).map(e => e.tagName + "." + (e.className.baseVal ?? e.className)).slice(0, 5).join(", "),
}))()`

// axeFaults is what axe objects to on the page that is open. Its half a megabyte
// goes to each page once.
func axeFaults(b *browser, axe string) []string {
	b.t.Helper()
	if !eval[bool](b, "!!window.axe") {
		eval[bool](b, axe+";true")
	}
	return eval[[]string](b, runAxe)
}

const runAxe = `(async () => {
	const found = await axe.run(document, {iframes: false, resultTypes: ["violations"]});
	return found.violations.flatMap(v => v.nodes.map(n => v.id + ": " + n.html.slice(0, 200) + " " + n.failureSummary));
})()`

// emptyPages are pages of a practice to which nothing happened yet.
func emptyPages() []view {
	return []view{
		{name: "desk-empty", path: "/"}, {name: "incidents-empty", path: "/incidents"}, {name: "register-empty", path: "/register"},
		{name: "triage-empty", path: "/triage"}, {name: "mailbox-empty", path: "/mailbox"}, {name: "drafts-empty", path: "/incidents/drafts"},
	}
}

// tightens promises less time and asks what that would change.
func tightens(p *person) {
	p.unfold("Hoe snel")
	p.fill("Binnen hoeveel uur vertelt u het uw cliënten?", "12")
	p.unfold("Hoe u het vertelt")
	p.choose("Eerst per telefoon")
	p.click("Kijk wat er verandert")
}

func otherPages() []view {
	return []view{
		{name: "settings", path: "/settings"}, {name: "rules", path: "/settings/rules"}, {name: "rules-edit", path: "/settings/policy/edit"}, {name: "rules-start", path: "/settings/policy/edit?from=jose-welten"},
		{name: "rules-refused", path: "/settings/policy/edit", status: 422, act: func(p *person) {
			p.unfold("Hoe snel")
			p.fill("Binnen hoeveel uur vertelt u het uw cliënten?", "twee dagen")
			p.unfold("Hoe lang u gegevens bewaart")
			p.click("Voeg een bewaarregel toe")
			p.click("Kijk wat er verandert")
		}},
		{name: "rules-preview", path: "/settings/policy/edit", act: tightens}, {name: "rules-preview-refused", path: "/settings/policy/edit", status: 422, act: func(p *person) {
			tightens(p)
			p.click("Bewaar de nieuwe regels")
		}}, {name: "rules-unknown", path: "/settings/policy/edit?from=none", status: 404}, {name: "begin-policy", path: "/start"}, {name: "begin-systems", path: "/start/systems"}, {name: "begin-people", path: "/start/people"}, {name: "start", path: "/settings/start"}, {name: "start-set", path: "/settings/start"}, {name: "returns", path: "/returns"}, {name: "account", path: "/settings/account"},
		{name: "register", path: "/register"}, {name: "log", path: "/register/log"},
		{name: "register-check", path: "/register/check"}, {name: "register-checked", path: "/register/check", act: func(p *person) { p.click("Controleer nu") }},
		{name: "register-check-refused", path: "/register/check", status: 422, act: func(p *person) {
			p.fill("Een vingerafdruk die u bewaarde", "zomaar wat")
			p.click("Controleer nu")
		}}, {name: "access", path: "/settings/access"},
		{name: "roles", path: "/settings/roles"}, {name: "own", path: "/own"}, {name: "sample", path: "/sample"},
		{name: "report", path: "/report"}, {name: "report-future", path: "/report/2999", status: 404},
		{name: "mailbox", path: "/mailbox"}, {name: "doctor", path: "/doctor"}, {name: "stuck", path: "/stuck"}, {name: "ack-unknown", path: "/ack/none", status: 404}, {name: "reported-unknown", path: "/reported/none", status: 404},
		{name: "not-found", path: "/nowhere", status: 404}, {name: "incident-not-found", path: "/incidents/none", status: 404},
	}
}
