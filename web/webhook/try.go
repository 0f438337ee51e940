package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"datalek/incidents/registry"
)

// testType is the type of a message that only tries the way in.
const testType = "processor.breach.test"

// Try sends a test report to an address through the site's own door, as a processor
// would, and returns the status that the door answers. id names this one test.
func Try(ctx context.Context, door http.Handler, e registry.Endpoint, id, summary string, now time.Time) (int, error) {
	body, err := json.Marshal(map[string]any{"type": testType, "timestamp": now.Format(time.RFC3339),
		"data": map[string]string{"reference": "test-" + id, "stage": "initial", "summary": summary}})
	if err != nil {
		return 0, fmt.Errorf("write test report: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "/webhooks/processors/"+e.Token, bytes.NewReader(body))
	if err != nil {
		return 0, fmt.Errorf("make test report: %w", err)
	}
	r.RemoteAddr = "127.0.0.1:0"
	r.Header.Set("Content-Type", "application/json")
	if e.Door == registry.DoorSigned {
		if err := sign(r.Header, e, id, body, now); err != nil {
			return 0, err
		}
	}
	w := &answer{header: http.Header{}, status: http.StatusOK}
	door.ServeHTTP(w, r)
	return w.status, nil
}

// sign puts the heads of Standard Webhooks on a message, by the newest secret.
func sign(h http.Header, e registry.Endpoint, id string, body []byte, now time.Time) error {
	live := e.Live(now)
	if len(live) == 0 {
		return fmt.Errorf("address %s has no secret", e.ID)
	}
	signer, err := standardwebhooks.NewWebhook(live[0].Value)
	if err != nil {
		return fmt.Errorf("read the secret of address %s: %w", e.ID, err)
	}
	signature, err := signer.Sign(id, now, body)
	if err != nil {
		return fmt.Errorf("sign test report: %w", err)
	}
	h.Set("webhook-id", id)
	h.Set("webhook-timestamp", strconv.FormatInt(now.Unix(), 10))
	h.Set("webhook-signature", signature)
	return nil
}

// answer keeps the status of an answer and forgets the rest.
type answer struct {
	header http.Header
	status int
	said   bool
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if !a.said {
		a.status, a.said = status, true
	}
}

func (a *answer) Write(b []byte) (int, error) {
	a.said = true
	return len(b), nil
}
