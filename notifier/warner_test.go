package notifier_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/notifier"
)

var errKilled = errors.New("the process was killed")

// mortal is a world whose first process is killed at one call of the store:
// from then on it reads, writes and sends nothing.
type mortal struct {
	*world
	mu     sync.Mutex
	calls  int
	killAt int  // which call it does not survive, counted before and after each
	killed bool // also false when it never came so far
	where  string
	taken  map[string]int // by Message-ID: how often the server answered 250
	// owed are the mails that the server had taken when the process was killed,
	// and of which the store did not know yet.
	owed map[string]bool
}

func newMortal(t tester, killAt int) *mortal {
	m := &mortal{world: newWorld(t), killAt: killAt, taken: map[string]int{}, owed: map[string]bool{}}
	m.practice("p-1")
	m.client("p-1", "c-1", "c-1@clienten.example", "nl")
	m.store.meddle = m.meddle
	m.sender.script(m.answer)
	return m
}

func (m *mortal) meddle(call string, after bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.killed {
		return errKilled
	}
	m.calls++
	if m.calls != m.killAt {
		return nil
	}
	m.killed, m.where = true, fmt.Sprintf("%s, written %t", call, after)
	for id := range m.taken {
		if m.delivery(id).State != incidents.Sent {
			m.owed[id] = true
		}
	}
	return errKilled
}

func (m *mortal) answer(mail incidents.Mail) incidents.Answer {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.killed {
		return answer(incidents.Lost, "connect", 0)
	}
	m.taken[mail.MessageID]++
	return incidents.Answer{}
}

// delivery finds a warning by its Message-ID.
func (m *mortal) delivery(id string) incidents.Delivery {
	m.store.mu.Lock()
	defer m.store.mu.Unlock()
	return clone(m.store.deliveries[key("p-1", id)])
}

// live lets a process do its work, whatever becomes of it.
func (m *mortal) live(n *notifier.Notifier) {
	ctx := m.t.Context()
	for range 3 {
		for _, step := range []func(context.Context) error{n.Keep, n.Sweep, n.Relay, n.Recount} {
			_ = step(ctx) // a process that is killed fails at each
		}
		for j, some := m.bus.take(); some; j, some = m.bus.take() {
			_ = n.Handle(ctx, j.queue, j.data)
		}
		n.Local(ctx)
	}
}

// next is the process that is started after the kill, when the leases of the
// first have run out.
func (m *mortal) next() {
	m.mu.Lock()
	m.killed, m.killAt = false, 0
	m.mu.Unlock()
	m.bus.lose()
	m.move(3 * time.Minute)
	n := m.notifier()
	for range 4 {
		m.settle(n)
	}
}

// A warning comes twice when, and only when, the process was killed after the
// server had taken it and before the store knew; it then has the same
// Message-ID, and its attempts show that one was cut off.
func TestAWarningComesTwiceOnlyWhenItsAnswerWasLostWithTheProcess(t *testing.T) {
	const mark = 24*time.Hour + time.Minute // half of the promise; the authority's first mark as well
	twice := 0
	for killAt := 1; ; killAt++ {
		m := newMortal(t, killAt)
		m.store.meddle = nil
		inc := m.file("p-1", nil)
		m.settle(m.notifier())
		m.store.meddle = m.meddle
		m.move(mark)
		m.live(m.notifier())
		if !m.killed {
			t.Logf("killed at each of %d calls; %d mails came twice", killAt-1, twice)
			break
		}
		where, owed := m.where, maps.Clone(m.owed)
		m.next()
		twice += len(owed)
		warned := m.checkWarnings(t, where, owed)
		if warned != 4 { // two marks, two addresses
			t.Errorf("killed at %s: %d warnings, want 4", where, warned)
		}
		if fired := firedMarks(m.incident(inc)); fired != 2 {
			t.Errorf("killed at %s: %d marks fired, want 2", where, fired)
		}
	}
	if twice == 0 {
		t.Error("no kill came between a 250 and its record: the other direction was not played")
	}
}

// checkWarnings compares what the server took of each warning with what it may
// have taken, and returns how many warnings there are.
func (m *mortal) checkWarnings(t *testing.T, where string, owed map[string]bool) int {
	t.Helper()
	for id, n := range m.taken {
		want, cutOff := 1, 0
		for _, a := range m.delivery(id).Attempts {
			if a.Stage == incidents.StageCutOff {
				cutOff++
			}
		}
		if owed[id] {
			want = 2
		}
		if n != want || owed[id] && cutOff != 1 {
			t.Errorf("killed at %s: %s was taken %d times and shows %d cut off; want %d", where, id, n, cutOff, want)
		}
	}
	return len(m.taken)
}

func firedMarks(inc *incidents.Incident) int {
	fired := 0
	for _, c := range inc.Clocks {
		for _, th := range c.Thresholds {
			if !th.FiredAt.IsZero() {
				fired++
			}
		}
	}
	return fired
}
