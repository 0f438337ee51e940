package natsbus_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"datalek/incidents/fault"
	"datalek/services/natsbus"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

var errTooFew = errors.New("too few yet")

func TestEmbedded(t *testing.T) {
	t.Parallel()
	conform(t, func(t *testing.T) *rig {
		t.Parallel()
		return embeddedRig(t)
	})
}

// child is what this test binary does when started as a second process: it
// publishes and arms, telling each that was acknowledged, until it is killed.
func child(dir string) int {
	s, err := natsbus.StartEmbedded(dir)
	if err != nil {
		fmt.Println("refused:", err)
		return 1
	}
	b, err := natsbus.Connect(context.Background(), natsbus.Options{Server: s})
	if err != nil {
		fmt.Println("refused:", err)
		return 1
	}
	ctx := context.Background()
	for i := 0; ; i++ {
		id := fmt.Sprintf("m%d", i)
		if b.Publish(ctx, "mail", id, "", nil) != nil || b.Arm(ctx, id, "client48", "due", 1, time.Now().Add(time.Second)) != nil {
			return 1
		}
		fmt.Println(id)
	}
}

func startChild(t *testing.T, dir string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "DATALEK_TEST_NATSBUS_CHILD="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewScanner(out)
}

func TestSecondProcessOnTheSameFolderIsRefused(t *testing.T) {
	dir := t.TempDir()
	startEmbedded(t, dir)
	cmd, lines := startChild(t, dir)
	if !lines.Scan() {
		t.Fatal("the second process said nothing")
	}
	if got := lines.Text(); !strings.Contains(got, "in use by another running datalek") {
		t.Errorf("the second process said %q", got)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the second process ended well")
	}
	if _, err := natsbus.StartEmbedded(dir); err == nil {
		t.Error("a second start in this process was accepted")
	}
}

func TestFolderIsFreeAfterClose(t *testing.T) {
	dir := t.TempDir()
	for range 2 {
		s, err := natsbus.StartEmbedded(dir)
		if err != nil {
			t.Fatalf("start: %v", err)
		}
		for range 2 { // closing twice is closing once
			if err := s.Close(); err != nil {
				t.Fatalf("close: %v", err)
			}
		}
	}
}

func TestKilledProcessLosesNothingAcknowledged(t *testing.T) {
	dir := t.TempDir()
	cmd, lines := startChild(t, dir)
	want := map[string]bool{}
	for len(want) < 150 && lines.Scan() {
		want[lines.Text()] = true
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
		want[lines.Text()] = true
	}
	_ = cmd.Wait() // it was killed

	b := connect(t, natsbus.Options{Server: startEmbedded(t, dir)})
	jobs, ticks := make(chan string, 100000), make(chan tick, 100000)
	consume(t, b, "mail", 16, func(_ context.Context, key string, _ []byte, _ int) error {
		jobs <- key
		return nil
	})
	consumeTicks(t, b, ticks)
	gotJobs, gotTicks := map[string]bool{}, map[string]bool{}
	for !holdsAll(gotJobs, want) {
		gotJobs[next(t, jobs)] = true
	}
	for !holdsAll(gotTicks, want) {
		gotTicks[next(t, ticks).Incident] = true
	}
	t.Logf("%d acknowledged, all there", len(want))
}

func holdsAll(got, want map[string]bool) bool {
	for key := range want {
		if !got[key] {
			return false
		}
	}
	return true
}

func TestRestartKeepsMessagesClocksAndLetters(t *testing.T) {
	dir := t.TempDir()
	s := startEmbedded(t, dir)
	b := connect(t, natsbus.Options{Server: s})
	publish(t, b, "mail", "kept", "", "x")
	publish(t, b, "draft", "bad", "", "x")
	stop := consume(t, b, "draft", 1, func(context.Context, string, []byte, int) error { return finalError{true} })
	eventually(t, func() error {
		list, err := b.DeadLetters(within(t, time.Second), 0, 10)
		if err == nil && len(list) == 0 {
			return errTooFew
		}
		return err
	})
	stop()
	due := time.Now().Add(700 * time.Millisecond)
	if err := b.Arm(within(t, time.Second), "inc", "client48", "due", 1, due); err != nil {
		t.Fatal(err)
	}
	closeBus(t, b)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	b = connect(t, natsbus.Options{Server: startEmbedded(t, dir)})
	keys, ticks := make(chan string, 5), make(chan tick, 5)
	consume(t, b, "mail", 1, func(_ context.Context, key string, _ []byte, _ int) error { keys <- key; return nil })
	consumeTicks(t, b, ticks)
	if got := next(t, keys); got != "kept" {
		t.Errorf("got %s, want kept", got)
	}
	if late := next(t, ticks).At.Sub(due); late < 0 {
		t.Errorf("fired %s early", -late)
	}
	if list, err := b.DeadLetters(within(t, time.Second), 0, 10); err != nil || len(list) != 1 {
		t.Errorf("dead letters: %v, %v", list, err)
	}
}

