package page_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/assets"
	"datalek/web/locales"
	"datalek/web/page"
	"datalek/web/templates"
)

// memory is a store of sessions, one user and one practice.
type memory struct {
	mu       sync.Mutex
	sessions map[string][]byte
	broken   error
	role     registry.Role // of the user; "" is the owner
}

func (m *memory) Session(_ context.Context, token string, _ time.Time) ([]byte, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	data, found := m.sessions[token]
	return data, found, m.broken
}

func (m *memory) SaveSession(_ context.Context, token string, data []byte, _ time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sessions[token] = data
	return m.broken
}

func (m *memory) DropSession(_ context.Context, token string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.sessions, token)
	return nil
}

func (m *memory) User(_ context.Context, id string) (registry.User, error) {
	if id != "anna" {
		return registry.User{}, fault.NotFound
	}
	if m.role != "" {
		return registry.User{ID: "anna", Name: "Anna de Wit", Memberships: []registry.Membership{{PracticeID: "p1", Role: m.role}}}, nil
	}
	return registry.User{ID: "anna", Name: "Anna de Wit", Memberships: []registry.Membership{{PracticeID: "p1", Role: registry.RoleOwner}}}, nil
}

func (m *memory) Practice(context.Context, tenant.ID) (registry.Practice, error) {
	return registry.Practice{ID: "p1", Language: "nl", TimeZone: "Europe/Brussels", Details: registry.Details{Name: "Praktijk Proef"}}, nil
}

func now() time.Time { return time.Date(2027, 3, 8, 16, 42, 0, 0, time.UTC) }

type plain struct {
	page.View
	At   time.Time
	Name string
}

// layered puts pages of the test over the real frame.
func layered() fstest.MapFS {
	files := fstest.MapFS{}
	for _, name := range []string{"layout.html", "parts/field.html", "parts/list.html", "parts/message.html", "parts/moment.html", "parts/picture.html", "errors/error.html"} {
		raw, err := templates.Files.ReadFile(name)
		if err != nil {
			panic(err)
		}
		files[name] = &fstest.MapFile{Data: raw}
	}
	files["test/plain.html"] = &fstest.MapFile{Data: []byte(`{{define "main"}}<h1>{{.Title}}</h1><p>{{instant .At}}</p><p>{{.Name}}</p>{{end}}`)}
	return files
}

