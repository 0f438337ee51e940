package notifier_test

import (
	"errors"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/notifier"
)

func TestClocksAreArmedAndTakenBack(t *testing.T) {
	w := newWorld(t)
	w.practice("p-1")
	w.clients("p-1", 1)
	n := w.notifier()
	inc := w.file("p-1", nil)
	w.settle(n)
	token := "p-1_" + inc.ID
	first := w.incident(inc).Clock(incidents.ClientClock).Thresholds[0]
	if len(w.bus.armed) != 0 {
		t.Errorf("armed a day ahead, a burden to the bus: %v", w.bus.armed)
	}
	near := func(at time.Time) {
		t.Helper()
		w.move(at.Sub(w.clock()) - 5*time.Minute)
		if err := n.Repair(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	near(first.At)
	if got := w.bus.armed[token+".client."+first.Mark]; !got.Equal(first.At) {
		t.Errorf("armed for %s, want %s; all: %v", got, first.At, w.bus.armed)
	}
	w.move(5 * time.Minute)
	w.settle(n)
	second := w.incident(inc).Clock(incidents.ClientClock).Thresholds[1]
	near(second.At)
	if got := w.bus.armed[token+".client."+second.Mark]; !got.Equal(second.At) {
		t.Errorf("after the first, armed for %s, want %s", got, second.At)
	}
	clear(w.bus.armed)
	if err := n.Repair(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(w.bus.armed) == 0 {
		t.Error("a bus that lost its schedules was not armed anew")
	}
	w.approve(inc, incidents.ToClients)
	w.settle(n)
	if _, still := w.bus.armed[token+".client."+second.Mark]; still {
		t.Error("the clock is met and still armed")
	}
}

func TestATickIsAHintTheRowDecides(t *testing.T) {
	w := newWorld(t)
	w.practice("p-1")
	n := w.notifier()
	inc := w.file("p-1", nil)
	token := "p-1_" + inc.ID
	first := w.incident(inc).Clock(incidents.ClientClock).Thresholds[0]
	var later interface{ RetryAfter() time.Duration }

	if err := n.Tick(t.Context(), token, "client", first.Mark); err != nil {
		t.Errorf("a tick a day early: %v, want nothing; the clock is armed anew", err)
	}
	w.move(first.At.Sub(w.clock()) - 20*time.Second)
	if err := n.Tick(t.Context(), token, "client", first.Mark); !errors.As(err, &later) || later.RetryAfter() != 20*time.Second {
		t.Errorf("a tick just before: %v, want one that comes back after 20 s", err)
	}
	w.move(20 * time.Second)
	for range 3 {
		if err := n.Tick(t.Context(), token, "client", first.Mark); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.incident(inc).Clock(incidents.ClientClock).Thresholds[0].FiredAt; !got.Equal(first.At) {
		t.Errorf("fired at %s, want %s", got, first.At)
	}
	events := 0
	for _, e := range w.incident(inc).Outbox.Pending {
		if e.Kind == incidents.ThresholdPassed && e.Facts["clock"] == "client" {
			events++
		}
	}
	if events != 1 {
		t.Errorf("%d events for one threshold", events)
	}
	var final interface{ GiveUp() bool }
	for _, bad := range []string{"nonsense", "p-1_gone"} {
		if err := n.Tick(t.Context(), bad, "client", "w50"); !errors.As(err, &final) {
			t.Errorf("tick for %q: %v, want given up", bad, err)
		}
	}
}

func TestTheKeeperShowsThatItLives(t *testing.T) {
	w := newWorld(t)
	a, b := w.notifier(), w.notifier()
	for range 3 {
		for _, n := range []*notifier.Notifier{a, b} {
			if err := n.Keep(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if got := string(w.store.settings[notifier.HeartbeatKey]); got != w.clock().Format(time.RFC3339) {
			t.Errorf("heartbeat %q, want %s", got, w.clock().Format(time.RFC3339))
		}
		w.move(time.Second)
	}
}

// Only a pass that was whole is told outside: not one that could not read, write
// its sign of life, or reach the store for what was due.
func TestOnlyAWholePassIsToldOutside(t *testing.T) {
	for _, tt := range []struct {
		broken string // the call that fails; "" for none
		want   int
	}{{"", 1}, {"DueIncidents", 0}, {"DueReports", 0}, {"PutSetting", 0}, {"UpdateIncident", 0}} {
		w := newWorld(t)
		w.practice("p-1")
		w.file("p-1", nil)
		w.move(25 * time.Hour)
		w.store.meddle = func(call string, after bool) error {
			if call == tt.broken && !after {
				return fault.Unavailable
			}
			return nil
		}
		passes := 0
		n := notifier.New(notifier.Options{Store: w.store, Bus: w.bus, Book: w.book, Sender: w.sender, Now: w.clock, NewID: w.newID, Passed: func() { passes++ }})
		_ = n.Keep(t.Context())
		if passes != tt.want {
			t.Errorf("with %q broken, %d passes were told, want %d", tt.broken, passes, tt.want)
		}
	}
}
