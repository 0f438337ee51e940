package incidents_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"datalek/incidents"
)

func TestRetryAt(t *testing.T) {
	now := time.Date(2027, 3, 8, 9, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name            string
		wait, due, want time.Duration // due and want from now on; due 0 is none
	}{
		{"without a due time a mail waits as long as it may", 30 * time.Minute, 0, 30 * time.Minute},
		{"with much time left it does too", 30 * time.Minute, 48 * time.Hour, 30 * time.Minute},
		{"at most a quarter of the time left passes", 30 * time.Minute, time.Hour, 15 * time.Minute},
		{"a short wait stays short", time.Minute, time.Hour, time.Minute},
		{"near the end tries are a minute apart", 30 * time.Minute, 3 * time.Minute, time.Minute},
		{"the last try is half a minute before the end", 30 * time.Minute, 80 * time.Second, 50 * time.Second},
		{"when there is no time for another try the ordinary wait counts", 30 * time.Minute, 30 * time.Second, 30 * time.Minute},
		{"after the end the ordinary wait counts", 30 * time.Minute, -time.Hour, 30 * time.Minute},
		{"a mail tried once a day is tried more often near the end", 24 * time.Hour, 20 * time.Hour, 5 * time.Hour},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var due time.Time
			if tt.due != 0 {
				due = now.Add(tt.due)
			}
			if got := incidents.RetryAt(now, tt.wait, due).Sub(now); got != tt.want {
				t.Errorf("tried after %s, want %s", got, tt.want)
			}
		})
	}
}

// A mail that is never taken: whatever its waits, it is tried after each wait, and
// within the last two minutes before it is due if it was approved before them.
func TestTriesGoOnUntilTheDueTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := time.Date(2027, 3, 8, 9, 0, 0, 0, time.UTC)
		left := time.Duration(rapid.Int64Range(int64(2*time.Minute), int64(100*time.Hour)).Draw(t, "left"))
		due, now, last, tries := start.Add(left), start, start, 0
		for ; now.Before(due); tries++ {
			wait := incidents.Spread(incidents.Backoff(tries+1), rapid.Float64Range(0, 1).Draw(t, "spread"))
			next := incidents.RetryAt(now, wait, due)
			if !next.After(now) || next.After(now.Add(wait)) {
				t.Fatalf("with %s left and a wait of %s the next try is after %s", due.Sub(now), wait, next.Sub(now))
			}
			last, now = now, next
		}
		if gap := due.Sub(last); gap > 2*time.Minute || gap < 30*time.Second && left > 2*time.Minute {
			t.Errorf("the last try is %s before the end", gap)
		}
		if tries > 400 {
			t.Errorf("%d tries", tries)
		}
	})
}

func TestThePromiseIsTheDueTimeWhileItRuns(t *testing.T) {
	start := time.Date(2027, 3, 8, 9, 0, 0, 0, time.UTC)
	clock := func(change func(*incidents.Clock)) *incidents.Incident {
		c := incidents.Clock{Kind: incidents.ClientClock, StartsAt: start, Within: 48 * time.Hour}
		if change != nil {
			change(&c)
		}
		return &incidents.Incident{Clocks: []incidents.Clock{c, {Kind: incidents.ControllerClock, StartsAt: start, Within: time.Hour}}}
	}
	for _, tt := range []struct {
		name     string
		inc      *incidents.Incident
		audience incidents.Audience
		want     time.Time
	}{
		{"for clients it is the promise", clock(nil), incidents.ToClients, start.Add(48 * time.Hour)},
		{"for parents too", clock(nil), incidents.ToParents, start.Add(48 * time.Hour)},
		{"for the controller it is his own clock", clock(nil), incidents.ToController, start.Add(time.Hour)},
		{"a clock that is met asks for nothing", clock(func(c *incidents.Clock) { c.MetAt = start }), incidents.ToClients, time.Time{}},
		{"nor does one that ended", clock(func(c *incidents.Clock) { c.EndedAt = start }), incidents.ToClients, time.Time{}},
		{"nor a promise without hours", clock(func(c *incidents.Clock) { c.Within = 0 }), incidents.ToClients, time.Time{}},
		{"nor a case without the clock", &incidents.Incident{}, incidents.ToClients, time.Time{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.inc.DueAtFor(tt.audience); !got.Equal(tt.want) {
				t.Errorf("due %s, want %s", got, tt.want)
			}
		})
	}
}
