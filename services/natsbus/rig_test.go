package natsbus_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"datalek/services/natsbus"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv("DATALEK_TEST_NATSBUS_CHILD"); dir != "" {
		os.Exit(child(dir))
	}
	// A server of a cluster that is stopped soon after a stream got more copies
	// now and then leaves these two of its own behind; any server that was not
	// stopped leaves many others.
	const ofServer = "github.com/nats-io/nats-server/v2/server"
	goleak.VerifyTestMain(m,
		goleak.IgnoreTopFunction(ofServer+"/ats.Register.func1"),
		goleak.IgnoreTopFunction(ofServer+".(*fileStore).flushStreamStateLoop"))
}

// rig is one running bus and a plain connection beside it.
type rig struct {
	bus   *natsbus.Bus
	admin jetstream.JetStream
	// open connects once more, as another process would.
	open func(t testing.TB, change ...func(natsbus.Options) natsbus.Options) *natsbus.Bus
	log  *journal
}

// journal keeps log lines for a look at them.
type journal struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.String()
}

func (j *journal) logger() *slog.Logger { return slog.New(slog.NewTextHandler(j, nil)) }

func within(t testing.TB, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// opener returns how to connect to a bus once more, by changed options too.
func opener(opts natsbus.Options) func(t testing.TB, change ...func(natsbus.Options) natsbus.Options) *natsbus.Bus {
	return func(t testing.TB, change ...func(natsbus.Options) natsbus.Options) *natsbus.Bus {
		t.Helper()
		own := opts
		for _, c := range change {
			own = c(own)
		}
		return connect(t, own)
	}
}

// connect opens a bus that the test closes.
func connect(t testing.TB, opts natsbus.Options) *natsbus.Bus {
	t.Helper()
	b, err := natsbus.Connect(within(t, 30*time.Second), opts)
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	t.Cleanup(func() { closeBus(t, b) })
	return b
}

func closeBus(t testing.TB, b *natsbus.Bus) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := b.Close(ctx); err != nil {
		t.Errorf("close bus: %v", err)
	}
}

func startEmbedded(t testing.TB, dir string) *natsbus.Server {
	t.Helper()
	s, err := natsbus.StartEmbedded(dir)
	if err != nil {
		t.Fatalf("start: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close server: %v", err)
		}
	})
	return s
}

func plain(t testing.TB, url string, opts ...nats.Option) jetstream.JetStream {
	t.Helper()
	nc, err := nats.Connect(url, opts...)
	if err != nil {
		t.Fatalf("plain connection: %v", err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatalf("plain jetstream: %v", err)
	}
	return js
}

func embeddedRig(t testing.TB) *rig {
	t.Helper()
	s := startEmbedded(t, t.TempDir())
	r := &rig{log: &journal{}}
	r.open = opener(natsbus.Options{Server: s, Log: r.log.logger()})
	r.bus = r.open(t)
	r.admin = plain(t, "", nats.InProcessServer(s))
	return r
}

// consume runs a consumer until the returned function is called, which waits
// for its end.
func consume(t testing.TB, b *natsbus.Bus, queue string, parallel int, handle func(ctx context.Context, key string, data []byte, attempt int) error) func() {
	t.Helper()
	return background(t, func(ctx context.Context) error { return b.Consume(ctx, queue, parallel, handle) })
}

// background runs until the returned function is called, at the test's end at
// the latest.
func background(t testing.TB, run func(ctx context.Context) error) func() {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx) }()
	stop := sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("consumer: %v", err)
			}
		case <-time.After(30 * time.Second):
			t.Error("the consumer did not end")
		}
	})
	t.Cleanup(stop)
	return stop
}

func publish(t testing.TB, b *natsbus.Bus, queue, key, id, data string) {
	t.Helper()
	if err := b.Publish(within(t, patience), queue, key, id, []byte(data)); err != nil {
		t.Fatalf("publish %s: %v", key, err)
	}
}

// patience is above the 30 s after which the server gives a message, whose
// acknowledgement was lost with a server, to someone else.
const patience = 45 * time.Second

// next waits for what a handler sends.
func next[T any](t testing.TB, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatalf("nothing came within %s", patience)
		panic("unreachable")
	}
}

// nothing fails when something comes within d.
func nothing[T any](t testing.TB, from <-chan T, d time.Duration) {
	t.Helper()
	select {
	case v := <-from:
		t.Fatalf("got %v, want nothing", v)
	case <-time.After(d):
	}
}

// eventually asks again until the answer is nil.
func eventually(t testing.TB, ask func() error) {
	t.Helper()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	timeout := time.After(patience)
	for {
		err := ask()
		if err == nil {
			return
		}
		select {
		case <-ticker.C:
		case <-timeout:
			t.Fatalf("still after %s: %v", patience, err)
		}
	}
}

// holds says how many messages a stream should hold in the end.
func (r *rig) holds(t testing.TB, stream string, want uint64) {
	t.Helper()
	eventually(t, func() error {
		s, err := r.admin.Stream(within(t, 5*time.Second), stream)
		if err != nil {
			return err
		}
		if got := s.CachedInfo().State.Msgs; got != want {
			return fmt.Errorf("%s holds %d messages, want %d", stream, got, want)
		}
		return nil
	})
}

func (r *rig) letters(t testing.TB) []natsbus.DeadLetter {
	t.Helper()
	list, err := r.bus.DeadLetters(within(t, 10*time.Second), 0, 100)
	if err != nil {
		t.Fatalf("dead letters: %v", err)
	}
	return list
}