func serve(t *testing.T, change func(*page.Options), routes func(*page.Site, *echo.Echo)) (*httptest.Server, *memory) {
	t.Helper()
	store := &memory{sessions: map[string][]byte{}}
	opts := page.Options{Store: store, Now: now, Nav: []page.NavItem{{Key: "core.nav.desk", Href: "/"}}}
	if change != nil {
		change(&opts)
	}
	site, err := page.NewWith(opts, layered(), locales.Files, assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	e := echo.New()
	site.Install(e)
	site.Public(e).GET("/plain", func(c echo.Context) error {
		return site.Render(c, http.StatusOK, "test/plain.html", &plain{View: page.NewView(c, "core.nav.desk"), At: now(), Name: "<b>"})
	})
	site.Private(e).GET("/private", func(c echo.Context) error {
		return site.Render(c, http.StatusOK, "test/plain.html", &plain{View: page.NewView(c, "core.nav.desk"), At: now(), Name: page.User(c).ID})
	})
	site.Public(e).POST("/login", func(c echo.Context) error {
		if err := site.LogIn(c, "anna", "p1"); err != nil {
			return err
		}
		site.Done(c, "core.nav.systems")
		return c.Redirect(http.StatusSeeOther, "/private")
	})
	if routes != nil {
		routes(site, e)
	}
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	return server, store
}

// browser keeps cookies and follows no redirect.
type browser struct {
	t       *testing.T
	base    string
	cookies map[string]string
	head    http.Header
}

// answer is the part of a response that tests look at.
type answer struct {
	StatusCode int
	Header     http.Header
}

func newBrowser(t *testing.T, server *httptest.Server) *browser {
	return &browser{t: t, base: server.URL, cookies: map[string]string{}, head: http.Header{}}
}

func (b *browser) do(method, path, body string) (answer, string) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.base+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	for k, v := range b.head {
		req.Header[k] = v
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for k, v := range b.cookies {
		req.AddCookie(&http.Cookie{Name: k, Value: v})
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, cookie := range res.Cookies() {
		b.cookies[cookie.Name] = cookie.Value
	}
	return answer{StatusCode: res.StatusCode, Header: res.Header}, string(raw)
}

func TestEveryPageIsGuardedByItsHeaders(t *testing.T) {
	server, _ := serve(t, func(o *page.Options) { o.Secure = true }, nil)
	first, body := newBrowser(t, server).do("GET", "/plain", "")
	second, _ := newBrowser(t, server).do("GET", "/plain", "")
	policy := first.Header.Get("Content-Security-Policy")
	nonce := between(policy, "'nonce-", "'")
	if nonce == "" || !strings.Contains(body, `nonce="`+nonce+`"`) {
		t.Errorf("the scripts' nonce is not the policy's: %s", policy)
	}
	if policy == second.Header.Get("Content-Security-Policy") {
		t.Error("two answers have the same nonce")
	}
	for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "object-src 'none'", "form-action 'self'", "report-uri /csp", "report-to csp"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy lacks %s: %s", want, policy)
		}
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cache-Control": "no-store",
		"Strict-Transport-Security": "max-age=31536000; includeSubDomains", "Reporting-Endpoints": `csp="/csp"`} {
		if got := first.Header.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if !strings.Contains(body, "&lt;b&gt;") {
		t.Error("a value was not escaped")
	}
}

func between(s, from, to string) string {
	_, rest, _ := strings.Cut(s, from)
	found, _, _ := strings.Cut(rest, to)
	return found
}

func TestLanguageIsTheLinksThenTheBrowsers(t *testing.T) {
	server, _ := serve(t, nil, nil)
	b := newBrowser(t, server)
	for _, tt := range []struct{ accept, want string }{
		{"", `lang="nl"`}, {"nl-BE", `lang="nl"`}, {"en-GB,nl;q=0.5", `lang="en"`}, {"ja", `lang="nl"`}, {"%%%", `lang="nl"`},
	} {
		b.head.Set("Accept-Language", tt.accept)
		if _, body := b.do("GET", "/plain", ""); !strings.Contains(body, `<html `+tt.want) {
			t.Errorf("Accept-Language %q: want %s", tt.accept, tt.want)
		}
	}
	b.head.Set("Accept-Language", "nl")
	res, _ := b.do("GET", "/plain?a=1&taal=en", "")
	if got := res.Header.Get("Location"); res.StatusCode != http.StatusSeeOther || got != "/plain?a=1" {
		t.Errorf("the language link leads to %d %q, want 303 /plain?a=1", res.StatusCode, got)
	}
	_, body := b.do("GET", "/plain", "")
	if !strings.Contains(body, "Monday 8 March 2027 at 17:42, Dutch time") {
		t.Errorf("the chosen language was not kept")
	}
}

func TestLoginIsNeededAndComesBack(t *testing.T) {
	server, store := serve(t, nil, nil)
	b := newBrowser(t, server)
	res, _ := b.do("GET", "/private?x=1", "")
	if got, want := res.Header.Get("Location"), "/login?next="+url.QueryEscape("/private?x=1"); got != want {
		t.Errorf("Location = %q, want %q", got, want)
	}
	res, _ = b.do("POST", "/login", "a=b")
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("login: %d", res.StatusCode)
	}
	cookie := res.Header.Get("Set-Cookie")
	if !strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "SameSite=Lax") {
		t.Errorf("session cookie = %q", cookie)
	}
	for token := range store.sessions {
		if token == b.cookies["datalek"] {
			t.Error("the store holds the token itself")
		}
	}
	_, body := b.do("GET", "/private", "")
	for _, want := range []string{"anna", "Praktijk Proef", "Anna de Wit", "17.42 uur, Belgische tijd", "Systemen"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if _, body = b.do("GET", "/private", ""); strings.Contains(body, "dl-banner--success") {
		t.Error("a notice was shown twice")
	}
}

func TestFailuresBecomeStatusAndPage(t *testing.T) {
	secret := errors.New("dial 10.0.0.7: secret")
	failures := map[string]error{"missing": fault.NotFound, "moved": fault.New(fault.Conflict, "error.closed", "closed"),
		"forbidden": fault.Forbidden, "away": fault.Unavailable, "broken": secret, "late": context.DeadlineExceeded, "often": echo.NewHTTPError(429)}
	server, _ := serve(t, nil, func(site *page.Site, e *echo.Echo) {
		fail := func(c echo.Context) error { return failures[c.Param("what")] }
		site.Public(e).GET("/fail/:what", fail)
		e.GET("/api/fail/:what", fail)
		site.Public(e).GET("/panic", func(echo.Context) error { panic(secret) })
	})
	b := newBrowser(t, server)
	for path, want := range map[string]int{"/fail/missing": 404, "/fail/moved": 409, "/fail/forbidden": 403, "/fail/away": 503, "/fail/late": 503,
		"/fail/broken": 500, "/fail/often": 429, "/nowhere": 404, "/panic": 500, "/api/fail/missing": 404, "/api/fail/broken": 500} {
		res, body := b.do("GET", path, "")
		if res.StatusCode != want {
			t.Errorf("%s = %d, want %d", path, res.StatusCode, want)
		}
		if strings.Contains(body, "secret") {
			t.Errorf("%s shows what is inside", path)
		}
		machine := strings.HasPrefix(path, "/api/")
		if got := res.Header.Get("Content-Type"); machine != (got == "application/problem+json") {
			t.Errorf("%s is %s", path, got)
		}
		if !machine && !strings.Contains(body, "<main") {
			t.Errorf("%s has no frame", path)
		}
	}
}

