package natsbus_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"datalek/incidents/fault"
	"datalek/services/natsbus"

	"github.com/google/go-cmp/cmp"
)

// conform runs what every form of the bus must do. start gives an empty one.
func conform(t *testing.T, start func(t *testing.T) *rig) {
	for _, tt := range []struct {
		name string
		test func(t *testing.T, r *rig)
	}{
		{"a message is handled with its key and data, then gone", handledOnce},
		{"the same id twice is one message", sameIDTwice},
		{"without an id each publish counts", noID},
		{"no more than the asked number run at once", boundedParallel},
		{"a message that asks for it comes back after its time, many times", comesBackLater},
		{"a plain error comes back with the next attempt", comesBackAfterError},
		{"a message given up becomes a dead letter and can be requeued", givenUp},
		{"dead letters are paged", pagedLetters},
		{"a panic ends in a dead letter, not in the process", panics},
		{"stopping loses none and repeats none", drained},
		{"closing the bus waits for handlers", closeWaits},
		{"a handler that outlives the patience of close is told to stop", closeInsists},
		{"a clock fires at its time and not before", fires},
		{"a clock in the past fires at once", firesPast},
		{"a clock armed earlier fires once, earlier", armedEarlier},
		{"a clock armed later fires once, later", armedLater},
		{"a cancelled clock does not fire", cancelled},
		{"a clock can be armed again after it fired or was cancelled", armedAgain},
		{"a tick may ask to come back", tickLater},
		{"wrong arguments are refused", refusals},
		{"the bus recovers when it was emptied", emptied},
		{"a repair keeps nobody longer than he can wait", repairing},
		{"a second process shares the work", shared},
		{"connecting again changes nothing", reconnected},
	} {
		t.Run(tt.name, func(t *testing.T) { tt.test(t, start(t)) })
	}
}

type message struct {
	Key, Data string
	Attempt   int
}

func handledOnce(t *testing.T, r *rig) {
	got := make(chan message, 10)
	consume(t, r.bus, "assess", 2, func(_ context.Context, key string, data []byte, attempt int) error {
		got <- message{key, string(data), attempt}
		return nil
	})
	publish(t, r.bus, "assess", "inc-1.step_2", "evt/1", "body")
	want := message{"inc-1.step_2", "body", 1}
	if diff := cmp.Diff(want, next(t, got)); diff != "" {
		t.Errorf("message (-want +got):\n%s", diff)
	}
	r.holds(t, "JOBS_ASSESS", 0)
	nothing(t, got, 200*time.Millisecond)
	if err := r.bus.Healthy(within(t, 5*time.Second)); err != nil {
		t.Errorf("healthy: %v", err)
	}
}

func sameIDTwice(t *testing.T, r *rig) {
	for range 3 {
		publish(t, r.bus, "mail", "n1.c1", "evt/7", "x")
	}
	r.holds(t, "JOBS_MAIL", 1)
}

func noID(t *testing.T, r *rig) {
	for range 3 {
		publish(t, r.bus, "mail", "n1.c1", "", "x")
	}
	r.holds(t, "JOBS_MAIL", 3)
}

func boundedParallel(t *testing.T, r *rig) {
	const jobs, parallel = 24, 4
	for i := range jobs {
		publish(t, r.bus, "mail", fmt.Sprintf("n.%d", i), "", "")
	}
	var now, most atomic.Int32
	full := make(chan struct{})
	var once sync.Once
	ended := make(chan struct{}, jobs)
	consume(t, r.bus, "mail", parallel, func(ctx context.Context, _ string, _ []byte, _ int) error {
		n := now.Add(1)
		defer now.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		if n == parallel {
			once.Do(func() { close(full) })
		}
		select {
		case <-full:
		case <-ctx.Done():
		}
		ended <- struct{}{}
		return nil
	})
	for range jobs {
		next(t, ended)
	}
	if got := most.Load(); got != parallel {
		t.Errorf("%d ran at once, want %d", got, parallel)
	}
	r.holds(t, "JOBS_MAIL", 0)
}

