package main_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/mail"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// checkMarkup fails when a page is not well formed, or when something in it
// that is more than words was made of what the attacks sent in.
func checkMarkup(t testing.TB, what, body string) {
	t.Helper()
	for _, fault := range faultsOfMarkup(body) {
		t.Errorf("%s: %s", what, fault)
	}
}

func faultsOfMarkup(body string) []string {
	var faults, open []string
	add := func(words ...string) { faults = append(faults, strings.Join(words, " ")) }
	tokens := html.NewTokenizer(strings.NewReader(body))
	for {
		kind := tokens.Next()
		token := tokens.Token()
		switch kind {
		case html.ErrorToken:
			if len(open) > 0 {
				add("never closed:", strings.Join(open, ", "))
			}
			if !errors.Is(tokens.Err(), io.EOF) {
				add(tokens.Err().Error())
			}
			return faults
		case html.CommentToken:
			if strings.Contains(token.Data, mark) {
				add("a comment of the attack")
			}
		case html.TextToken:
			if len(open) > 0 && (open[len(open)-1] == "script" || open[len(open)-1] == "style") && strings.Contains(token.Data, mark) {
				add("a script or style of the attack:", token.Data)
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			faults = append(faults, faultsOfTag(token)...)
			if kind == html.StartTagToken && !slices.Contains(voidElements(), token.Data) {
				open = append(open, token.Data)
			}
		case html.EndTagToken:
			if len(open) == 0 || open[len(open)-1] != token.Data {
				add("</"+token.Data+"> closes", strings.Join(open, ", "))
				return faults
			}
			open = open[:len(open)-1]
		}
	}
}

func voidElements() []string {
	return []string{"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
}

// addresses are the attributes that lead somewhere.
func addresses() []string {
	return []string{"href", "src", "action", "formaction", "srcset", "poster", "data", "xlink:href", "hx-get", "hx-post", "srcdoc", "http-equiv"}
}

var safeAddress = regexp.MustCompile(`^(otpauth://totp/|/[^/\\]|/$|#|\?|mailto:[^?]*$|tel:[+0-9]*$|http://127\.0\.0\.1:[0-9]+/|https://(www\.|mijn\.|datalekken\.)?(autoriteitpersoonsgegevens|gegevensbeschermingsautoriteit|dataprotectionauthority)\.(nl|be)|data:image/)`)

func faultsOfTag(token html.Token) []string {
	var faults []string
	add := func(words ...string) { faults = append(faults, "<"+token.Data+"> "+strings.Join(words, " ")) }
	if strings.Contains(token.Data, mark) {
		add("is made of the attack")
	}
	for _, a := range token.Attr {
		switch {
		case strings.Contains(a.Key, mark), strings.HasPrefix(a.Key, "on"), a.Key == "srcdoc":
			add("has the attribute", a.Key)
		case a.Key == "style" && strings.Contains(a.Val, mark), a.Key == "class" && strings.Contains(a.Val, mark):
			add("is styled by the attack:", a.Val)
		case slices.Contains(addresses(), a.Key) && a.Val != "" && !safeAddress.MatchString(a.Val):
			add("leads by", a.Key, "to", a.Val)
		}
	}
	return faults
}

// The check itself finds what it is for.
func TestTheMarkupCheckFindsAttacks(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{`<p><attacc-1></attacc-1></p>`, `<p onattacc="1">x</p>`, `<input value="" onfocus="x">`, `<a href="javascript:attacc(1)">x</a>`, `<a href="//attacc.example">x</a>`,
		`<script>attacc(1)</script>`, `<!-- attacc -->`, `<p><b>x</p></b>`, `<p>`, `</p>`, `<p class="attacc">x</p>`, `<iframe srcdoc="x"></iframe>`} {
		if len(faultsOfMarkup(bad)) == 0 {
			t.Errorf("%s is taken for good", bad)
		}
	}
	if found := faultsOfMarkup(`<!DOCTYPE html><html><body><p title="&lt;script&gt;attacc">&lt;attacc-1&gt;<br><a href="/x">y</a></p><textarea><attacc></textarea></body></html>`); len(found) > 0 {
		t.Errorf("a good page has %q", found)
	}
}

// inspect goes through all that the program shows afterwards: every page, every
// export, every mail.
func (g *grounds) inspect(t *testing.T, perRoute int) {
	t.Helper()
	g.inspectPages(t, perRoute)
	g.inspectExports(t)
	g.inspectMails(t)
}

// inspectPages fails when one of the pages is broken.
func (g *grounds) inspectPages(t *testing.T, perRoute int) {
	t.Helper()
	g.walk(t, loggedIn(t, g.BaseURL, g.Login, g.Password), perRoute, func(path string, r reply) {
		if r.Status >= 500 && path != "/readyz" || r.Status == http.StatusBadRequest { // the keeper may just have been left behind by the clock
			t.Errorf("%s answered %d: %.300s", path, r.Status, r.Body)
		}
		if isPage(r) {
			checkMarkup(t, path, r.Body)
		}
	})
}

func isPage(r reply) bool { return strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") }

var ids = regexp.MustCompile(`/[0-9a-f-]{20,}|/[0-9]+|/(affected|systems|processors)/[^/]+|\?.*`)

// walk opens every page and follows the links from page to page, each kind of
// page no more than so often.
func (g *grounds) walk(t *testing.T, owner *caller, perRoute int, look func(path string, r reply)) {
	t.Helper()
	var queue []string
	for _, route := range routes(t) {
		if route.Method == http.MethodGet && !strings.HasPrefix(route.Path, "/api/") {
			queue = append(queue, g.places(route.Path)...)
		}
	}
	seen, often, must := map[string]bool{}, map[string]int{}, len(queue)
	for at := 0; at < len(queue); at++ {
		path := queue[at]
		kind := ids.ReplaceAllString(path, "/:id")
		if seen[path] || at >= must && often[kind] >= perRoute || strings.Contains(path, "taal=") {
			continue
		}
		seen[path], often[kind] = true, often[kind]+1
		r := owner.get(path)
		look(path, r)
		if isPage(r) {
			queue = append(queue, linksOf(t, path, r.Body)...)
		}
		if to := r.Header.Get("Location"); to != "" {
			queue = append(queue, to)
		}
	}
	if len(seen) < 80 {
		t.Errorf("only %d pages were looked at", len(seen))
	}
}

func linksOf(t *testing.T, from, body string) []string {
	t.Helper()
	page, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	at, err := url.Parse(from)
	if err != nil {
		t.Fatal(err)
	}
	var links []string
	for n := range page.Descendants() {
		if n.Type != html.ElementNode || n.Data != "a" {
			continue
		}
		if to, err := at.Parse(attr(n, "href")); err == nil && to.Host == "" && to.Scheme == "" && strings.HasPrefix(to.Path, "/") {
			links = append(links, (&url.URL{Path: to.Path, RawQuery: to.RawQuery}).String())
		}
	}
	return links
}

// inspectExports fails when a cell would be a formula in a spreadsheet.
func (g *grounds) inspectExports(t *testing.T) {
	t.Helper()
	owner, script := loggedIn(t, g.BaseURL, g.Login, g.Password), withToken(t, g.BaseURL, g.APIToken)
	cells := 0
	for _, r := range []reply{owner.get("/register/export?format=csv"), script.get("/api/v1/register?format=csv")} {
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(r.Body, "\ufeff"))).ReadAll()
		if err != nil || r.Status != 200 {
			t.Errorf("an export answered %d: %v", r.Status, err)
		}
		for _, row := range rows {
			for _, cell := range row {
				cells++
				if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
					t.Errorf("a cell begins as a formula: %.100q", cell)
				}
			}
		}
	}
	if cells < 500 {
		t.Errorf("only %d cells", cells)
	}
	g.inspectElsewhere(t, owner.get("/register/export?format=csv").Body)
	if r := owner.get("/register/export?format=json"); !json.Valid([]byte(r.Body)) {
		t.Error("the JSON export is no JSON")
	}
}

