package webhook_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"datalek/incidents/advisory"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/web/webhook"

	"github.com/google/go-cmp/cmp"
)

// checks answers for every token, and notes what it was asked.
type checks struct {
	answer error
	door   registry.Door
	want   registry.TokenClaims
	header []string
}

func (c *checks) Check(_ context.Context, door registry.Door, want registry.TokenClaims, authorization []string) error {
	c.door, c.want, c.header = door, want, authorization
	return c.answer
}

// names reads of every message that it is about the subscriptions in its body.
type names struct{}

func (names) Read(raw []byte, _ map[string]string, _ time.Time) advisory.Advisory {
	return advisory.Advisory{Subscriptions: strings.Fields(string(raw))}
}

// tokenDoor has an address that asks a token besides.
func tokenDoor(t *testing.T) (*door, *checks) {
	c := &checks{}
	d := newDoor(t, func(o *webhook.Options) { o.Tokens, o.Reader = c, names{} })
	d.endpoint.Door, d.endpoint.Token, d.endpoint.Secrets = registry.DoorEntra, "tok", nil
	d.endpoint.Claims = registry.TokenClaims{Tenant: "tenant", Audience: "ours"}
	return d, c
}

func TestADoorThatAsksATokenTakesNothingWithoutIt(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer error
		path   string
		body   string
		edit   func(*door)
		want   int
		count  map[string]int
	}{
		{"a good token", nil, "tok", "s-1", nil, 202, map[string]int{}},
		{"forged", registry.TokenForged, "tok", "s-1", nil, 401, map[string]int{"forged": 1}},
		{"of another time", registry.TokenStale, "tok", "s-1", nil, 401, map[string]int{"stale": 1}},
		{"of another organisation", registry.TokenWrongTenant, "tok", "s-1", nil, 401, map[string]int{"wrong_tenant": 1}},
		{"for another", registry.TokenWrongAudience, "tok", "s-1", nil, 401, map[string]int{"wrong_audience": 1}},
		{"of another sender", registry.TokenWrongSender, "tok", "s-1", nil, 401, map[string]int{"wrong_sender": 1}},
		{"that cannot be checked now", fault.Unavailable, "tok", "s-1", nil, 503, map[string]int{"no_keys": 1}},
		{"in the address", nil, "tok?access_token=a.b.c", "s-1", nil, 401, map[string]int{"forged": 1}},
		{"at another address", nil, "other", "s-1", nil, 404, map[string]int{"unknown_address": 1}},
		{"at an address with the hash alone", nil, "tok", "s-1", func(d *door) { d.endpoint.Token = "another" }, 404, map[string]int{"forged": 1}},
		{"about a subscription that is let in", nil, "tok", "S-1", func(d *door) { d.endpoint.Claims.Subscriptions = []string{"s-1", "s-2"} }, 202, map[string]int{}},
		{"about two that are", nil, "tok", "s-1 s-2", func(d *door) { d.endpoint.Claims.Subscriptions = []string{"s-1", "s-2"} }, 202, map[string]int{}},
		{"about one that is not", nil, "tok", "s-3", func(d *door) { d.endpoint.Claims.Subscriptions = []string{"s-1"} }, 401, map[string]int{"wrong_tenant": 1}},
		{"about one that is not besides", nil, "tok", "s-1 s-3", func(d *door) { d.endpoint.Claims.Subscriptions = []string{"s-1"} }, 401, map[string]int{"wrong_tenant": 1}},
		{"about none where some are named", nil, "tok", "", func(d *door) { d.endpoint.Claims.Subscriptions = []string{"s-1"} }, 401, map[string]int{"wrong_tenant": 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, c := tokenDoor(t)
			c.answer = tt.answer
			if tt.edit != nil {
				tt.edit(d)
			}
			w := d.bare(t, "/webhooks/processors/"+tt.path, "application/json", tt.body)
			kept := 0
			if tt.want == 202 {
				kept = 1
			}
			if w.Code != tt.want || len(d.kept) != kept {
				t.Errorf("status %d, %d kept; want %d, %d: %s", w.Code, len(d.kept), tt.want, kept, w.Body)
			}
			if diff := cmp.Diff(tt.count, d.refused); diff != "" {
				t.Errorf("counted (-want +got):\n%s", diff)
			}
			if w.Code == 401 && w.Header().Get("WWW-Authenticate") == "" || w.Code == 503 && w.Header().Get("Retry-After") != "60" {
				t.Errorf("headers %v", w.Header())
			}
			for _, r := range d.kept {
				if r.Proof != "entra" || r.Headers["authorization"] != "" {
					t.Errorf("receipt = %+v", r)
				}
			}
		})
	}
}

