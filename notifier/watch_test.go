package notifier_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"datalek/incidents"
	"datalek/notifier"
)

// TestThresholdsFireOnTimeAndOnceThroughKills has two keepers fire 300 thresholds
// that fall within 20 seconds, while each is killed once and another one starts.
func TestThresholdsFireOnTimeAndOnceThroughKills(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.practice("p-1")
		w.clients("p-1", 1)
		var cases []*incidents.Incident
		random := rand.New(rand.NewPCG(1, 2))
		for range 300 { // the first warnings come after 24 hours
			due := time.Duration(5_000+random.IntN(20_000)) * time.Millisecond
			cases = append(cases, w.file("p-1", func(n *incidents.NewIncident) { n.AwareAt = monday.Add(due - 24*time.Hour) }))
		}
		w.began = time.Now()
		keepers := []func(){w.run(w.notifier()), w.run(w.notifier())}
		for i := range keepers {
			time.Sleep(9 * time.Second)
			keepers[i]()
			keepers[i] = w.run(w.notifier())
		}
		time.Sleep(12 * time.Second)
		for _, stop := range keepers {
			stop()
		}
		w.checkFired(cases, 25*time.Millisecond)
	})
}

// run lets a notifier work until the function returned is called.
func (w *world) run(n *notifier.Notifier) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = n.Run(ctx) })
	return func() { cancel(); running.Wait() }
}

// checkFired fails when the first warning of a case came early, late, twice or never.
func (w *world) checkFired(cases []*incidents.Incident, late time.Duration) {
	w.t.Helper()
	told := map[string]int{}
	for _, e := range w.store.entries["p-1"] {
		if e.Event.Kind == incidents.ThresholdPassed {
			told[e.Event.IncidentID+e.Event.Facts["clock"]+e.Event.Facts["mark"]]++
		}
	}
	for _, c := range cases {
		for _, clock := range w.incident(c).Clocks {
			first := clock.Thresholds[0]
			if lateness := first.FiredAt.Sub(first.At); lateness < 0 || lateness > late {
				w.t.Errorf("%s %s of %s fired %s after its instant", clock.Kind, first.Mark, c.ID, lateness)
			}
			if got := told[c.ID+string(clock.Kind)+first.Mark]; got != 1 {
				w.t.Errorf("%s %s of %s was told of %d times", clock.Kind, first.Mark, c.ID, got)
			}
		}
	}
}
