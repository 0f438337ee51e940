package webhook_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/casework"
)

func (s *shelf) TokenByHash(_ context.Context, hash string) (registry.Token, error) {
	if hash != casework.HashToken("api") {
		return registry.Token{}, fault.NotFound
	}
	return registry.Token{PracticeID: "p-1"}, nil
}

func (s *shelf) SaveReturn(_ context.Context, r incidents.Return) (string, bool, error) {
	if s.down != nil {
		return "", false, s.down
	}
	for _, old := range s.returns {
		if old.PracticeID == r.PracticeID && old.RawHash == r.RawHash {
			return old.ID, false, nil
		}
	}
	s.returns = append(s.returns, r)
	return r.ID, true, nil
}

const returned = "From: MAILER-DAEMON@x.example\r\n\r\nno such user\r\n"

func (d *door) send(path, bearer, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "message/rfc822")
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	w := httptest.NewRecorder()
	d.echo.ServeHTTP(w, r)
	return w
}

func TestReturnedMailIsKeptAsItCame(t *testing.T) {
	for _, tt := range []struct {
		name, path, bearer, body string
		want, kept               int
		practice                 tenant.ID
	}{
		{"at the practice's own address", "/webhooks/mail/tok", "", returned, 202, 1, "p-9"},
		{"with the address's token apart", "/webhooks/mail", "tok", returned, 202, 1, "p-9"},
		{"with a practice's API token", "/webhooks/mail", "api", returned, 202, 1, "p-1"},
		{"an API token is no address", "/webhooks/mail/api", "", returned, 404, 0, ""},
		{"at an unknown address", "/webhooks/mail/other", "", returned, 404, 0, ""},
		{"with an unknown token", "/webhooks/mail", "other", returned, 404, 0, ""},
		{"without a token", "/webhooks/mail", "", returned, 401, 0, ""},
		{"nothing in it", "/webhooks/mail/tok", "", " \r\n", 400, 0, ""},
		{"exactly 512 KiB", "/webhooks/mail/tok", "", strings.Repeat("a", 512<<10), 202, 1, "p-9"},
		{"one byte more", "/webhooks/mail/tok", "", strings.Repeat("a", 512<<10+1), 413, 0, ""},
		{"a report is not taken at an address for mail", "/webhooks/processors/tok", "", "{}", 404, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDoor(t)
			d.endpoint.ProcessorID, d.endpoint.PracticeID = registry.ReturnedMail, "p-9"
			w := d.send(tt.path, tt.bearer, tt.body)
			if w.Code != tt.want || len(d.returns) != tt.kept {
				t.Fatalf("status %d, %d kept (%s)", w.Code, len(d.returns), w.Body)
			}
			if tt.kept == 1 && (d.returns[0].PracticeID != tt.practice || string(d.returns[0].Raw) != tt.body || d.returns[0].State != incidents.ReturnWaits) {
				t.Errorf("kept for %q: %.40q", d.returns[0].PracticeID, d.returns[0].Raw)
			}
		})
	}
}

func TestMailIsNotTakenAtAProcessorsAddress(t *testing.T) {
	d := newDoor(t)
	if w := d.send("/webhooks/mail/tok", "", returned); w.Code != 404 || len(d.returns) != 0 {
		t.Errorf("status %d, %d kept", w.Code, len(d.returns))
	}
}

func TestReturnedMailIsKeptOnceAndNeverSaidToBeWhenItIsNot(t *testing.T) {
	d := newDoor(t)
	d.endpoint.ProcessorID = registry.ReturnedMail
	first, again := d.send("/webhooks/mail/tok", "", returned), d.send("/webhooks/mail/tok", "", returned)
	if first.Body.String() != again.Body.String() || len(d.returns) != 1 {
		t.Errorf("first %s, again %s, %d kept", first.Body, again.Body, len(d.returns))
	}
	d.down = errors.New("disk full")
	if w := d.send("/webhooks/mail/tok", "", returned+"more"); w.Code != 503 {
		t.Errorf("status %d", w.Code)
	}
}