// asElsewhere is where a cell begins in a spreadsheet that splits at semicolons
// and does not see that a cell in the middle of a line is quoted.
var asElsewhere = regexp.MustCompile(`(?m)(^|;)[ "]*[=+\-@][^"]{0,40}`)

func (g *grounds) inspectElsewhere(t *testing.T, export string) {
	t.Helper()
	if found := asElsewhere.FindAllString(export, 5); len(found) > 0 {
		t.Errorf("where people write 1,5 these cells are formulas: %q", found)
	}
}

// inspectMails fails when a mail has a field that we do not write, or more than
// one reader.
func (g *grounds) inspectMails(t *testing.T) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(g.dir, "data", "mail", "*.eml"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no mails: %v", err)
	}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		head, rest, _ := strings.Cut(string(raw), "\n")
		var envelope struct{ To []string }
		if err := json.Unmarshal([]byte(strings.TrimPrefix(head, "X-Caught: ")), &envelope); err != nil || len(envelope.To) != 1 {
			t.Errorf("%s went to %q: %v", filepath.Base(name), envelope.To, err)
		}
		checkMail(t, rest)
	}
}

func checkMail(t *testing.T, raw string) {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	needed := []string{"Auto-Submitted", "Content-Language", "Content-Type", "Date", "From", "Message-Id", "Mime-Version", "Subject", "To"}
	for name, values := range m.Header {
		if !slices.Contains(append(needed, "Reply-To", "Content-Transfer-Encoding"), name) || len(values) != 1 {
			t.Errorf("a mail has %s: %q", name, values)
		}
	}
	for _, name := range needed {
		if m.Header.Get(name) == "" {
			t.Errorf("a mail has no %s: %v", name, m.Header)
		}
	}
	l := parseLetter(t, []byte(raw)) // fails on more than one address
	if strings.ContainsAny(l.Subject, "\r\n\x00") {
		t.Errorf("a subject of several lines: %q", l.Subject)
	}
	if _, page, has := strings.Cut(l.Raw, "<!DOCTYPE html>"); has {
		checkMarkup(t, "the mail "+l.MessageID, page)
	}
}
