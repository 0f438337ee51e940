package notifier_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
)

func TestGoingDownPutsBackWhatWasNotTried(t *testing.T) {
	w, n, inc := ready(t, 20)
	n.StopMail()
	w.settle(n)
	if got := w.states(inc); got[incidents.Queued] != 20 || len(w.sender.tried) != 0 {
		t.Fatalf("states = %v after %d tries, want 20 queued and none tried", got, len(w.sender.tried))
	}
	w.bus.lose()
	for range 5 { // the sweep of a new process finds them
		w.settle(w.notifier())
	}
	fresh := w.notifier()
	for range 4 {
		w.settle(fresh)
	}
	if got := w.states(inc); got[incidents.Sent] != 20 {
		t.Errorf("states = %v, want 20 sent by the next process", got)
	}
}

func TestAMailWhoseJobEndsBeforeItIsHandedOverWasNotTried(t *testing.T) {
	w, n, inc := ready(t, 12)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w.sender.composed = cancel
	_ = n.Relay(t.Context())
	if j, some := w.bus.take(); some {
		_ = n.Handle(ctx, j.queue, j.data)
	}
	for _, d := range w.store.deliveries {
		if d.NoticeID != "" && len(d.Attempts) > 0 {
			t.Errorf("a mail that was not handed over has the attempt %+v", d.Attempts[0])
		}
	}
	if got := w.states(inc); got[incidents.Queued] != 12 || len(w.sender.tried) != 0 {
		t.Errorf("states = %v after %d tries, want 12 queued and none tried", got, len(w.sender.tried))
	}
}

func TestAWorkerThatIsCutOffLosesNobody(t *testing.T) {
	// A worker stops at each call of the store in turn; another one then finishes.
	for _, at := range []string{"DeliveriesByIDs", "RecordDeliveries", "UnansweredDeliveries", "UpdateNotice", "UpdateNotice/save", "MarkNoted", "Tellings"} {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, written %t", at, after), func(t *testing.T) {
				w, n, inc := ready(t, 12)
				dead := false
				w.store.meddle = func(call string, done bool) error {
					if call == at && done == after && len(w.bus.jobs) == 0 {
						dead = true
					}
					if dead {
						return context.Canceled
					}
					return nil
				}
				_ = n.Relay(t.Context())
				if j, some := w.bus.take(); some {
					_ = n.Handle(t.Context(), j.queue, j.data)
				}
				if !dead {
					t.Fatalf("the worker never came to %s", at)
				}
				w.store.meddle = nil
				w.bus.lose()
				w.move(3 * time.Minute) // its leases end
				fresh := w.notifier()
				for range 4 {
					w.settle(fresh)
				}
				w.move(20 * time.Minute) // no job runs that long
				if err := fresh.Repair(t.Context()); err != nil {
					t.Fatal(err)
				}
				w.settle(fresh)
				w.everyAnswerIsInTheLog()
				if got := w.states(inc); got[incidents.Sent] != 12 {
					t.Errorf("states = %v, want 12 sent", got)
				}
				if got := w.notice(inc, incidents.ToClients).State; got != incidents.NoticeIsSent {
					t.Errorf("notice is %s, want sent", got)
				}
				if c := w.incident(inc).Clock(incidents.ClientClock); c.Told != 12 || c.MetAt.IsZero() {
					t.Errorf("clock = %d told, met %s; want 12, met", c.Told, c.MetAt)
				}
			})
		}
	}
}

// everyAnswerIsInTheLog fails when the register does not tell of an attempt.
func (w *world) everyAnswerIsInTheLog() {
	w.t.Helper()
	told := map[string]bool{}
	for _, e := range w.store.entries["p-1"] {
		if e.Event.Kind == incidents.NoticeProgress {
			for id := range e.Event.Facts {
				told[id] = true
			}
		}
	}
	for _, d := range w.store.deliveries {
		if d.NoticeID != "" && len(d.Attempts) > 0 && (!told[d.ID] || d.Noted != len(d.Attempts)) {
			w.t.Errorf("delivery %s: %d of %d attempts noted, in the log %t", d.ID, d.Noted, len(d.Attempts), told[d.ID])
		}
	}
}

