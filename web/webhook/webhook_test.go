package webhook_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/casework"
	"datalek/web/page"
	"datalek/web/webhook"

	"github.com/labstack/echo/v4"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

var noon = time.Date(2027, 3, 5, 12, 0, 0, 0, time.UTC)

// shelf keeps receipts in memory, as the store does on disk.
type shelf struct {
	endpoint registry.Endpoint
	kept     map[string]incidents.Receipt
	down     error
	returns  []incidents.Return
}

func (s *shelf) EndpointByToken(_ context.Context, hash string) (registry.Endpoint, error) {
	if hash != s.endpoint.TokenHash {
		return registry.Endpoint{}, fault.NotFound
	}
	return s.endpoint, nil
}

func (s *shelf) TouchEndpoint(_ context.Context, practice tenant.ID, id string, at time.Time) error {
	if practice != s.endpoint.PracticeID || id != s.endpoint.ID {
		return fault.NotFound
	}
	s.endpoint.LastAt = at
	return nil
}

func (s *shelf) SaveReceipt(_ context.Context, r incidents.Receipt) (string, bool, error) {
	if s.down != nil {
		return "", false, s.down
	}
	if old, known := s.kept[r.DedupeKey]; known {
		return old.ID, false, nil
	}
	s.kept[r.DedupeKey] = r
	return r.ID, true, nil
}

type door struct {
	*shelf
	refused map[string]int // by why
	echo    *echo.Echo
	secret  string
}

func newDoor(t *testing.T, more ...func(*webhook.Options)) *door {
	t.Helper()
	secret := "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32)))
	d := &door{secret: secret, refused: map[string]int{}, shelf: &shelf{kept: map[string]incidents.Receipt{},
		endpoint: registry.Endpoint{ID: "e-1", TokenHash: casework.HashToken("tok"), ProcessorID: "ms", Secrets: []registry.EndpointSecret{{Value: secret}}}}}
	ids := 0
	o := webhook.Options{StatusURL: func(token string) string { return "https://datalek.example/reported/" + token }, Store: d.shelf, Now: func() time.Time { return noon },
		NewID: func() string { ids++; return "r-" + strconv.Itoa(ids) }, Refused: func(why string) { d.refused[why]++ }}
	for _, change := range more {
		change(&o)
	}
	area := webhook.New(o)
	d.echo = echo.New()
	d.echo.HTTPErrorHandler = func(err error, c echo.Context) { _ = page.Problem(c, err) }
	area.Register(nil, d.echo)
	return d
}

// post sends a body signed with secret at the given time under an id.
func (d *door) post(t *testing.T, path, secret, id string, at time.Time, body string, edit func(*http.Request)) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	if secret != "" {
		signer, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			t.Fatal(err)
		}
		signature, err := signer.Sign(id, at, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("webhook-id", id)
		r.Header.Set("webhook-timestamp", strconv.FormatInt(at.Unix(), 10))
		r.Header.Set("webhook-signature", signature)
	}
	if edit != nil {
		edit(r)
	}
	w := httptest.NewRecorder()
	d.echo.ServeHTTP(w, r)
	return w
}

func TestOnlyAProvenFreshMessageIsKept(t *testing.T) {
	for _, tt := range []struct {
		name   string
		path   string
		secret string
		at     time.Time
		body   string
		edit   func(*http.Request)
		want   int
		kept   int
	}{
		{"signed", "/webhooks/processors/tok", "", noon, "{}", nil, 202, 1},
		{"broken JSON is kept too", "/webhooks/processors/tok", "", noon, "{", nil, 202, 1},
		{"unknown address", "/webhooks/processors/other", "", noon, "{}", nil, 404, 0},
		{"another secret", "/webhooks/processors/tok", "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", 32))), noon, "{}", nil, 401, 0},
		{"an empty secret", "/webhooks/processors/tok", "whsec_", noon, "{}", nil, 401, 0},
		{"six minutes old", "/webhooks/processors/tok", "", noon.Add(-6 * time.Minute), "{}", nil, 401, 0},
		{"six minutes ahead", "/webhooks/processors/tok", "", noon.Add(6 * time.Minute), "{}", nil, 401, 0},
		{"five minutes old", "/webhooks/processors/tok", "", noon.Add(-5 * time.Minute), "{}", nil, 202, 1},
		{"body changed", "/webhooks/processors/tok", "", noon, "{}", func(r *http.Request) { r.Body = http.NoBody }, 401, 0},
		{"no signature", "/webhooks/processors/tok", "", noon, "{}", func(r *http.Request) { r.Header.Del("webhook-signature") }, 401, 0},
		{"no id", "/webhooks/processors/tok", "", noon, "{}", func(r *http.Request) { r.Header.Del("webhook-id") }, 401, 0},
		{"time is no number", "/webhooks/processors/tok", "", noon, "{}", func(r *http.Request) { r.Header.Set("webhook-timestamp", "soon") }, 401, 0},
		{"exactly 512 KiB", "/webhooks/processors/tok", "", noon, strings.Repeat("a", 512<<10), nil, 202, 1},
		{"one byte more", "/webhooks/processors/tok", "", noon, strings.Repeat("a", 512<<10+1), nil, 413, 0},
		{"2 MiB", "/webhooks/processors/tok", "", noon, strings.Repeat("a", 2<<20), nil, 413, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDoor(t)
			if tt.secret == "" {
				tt.secret = d.secret
			}
			w := d.post(t, tt.path, tt.secret, "msg-1", tt.at, tt.body, tt.edit)
			if w.Code != tt.want || len(d.kept) != tt.kept {
				t.Errorf("status %d, %d kept (%s); want %d, %d", w.Code, len(d.kept), w.Body, tt.want, tt.kept)
			}
		})
	}
}

