package notifier_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/notifier"
)

func (s *memStore) StaleIncidents(ctx context.Context, limit int) (list []incidents.Key, err error) {
	err = s.call(ctx, "StaleIncidents", func() error {
		list = keysOf(s.incidents, incidents.Key{}, limit, func(i *incidents.Incident) bool { return i.Assessment.Stale })
		return nil
	})
	return list, err
}

func (s *memStore) FinishMarking(ctx context.Context) error {
	return s.call(ctx, "FinishMarking", func() error { return nil })
}

// putClient writes a client and marks the practice's open cases, as stores do.
func (s *memStore) putClient(c registry.Client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clients[key(c.PracticeID, c.ID)] = c
	for k, i := range s.incidents {
		if k.PracticeID == c.PracticeID && i.State == incidents.StateOpen && !i.Assessment.Stale {
			marked := clone(i)
			marked.Assessment.Stale = true
			marked.Version++
			s.incidents[k] = marked
		}
	}
}

// assessedCase returns a world with n clients and a case that is assessed.
func assessedCase(t *testing.T, n int) (*world, *notifier.Notifier, *incidents.Incident) {
	t.Helper()
	w := newWorld(t)
	w.practice("p-1")
	w.clients("p-1", n)
	worker := w.notifier()
	inc := w.file("p-1", nil)
	w.settle(worker)
	return w, worker, inc
}

// join adds a client whose data was in the mailbox, as a save does.
func (w *world) join(id string) {
	w.t.Helper()
	c := w.client("p-1", id, id+"@clienten.example", "nl")
	w.store.putClient(c)
}

// followed fails unless the case is assessed with so many in scope, by rows and count.
func (w *world) followed(inc *incidents.Incident, inScope int) {
	w.t.Helper()
	a := w.incident(inc).Assessment
	if !a.Complete() || a.Counts.InScope != inScope {
		w.t.Fatalf("assessment = %+v, want a complete one with %d in scope", a, inScope)
	}
	readers, err := w.store.ReadersInScope(w.t.Context(), inc.PracticeID, inc.ID, a.Done)
	if err != nil || len(readers) != inScope {
		w.t.Fatalf("%d rows in scope (error %v), want %d", len(readers), err, inScope)
	}
}

func TestASavedClientComesIntoEveryOpenCase(t *testing.T) {
	w, n, first := assessedCase(t, 3)
	second := w.file("p-1", nil)
	w.settle(n)
	w.join("c-new")
	if w.incident(first).Assessment.Complete() || w.incident(second).Assessment.Complete() {
		t.Fatal("right after the save a case claims to be assessed")
	}
	w.settle(n)
	w.followed(first, 4)
	w.followed(second, 4)
}

func TestManySavesAtOnceLeadToFewAssessments(t *testing.T) {
	w, n, inc := assessedCase(t, 3)
	before := w.incident(inc).Assessment.Wanted
	for i := range 100 { // in one second: no sweep comes in between, but each save rings
		w.join(fmt.Sprintf("c-new-%03d", i))
		for _, step := range []func(context.Context) error{n.Fresh, n.Relay} {
			if err := step(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		w.work(n)
	}
	w.settle(n)
	w.followed(inc, 103)
	if got := w.incident(inc).Assessment.Wanted - before; got > 3 {
		t.Errorf("100 saves led to %d assessments, want a few", got)
	}
}

func TestAClientSavedWhileACaseIsAssessedIsFound(t *testing.T) {
	for _, call := range []string{"Systems", "Clients", "SaveAffected", "AffectedPersons", "ReadersInScope", "UpdateIncident"} {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, after %t", call, after), func(t *testing.T) {
				w, n, inc := assessedCase(t, 3)
				w.join("c-one")
				var met atomic.Bool
				w.store.meddle = func(got string, then bool) error {
					if got == call && then == after && met.CompareAndSwap(false, true) {
						w.join("c-two")
					}
					return nil
				}
				w.settle(n)
				w.followed(inc, 5)
			})
		}
	}
}

