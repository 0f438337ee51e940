package webtest

import (
	"html"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"datalek/incidents/tenant"
)

// Visitor reads the pages of a site as a browser without scripts does: he
// keeps its cookies and follows no redirect.
type Visitor struct {
	t       testing.TB
	site    string
	client  http.Client
	cookies *Cookies
}

// NewVisitor returns a visitor of the site at an address who is not logged in
// and asks for no language, so that pages are Dutch.
func NewVisitor(t testing.TB, site string) *Visitor {
	v := &Visitor{t: t, site: site, cookies: &Cookies{kept: map[string]*http.Cookie{}}}
	v.client = http.Client{Jar: v.cookies, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return v
}

// LogIn logs the visitor in as a user of a practice, and ends the test when
// the site, which must be a world's, does not take him.
func (v *Visitor) LogIn(user string, practice tenant.ID) {
	v.t.Helper()
	if a := v.Post("/enter/"+user+"/"+string(practice), nil); a.StatusCode != http.StatusNoContent {
		v.t.Fatalf("log in %s at %s = %d", user, practice, a.StatusCode)
	}
}

// Cookies returns the visitor's cookies, which a test may change.
func (v *Visitor) Cookies() *Cookies { return v.cookies }

// Client returns what the visitor's requests go through, for a request that
// is none of the usual ones.
func (v *Visitor) Client() *http.Client { return &v.client }

// Get opens a page.
func (v *Visitor) Get(path string) Answer {
	v.t.Helper()
	return v.Send(http.MethodGet, path, "", nil)
}

// Post sends a form.
func (v *Visitor) Post(path string, form url.Values) Answer {
	v.t.Helper()
	return v.Send(http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
}

// Send sends a body of a media type and reads the whole answer.
func (v *Visitor) Send(method, path, kind string, body io.Reader) Answer {
	v.t.Helper()
	req, err := http.NewRequestWithContext(v.t.Context(), method, v.site+path, body)
	if err != nil {
		v.t.Fatal(err)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	res, err := v.client.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatalf("read the answer of %s: %v", path, err)
	}
	return Answer{StatusCode: res.StatusCode, Header: res.Header, Body: string(raw)}
}

// Answer is what a site answered.
type Answer struct {
	StatusCode int
	Header     http.Header
	Body       string
}

// AndBody returns the answer and, since most tests look at it, its body.
func (a Answer) AndBody() (Answer, string) { return a, a.Body }

// Location is where a redirect leads; "" when the answer is none.
func (a Answer) Location() string { return a.Header.Get("Location") }

// Cookies keeps every cookie of the one site there is. It is safe for
// concurrent use.
type Cookies struct {
	mu   sync.Mutex
	kept map[string]*http.Cookie
}

// Set keeps a cookie.
func (j *Cookies) Set(name, value string) {
	j.SetCookies(nil, []*http.Cookie{{Name: name, Value: value}}) //nolint:gosec // it is sent, not set
}

// Value returns the value of a cookie; "" when there is none.
func (j *Cookies) Value(name string) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	if c := j.kept[name]; c != nil {
		return c.Value
	}
	return ""
}

// SetCookies implements [http.CookieJar].
func (j *Cookies) SetCookies(_ *url.URL, cookies []*http.Cookie) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, c := range cookies {
		if c.MaxAge < 0 {
			delete(j.kept, c.Name)
			continue
		}
		j.kept[c.Name] = c
	}
}

// Cookies implements [http.CookieJar].
func (j *Cookies) Cookies(*url.URL) []*http.Cookie {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Collect(maps.Values(j.kept))
}

// unread matches what a reader does not see of a page's source.
var unread = regexp.MustCompile(`(?s)<(script|style|svg)\b.*?</(script|style|svg)>|<[^>]*>`)

// Words returns what can be read of a page on one line, without its markup.
func Words(body string) string {
	return strings.Join(strings.Fields(html.UnescapeString(unread.ReplaceAllString(body, " "))), " ")
}

// Wants fails for each text that a page lacks, in its source as in its words.
func Wants(t testing.TB, body string, texts ...string) {
	t.Helper()
	words := Words(body)
	for _, text := range texts {
		if !strings.Contains(body, text) && !strings.Contains(words, text) {
			t.Errorf("the page lacks %q; it says: %.1500s", text, words)
		}
	}
}

// Lacks fails for each text that stands in a page's source, where what is
// escaped is another text: it tells whether markup got through.
func Lacks(t testing.TB, body string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(body, text) {
			t.Errorf("the page shows %q", text)
		}
	}
}
