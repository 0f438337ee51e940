package main_test

import (
	"fmt"
	"testing"
	"time"
)

// TestAClockSteppedBackAndForthMovesNoDeadline sets the program's clock two hours
// on and back again, while reports come in, mails go out and thresholds pass.
func TestAClockSteppedBackAndForthMovesNoDeadline(t *testing.T) {
	t.Parallel()
	w := startSite(t, shape{clients: 40})
	w.since = 3 * time.Hour
	due := map[string]time.Time{}
	l := w.work(larger(6, 30))
	for range larger(6, 30) {
		w.moveClock(2 * time.Hour)
		time.Sleep(700 * time.Millisecond)
		w.moveClock(0)
		time.Sleep(700 * time.Millisecond)
	}
	l.end()
	for _, c := range w.cases() {
		for _, clock := range c.Clocks {
			if clock.DueAt != nil {
				due[c.ID+clock.Kind] = *clock.DueAt
			}
		}
	}
	// Two days in steps, each followed by one back: every threshold passes.
	for hours := 20; hours <= 80; hours += 10 {
		w.moveClock(time.Duration(hours) * time.Hour)
		time.Sleep(1500 * time.Millisecond)
		w.moveClock(time.Duration(hours-2) * time.Hour)
		time.Sleep(200 * time.Millisecond)
	}
	w.moveClock(81 * time.Hour)
	await(t, "every threshold fired", func() error {
		for _, c := range w.cases() {
			for _, clock := range c.Clocks {
				for _, threshold := range clock.Thresholds {
					if clock.State == "overdue" && threshold.FiredAt == nil {
						return errNot("%s of the %s clock", threshold.Mark, clock.Kind)
					}
				}
			}
		}
		return nil
	})
	for _, c := range w.cases() {
		for _, clock := range c.Clocks {
			if at, some := due[c.ID+clock.Kind]; some && !clock.DueAt.Equal(at) {
				t.Errorf("the %s clock was due %s and is due %s", clock.Kind, at, clock.DueAt)
			}
		}
	}
	w.finish()
	t.Log(fmt.Sprint(len(due), " deadlines"))
}
