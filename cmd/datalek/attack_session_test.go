package main_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// session returns the session's cookie as the browser got it.
func session(t *testing.T, r reply) *http.Cookie {
	t.Helper()
	for _, cookie := range (&http.Response{Header: r.Header}).Cookies() {
		if strings.HasSuffix(cookie.Name, "datalek") {
			return cookie
		}
	}
	t.Fatalf("no session among %q", r.Header["Set-Cookie"])
	return nil
}

// enter logs in and returns the session's cookie.
func enter(t *testing.T, c *caller, password string) *http.Cookie {
	t.Helper()
	return session(t, c.post("/login", url.Values{"login": {mia}, "password": {password}}))
}

// opens reports whether a cookie opens the settings.
func (h *fort) opens(t *testing.T, cookie *http.Cookie) bool {
	t.Helper()
	c := h.browser()
	r := c.send(http.MethodGet, "/settings", "", nil, "Cookie", cookie.Name+"="+cookie.Value)
	if r.Status != http.StatusOK && r.Status != http.StatusSeeOther {
		t.Errorf("the settings answered %d", r.Status)
	}
	return r.Status == http.StatusOK
}

// A session is its browser's alone, ends when it should, and cannot be planted.
func TestSessions(t *testing.T) {
	t.Parallel()
	h := startFort(t, nil)
	h.setUp()
	t.Run("the cookie is guarded", func(t *testing.T) {
		r := h.browser().post("/login", url.Values{"login": {mia}, "password": {miaPassword}})
		c := session(t, r)
		if c.Name != "__Host-datalek" || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || len(c.Value) < 40 {
			t.Errorf("the cookie is %q", r.Header["Set-Cookie"])
		}
		if got := r.Header.Get("Strict-Transport-Security"); !strings.Contains(got, "max-age=") {
			t.Errorf("Strict-Transport-Security is %q", got)
		}
	})
	t.Run("a planted one is worth nothing", func(t *testing.T) {
		c := h.browser()
		planted := &http.Cookie{Name: "__Host-datalek", Value: strings.Repeat("A", 43)}
		r := c.send(http.MethodPost, "/login", "application/x-www-form-urlencoded", []byte(url.Values{"login": {mia}, "password": {miaPassword}}.Encode()), "Cookie", planted.Name+"="+planted.Value)
		if got := session(t, r); got.Value == planted.Value || h.opens(t, planted) {
			t.Errorf("after the login the planted session is that of the one who logged in")
		}
	})
	t.Run("each login has its own", func(t *testing.T) {
		c := h.browser()
		first := enter(t, c, miaPassword)
		second := enter(t, c, miaPassword)
		if first.Value == second.Value || h.opens(t, first) || !h.opens(t, second) {
			t.Error("the session before the second login still opens")
		}
	})
	t.Run("logging out ends it at the server", func(t *testing.T) {
		c := h.browser()
		cookie := enter(t, c, miaPassword)
		if !h.opens(t, cookie) {
			t.Fatal("the session does not open")
		}
		c.post("/logout", nil)
		if h.opens(t, cookie) {
			t.Error("the session opens after logging out")
		}
	})
	t.Run("a new password ends the others", func(t *testing.T) {
		other, own := enter(t, h.browser(), miaPassword), h.logIn(miaPassword)
		r := own.post("/settings/account/password", url.Values{"old_password": {miaPassword}, "password": {"een heel andere zin"}})
		if r.Status != http.StatusSeeOther || own.get("/settings").Status != http.StatusOK {
			t.Fatalf("a new password answered %d, and then %d", r.Status, own.get("/settings").Status)
		}
		if h.opens(t, other) {
			t.Error("who had the old password is still in")
		}
		if r := own.post("/settings/account/password", url.Values{"old_password": {"een heel andere zin"}, "password": {miaPassword}}); r.Status != http.StatusSeeOther {
			t.Errorf("back again answered %d", r.Status)
		}
	})
	t.Run("it ends after half a day, however busy", func(t *testing.T) {
		h.pass(time.Hour) // who logs in that often must wait
		c := h.browser()
		cookie := enter(t, c, miaPassword)
		for range 3 {
			h.pass(3*time.Hour + 30*time.Minute)
			if r := c.post("/settings/account", url.Values{"account_name": {"Mia"}}); r.Status != http.StatusSeeOther || r.Header.Get("Location") != "/settings/account" {
				t.Fatalf("in the middle of the day answered %d to %s", r.Status, r.Header.Get("Location"))
			}
		}
		if !h.opens(t, cookie) {
			t.Error("the session ended before its time")
		}
		h.pass(2 * time.Hour)
		if h.opens(t, cookie) {
			t.Error("the session outlives half a day")
		}
	})
}

