package natsbus_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"datalek/incidents/fault"
	"datalek/services/natsbus"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func comesBackLater(t *testing.T, r *rig) {
	const times = 15 // more than a plain error may
	publish(t, r.bus, "mail", "n.c", "", "")
	type visit struct {
		attempt int
		at      time.Time
	}
	visits := make(chan visit, times+1)
	consume(t, r.bus, "mail", 1, func(_ context.Context, _ string, _ []byte, attempt int) error {
		visits <- visit{attempt, time.Now()}
		if attempt == 1 {
			return laterError{400 * time.Millisecond}
		}
		if attempt <= times {
			return laterError{time.Millisecond}
		}
		return nil
	})
	first, second := next(t, visits), next(t, visits)
	if wait := second.at.Sub(first.at); wait < 390*time.Millisecond || wait > 3*time.Second {
		t.Errorf("came back after %s, want 400 ms", wait)
	}
	last := second
	for range times - 1 {
		last = next(t, visits)
	}
	if last.attempt != times+1 {
		t.Errorf("last attempt is %d, want %d", last.attempt, times+1)
	}
	r.holds(t, "JOBS_MAIL", 0)
	if got := r.letters(t); len(got) != 0 {
		t.Errorf("dead letters: %v, want none", got)
	}
}

func comesBackAfterError(t *testing.T, r *rig) {
	publish(t, r.bus, "draft", "n.c", "", "")
	attempts := make(chan int, 5)
	consume(t, r.bus, "draft", 1, func(_ context.Context, _ string, _ []byte, attempt int) error {
		attempts <- attempt
		if attempt == 1 {
			return errors.New("odd")
		}
		return nil
	})
	if a, b := next(t, attempts), next(t, attempts); a != 1 || b != 2 {
		t.Errorf("attempts %d and %d, want 1 and 2", a, b)
	}
	r.holds(t, "JOBS_DRAFT", 0)
}

func givenUp(t *testing.T, r *rig) {
	publish(t, r.bus, "mail", "n1.c1", "evt/9", "chunk")
	var mended atomic.Bool
	handled := make(chan string, 5)
	consume(t, r.bus, "mail", 2, func(_ context.Context, key string, data []byte, _ int) error {
		if !mended.Load() {
			return fmt.Errorf("send to jan@example.org: %w", finalError{true})
		}
		handled <- key + " " + string(data)
		return nil
	})
	r.holds(t, "DEAD_LETTERS", 1)
	r.holds(t, "JOBS_MAIL", 0)
	got := r.letters(t)
	want := []natsbus.DeadLetter{{Seq: 1, Queue: "mail", Key: "n1.c1", Data: []byte("chunk"), Cause: "send to [address] refused", Kind: "other", Attempts: 1}}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(natsbus.DeadLetter{}, "At")); diff != "" {
		t.Fatalf("dead letters (-want +got):\n%s", diff)
	}
	if since := time.Since(got[0].At); since < -time.Second || since > 30*time.Second {
		t.Errorf("letter is of %s", got[0].At)
	}
	mended.Store(true)
	ctx := within(t, 10*time.Second)
	if err := r.bus.Requeue(ctx, got[0].Seq); err != nil {
		t.Fatalf("requeue: %v", err)
	}
	if got := next(t, handled); got != "n1.c1 chunk" {
		t.Errorf("handled %q after requeue", got)
	}
	if got := r.letters(t); len(got) != 0 {
		t.Errorf("dead letters after requeue: %v, want none", got)
	}
	if err := r.bus.Requeue(ctx, got[0].Seq); !errors.Is(err, fault.NotFound) {
		t.Errorf("requeue again: %v, want not found", err)
	}
	if log := r.log.String(); strings.Contains(log, "jan@") {
		t.Errorf("an address stands in the log:\n%s", log)
	}
}

func pagedLetters(t *testing.T, r *rig) {
	for i := range 5 {
		publish(t, r.bus, "warn", fmt.Sprintf("p.%d", i), "", "")
	}
	consume(t, r.bus, "warn", 1, func(context.Context, string, []byte, int) error { return finalError{true} })
	r.holds(t, "DEAD_LETTERS", 5)
	ctx := within(t, 10*time.Second)
	if err := r.bus.Requeue(ctx, 99); !errors.Is(err, fault.NotFound) {
		t.Errorf("requeue of no letter: %v", err)
	}
	var keys []string
	for after := uint64(0); ; {
		page, err := r.bus.DeadLetters(ctx, after, 2)
		if err != nil {
			t.Fatalf("dead letters: %v", err)
		}
		if len(page) == 0 {
			break
		}
		for _, l := range page {
			keys = append(keys, l.Key)
			after = l.Seq
		}
	}
	if diff := cmp.Diff([]string{"p.0", "p.1", "p.2", "p.3", "p.4"}, keys); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	for range 2 { // forgotten once is forgotten
		if err := r.bus.Forget(ctx, 1); err != nil {
			t.Errorf("forget: %v", err)
		}
	}
	if left := r.letters(t); len(left) != 4 || left[0].Key != "p.1" {
		t.Errorf("letters left %v, want all but the first", left)
	}
	if none, err := r.bus.DeadLetters(ctx, 0, 0); err != nil || len(none) != 0 {
		t.Errorf("no letters asked: %v, %v", none, err)
	}
}

func panics(t *testing.T, r *rig) {
	publish(t, r.bus, "draft", "n.c", "", "")
	var runs atomic.Int32
	consume(t, r.bus, "draft", 1, func(context.Context, string, []byte, int) error {
		runs.Add(1)
		panic("Jan de Vries")
	})
	r.holds(t, "DEAD_LETTERS", 1)
	if got := runs.Load(); got != 3 {
		t.Errorf("ran %d times, want 3", got)
	}
	if got := r.letters(t)[0]; got.Cause != "handler panicked: string" || got.Kind != "crash" || got.Attempts != 3 {
		t.Errorf("letter says %q after %d attempts", got.Cause, got.Attempts)
	}
	if log := r.log.String(); strings.Contains(log, "Vries") || !strings.Contains(log, "retries_test.go") {
		t.Errorf("the log should hold the stack and not the value:\n%s", log)
	}
}