func TestOtherSitesCannotPost(t *testing.T) {
	server, _ := serve(t, nil, nil)
	for _, tt := range []struct {
		name, header, value string
		want                int
	}{
		{"another site's form is refused", "Sec-Fetch-Site", "cross-site", 403},
		{"a foreign origin is refused", "Origin", "https://example.org", 403},
		{"our own form is taken", "Sec-Fetch-Site", "same-origin", 303},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBrowser(t, server)
			b.head.Set(tt.header, tt.value)
			if res, _ := b.do("POST", "/login", "a=b"); res.StatusCode != tt.want {
				t.Errorf("status = %d, want %d", res.StatusCode, tt.want)
			}
		})
	}
}

func TestBodiesAreBounded(t *testing.T) {
	read := func(c echo.Context) error {
		form, err := page.ReadForm(c)
		if err != nil {
			return err
		}
		return c.String(http.StatusOK, form.Get("x")[:1])
	}
	server, _ := serve(t, nil, func(site *page.Site, e *echo.Echo) {
		site.Public(e).POST("/small", read)
		site.Public(e).POST("/large", read, page.Limit(1<<20))
	})
	body := "x=" + strings.Repeat("a", 300<<10)
	b := newBrowser(t, server)
	if res, _ := b.do("POST", "/small", body); res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("300 KiB on a page = %d, want 413", res.StatusCode)
	}
	if res, _ := b.do("POST", "/large", body); res.StatusCode != http.StatusOK {
		t.Errorf("300 KiB where 1 MiB is allowed = %d, want 200", res.StatusCode)
	}
}

func TestAStoreThatIsAwayIsAnErrorPage(t *testing.T) {
	server, store := serve(t, nil, nil)
	b := newBrowser(t, server)
	b.do("POST", "/login", "a=b")
	store.mu.Lock()
	store.broken = fault.Unavailable
	store.mu.Unlock()
	res, body := b.do("GET", "/private", "")
	if res.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body, "<main") {
		t.Errorf("status = %d, want 503 with a page", res.StatusCode)
	}
}

// The page that says what went wrong asks anew how the program is: the time of the
// request that failed is over by then, and says nothing about the store.
func TestAnErrorPageRaisesNoAlarmOfItsOwn(t *testing.T) {
	alive := func(ctx context.Context) bool { return ctx.Err() == nil }
	server, _ := serve(t, func(o *page.Options) { o.StoreKeeps, o.KeeperLives = alive, alive }, func(site *page.Site, e *echo.Echo) {
		for path, err := range map[string]error{"/gone": fault.NotFound, "/not-for-you": fault.Forbidden, "/clash": fault.Conflict, "/broken": errors.New("broken")} {
			site.Private(e).GET(path, func(echo.Context) error { return err })
			site.Private(e).POST(path, func(echo.Context) error { return err })
		}
	})
	b := newBrowser(t, server)
	b.do("POST", "/login", "a=b")
	for _, path := range []string{"/gone", "/not-for-you", "/clash", "/broken", "/nowhere"} {
		for method, body := range map[string]string{"GET": "", "POST": "a=b"} {
			if res, shown := b.do(method, path, body); res.StatusCode < 400 || !strings.Contains(shown, "<main") || strings.Contains(shown, "kan nu niets bewaren.") || strings.Contains(shown, "let zelf op de tijd") {
				t.Errorf("%s %s answers %d with an alarm, or with no page:\n%s", method, path, res.StatusCode, shown)
			}
		}
	}
}

func TestOnlyTrustedProxiesSayWhoAsks(t *testing.T) {
	who := func(site *page.Site, e *echo.Echo) {
		site.Public(e).GET("/who", func(c echo.Context) error { return c.String(200, c.RealIP()) })
	}
	for _, tt := range []struct {
		name    string
		trusted []netip.Prefix
		want    string
	}{
		{"a stranger's header is not believed", nil, "127.0.0.1"},
		{"a proxy's header is", []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, "192.0.2.9"},
		{"another network's is not", []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, "127.0.0.1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server, _ := serve(t, func(o *page.Options) { o.TrustedProxies = tt.trusted }, who)
			b := newBrowser(t, server)
			b.head.Set("X-Forwarded-For", "192.0.2.9")
			if _, got := b.do("GET", "/who", ""); got != tt.want {
				t.Errorf("address = %s, want %s", got, tt.want)
			}
		})
	}
}