// Of all who have the link at once one sets up; nobody does when it is a day old.
func TestTheSetUpLinkIsOneTime(t *testing.T) {
	t.Parallel()
	h := startFort(t, nil)
	h.pass(25 * time.Hour)
	if r := h.browser().get(h.link); r.Status != http.StatusNotFound {
		t.Errorf("a link of yesterday answered %d, want 404", r.Status)
	}
	if r := h.browser().post(h.link, setupForm()); r.Status != http.StatusNotFound {
		t.Errorf("the form of a link of yesterday answered %d, want 404", r.Status)
	}
	old := h.link
	h.end(15)
	h.serve()
	if h.link == old {
		t.Fatal("a new start offers the old link")
	}
	if r := h.browser().get(old); r.Status != http.StatusNotFound {
		t.Errorf("the link of the start before answered %d, want 404", r.Status)
	}
	var racing sync.WaitGroup
	answers := make([]int, 6)
	for i := range answers {
		form, c := setupForm(), h.browser()
		form.Set("login", strings.Repeat("x", i+1)+mia)
		racing.Go(func() { answers[i] = c.post(h.link, form).Status })
	}
	racing.Wait()
	won := 0
	for i, status := range answers {
		if status == http.StatusSeeOther {
			won++
		} else if status != http.StatusNotFound && status != http.StatusUnprocessableEntity && status != http.StatusConflict {
			t.Errorf("a race for the link answered %d", status)
		}
		c := h.browser()
		in := c.post("/login", url.Values{"login": {strings.Repeat("x", i+1) + mia}, "password": {miaPassword}}).Status == http.StatusSeeOther
		if in != (status == http.StatusSeeOther) {
			t.Errorf("who was answered %d can log in: %t", status, in)
		}
	}
	if won != 1 {
		t.Errorf("%d of %v set up, want one", won, answers)
	}
}

// Guessing is slow, and tells nothing.
func TestGuessingTellsNothing(t *testing.T) {
	t.Parallel()
	h := startFort(t, nil)
	h.setUp()
	try := func(login string) (time.Duration, reply) {
		c, began := h.browser(), time.Now()
		r := c.post("/login", url.Values{"login": {login}, "password": {"dit is het niet"}})
		return time.Since(began), r
	}
	var known, unknown []time.Duration
	for range 9 {
		took, first := try(mia)
		known = append(known, took)
		took, second := try("nina@deproef.example")
		unknown = append(unknown, took)
		if first.Status != 422 || second.Status != 422 || len(first.Body)-len(mia) != len(second.Body)-len("nina@deproef.example") {
			t.Fatalf("a wrong password (%d, %d bytes) and an unknown account (%d, %d bytes) are told apart", first.Status, len(first.Body), second.Status, len(second.Body))
		}
	}
	slices.Sort(known)
	slices.Sort(unknown)
	if a, b := known[2], unknown[2]; a > 3*b || b > 3*a { // the quicker ones: a busy machine makes some slow
		t.Errorf("a wrong password takes %s, an unknown account %s", a, b)
	}
	for _, login := range []string{mia, "nina@deproef.example"} {
		var last reply
		for range 3 {
			_, last = try(login)
		}
		if last.Status != http.StatusTooManyRequests || last.Header.Get("Retry-After") == "" || !strings.Contains(last.Body, "Even wachten") {
			t.Errorf("after many guesses at %s the answer is %d: %.200s", login, last.Status, last.Body)
		}
		checkMarkup(t, "too many guesses", last.Body)
	}
	if r := h.browser().post("/login", url.Values{"login": {mia}, "password": {miaPassword}}); r.Status != http.StatusTooManyRequests {
		t.Errorf("the right password after too many guesses answered %d, want 429", r.Status)
	}
	h.pass(2 * time.Minute)
	h.logIn(miaPassword)
}

