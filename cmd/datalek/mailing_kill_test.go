package main_test

import (
	"context"
	"maps"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/services/devstack"
)

// longForm asks for the long form of the tests that try to break the program.
const longForm = "DATALEK_TEST_LONG"

// taken counts, by recipient, what the mail server took.
type taken struct {
	mu     sync.Mutex
	mails  map[string]int
	total  int
	at     int           // how many mails until reached is closed
	signal chan struct{} // closed then
}

func (k *taken) behave(e devstack.Event) devstack.Act {
	if e.Stage != devstack.AtDot {
		return devstack.Act{}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.mails[e.Address]++
	if k.total++; k.total == k.at {
		close(k.signal)
	}
	return devstack.Act{}
}

// reached returns a channel that is closed once so many mails more were taken.
func (k *taken) reached(more int) <-chan struct{} {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.at, k.signal = k.total+more, make(chan struct{})
	return k.signal
}

func (k *taken) people() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.mails)
}

// doubled returns who got more than one mail.
func (k *taken) doubled() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Collect(func(yield func(string) bool) {
		for who, n := range maps.All(k.mails) {
			if n > 1 && !yield(who) {
				return
			}
		}
	})
}

// TestAKillInTheMiddleOfAMailingLosesNobody kills the real program with kill -9
// in the middle of a mailing and starts it again. Everybody is told; at most as
// many people as there were connections get a second mail, and each of these is
// marked as an attempt that was cut off.
func TestAKillInTheMiddleOfAMailingLosesNobody(t *testing.T) {
	people := larger(1_500, 20_000)
	k := &taken{mails: map[string]int{}}
	h := newHouse(t, k.behave)
	h.fill(people)
	n := h.draft()
	h.stop()
	h.approve(n)
	h.close()

	middle := k.reached(people / 2)
	first := h.serve()
	awaitClosed(t, "half of the mails went out", middle)
	_ = first.Process.Kill()
	_ = first.Wait()
	before := k.people()
	on, began := k.reached(1), time.Now()
	second := h.serve()
	awaitClosed(t, "the mailing goes on", on)
	pause := time.Since(began).Round(time.Millisecond)
	if t.Logf("killed after %d of %d; it went on %s after the restart", before, people, pause); pause > 5*time.Second {
		t.Errorf("it went on %s after the restart, want within 5 s", pause)
	}
	awaitWithin(t, 5*time.Minute, "everybody has a mail", func() error {
		if got := k.people(); got < people {
			return errNot("%d of %d", got, people)
		}
		return nil
	})
	_ = second.Process.Kill() // once more, and the rest is the tests' own workers'
	_ = second.Wait()
	h.open()
	h.awaitSent(n)
	h.stop()
	h.checkTold(n, people, k)
	h.checkLeft(2, people, n.IncidentID)
}

func awaitClosed(t *testing.T, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(2 * time.Minute):
		t.Fatalf("%s: not within two minutes", what)
	}
}

// serve runs the real program on the house's folder, which must be closed.
func (h *house) serve() *exec.Cmd {
	h.tb.Helper()
	path, err := binary()
	if err != nil {
		h.tb.Fatal(err)
	}
	cmd := exec.Command(path, "serve", "--addr", "127.0.0.1:0", "--data", h.dir, "--smtp", "smtp://"+h.server.Addr()+"?tls=none") // #nosec G204
	out := &safeBuffer{}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		h.tb.Fatal(err)
	}
	h.tb.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if h.tb.Failed() {
			h.tb.Logf("the program said:\n%s", out)
		}
	})
	return cmd
}

// checkTold compares what is stored with what the mail server took.
func (h *house) checkTold(n *incidents.Notice, people int, k *taken) {
	h.tb.Helper()
	marked := map[string]bool{}
	for after := ""; ; {
		rows, err := h.store.DeliveriesOf(context.Background(), "p-1", n.ID, nil, after, 1000)
		if err != nil {
			h.tb.Fatal(err)
		}
		for _, d := range rows {
			after = d.ID
			if d.State != incidents.Sent || k.mails[d.To.Email] == 0 {
				h.tb.Errorf("delivery %s is %s after %d mails", d.ID, d.State, k.mails[d.To.Email])
			}
			if slices.ContainsFunc(d.Attempts, func(a incidents.Attempt) bool { return a.Kind == incidents.Lost }) {
				marked[d.To.Email] = true
			}
		}
		if len(rows) < 1000 {
			break
		}
	}
	doubled := k.doubled()
	for _, who := range doubled {
		if !marked[who] {
			h.tb.Error("a second mail went to somebody without a mark of the lost attempt")
		}
	}
	if k.people() != people || len(doubled) > 2*connections || len(marked) > 2*connections {
		h.tb.Errorf("%d of %d people have a mail, %d have two, %d attempts are marked; two kills allow %d", k.people(), people, len(doubled), len(marked), 2*connections)
	}
	h.tb.Logf("%d people, %d doubled, %d marked", k.people(), len(doubled), len(marked))
}