func TestAssetsAreKeptForGood(t *testing.T) {
	server, _ := serve(t, nil, nil)
	b := newBrowser(t, server)
	_, body := b.do("GET", "/plain", "")
	address := "/assets/" + between(body, `href="/assets/`, `"`)
	res, _ := b.do("GET", address, "")
	if res.StatusCode != http.StatusOK || !strings.Contains(res.Header.Get("Cache-Control"), "immutable") || res.Header.Get("Content-Type") == "" {
		t.Errorf("%s = %d %v", address, res.StatusCode, res.Header)
	}
	if res, _ := b.do("GET", "/assets/000000000000/datalek.css", ""); res.StatusCode != http.StatusNotFound {
		t.Errorf("an old version = %d, want 404", res.StatusCode)
	}
}

func TestStreamsFlushAtOnce(t *testing.T) {
	seen := make(chan struct{})
	server, _ := serve(t, nil, func(site *page.Site, e *echo.Echo) {
		site.Private(e).Stream("/events", func(c echo.Context) error {
			if _, limited := c.Request().Context().Deadline(); limited {
				t.Error("a stream has a deadline")
			}
			c.Response().Header().Set("Content-Type", "text/event-stream")
			c.Response().WriteHeader(200)
			if _, err := io.WriteString(c.Response(), "data: 1\n\n"); err != nil {
				return err
			}
			if err := http.NewResponseController(c.Response()).Flush(); err != nil {
				return err
			}
			select {
			case <-seen:
			case <-c.Request().Context().Done():
			}
			return nil
		})
	})
	b := newBrowser(t, server)
	b.do("POST", "/login", "a=b")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.AddCookie(&http.Cookie{Name: "datalek", Value: b.cookies["datalek"]})
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	chunk := make([]byte, 9)
	if _, err := io.ReadFull(res.Body, chunk); err != nil || string(chunk) != "data: 1\n\n" {
		t.Errorf("first chunk = %q, %v", chunk, err)
	}
	close(seen)
}

// within asks n times with a header and says whether all were answered so.
func within(b *browser, n int, path, forwarded string, status int) bool {
	b.head.Set("X-Forwarded-For", forwarded)
	all := true
	for range n {
		a, _ := b.do("GET", path, "")
		all = all && a.StatusCode == status
	}
	return all
}

func TestWhoAsksTooOftenWaitsWhereverHeComesFrom(t *testing.T) {
	at := now()
	server, _ := serve(t, func(o *page.Options) {
		o.TrustedProxies, o.Now = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, func() time.Time { return at }
	}, nil)
	nobody := newBrowser(t, server)
	if !within(nobody, 1000, "/robots.txt", "2001:db8:1:1::1", 200) {
		t.Error("a thousand requests at once are too many")
	}
	for _, path := range []string{"/plain", "/private", "/robots.txt", "/assets/none/none"} {
		a, body := nobody.do("GET", path, "")
		kind := "text/html"
		if path == "/robots.txt" || strings.HasPrefix(path, "/assets/") {
			kind = "application/problem+json"
		}
		if a.StatusCode != 429 || a.Header.Get("Retry-After") != "1" || !strings.HasPrefix(a.Header.Get("Content-Type"), kind) {
			t.Errorf("%s: the next one is answered %d %v %s", path, a.StatusCode, a.Header, body)
		}
	}
	if within(nobody, 1, "/robots.txt", "2001:db8:1:1:ffff::2", 200) {
		t.Error("an address beside it, of the same subscriber, is another one")
	}
	if !within(nobody, 1, "/robots.txt", "2001:db8:1:2::1", 200) || !within(nobody, 1, "/robots.txt", "192.0.2.1", 200) {
		t.Error("other addresses wait too")
	}
	at = at.Add(time.Second)
	if !within(nobody, 100, "/robots.txt", "2001:db8:1:1::1", 200) {
		t.Error("after a second a hundred more are too many")
	}
}

func TestAnAccountThatAsksTooOftenWaitsAtEveryAddress(t *testing.T) {
	server, _ := serve(t, func(o *page.Options) { o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} }, nil)
	anna := newBrowser(t, server)
	anna.do("POST", "/login", "x=1")
	if !within(anna, 500, "/private", "192.0.2.1", 200) || !within(anna, 500, "/private", "192.0.2.2", 200) {
		t.Error("a thousand requests at once are too many")
	}
	anna.head.Set("X-Forwarded-For", "192.0.2.3")
	if a, _ := anna.do("GET", "/private", ""); a.StatusCode != 429 || a.Header.Get("Retry-After") == "" {
		t.Errorf("the next one, from a third address, is answered %d", a.StatusCode)
	}
	if a, _ := anna.do("GET", "/plain", ""); a.StatusCode != 200 {
		t.Errorf("what anybody may see is answered %d", a.StatusCode)
	}
}
