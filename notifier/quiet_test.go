package notifier_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/tenant"
)

// A full disk fails at everything, each round anew: the log tells of a few.
func TestAStoreThatKeepsNothingDoesNotFillTheLog(t *testing.T) {
	w := newWorld(t)
	log := &bytes.Buffer{}
	w.logs = slog.NewTextHandler(log, nil)
	const practices = 20
	for p := range practices {
		id := fmt.Sprintf("p-%02d", p)
		w.practice(id)
		for range 5 {
			w.file(tenant.ID(id), nil)
		}
	}
	n := w.notifier()
	if err := n.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.move(25 * time.Hour)
	full := true
	w.store.meddle = func(call string, after bool) error {
		writes := call == "AppendEntries" || call == "PutSetting" || strings.HasPrefix(call, "Update") || call == "MarkPublished"
		if full && writes && !after {
			return fault.Unavailable
		}
		return nil
	}
	for name, err := range map[string]error{"relay": n.Relay(t.Context()), "keeper": n.Keep(t.Context())} {
		if !errors.Is(err, fault.Unavailable) {
			t.Errorf("%s ends with %v, want unavailable, so that it waits", name, err)
		}
	}
	if lines := strings.Count(log.String(), "\n"); lines > 8 {
		t.Errorf("%d lines for one round of each, want at most 8:\n%s", lines, log)
	}
	full = false
	for _, round := range []error{n.Keep(t.Context()), n.Relay(t.Context())} {
		if round != nil {
			t.Error(round)
		}
	}
	for key, inc := range w.store.incidents {
		if inc.Clock(incidents.ClientClock).Thresholds[0].FiredAt.IsZero() {
			t.Errorf("case %s did not fire with room again", key.ID)
		}
	}
}