func TestEndpointWithAnEmptySecretProvesNothing(t *testing.T) {
	d := newDoor(t)
	d.endpoint.Secrets = []registry.EndpointSecret{{Value: ""}, {Value: "whsec_"}}
	if w := d.post(t, "/webhooks/processors/tok", "whsec_", "msg-1", noon, "{}", nil); w.Code != 401 {
		t.Errorf("status %d, want 401: the empty key is no secret", w.Code)
	}
}

func TestReplayGetsTheFirstAnswer(t *testing.T) {
	d := newDoor(t)
	first := d.post(t, "/webhooks/processors/tok", d.secret, "msg-1", noon, "{}", nil)
	again := d.post(t, "/webhooks/processors/tok", d.secret, "msg-1", noon, "{}", nil)
	other := d.post(t, "/webhooks/processors/tok", d.secret, "msg-2", noon, "{}", nil)
	if first.Body.String() != again.Body.String() || again.Code != 202 || len(d.kept) != 2 || other.Body.String() == first.Body.String() {
		t.Errorf("first %s, again %s, other %s, kept %d", first.Body, again.Body, other.Body, len(d.kept))
	}
}

// The page of a message is told to its sender, the same to a replay, and the store
// has the hash of its token alone.
func TestASenderIsToldWhereItSeesWhatBecameOfItsMessage(t *testing.T) {
	d := newDoor(t)
	tell := func(id string) (page string) {
		var answer struct {
			URL string `json:"status_url"`
		}
		w := d.post(t, "/webhooks/processors/tok", d.secret, id, noon, "{}", nil)
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != 202 {
			t.Fatalf("answered %d %s", w.Code, w.Body)
		}
		token, is := strings.CutPrefix(answer.URL, "https://datalek.example/reported/")
		if !is || len(token) < 40 {
			t.Fatalf("the page is %q", answer.URL)
		}
		return token
	}
	first, again, other := tell("msg-1"), tell("msg-1"), tell("msg-2")
	if first != again || first == other {
		t.Errorf("pages %q, again %q, of another %q", first, again, other)
	}
	for _, r := range d.kept {
		if r.StatusHash != casework.HashToken(first) && r.StatusHash != casework.HashToken(other) || r.Proof != "signature" {
			t.Errorf("kept with hash %q and proof %q", r.StatusHash, r.Proof)
		}
	}
}

func TestNothingIsAcceptedThatCouldNotBeStored(t *testing.T) {
	d := newDoor(t)
	d.down = errors.New("disk full")
	w := d.post(t, "/webhooks/processors/tok", d.secret, "msg-1", noon, "{}", nil)
	if w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("status %d, Retry-After %q; want 503 with one", w.Code, w.Header().Get("Retry-After"))
	}
}

func TestASenderThatComesTooOftenIsToldWhenToComeAgain(t *testing.T) {
	d := newDoor(t)
	for _, tt := range []struct {
		name, path string
		most       int
	}{{"with an address that is not there", "/webhooks/processors/nobody", 60}, {"with one that is", "/webhooks/processors/tok", 1000}} {
		for i := range tt.most {
			if w := d.post(t, tt.path, "", "", noon, "{}", nil); w.Code == 429 {
				t.Fatalf("%s: message %d is one too many", tt.name, i+1)
			}
		}
		w := d.post(t, tt.path, "", "", noon, "{}", nil)
		if w.Code != 429 || w.Header().Get("Retry-After") == "" || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: the next one is answered %d %v", tt.name, w.Code, w.Header())
		}
	}
}