func TestAJobThatComesAgainNotesWhatTheFirstRunLeft(t *testing.T) {
	w, n, _ := ready(t, 3)
	w.store.meddle = func(call string, after bool) error {
		if call == "UpdateNotice" && len(w.sender.accepted()) == 3 {
			return fault.Unavailable
		}
		return nil
	}
	if err := n.Relay(t.Context()); err != nil {
		t.Fatal(err)
	}
	j, _ := w.bus.take()
	if err := n.Handle(t.Context(), j.queue, j.data); !errors.Is(err, fault.Unavailable) {
		t.Fatalf("error = %v, want unavailable", err)
	}
	w.store.meddle = nil
	var ids []string
	var notice string
	for _, d := range w.store.deliveries {
		ids, notice = append(ids, d.ID), d.NoticeID
	}
	raw, _ := json.Marshal(map[string]any{"practice": "p-1", "notice": notice, "deliveries": ids})
	if err := n.Handle(t.Context(), "mail", raw); err != nil {
		t.Fatal(err)
	}
	w.settle(n)
	w.everyAnswerIsInTheLog()
}

func TestASlowServerKeepsItsLeases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, n, inc := ready(t, 10)
		begun := time.Now()
		w.sender.script(func(incidents.Mail) incidents.Answer {
			time.Sleep(5 * time.Minute) // longer than a lease
			return incidents.Answer{}
		})
		w.store.meddle = func(string, bool) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.now = monday.Add(time.Since(begun))
			return nil
		}
		_ = n.Relay(t.Context())
		done := make(chan error, 1)
		j, _ := w.bus.take()
		go func() { done <- n.Handle(t.Context(), j.queue, j.data) }()
		other := w.notifier()
		for range 20 {
			time.Sleep(30 * time.Second)
			synctest.Wait()
			_ = other.Sweep(t.Context())
			w.work(other)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		for to, count := range w.mails() {
			if count != 1 {
				t.Errorf("%s was mailed %d times, want once", to, count)
			}
		}
		if got := w.states(inc); got[incidents.Sent] != 10 {
			t.Errorf("states = %v, want 10 sent", got)
		}
	})
}

func TestTwoWorkersThatBothSentKeepBothAnswers(t *testing.T) {
	w, n, inc := ready(t, 1)
	other := w.notifier()
	first := true
	w.sender.script(func(incidents.Mail) incidents.Answer {
		if !first {
			return incidents.Answer{}
		}
		first = false
		w.move(3 * time.Minute) // the lease ends while the server thinks
		for range 4 {
			_ = other.Sweep(w.t.Context())
			w.work(other)
		}
		return answer(incidents.Later, "data", 451)
	})
	w.settle(n)
	if got := w.states(inc); got[incidents.Sent] != 1 {
		t.Fatalf("states = %v, want sent: one worker's 250 stands", got)
	}
	for _, d := range w.store.deliveries {
		if d.NoticeID != "" && len(d.Attempts) != 2 {
			t.Errorf("%d attempts kept, want both", len(d.Attempts))
		}
	}
}

func TestAStoreThatIsAwayDoesNotLoseAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, n, inc := ready(t, 3)
		away := 3
		w.store.meddle = func(call string, after bool) error {
			if call == "RecordDeliveries" && !after && away > 0 {
				away--
				return fault.Unavailable
			}
			return nil
		}
		w.settle(n)
		for to, count := range w.mails() {
			if count != 1 {
				t.Errorf("%s was mailed %d times, want once", to, count)
			}
		}
		if got := w.states(inc); got[incidents.Sent] != 3 || away != 0 {
			t.Errorf("states = %v, want 3 sent", got)
		}
	})
}
