package natsbus_test

import (
	"context"
	"testing"
	"time"

	"datalek/services/natsbus"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

type tick struct {
	Incident, Clock, Mark string
	Version               int64
	At                    time.Time
}

func consumeTicks(t *testing.T, b *natsbus.Bus, to chan<- tick) {
	t.Helper()
	background(t, func(ctx context.Context) error {
		return b.ConsumeTicks(ctx, func(_ context.Context, incident, clock, mark string, version int64) error {
			to <- tick{incident, clock, mark, version, time.Now()}
			return nil
		})
	})
}

func arm(t *testing.T, r *rig, version int64, due time.Time) {
	t.Helper()
	if err := r.bus.Arm(within(t, 10*time.Second), "inc-1", "client48", "w50", version, due); err != nil {
		t.Fatalf("arm: %v", err)
	}
}

// onTime checks what came and when.
func onTime(t *testing.T, got tick, version int64, due time.Time) {
	t.Helper()
	want := tick{Incident: "inc-1", Clock: "client48", Mark: "w50", Version: version}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(tick{}, "At")); diff != "" {
		t.Errorf("tick (-want +got):\n%s", diff)
	}
	if late := got.At.Sub(due); late < 0 || late > time.Second {
		t.Errorf("fired %s after its time, want 0 to 1 s", late)
	}
}

func fires(t *testing.T, r *rig) {
	ticks := make(chan tick, 10)
	consumeTicks(t, r.bus, ticks)
	// Late in a second: a schedule cut to whole seconds would fire too early.
	due := time.Now().Add(1200 * time.Millisecond).Truncate(time.Second).Add(987654321 * time.Nanosecond)
	arm(t, r, 4, due)
	onTime(t, next(t, ticks), 4, due)
	nothing(t, ticks, 600*time.Millisecond)
}

func firesPast(t *testing.T, r *rig) {
	ticks := make(chan tick, 10)
	consumeTicks(t, r.bus, ticks)
	now := time.Now()
	arm(t, r, 1, now.Add(-30*24*time.Hour))
	onTime(t, next(t, ticks), 1, now)
}

func armedEarlier(t *testing.T, r *rig) {
	ticks := make(chan tick, 10)
	consumeTicks(t, r.bus, ticks)
	first, second := time.Now().Add(2500*time.Millisecond), time.Now().Add(800*time.Millisecond)
	arm(t, r, 1, first)
	arm(t, r, 2, second)
	onTime(t, next(t, ticks), 2, second)
	nothing(t, ticks, time.Until(first)+700*time.Millisecond)
}

func armedLater(t *testing.T, r *rig) {
	ticks := make(chan tick, 10)
	consumeTicks(t, r.bus, ticks)
	second := time.Now().Add(2 * time.Second)
	arm(t, r, 1, time.Now().Add(600*time.Millisecond))
	arm(t, r, 2, second)
	onTime(t, next(t, ticks), 2, second)
	nothing(t, ticks, 600*time.Millisecond)
}

func cancelled(t *testing.T, r *rig) {
	ticks := make(chan tick, 10)
	consumeTicks(t, r.bus, ticks)
	due := time.Now().Add(900 * time.Millisecond)
	arm(t, r, 1, due)
	ctx := within(t, 10*time.Second)
	for range 2 { // the second finds nothing armed, which is well
		if err := r.bus.Cancel(ctx, "inc-1", "client48", "w50"); err != nil {
			t.Fatalf("cancel: %v", err)
		}
	}
	nothing(t, ticks, time.Until(due)+800*time.Millisecond)
	if err := r.bus.Cancel(ctx, "never", "client48", "w50"); err != nil {
		t.Errorf("cancel of what was never armed: %v", err)
	}
}

func armedAgain(t *testing.T, r *rig) {
	ticks := make(chan tick, 10)
	consumeTicks(t, r.bus, ticks)
	due := time.Now()
	arm(t, r, 1, due)
	onTime(t, next(t, ticks), 1, due)
	arm(t, r, 2, time.Now().Add(time.Hour))
	if err := r.bus.Cancel(within(t, 10*time.Second), "inc-1", "client48", "w50"); err != nil {
		t.Fatalf("cancel: %v", err)
	}
	due = time.Now()
	arm(t, r, 3, due)
	onTime(t, next(t, ticks), 3, due)
}

func tickLater(t *testing.T, r *rig) {
	times := make(chan time.Time, 10)
	background(t, func(ctx context.Context) error {
		return r.bus.ConsumeTicks(ctx, func(context.Context, string, string, string, int64) error {
			times <- time.Now()
			if len(times) == 1 {
				return laterError{300 * time.Millisecond}
			}
			return nil
		})
	})
	arm(t, r, 1, time.Now())
	eventually(t, func() error {
		if len(times) < 2 {
			return errTooFew
		}
		return nil
	})
	if wait := -next(t, times).Sub(next(t, times)); wait < 290*time.Millisecond || wait > 2*time.Second {
		t.Errorf("came back after %s, want 300 ms", wait)
	}
	nothing(t, times, 300*time.Millisecond)
}
