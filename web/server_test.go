package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/web"
	"datalek/web/page"
	"datalek/web/webtest"
)

func now() time.Time { return time.Date(2027, 3, 8, 16, 42, 0, 0, time.UTC) }

// streamer is an area with one stream that only the server can end.
type streamer struct{ started chan struct{} }

func (s streamer) Register(site *page.Site, e *echo.Echo) {
	site.Public(e).Stream("/stream", func(c echo.Context) error {
		c.Response().WriteHeader(http.StatusOK)
		if err := http.NewResponseController(c.Response()).Flush(); err != nil {
			return err
		}
		close(s.started)
		<-c.Request().Context().Done()
		return nil
	})
}

func TestReadinessNamesWhatIsDown(t *testing.T) {
	broken := errors.New("connection refused")
	for _, tt := range []struct {
		name   string
		err    error
		beat   time.Time
		want   int
		keeper string
		store  string
	}{
		{"all is well", nil, now().Add(-14 * time.Second), 200, "ok", "ok"},
		{"the store is away", broken, now(), 503, "ok", "down"},
		{"the keeper is silent", nil, now().Add(-16 * time.Second), 503, "down", "ok"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server, err := web.New(web.Options{Page: page.Options{Store: webtest.Nobody{}, Now: now}, Checks: []web.Check{
				{Name: "store", Run: func(context.Context) error { return tt.err }},
				web.KeeperCheck(func(context.Context) (time.Time, error) { return tt.beat, nil }, now),
			}})
			if err != nil {
				t.Fatal(err)
			}
			res := httptest.NewRecorder()
			server.Handler().ServeHTTP(res, httptest.NewRequest(http.MethodGet, "/readyz", nil))
			var got struct {
				Status string
				Checks map[string]string
			}
			if err := json.Unmarshal(res.Body.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			if res.Code != tt.want || got.Checks["keeper"] != tt.keeper || got.Checks["store"] != tt.store {
				t.Errorf("got %d %v, want %d keeper %s store %s", res.Code, got, tt.want, tt.keeper, tt.store)
			}
		})
	}
}

func TestMachinesFindTheirAddresses(t *testing.T) {
	server, err := web.New(web.Options{Page: page.Options{Store: webtest.Nobody{}, Now: now}, SecurityContact: "mailto:security@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/robots.txt": 200, "/.well-known/security.txt": 200, "/nowhere": 404} {
		res := httptest.NewRecorder()
		server.Handler().ServeHTTP(res, httptest.NewRequest(http.MethodGet, path, nil))
		if res.Code != want {
			t.Errorf("%s = %d, want %d", path, res.Code, want)
		}
	}
}

func TestShutdownEndsStreams(t *testing.T) {
	area := streamer{started: make(chan struct{})}
	server, err := web.New(web.Options{Page: page.Options{Store: webtest.Nobody{}, Now: now}, Areas: []web.Area{area}})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(ln) }()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+ln.Addr().String()+"/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	<-area.started
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		t.Errorf("shutdown: %v", err)
	}
	if err := <-served; err != nil {
		t.Errorf("serve: %v", err)
	}
	if _, err := io.ReadAll(res.Body); err != nil {
		t.Errorf("the stream broke off: %v", err)
	}
}
