package main_test

import (
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// asking is the transport of every test in this package: it tells the watch of a
// host, where there is one, what was asked there.
type asking struct {
	next    http.RoundTripper
	watched sync.Map // of *watch, by host
}

// RoundTrip asks, and notes what was changed.
func (a *asking) RoundTrip(r *http.Request) (*http.Response, error) {
	w, watched := a.watched.Load(r.URL.Host)
	if !watched || r.Method == http.MethodGet || r.Method == http.MethodHead {
		return a.next.RoundTrip(r)
	}
	return w.(*watch).note(r, a.next)
}

// watch knows what was asked of one host that may change something, and when.
// What is asked of it at the same time is asked one after the other.
type watch struct {
	now  func() time.Time
	mu   sync.Mutex
	acts []request
}

// request is one request and how it was answered.
type request struct {
	method, path string
	from, until  time.Time // by the host's clock, cut to milliseconds
	status       int
	to           string // where the answer leads
}

// watchHost notes from now on what is asked of a program.
func watchHost(t testing.TB, d *demo) *watch {
	t.Helper()
	host := strings.TrimPrefix(d.BaseURL, "http://")
	w := &watch{now: func() time.Time { // cut as the program cuts it, before and after its test's offset
		raw, _ := os.ReadFile(d.clockFile()) // missing: not moved
		ahead, _ := time.ParseDuration(string(raw))
		return time.Now().Truncate(time.Millisecond).Add(ahead).Truncate(time.Millisecond)
	}}
	transport := http.DefaultTransport.(*asking)
	transport.watched.Store(host, w)
	t.Cleanup(func() { transport.watched.Delete(host) })
	return w
}

func (w *watch) note(r *http.Request, next http.RoundTripper) (*http.Response, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for n := len(w.acts); n > 0 && w.now().Equal(w.acts[n-1].until); {
		time.Sleep(100 * time.Microsecond) // two requests never share a millisecond
	}
	a := request{method: r.Method, path: r.URL.Path, from: w.now()}
	answer, err := next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	a.until, a.status, a.to = w.now(), answer.StatusCode, answer.Header.Get("Location")
	w.acts = append(w.acts, a)
	return answer, nil
}

// accepted reports whether the host did what it was asked: it did not refuse, nor
// ask first who one is.
func (a request) accepted() bool {
	if a.status == http.StatusSeeOther {
		return !strings.HasPrefix(a.to, "/login?") && !strings.HasPrefix(a.to, "/settings/account/confirm")
	}
	return a.status < 300
}

// entry is an entry of the register, as the API shows it.
type entry struct {
	Seq          int64
	At           time.Time
	Kind         string
	Actor        struct{ Kind string }
	Facts, Words map[string]string
}

// log is the whole register.
func (d *demo) log() []entry {
	d.t.Helper()
	var all []entry
	for cursor := ""; ; {
		var page struct {
			Items []entry
			Next  *string
		}
		if d.must(200, "GET", "/register?limit=500&cursor="+cursor, nil, &page); page.Next == nil {
			return append(all, page.Items...)
		}
		all, cursor = append(all, page.Items...), *page.Next
	}
}

// routeFor is the route of an address that is asked so.
func routeFor(method, path string) string {
	best := ""
	all, _ := askRouter()
	for _, route := range all {
		if route.Method == method && regexp.MustCompile("^"+parameter.ReplaceAllString(regexp.QuoteMeta(route.Path), `[^/]+`)+"$").MatchString(path) && (best == "" || strings.Count(route.Path, ":") < strings.Count(best, ":")) {
			best = route.Path
		}
	}
	return best
}
