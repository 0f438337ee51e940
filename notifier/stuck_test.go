package notifier_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/tenant"
	"datalek/notifier"
)

func (s *memStore) PutStuck(ctx context.Context, v incidents.Stuck) error {
	return s.call(ctx, "PutStuck", func() error { s.stuck[key(v.PracticeID, v.ID)] = clone(v); return nil })
}

func (s *memStore) AllStuck(ctx context.Context, after incidents.Key, limit int) (list []incidents.Stuck, err error) {
	err = s.call(ctx, "AllStuck", func() error {
		for _, k := range slices.SortedFunc(maps.Keys(s.stuck), compareKeys) {
			if compareKeys(k, after) > 0 && len(list) < limit {
				list = append(list, clone(s.stuck[k]))
			}
		}
		return nil
	})
	return list, err
}

func (s *memStore) DropStuck(ctx context.Context, practice tenant.ID, id string) error {
	return s.call(ctx, "DropStuck", func() error { delete(s.stuck, key(practice, id)); return nil })
}

// memGrave keeps what the bus gave up.
type memGrave struct {
	letters []notifier.DeadLetter
	down    bool
	forgets int
}

func (g *memGrave) bury(queue string, data []byte) {
	g.letters = append(g.letters, notifier.DeadLetter{Place: uint64(len(g.letters) + 1), Queue: queue, Data: data, Cause: incidents.StuckOther,
		Detail: "something", At: monday, Attempts: 12})
}

func (g *memGrave) DeadLetters(context.Context, int) ([]notifier.DeadLetter, error) {
	if g.down {
		return nil, fault.Unavailable
	}
	return slices.Clone(g.letters), nil
}

func (g *memGrave) Forget(_ context.Context, place uint64) error {
	if g.forgets++; g.down {
		return fault.Unavailable
	}
	g.letters = slices.DeleteFunc(g.letters, func(l notifier.DeadLetter) bool { return l.Place == place })
	return nil
}

// entries are what is stuck.
func (w *world) entries() []incidents.Stuck {
	list, err := w.store.AllStuck(w.t.Context(), incidents.Key{}, 100)
	if err != nil {
		w.t.Fatalf("stuck: %v", err)
	}
	return list
}

// tryAgain is a person who presses the button.
func (w *world) tryAgain(v incidents.Stuck) {
	v.Again(w.clock())
	if err := w.store.PutStuck(w.t.Context(), v); err != nil {
		w.t.Fatalf("again: %v", err)
	}
}

func (w *world) withGrave(g *memGrave) *notifier.Notifier {
	return notifier.New(notifier.Options{Store: w.store, Bus: w.bus, Book: w.book, Sender: w.sender, Now: w.clock, NewID: w.newID, Dead: g})
}

func (w *world) salvage(n *notifier.Notifier) {
	w.t.Helper()
	if err := n.Salvage(w.t.Context()); err != nil {
		w.t.Fatalf("salvage: %v", err)
	}
}

// oneJob does the next job of the bus, and reports its queue, "" for none.
func (w *world) oneJob(n *notifier.Notifier) (string, error) {
	j, some := w.bus.take()
	if !some {
		return "", nil
	}
	return j.queue, n.Handle(w.t.Context(), j.queue, j.data)
}

func TestGivenUpWorkStandsUntilItIsDone(t *testing.T) {
	w := newWorld(t)
	w.practice("p-1")
	w.clients("p-1", 2)
	grave := &memGrave{}
	n := w.withGrave(grave)
	inc := w.file("p-1", nil)
	job := fmt.Appendf(nil, `{"practice":"p-1","incident":%q}`, inc.ID)
	grave.bury("assess", job)
	grave.bury("assess", fmt.Appendf(nil, `{ "incident":%q, "practice":"p-1" }`, inc.ID)[:0:0]) // none of ours
	w.salvage(n)
	if got := w.entries(); len(got) != 2 || len(grave.letters) != 0 {
		t.Fatalf("%d entries, %d letters left; want each letter as an entry", len(got), len(grave.letters))
	}
	own := w.entries()[1]
	if own.PracticeID != "p-1" || own.IncidentID != inc.ID || own.Queue != "assess" || own.Attempts != 12 || own.Cause != incidents.StuckOther {
		t.Errorf("the entry is %+v", own)
	}
	grave.bury("assess", job) // the sweep asked for the same work once more
	w.salvage(n)
	if got := len(w.entries()); got != 2 {
		t.Errorf("%d entries, want the same work once", got)
	}
	if queue, _ := w.oneJob(n); queue != "" {
		t.Errorf("%s was asked for before anybody said so", queue)
	}
	w.tryAgain(own)
	for range 3 {
		w.salvage(n)
	}
	if queue, err := w.oneJob(n); queue != "assess" || err != nil {
		t.Fatalf("did %q: %v", queue, err)
	}
	if queue, _ := w.oneJob(n); queue != "" {
		t.Errorf("%s was asked for twice", queue)
	}
	if got := w.entries(); len(got) != 1 || got[0].PracticeID != "" {
		t.Errorf("entries %+v, want that of the done work gone", got)
	}
	if !w.incident(inc).Assessment.Complete() {
		t.Error("the work was not done")
	}
}