func drained(t *testing.T, r *rig) {
	const jobs = 60
	for i := range jobs {
		publish(t, r.bus, "mail", fmt.Sprintf("n.%d", i), "", "")
	}
	var mu sync.Mutex
	seen := map[string]int{}
	begun := make(chan struct{}, jobs*2)
	handle := func(ctx context.Context, key string, _ []byte, _ int) error {
		begun <- struct{}{}
		select {
		case <-time.After(30 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
		mu.Lock()
		defer mu.Unlock()
		seen[key]++
		return nil
	}
	for round := range 3 {
		stop := consume(t, r.bus, "mail", 8, handle)
		for range 10 {
			next(t, begun)
		}
		stop()
		t.Logf("round %d: %d handled", round, len(seen))
	}
	consume(t, r.bus, "mail", 8, handle)
	r.holds(t, "JOBS_MAIL", 0)
	mu.Lock()
	defer mu.Unlock()
	if len(seen) != jobs {
		t.Errorf("%d of %d handled", len(seen), jobs)
	}
	for key, n := range seen {
		if n != 1 {
			t.Errorf("%s handled %d times", key, n)
		}
	}
}

func closeWaits(t *testing.T, r *rig) {
	b := r.open(t)
	publish(t, b, "draft", "n.c", "", "")
	begun, release := make(chan struct{}), make(chan struct{})
	consume(t, b, "draft", 1, func(context.Context, string, []byte, int) error {
		close(begun)
		<-release
		return nil
	})
	next(t, begun)
	closed := make(chan error, 1)
	go func() { closed <- b.Close(within(t, 10*time.Second)) }()
	nothing(t, closed, 100*time.Millisecond)
	close(release)
	if err := next(t, closed); err != nil {
		t.Errorf("close: %v", err)
	}
	r.holds(t, "JOBS_DRAFT", 0)
	if err := b.Consume(within(t, time.Second), "draft", 1, nil); !errors.Is(err, fault.Unavailable) {
		t.Errorf("consume on a closed bus: %v", err)
	}
	if err := b.Publish(within(t, time.Second), "draft", "n.c", "", nil); !errors.Is(err, fault.Unavailable) {
		t.Errorf("publish on a closed bus: %v", err)
	}
	if err := b.Healthy(within(t, time.Second)); !errors.Is(err, fault.Unavailable) {
		t.Errorf("health of a closed bus: %v", err)
	}
}

func closeInsists(t *testing.T, r *rig) {
	b := r.open(t)
	publish(t, b, "draft", "n.c", "", "")
	begun := make(chan struct{})
	consume(t, b, "draft", 1, func(ctx context.Context, _ string, _ []byte, _ int) error {
		close(begun)
		<-ctx.Done()
		return ctx.Err()
	})
	next(t, begun)
	if err := b.Close(within(t, 50*time.Millisecond)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("close: %v, want deadline exceeded", err)
	}
	r.holds(t, "JOBS_DRAFT", 1)
}

func refusals(t *testing.T, r *rig) {
	ctx := within(t, 10*time.Second)
	for _, tt := range []struct{ name, queue, key, id, data string }{
		{"an unknown queue", "post", "a", "", ""},
		{"an empty key", "mail", "", "", ""},
		{"an empty token", "mail", "a..b", "", ""},
		{"a key that ends in a dot", "mail", "a.", "", ""},
		{"a wildcard", "mail", "a.*", "", ""},
		{"a full wildcard", "mail", ">", "", ""},
		{"a space", "mail", "a b", "", ""},
		{"a line end", "mail", "a\r\nPUB", "", ""},
		{"an address", "mail", "jan@example.org", "", ""},
		{"a letter beyond ASCII", "mail", "é", "", ""},
		{"a long key", "mail", strings.Repeat("a", 201), "", ""},
		{"an id with a line end", "mail", "a", "x\r\nNats-Rollup: all", ""},
		{"a long id", "mail", "a", strings.Repeat("x", 201), ""},
		{"a large message", "mail", "a", "", strings.Repeat("x", 64<<10+1)},
	} {
		err := r.bus.Publish(ctx, tt.queue, tt.key, tt.id, []byte(tt.data))
		if !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %v, want invalid", tt.name, err)
		} else if strings.Contains(err.Error(), "jan@") {
			t.Errorf("%s: the error repeats the key: %v", tt.name, err)
		}
	}
	if err := r.bus.Publish(ctx, "mail", "a", "", []byte(strings.Repeat("x", 64<<10))); err != nil {
		t.Errorf("the largest message: %v", err)
	}
	for _, err := range []error{
		r.bus.Consume(ctx, "post", 1, nil),
		r.bus.Consume(ctx, "mail", 0, nil),
		r.bus.Arm(ctx, "a.b", "client", "w50", 1, time.Now()),
		r.bus.Arm(ctx, "a", "", "w50", 1, time.Now()),
		r.bus.Arm(ctx, "a", "client", "w 50", 1, time.Now()),
		r.bus.Arm(ctx, "a", "client", "w50", 1, time.Time{}),
		r.bus.Cancel(ctx, "a", "*", "w50"),
	} {
		if !errors.Is(err, fault.Invalid) {
			t.Errorf("%v, want invalid", err)
		}
	}
}

// A bus that lost its streams takes the next publish as if nothing was, and its
// consumers notice without being told: their requests would else lie an hour.
func emptied(t *testing.T, r *rig) {
	b := r.open(t, natsbus.Patient)
	got, ticks := make(chan string, 10), make(chan tick, 10)
	consume(t, b, "assess", 2, func(_ context.Context, key string, _ []byte, _ int) error {
		got <- key
		return nil
	})
	consumeTicks(t, b, ticks)
	publish(t, b, "assess", "before", "evt/1", "")
	next(t, got)
	ctx := within(t, patience)
	for name := range r.admin.StreamNames(ctx).Name() {
		if err := r.admin.DeleteStream(ctx, name); err != nil {
			t.Fatalf("delete %s: %v", name, err)
		}
	}
	publish(t, b, "assess", "after", "evt/1", "") // not the repetition that the lost stream knew
	if key := next(t, got); key != "after" {
		t.Errorf("got %s, want after", key)
	}
	if err := b.Arm(ctx, "inc", "client", "w50", 3, time.Now()); err != nil {
		t.Fatalf("arm: %v", err)
	}
	next(t, ticks)
	eventually(t, func() error { return b.Healthy(ctx) }) // the streams without a consumer are made last
}

// A caller waits for another's repair of the streams as long as his own time
// lasts, and no longer.
func repairing(t *testing.T, r *rig) {
	defer r.bus.Repair()()
	if err := r.admin.DeleteStream(within(t, patience), "JOBS_MAIL"); err != nil {
		t.Fatalf("delete the queue: %v", err)
	}
	ctx, cancel := context.WithCancel(within(t, patience))
	ended := make(chan error, 1)
	go func() { ended <- r.bus.Publish(ctx, "mail", "a", "", nil) }()
	cancel()
	if err := next(t, ended); !errors.Is(err, fault.Unavailable) {
		t.Errorf("publish: %v, want unavailable", err)
	}
}

func shared(t *testing.T, r *rig) {
	other := r.open(t)
	var mine, theirs atomic.Int32
	ended := make(chan struct{}, 80)
	count := func(n *atomic.Int32) func(context.Context, string, []byte, int) error {
		return func(ctx context.Context, _ string, _ []byte, _ int) error {
			n.Add(1)
			select {
			case <-time.After(5 * time.Millisecond):
			case <-ctx.Done():
			}
			ended <- struct{}{}
			return nil
		}
	}
	consume(t, r.bus, "mail", 2, count(&mine))
	consume(t, other, "mail", 2, count(&theirs))
	for i := range 80 {
		publish(t, r.bus, "mail", fmt.Sprintf("n.%d", i), "", "")
	}
	for range 80 {
		next(t, ended)
	}
	r.holds(t, "JOBS_MAIL", 0)
	if a, b := mine.Load(), theirs.Load(); a+b != 80 || a == 0 || b == 0 {
		t.Errorf("handled %d and %d, want 80 shared", a, b)
	}
}

func reconnected(t *testing.T, r *rig) {
	publish(t, r.bus, "mail", "n.c", "", "")
	r.open(t)
	r.holds(t, "JOBS_MAIL", 1)
	if log := r.log.String(); strings.Contains(log, "stood otherwise") {
		t.Errorf("a second connect changed streams:\n%s", log)
	}
}