// Logging in leads to a page of this site, whatever one is told to ask for.
func TestLoggingInLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	h := startFort(t, nil)
	h.setUp()
	ways := []string{"//evil.example", "///evil.example", `/\evil.example`, `\\evil.example`, "https://evil.example", "https:evil.example", "javascript:alert(1)", "/\tevil", "/\n/evil.example",
		"\t//evil.example", " //evil.example", "/%0d%0aSet-Cookie:a=b", "//evil.example%2f..", "http:/evil.example", "/\r\nX-Attacc: 1", "data:text/html,x", "evil.example", "@evil.example", "//evil@127.0.0.1/", ":80//x", ""}
	for i, way := range ways {
		if i%9 == 8 {
			h.pass(10 * time.Minute)
		}
		c := h.browser()
		page := c.get("/login?next=" + url.QueryEscape(way))
		shown := formsOn(t, "/login", page.Body)
		if len(shown) == 0 {
			t.Fatalf("no form to log in for %q: %d", way, page.Status)
		}
		for _, next := range []string{way, shown[len(shown)-1].values.Get("next")} {
			r := c.post("/login", url.Values{"login": {mia}, "password": {miaPassword}, "next": {next}})
			to, err := url.Parse(r.Header.Get("Location"))
			if r.Status == http.StatusTooManyRequests {
				h.pass(10 * time.Minute)
				continue
			}
			if err != nil || r.Status != http.StatusSeeOther || to.Host != "" || to.Scheme != "" || !strings.HasPrefix(to.Path, "/") || strings.HasPrefix(to.Path, "//") || r.Header.Get("X-Attacc") != "" {
				t.Errorf("%q leads to %d %q", way, r.Status, r.Header.Get("Location"))
			}
		}
	}
}

// Nothing that another site's page can make a browser send changes anything,
// and no look at a page does.
func TestOtherSitesChangeNothing(t *testing.T) {
	t.Parallel()
	g := breakIn(t)
	owner := loggedIn(t, g.BaseURL, g.Login, g.Password)
	awaitWithin(t, time.Minute, "that the new device was mailed", func() error {
		for _, to := range []string{"anna@lindehof.example", "anna.thuis@voorbeeldpost.example"} {
			if !slices.ContainsFunc(g.mailsTo(to), func(l letter) bool { return l.Subject == "Nieuwe login" }) {
				return errNot("no mail to %s yet", to)
			}
		}
		return nil
	})
	g.looker = owner // no further login, which the register would tell
	before := g.everything(t, owner)
	foreign := [][]string{
		{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"},
		{"Origin", g.BaseURL + ".evil.example"}, {"Origin", "http://127.0.0.1:1"},
	}
	for _, route := range routes(t) {
		if strings.HasPrefix(route.Path, "/api/") || isWebhook(route.Path) {
			continue
		}
		for _, place := range g.places(route.Path) {
			if route.Method == http.MethodPost {
				for _, headers := range foreign {
					r := owner.send(http.MethodPost, place, "application/x-www-form-urlencoded", []byte("reason=x"), headers...)
					if r.Status != http.StatusForbidden {
						t.Errorf("POST %s with %v answered %d, want 403", place, headers, r.Status)
					}
				}
				continue
			}
			r := owner.send(route.Method, place, "", nil, foreign[0]...)
			if r.Status >= 400 && r.Status != http.StatusNotFound {
				t.Errorf("%s %s from elsewhere answered %d", route.Method, place, r.Status)
			}
		}
	}
	script := withToken(t, g.BaseURL, g.APIToken)
	for _, route := range routes(t) {
		if strings.HasPrefix(route.Path, "/api/") && route.Method == http.MethodGet {
			for _, place := range g.places(route.Path) {
				script.get(place)
			}
		}
	}
	if after := g.everything(t, owner); after != before {
		t.Errorf("looking changed something:\n%s\n\n%s", before, after)
	}
}

// everything is the state with the register, the begun forms and the caught mail.
func (g *grounds) everything(t *testing.T, owner *caller) string {
	t.Helper()
	script := withToken(t, g.BaseURL, g.APIToken)
	all := []string{g.state(t), script.get("/api/v1/register?limit=500").Body, script.get("/mailbox.json").Body}
	for _, page := range []string{"/incidents/drafts", "/settings", "/settings/account"} {
		shown, err := html.Parse(strings.NewReader(owner.get(page).Body))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text(shown))
	}
	return strings.Join(all, "\n")
}