// Nothing waits for the answer of a server that is gone: what is refused is
// refused because the connection is, and not because a time ran out.
func TestNothingWaitsForAServerThatIsGone(t *testing.T) {
	s := startEmbedded(t, t.TempDir())
	b := connect(t, natsbus.Patient(natsbus.Options{Server: s}))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	ctx := within(t, patience)
	_, listed := b.DeadLetters(ctx, 0, 1)
	for _, tt := range []struct {
		name string
		err  error
	}{
		{"publish", b.Publish(ctx, "mail", "a", "", nil)},
		{"arm", b.Arm(ctx, "a", "b", "c", 1, time.Now())},
		{"cancel", b.Cancel(ctx, "a", "b", "c")},
		{"dead letters", listed},
		{"health", b.Healthy(ctx)},
	} {
		if !errors.Is(tt.err, fault.Unavailable) || errors.Is(tt.err, context.DeadlineExceeded) || errors.Is(tt.err, nats.ErrTimeout) {
			t.Errorf("%s: %v, want unavailable, and at once", tt.name, tt.err)
		}
	}
}

func TestConnectComparesTheStreams(t *testing.T) {
	for _, tt := range []struct {
		name  string
		found jetstream.StreamConfig
		want  string // part of the refusal; empty when it is mended
	}{
		{"a clock stream with a limit is mended",
			jetstream.StreamConfig{Name: "CLOCKS", Subjects: []string{"clock.>"}, AllowMsgSchedules: true, AllowMsgTTL: true, AllowRollup: true, MaxMsgs: 5, MaxAge: time.Hour}, ""},
		{"a clock stream without schedules is refused",
			jetstream.StreamConfig{Name: "CLOCKS", Subjects: []string{"clock.>"}}, "CLOCKS: conflict: the server keeps it otherwise than this version needs it: allow_msg_schedules, allow_msg_ttl"},
		{"a queue that forgets its oldest is mended",
			jetstream.StreamConfig{Name: "JOBS_MAIL", Subjects: []string{"job.mail.>"}, Retention: jetstream.WorkQueuePolicy, MaxBytes: 1 << 20}, ""},
		{"a queue that is wider than needed stays",
			jetstream.StreamConfig{Name: "JOBS_MAIL", Subjects: []string{"job.mail.>"}, Retention: jetstream.WorkQueuePolicy, Discard: jetstream.DiscardNew, MaxBytes: 2 << 30, Duplicates: time.Hour}, ""},
		{"a queue that keeps what is done is refused",
			jetstream.StreamConfig{Name: "JOBS_MAIL", Subjects: []string{"job.mail.>"}}, "retention"},
		{"a queue in memory is refused",
			jetstream.StreamConfig{Name: "JOBS_MAIL", Subjects: []string{"job.mail.>"}, Retention: jetstream.WorkQueuePolicy, Storage: jetstream.MemoryStorage, MaxBytes: 1 << 20}, "storage"},
		{"letters that cannot be taken from the list are refused",
			jetstream.StreamConfig{Name: "DEAD_LETTERS", Subjects: []string{"dead.>"}, DenyDelete: true}, "deny_delete"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := startEmbedded(t, t.TempDir())
			admin := plain(t, "", nats.InProcessServer(s))
			ctx := within(t, 20*time.Second)
			if _, err := admin.CreateStream(ctx, tt.found); err != nil {
				t.Fatal(err)
			}
			b, err := natsbus.Connect(ctx, natsbus.Options{Server: s})
			if tt.want != "" {
				if !errors.Is(err, fault.Conflict) || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("connect: %v, want a conflict about %s", err, tt.want)
				}
				return
			}
			if err != nil {
				t.Fatalf("connect: %v", err)
			}
			closeBus(t, b)
			live, err := admin.Stream(ctx, tt.found.Name)
			if err != nil {
				t.Fatal(err)
			}
			got := live.CachedInfo().Config
			if got.Name == "CLOCKS" && (got.MaxMsgs > 0 || got.MaxAge > 0) {
				t.Errorf("limits of the clocks are still %d and %s", got.MaxMsgs, got.MaxAge)
			}
			if got.Name == "JOBS_MAIL" && (got.Discard != jetstream.DiscardNew || got.MaxBytes != max(1<<30, tt.found.MaxBytes)) {
				t.Errorf("the queue has %s and %d bytes", got.Discard, got.MaxBytes)
			}
		})
	}
}