func TestWorkThatFailsAgainStandsAgain(t *testing.T) {
	w := newWorld(t)
	w.practice("p-1")
	grave := &memGrave{}
	n := w.withGrave(grave)
	grave.bury("assess", []byte(`{"practice":"p-1","incident":"i-gone"}`))
	w.salvage(n)
	w.tryAgain(w.entries()[0])
	w.salvage(n)
	queue, err := w.oneJob(n)
	var final interface{ GiveUp() bool }
	if queue != "assess" || !errors.As(err, &final) {
		t.Fatalf("did %q: %v; want it given up", queue, err)
	}
	if got := w.entries(); len(got) != 1 || got[0].AgainAt.IsZero() {
		t.Fatalf("entries %+v, want one being tried", got)
	}
	grave.bury("assess", []byte(`{"practice":"p-1","incident":"i-gone"}`))
	w.salvage(n)
	if got := w.entries(); len(got) != 1 || !got[0].AgainAt.IsZero() {
		t.Errorf("entries %+v, want one that waits", got)
	}
	w.move(2 * time.Minute)
	w.tryAgain(w.entries()[0])
	w.salvage(n)
	if queue, _ := w.oneJob(n); queue != "assess" {
		t.Error("pressed a second time, nothing was asked for")
	}
}

func TestALostBusLosesNoStuckWork(t *testing.T) {
	w := newWorld(t)
	w.practice("p-1")
	w.clients("p-1", 1)
	grave := &memGrave{}
	n := w.withGrave(grave)
	inc := w.file("p-1", nil)
	grave.bury("assess", fmt.Appendf(nil, `{"practice":"p-1","incident":%q}`, inc.ID))
	grave.down = true
	w.salvage(n) // the bus keeps it
	if len(w.entries()) != 0 {
		t.Fatal("read from a bus that is away")
	}
	grave.down = false
	w.salvage(n)
	w.tryAgain(w.entries()[0])
	w.salvage(n)
	w.bus.lose()
	w.salvage(n)
	if queue, _ := w.oneJob(n); queue != "" {
		t.Errorf("%s was asked for at once", queue)
	}
	w.move(41 * time.Minute)
	w.salvage(n)
	if queue, err := w.oneJob(n); queue != "assess" || err != nil {
		t.Fatalf("after a while did %q: %v", queue, err)
	}
	if got := w.entries(); len(got) != 0 {
		t.Errorf("entries %+v, want none", got)
	}
}

// A kill at any call: what was given up is not lost, and stands once.
func TestAKillWhileSalvagingLosesNothing(t *testing.T) {
	for _, call := range []string{"PutStuck", "AllStuck"} {
		for _, after := range []bool{false, true} {
			w := newWorld(t)
			grave := &memGrave{}
			grave.bury("draft", []byte(`{"practice":"p-1","incident":"i-1"}`))
			n := w.withGrave(grave)
			w.store.meddle = func(at string, then bool) error {
				if at == call && then == after {
					return errKilled
				}
				return nil
			}
			_ = n.Salvage(t.Context())
			w.store.meddle = nil
			w.salvage(w.withGrave(grave))
			if got := len(w.entries()); got != 1 || len(grave.letters) != 0 {
				t.Errorf("killed at %s, written %t: %d entries, %d letters left; want one entry", call, after, got, len(grave.letters))
			}
		}
	}
}