func TestSavesThatNeverEndDoNotKeepAnAssessmentFromEnding(t *testing.T) {
	w, n, inc := assessedCase(t, 1100) // two pages: facts that change would stop it
	other, saves := w.notifier(), 0
	w.store.meddle = func(call string, after bool) error {
		if call == "SaveAffected" && after {
			saves++
			w.join(fmt.Sprintf("c-new-%03d", saves))
			return other.Sweep(t.Context())
		}
		return nil
	}
	w.join("c-new-000")
	before := w.incident(inc).Assessment.Done
	for round := range 4 {
		for _, step := range []func(context.Context) error{n.Sweep, n.Relay} {
			if err := step(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		w.work(n)
		if got := w.incident(inc).Assessment; got.Done != before+int64(round)+1 || got.Complete() {
			t.Fatalf("after round %d: %+v, want one more version done, and stale", round+1, got)
		}
	}
	w.store.meddle = nil
	w.settle(n)
	w.followed(inc, 1100+1+saves)
}

func TestTwoWorkersAskOnce(t *testing.T) {
	w, one, inc := assessedCase(t, 3)
	two := w.notifier()
	before := w.incident(inc).Assessment.Wanted
	w.join("c-new")
	var met atomic.Bool
	w.store.meddle = func(call string, after bool) error { // the other takes its whole turn in between
		if call == "UpdateIncident" && !after && met.CompareAndSwap(false, true) {
			return two.Sweep(t.Context())
		}
		return nil
	}
	if err := one.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := w.incident(inc).Assessment.Wanted - before; got != 1 {
		t.Errorf("%d assessments were asked for, want 1", got)
	}
	w.settle(one, two)
	w.followed(inc, 4)
}

func TestTwoWorkersOnOneVersionFollowAClientSavedBetween(t *testing.T) {
	w, one, inc := assessedCase(t, 3)
	two := w.notifier()
	w.join("c-one")
	for _, step := range []func(context.Context) error{one.Sweep, one.Relay} {
		if err := step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	assess := []byte(`{"practice":"p-1","incident":"` + inc.ID + `"}`)
	var met atomic.Bool
	w.store.meddle = func(call string, after bool) error {
		if call == "Clients" && after && met.CompareAndSwap(false, true) { // one has read them; one more comes, and two starts
			w.join("c-two")
			return two.Handle(t.Context(), "assess", assess)
		}
		return nil
	}
	if err := one.Handle(t.Context(), "assess", assess); err != nil {
		t.Fatal(err)
	}
	if w.incident(inc).Assessment.Complete() {
		t.Error("the case claims to be assessed, though a client was saved meanwhile")
	}
	w.settle(one, two)
	w.followed(inc, 5)
}

func TestAWorkerThatDiesAnywhereAfterASaveLosesNothing(t *testing.T) {
	killed := errors.New("killed")
	for at := 1; ; at++ {
		w, n, inc := assessedCase(t, 3)
		w.join("c-new")
		calls, dead := 0, false
		w.store.meddle = func(string, bool) error {
			if calls++; calls >= at {
				dead = true
				return errors.Join(fault.Unavailable, killed)
			}
			return nil
		}
		for range 2 {
			_ = n.Sweep(t.Context())
			_ = n.Relay(t.Context())
			for j, some := w.bus.take(); some; j, some = w.bus.take() {
				_ = n.Handle(t.Context(), j.queue, j.data)
			}
		}
		w.store.meddle = nil
		w.bus.lose()
		fresh := w.notifier()
		for range 4 { // until what the bus lost counts as forgotten
			if err := fresh.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		w.settle(fresh)
		w.followed(inc, 4)
		if !dead {
			if at < 10 {
				t.Fatalf("the work was done in %d calls: nothing was tried", at)
			}
			return
		}
	}
}
