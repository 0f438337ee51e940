package api_test

import (
	"io"
	"net/http"
	"testing"
	"time"

	"datalek/web/api"
)

// knock makes a call with a token, none when it is empty.
func (h *house) knock(token string) *http.Response {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, h.site+"/api/v1/nothing", nil)
	h.Must(err)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := http.DefaultClient.Do(r)
	h.Must(err)
	_, _ = io.Copy(io.Discard, answer.Body) // the connection is used again
	_ = answer.Body.Close()
	return answer
}

func TestATokenMayAskAHundredTimesASecond(t *testing.T) {
	at := time.Date(2027, 3, 8, 16, 42, 0, 0, time.UTC)
	h := newHouse(t, func(o *api.Options) { o.Now = func() time.Time { return at } })
	for _, tt := range []struct {
		name, token          string
		status, most, second int
	}{{"a token", "secret", 404, 400, 100}, {"no token", "", 401, 60, 1}} {
		for i := range tt.most {
			if a := h.knock(tt.token); a.StatusCode != tt.status {
				t.Fatalf("%s: call %d is answered %s", tt.name, i+1, a.Status)
			}
		}
		if a := h.knock(tt.token); a.StatusCode != 429 || a.Header.Get("Retry-After") != "1" || a.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: a call too many is answered %s %v", tt.name, a.Status, a.Header)
		}
		at = at.Add(time.Second)
		for i := range tt.second {
			if a := h.knock(tt.token); a.StatusCode != tt.status {
				t.Fatalf("%s: a second later call %d is answered %s", tt.name, i+1, a.Status)
			}
		}
	}
}
