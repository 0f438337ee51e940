package page_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/tenant"
	"datalek/web/page"
)

// remembering is a store that remembers forms too.
type remembering struct {
	*memory
	mu    sync.Mutex
	forms map[string]incidents.Request
}

func (m *remembering) BeginRequest(_ context.Context, r incidents.Request) (incidents.Request, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if stored, known := m.forms[r.Key]; known {
		return stored, false, nil
	}
	m.forms[r.Key] = r
	return r, true, nil
}

func (m *remembering) FinishRequest(_ context.Context, r incidents.Request) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forms[r.Key] = r
	return nil
}

func (m *remembering) DropRequest(_ context.Context, _ tenant.ID, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.forms, key)
	return nil
}

// cutOff leaves every form as a process leaves it that died in the middle.
func (m *remembering) cutOff(ago time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for key, r := range m.forms {
		r.Status, r.Location, r.At = 0, "", now().Add(-ago)
		m.forms[key] = r
	}
}

// presses is a logged-in browser at a site whose form counts how often it acts.
type presses struct {
	*browser
	store *remembering
	acted atomic.Int32
}

func newPresses(t *testing.T, act func(echo.Context) error, before ...echo.MiddlewareFunc) *presses {
	t.Helper()
	p := &presses{store: &remembering{memory: &memory{sessions: map[string][]byte{}}, forms: map[string]incidents.Request{}}}
	server, _ := serve(t, func(o *page.Options) { o.Store = p.store }, func(site *page.Site, e *echo.Echo) {
		site.Private(e).POST("/make", func(c echo.Context) error {
			p.acted.Add(1)
			return act(c)
		}, before...)
	})
	p.browser = newBrowser(t, server)
	p.do(http.MethodPost, "/login", "")
	return p
}

func made(c echo.Context) error { return c.Redirect(http.StatusSeeOther, "/made") }

func (p *presses) press(id, words string) answer {
	a, _ := p.do(http.MethodPost, "/make", url.Values{page.FormField: {id}, "words": {words}}.Encode())
	return a
}

func TestAFormActsOnceForItsIdAndWords(t *testing.T) {
	first, second := page.NewFormID(), page.NewFormID()
	for _, tt := range []struct {
		name   string
		ids    [2]string
		words  [2]string
		actsIn int32
	}{
		{"the same form twice", [2]string{first, first}, [2]string{"a", "a"}, 1},
		{"two showings of the form", [2]string{first, second}, [2]string{"a", "a"}, 2},
		{"the form changed and sent anew", [2]string{first, first}, [2]string{"a", "b"}, 2},
		{"a form without an id", [2]string{"", ""}, [2]string{"a", "a"}, 2},
		{"an id that is too long", [2]string{first + "A", first + "A"}, [2]string{"a", "a"}, 2},
		{"an id of other letters", [2]string{strings.Repeat("a", 26), strings.Repeat("a", 26)}, [2]string{"a", "a"}, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPresses(t, made)
			for n := range tt.ids {
				if a := p.press(tt.ids[n], tt.words[n]); a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != "/made" {
					t.Errorf("press %d = %d to %q", n+1, a.StatusCode, a.Header.Get("Location"))
				}
			}
			if n := p.acted.Load(); n != tt.actsIn {
				t.Errorf("acted %d times, want %d", n, tt.actsIn)
			}
		})
	}
}

func TestARefusedFormMayComeAgain(t *testing.T) {
	refusal := fault.New(fault.Invalid, "error.future", "this lies in the future")
	p := newPresses(t, func(c echo.Context) error {
		if refusal != nil {
			return refusal
		}
		return made(c)
	})
	id := page.NewFormID()
	if a := p.press(id, "a"); a.StatusCode != http.StatusUnprocessableEntity {
		t.Fatalf("refused = %d", a.StatusCode)
	}
	refusal = nil
	if a := p.press(id, "a"); a.StatusCode != http.StatusSeeOther || p.acted.Load() != 2 {
		t.Errorf("again = %d, acted %d times", a.StatusCode, p.acted.Load())
	}
}

func TestAFormThatWasCutOffMayComeAgainAfterAMinute(t *testing.T) {
	p := newPresses(t, made)
	id := page.NewFormID()
	p.press(id, "a")
	p.store.cutOff(time.Minute)
	if a := p.press(id, "a"); a.StatusCode != http.StatusSeeOther || p.acted.Load() != 2 {
		t.Errorf("again = %d, acted %d times", a.StatusCode, p.acted.Load())
	}
}

func TestAFormIsDealtWithWhenTheBrowserWentAway(t *testing.T) {
	const browserKey = "test.browser"
	arrived, ended := make(chan struct{}), make(chan error, 1)
	watch := func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			c.Set(browserKey, c.Request().Context())
			return next(c)
		}
	}
	p := newPresses(t, func(c echo.Context) error {
		close(arrived)
		<-c.Get(browserKey).(context.Context).Done()
		ended <- c.Request().Context().Err()
		return made(c)
	}, watch)
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	form := url.Values{page.FormField: {page.NewFormID()}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.base+"/make", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for name, value := range p.cookies {
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		if res, err := http.DefaultClient.Do(req); err == nil {
			_ = res.Body.Close()
		}
	}()
	<-arrived
	leave()
	<-gone
	if err := <-ended; err != nil {
		t.Errorf("the form was broken off: %v", err)
	}
}