func TestConnectMendsAConsumer(t *testing.T) {
	s := startEmbedded(t, t.TempDir())
	closeBus(t, connect(t, natsbus.Options{Server: s}))
	admin := plain(t, "", nats.InProcessServer(s))
	ctx := within(t, 20*time.Second)
	c, err := admin.Consumer(ctx, "JOBS_MAIL", "worker")
	if err != nil {
		t.Fatal(err)
	}
	want := c.CachedInfo().Config
	narrow := want
	narrow.MaxDeliver, narrow.AckWait = 3, time.Second
	if _, err := admin.UpdateConsumer(ctx, "JOBS_MAIL", narrow); err != nil {
		t.Fatal(err)
	}
	connect(t, natsbus.Options{Server: s})
	if c, err = admin.Consumer(ctx, "JOBS_MAIL", "worker"); err != nil {
		t.Fatal(err)
	}
	if got := c.CachedInfo().Config; got.MaxDeliver != want.MaxDeliver || got.AckWait != want.AckWait {
		t.Errorf("consumer has %d deliveries and %s, want %d and %s", got.MaxDeliver, got.AckWait, want.MaxDeliver, want.AckWait)
	}
}

func TestRecreatedHearsEachNewStream(t *testing.T) {
	s := startEmbedded(t, t.TempDir())
	var first, second []string
	closeBus(t, connect(t, natsbus.Options{Server: s, Recreated: func(stream string) { first = append(first, stream) }}))
	closeBus(t, connect(t, natsbus.Options{Server: s, Recreated: func(stream string) { second = append(second, stream) }}))
	want := []string{"JOBS_INTAKE", "JOBS_ASSESS", "JOBS_DRAFT", "JOBS_MAIL", "JOBS_WARN", "CLOCKS", "DEAD_LETTERS", "ADVISORIES"}
	if diff := cmp.Diff(want, first); diff != "" {
		t.Errorf("first start (-want +got):\n%s", diff)
	}
	if len(second) != 0 {
		t.Errorf("second start made %v anew", second)
	}
}

func TestEndedMessagesLeaveAnAdvisory(t *testing.T) {
	r := embeddedRig(t)
	publish(t, r.bus, "mail", "a", "", "")
	consume(t, r.bus, "mail", 1, func(context.Context, string, []byte, int) error { return finalError{true} })
	r.holds(t, "ADVISORIES", 1)
}

func TestFullQueueRefusesWhatIsNew(t *testing.T) {
	r := embeddedRig(t)
	ctx := within(t, 20*time.Second)
	s, err := r.admin.Stream(ctx, "JOBS_DRAFT")
	if err != nil {
		t.Fatal(err)
	}
	small := s.CachedInfo().Config
	small.MaxBytes = 4096
	if _, err := r.admin.UpdateStream(ctx, small); err != nil {
		t.Fatal(err)
	}
	body := strings.Repeat("x", 2000)
	publish(t, r.bus, "draft", "a", "", body)
	if err := r.bus.Publish(ctx, "draft", "b", "", []byte(body+body)); !errors.Is(err, fault.Unavailable) {
		t.Errorf("publish on a full queue: %v, want unavailable", err)
	}
	r.holds(t, "JOBS_DRAFT", 1)
}
