package main_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"datalek/incidents"
)

// TestThresholdsFireOnceThroughKills kills the real program with kill -9 twice
// while 300 thresholds fall due within 12 seconds, 10,000 within 20 in the long
// form: each fires once, none early.
func TestThresholdsFireOnceThroughKills(t *testing.T) {
	cases, within := larger(300, 10_000), time.Duration(larger(12, 20))*time.Second
	k := &taken{mails: map[string]int{}}
	h := newHouse(t, k.behave)
	h.fill(1)
	h.stop()
	first := realNow().Add(time.Duration(larger(8, 60)) * time.Second)
	h.arm(cases, func() time.Time { return first.Add(-24*time.Hour + time.Duration(rand.Int64N(int64(within)))) })
	h.close()
	for range 2 {
		warned := k.reached(cases / 3)
		program := h.serve()
		awaitClosed(t, "a third of the warnings", warned)
		_ = program.Process.Kill()
		_ = program.Wait()
	}
	h.open()
	var fired map[string]int
	awaitWithin(t, 3*time.Minute, "every threshold has fired", func() error {
		if fired = h.thresholdsInRegister(); len(fired) < cases {
			return errNot("%d of %d", len(fired), cases)
		}
		return nil
	})
	for id, times := range fired {
		inc, err := h.store.Incident(context.Background(), "p-1", id)
		if err != nil {
			t.Fatal(err)
		}
		if late := firstOf(inc).FiredAt.Sub(firstOf(inc).At); times != 1 || late < 0 {
			t.Errorf("the threshold of %s fired %d times, %s after its instant", id, times, late)
		}
	}
	h.checkLeft(2, cases)
}

// thresholdsInRegister counts, by case, the thresholds that the register tells of.
func (h *house) thresholdsInRegister() map[string]int {
	h.tb.Helper()
	const page = 500
	found := map[string]int{}
	for after := int64(0); ; {
		list, err := h.store.Entries(context.Background(), "p-1", after, page)
		if err != nil {
			h.tb.Fatal(err)
		}
		for _, e := range list {
			after = e.Seq
			if e.Event.Kind == incidents.ThresholdPassed {
				found[e.Event.IncidentID]++
			}
		}
		if len(list) < page {
			return found
		}
	}
}
