package notifier_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"datalek/incidents"
	"datalek/incidents/register"
	"datalek/incidents/tenant"
	"datalek/notifier"
)

func TestTheRegisterDoesNotNeedTheBus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.practice("p-1")
		w.clients("p-1", 3)
		w.bus.set(true)
		n := w.notifier()
		inc := w.file("p-1", nil)
		w.settle(n)
		if got := len(w.store.entries["p-1"]); got < 3 {
			t.Errorf("%d entries, want at least opened, assessed and drafted", got)
		}
		if w.notice(inc, incidents.ToClients) == nil {
			t.Error("no draft while the bus is away: this process does the work itself")
		}
		w.approve(inc, incidents.ToClients)
		w.settle(n)
		if got := w.states(inc); got[incidents.Sent] != 3 {
			t.Errorf("states = %v, want 3 sent without a bus", got)
		}
		time.Sleep(10 * time.Second) // the bus is asked again
		w.bus.set(false)
		w.file("p-1", nil)
		if err := n.Relay(t.Context()); err != nil {
			t.Fatal(err)
		}
		if w.bus.empty() {
			t.Error("the bus is back and got no job")
		}
	})
}

func TestTwoRelaysRegisterEveryEventOnce(t *testing.T) {
	w := newWorld(t)
	w.practice("p-1")
	w.clients("p-1", 2)
	a, b := w.notifier(), w.notifier()
	var incs []*incidents.Incident
	for range 10 {
		incs = append(incs, w.file("p-1", nil))
	}
	var both sync.WaitGroup
	for _, n := range []*notifier.Notifier{a, b} {
		both.Go(func() {
			for range 5 {
				_ = n.Relay(context.Background())
			}
		})
	}
	both.Wait()
	w.settle(a, b)
	checkRegister(t, w, "p-1")
	if got := len(w.store.entries["p-1"]); got < len(incs)*2 {
		t.Errorf("%d entries for %d cases", got, len(incs))
	}
}

// checkRegister fails unless the chain holds, every event stands once, and those
// of one aggregate are in order.
func checkRegister(t tester, w *world, practice tenant.ID) {
	t.Helper()
	entries := w.store.entries[string(practice)]
	if _, err := register.Verify(register.Head{}, entries); err != nil {
		t.Errorf("register: %v", err)
	}
	seen, last := map[string]bool{}, map[string]int{}
	for _, e := range entries {
		if seen[e.Event.ID] {
			t.Errorf("event %s stands twice", e.Event.ID)
		}
		seen[e.Event.ID] = true
		cut := strings.LastIndex(e.Event.ID, "-")
		var n int
		if _, err := fmt.Sscanf(e.Event.ID[cut+1:], "%d", &n); err == nil && len(e.Event.ID)-cut < 8 {
			if n <= last[e.Event.ID[:cut]] {
				t.Errorf("event %s comes after number %d", e.Event.ID, last[e.Event.ID[:cut]])
			}
			last[e.Event.ID[:cut]] = n
		}
	}
}

func TestAPracticeWhoseRegisterFailsHoldsNobodyUp(t *testing.T) {
	w := newWorld(t)
	w.practice("p-1")
	w.practice("p-2")
	for range 300 { // more than a page
		w.file("p-1", nil)
	}
	w.store.entries["p-1"] = []register.Entry{{Seq: 7}} // appending never fits
	inc := w.file("p-2", nil)
	n := w.notifier()
	for range 3 {
		if err := n.Relay(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(w.store.entries["p-2"]); got == 0 {
		t.Error("the other practice's events wait")
	}
	if len(w.incident(inc).Outbox.Pending) != 0 {
		t.Error("the other practice's events are not done")
	}
}

func TestAWarningThatCannotBeWrittenIsPutOffNotLost(t *testing.T) {
	w := newWorld(t)
	w.practice("p-1")
	w.clients("p-1", 1)
	n := w.notifier()
	w.file("p-1", nil)
	w.settle(n)
	w.move(25 * time.Hour)
	failing := true
	w.store.meddle = func(call string, after bool) error {
		if call == "PutDeliveries" && failing {
			return errors.New("no")
		}
		return nil
	}
	_ = n.Keep(t.Context())
	_ = n.Relay(t.Context())
	warn, some := w.bus.takeOf("warn")
	if !some {
		t.Fatal("no job to warn later")
	}
	if bytes.Contains(warn.data, []byte("Iemand")) {
		t.Error("the job holds the case's words")
	}
	if err := n.Handle(t.Context(), "warn", warn.data); err == nil {
		t.Error("the job says it is done")
	}
	failing = false
	if err := n.Handle(t.Context(), "warn", warn.data); err != nil {
		t.Fatal(err)
	}
	w.settle(n)
	if got := w.mails()["anna@thuis.example"]; got == 0 {
		t.Error("the warning never came")
	}
}

func TestJobsThatAreNotOursAreGivenUp(t *testing.T) {
	n := newWorld(t).notifier()
	for queue, data := range map[string]string{"mail": "x", "assess": `{"practice":"p","incident":"gone"}`, "draft": `{"practice":"p","incident":"gone"}`,
		"intake": `{"receipt":"gone"}`, "warn": `{}`} {
		err := n.Handle(t.Context(), queue, []byte(data))
		var final interface{ GiveUp() bool }
		if !errors.As(err, &final) || !final.GiveUp() {
			t.Errorf("%s: error %v, want one that gives up", queue, err)
		}
	}
}

func TestRetryAfterSaysWhen(t *testing.T) {
	var later interface{ RetryAfter() time.Duration }
	err := fmt.Errorf("wait: %w", notifier.RetryAfter(time.Minute))
	if !errors.As(err, &later) || later.RetryAfter() != time.Minute {
		t.Errorf("error %v does not say to come back after a minute", err)
	}
}
