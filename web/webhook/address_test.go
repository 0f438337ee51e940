package webhook_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents/registry"
)

// bare posts a body that nobody signed.
func (d *door) bare(t *testing.T, path, media, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", media)
	r.Header.Set("Authorization", "Bearer other")
	w := httptest.NewRecorder()
	d.echo.ServeHTTP(w, r)
	return w
}

// openDoor has an address that itself is the secret.
func openDoor(t *testing.T) *door {
	d := newDoor(t)
	d.endpoint.Door, d.endpoint.Token, d.endpoint.Secrets = registry.DoorAddress, "tok", nil
	return d
}

func TestWhoKnowsAnOpenAddressIsHeard(t *testing.T) {
	d := openDoor(t)
	first := d.bare(t, "/webhooks/processors/tok", "application/x-www-form-urlencoded", "type=unsubscribe")
	again := d.bare(t, "/webhooks/processors/tok", "application/x-www-form-urlencoded", "type=unsubscribe")
	other := d.bare(t, "/webhooks/processors/tok", "application/json", "{}")
	if first.Code != 202 || again.Body.String() != first.Body.String() || other.Code != 202 || len(d.kept) != 2 {
		t.Fatalf("first %d %s, again %s, other %d, kept %d", first.Code, first.Body, again.Body, other.Code, len(d.kept))
	}
	for _, r := range d.kept {
		if r.Headers["content-type"] == "" || len(r.Headers) != 1 || r.RawHash == "" || !r.ReceivedAt.Equal(noon) {
			t.Errorf("receipt = %+v", r)
		}
	}
	if diff := cmp.Diff(map[string]int{"replayed": 1}, d.refused); diff != "" {
		t.Errorf("counted (-want +got):\n%s", diff)
	}
}

func TestAnOpenAddressTakesNothingElse(t *testing.T) {
	d := openDoor(t)
	if w := d.bare(t, "/webhooks/processors/other", "application/json", "{}"); w.Code != 404 {
		t.Errorf("another address = %d", w.Code)
	}
	if w := d.bare(t, "/webhooks/processors/tok", "application/json", strings.Repeat("a", 512<<10+1)); w.Code != 413 {
		t.Errorf("too large = %d", w.Code)
	}
	d.endpoint.Token = "another" // the hash alone opens nothing
	if w := d.bare(t, "/webhooks/processors/tok", "application/json", "{}"); w.Code != 404 {
		t.Errorf("a token that has the hash alone = %d", w.Code)
	}
	d.endpoint.Token, d.endpoint.Door = "tok", "of another version"
	if w := d.bare(t, "/webhooks/processors/tok", "application/json", "{}"); w.Code != 404 {
		t.Errorf("a door that is not known = %d", w.Code)
	}
	if len(d.kept) != 0 {
		t.Errorf("%d messages are kept", len(d.kept))
	}
	d.endpoint.Door, d.down = registry.DoorAddress, errors.New("disk full")
	if w := d.bare(t, "/webhooks/processors/tok", "application/json", "{}"); w.Code != 503 {
		t.Errorf("not stored = %d; only 503 makes Azure try again", w.Code)
	}
	if diff := cmp.Diff(map[string]int{"unknown_address": 1, "oversized": 1, "forged": 2}, d.refused); diff != "" {
		t.Errorf("counted (-want +got):\n%s", diff)
	}
}

// An address that asks for signatures does not open by being known.
func TestASignedAddressIsNotOpen(t *testing.T) {
	d := newDoor(t)
	d.endpoint.Token = "tok"
	if w := d.bare(t, "/webhooks/processors/tok", "application/json", "{}"); w.Code != 401 || len(d.kept) != 0 {
		t.Errorf("unsigned = %d, %d kept", w.Code, len(d.kept))
	}
}

func TestWhatTheDoorTurnsAwayIsCounted(t *testing.T) {
	d := newDoor(t)
	d.post(t, "/webhooks/processors/tok", d.secret, "msg-1", noon, "{}", nil)
	d.post(t, "/webhooks/processors/tok", d.secret, "msg-1", noon, "{}", nil)
	d.post(t, "/webhooks/processors/tok", d.secret, "msg-2", noon.Add(-time.Hour), "{}", nil)
	d.post(t, "/webhooks/processors/tok", d.secret, "msg-3", noon, "{}", func(r *http.Request) { r.Body = http.NoBody })
	d.post(t, "/webhooks/processors/tok", d.secret, "msg-4", noon, strings.Repeat("a", 600<<10), nil)
	want := map[string]int{"replayed": 1, "stale": 1, "forged": 1, "oversized": 1}
	if diff := cmp.Diff(want, d.refused); diff != "" || len(d.kept) != 1 {
		t.Errorf("%d kept; counted (-want +got):\n%s", len(d.kept), diff)
	}
}

// Who knows the address learns that it is gone, and who does not learns nothing.
func TestARevokedAddressIsGone(t *testing.T) {
	d := newDoor(t)
	d.endpoint.RevokedAt = noon.Add(-time.Hour)
	signed := d.post(t, "/webhooks/processors/tok", d.secret, "msg-1", noon, "{}", nil)
	unsigned := d.bare(t, "/webhooks/processors/tok", "application/json", "{}")
	other := d.bare(t, "/webhooks/processors/other", "application/json", "{}")
	if signed.Code != 410 || unsigned.Code != 410 || other.Code != 404 || len(d.kept) != 0 {
		t.Errorf("signed %d, unsigned %d, another address %d; %d kept", signed.Code, unsigned.Code, other.Code, len(d.kept))
	}
	if diff := cmp.Diff(map[string]int{"revoked_address": 2, "unknown_address": 1}, d.refused); diff != "" {
		t.Errorf("counted (-want +got):\n%s", diff)
	}
}

func TestTheLastMessageIsNoted(t *testing.T) {
	d := newDoor(t)
	d.post(t, "/webhooks/processors/tok", secretOf("f"), "msg-1", noon, "{}", nil)
	if !d.endpoint.LastAt.IsZero() {
		t.Error("a forged message counts as the last one")
	}
	d.post(t, "/webhooks/processors/tok", d.secret, "msg-1", noon, "{}", nil)
	if !d.endpoint.LastAt.Equal(noon) {
		t.Errorf("last message = %s", d.endpoint.LastAt)
	}
}