func TestTheCheckIsAskedWhatTheAddressAsks(t *testing.T) {
	d, c := tokenDoor(t)
	d.bare(t, "/webhooks/processors/tok", "application/json", "{}")
	if diff := cmp.Diff(&checks{door: registry.DoorEntra, want: registry.TokenClaims{Tenant: "tenant", Audience: "ours"}, header: []string{"Bearer other"}}, c, cmp.AllowUnexported(checks{})); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

func TestADoorThatAsksATokenStaysShutWhereNobodyChecks(t *testing.T) {
	d := newDoor(t)
	d.endpoint.Door, d.endpoint.Token = registry.DoorGoogle, "tok"
	if w := d.bare(t, "/webhooks/processors/tok", "application/json", "{}"); w.Code != 401 || len(d.kept) != 0 {
		t.Errorf("status %d, %d kept", w.Code, len(d.kept))
	}
}

// asks sends a request without a body.
func (d *door) asks(t *testing.T, method, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, path, http.NoBody)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	d.echo.ServeHTTP(w, r)
	return w
}

func TestWhoLooksAtAnAddressChangesNothing(t *testing.T) {
	for _, tt := range []struct {
		name, method, path string
		header             []string
		revoked            bool
		want               int
		origin, rate       string
	}{
		{"Mailchimp looks", "GET", "tok", nil, false, 200, "", ""},
		{"it looks at the head", "HEAD", "tok", nil, false, 200, "", ""},
		{"at one that is not there", "GET", "other", nil, false, 404, "", ""},
		{"at one that was revoked", "HEAD", "tok", nil, true, 410, "", ""},
		{"CloudEvents' handshake", "OPTIONS", "tok", []string{"WebHook-Request-Origin", "eventgrid.azure.net"}, false, 200, "eventgrid.azure.net", "60000"},
		{"with a rate", "OPTIONS", "tok", []string{"WebHook-Request-Origin", "eventgrid.azure.net", "WebHook-Request-Rate", "120"}, false, 200, "eventgrid.azure.net", "120"},
		{"with a rate that is too high", "OPTIONS", "tok", []string{"WebHook-Request-Origin", "a.example", "WebHook-Request-Rate", "1000000"}, false, 200, "a.example", "60000"},
		{"with a rate that is none", "OPTIONS", "tok", []string{"WebHook-Request-Origin", "a.example", "WebHook-Request-Rate", "-1"}, false, 200, "a.example", "60000"},
		{"with an address to call back", "OPTIONS", "tok", []string{"WebHook-Request-Origin", "a.example", "WebHook-Request-Callback", "https://a.example/"}, false, 200, "a.example", "60000"},
		{"of an origin that is no name", "OPTIONS", "tok", []string{"WebHook-Request-Origin", "<b>"}, false, 400, "", ""},
		{"of no origin", "OPTIONS", "tok", nil, false, 204, "", ""},
		{"at no address", "OPTIONS", "other", []string{"WebHook-Request-Origin", "a.example"}, false, 404, "", ""},
		{"at a revoked one", "OPTIONS", "tok", []string{"WebHook-Request-Origin", "a.example"}, true, 410, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := openDoor(t)
			if tt.revoked {
				d.endpoint.RevokedAt = noon
			}
			w := d.asks(t, tt.method, "/webhooks/processors/"+tt.path, tt.header...)
			h := w.Header()
			if w.Code != tt.want || h.Get("WebHook-Allowed-Origin") != tt.origin || h.Get("WebHook-Allowed-Rate") != tt.rate || len(d.kept) != 0 {
				t.Errorf("status %d, headers %v, %d kept", w.Code, h, len(d.kept))
			}
			if tt.method == "OPTIONS" && tt.want < 300 && h.Get("Allow") != "POST, GET, HEAD, OPTIONS" {
				t.Errorf("Allow = %q", h.Get("Allow"))
			}
		})
	}
}

func TestTheAddressOfReturnedMailIsNoProcessors(t *testing.T) {
	d := openDoor(t)
	d.endpoint.ProcessorID = registry.ReturnedMail
	for _, method := range []string{"GET", "HEAD", "OPTIONS"} {
		if w := d.asks(t, method, "/webhooks/processors/tok", "WebHook-Request-Origin", "a.example"); w.Code != 404 {
			t.Errorf("%s = %d", method, w.Code)
		}
	}
}

func TestSeveralEventsInOneMessageAreRefused(t *testing.T) {
	d := openDoor(t)
	if w := d.bare(t, "/webhooks/processors/tok", "application/cloudevents-batch+json; charset=utf-8", "[{}]"); w.Code != 415 || !strings.Contains(w.Body.String(), "application/cloudevents+json") || len(d.kept) != 0 {
		t.Errorf("a batch = %d %s, %d kept", w.Code, w.Body, len(d.kept))
	}
	if w := d.bare(t, "/webhooks/processors/tok", "application/cloudevents+json", "{}"); w.Code != 202 || len(d.kept) != 1 {
		t.Errorf("one event = %d, %d kept", w.Code, len(d.kept))
	}
	if d.refused["batch"] != 1 {
		t.Errorf("counted %v", d.refused)
	}
	d.down = errors.New("disk full")
	if w := d.bare(t, "/webhooks/processors/tok", "application/cloudevents+json", "{ }"); w.Code != 503 {
		t.Errorf("not stored = %d", w.Code)
	}
}
