package notifier_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/notifier"
)

// chaos is two workers on one store, run in a drawn order. At drawn calls of the
// store the other worker takes a turn in between, or the call fails: before it
// did anything, or after, so that its answer is lost.
type chaos struct {
	*world
	workers [2]*notifier.Notifier
	inc     *incidents.Incident
	calls   int
	preempt map[int]bool
	fail    map[int]bool
	nested  bool
	failed  bool
	later   atomic.Int32 // mails that the server still puts off
}

func newChaos(rt *rapid.T) *chaos {
	w := newWorld(rt)
	w.practice("p-1")
	w.clients("p-1", 5)
	phone := w.client("p-1", "c-phone", "bel@clienten.example", "nl")
	phone.Channel = registry.ByPhone
	w.store.clients[key("p-1", "c-phone")] = phone
	c := &chaos{world: w, preempt: map[int]bool{}, fail: map[int]bool{}}
	c.workers = [2]*notifier.Notifier{w.notifier(), w.notifier()}
	at := rapid.SliceOfN(rapid.IntRange(1, 300), 0, 12)
	for _, n := range at.Draw(rt, "preempted calls") {
		c.preempt[n] = true
	}
	for _, n := range at.Draw(rt, "failing calls") {
		c.fail[n] = true
	}
	c.later.Store(int32(rapid.IntRange(0, 3).Draw(rt, "mails put off")))
	w.sender.script(func(m incidents.Mail) incidents.Answer {
		switch {
		case m.To.Email == "c-001@clienten.example":
			return answer(incidents.RefusedPerson, "rcpt", 550)
		case m.To.Email == "c-002@clienten.example" && c.later.Add(-1) >= 0:
			return answer(incidents.Later, "rcpt", 451)
		}
		return incidents.Answer{}
	})
	c.inc = c.file("p-1", nil)
	w.store.meddle = c.meddle
	return c
}

func (c *chaos) meddle(_ string, after bool) error {
	c.calls++
	n := c.calls
	if c.preempt[n] && !c.nested {
		c.nested = true
		c.turn(n%2, n%7)
		c.nested = false
	}
	if c.fail[n] {
		c.failed = true
		return fmt.Errorf("call %d, after %t: %w", n, after, fault.Unavailable)
	}
	return nil
}

// turn lets one worker do one thing. Errors are part of the game: whoever
// failed is called again.
func (c *chaos) turn(worker, what int) {
	ctx, n := c.t.Context(), c.workers[worker]
	switch what {
	case 0:
		_ = n.Relay(ctx)
	case 1:
		_ = n.Keep(ctx)
	case 2:
		_ = n.Sweep(ctx)
	case 3:
		_ = n.Recount(ctx)
	case 4:
		_ = n.Repair(ctx)
	default:
		c.job(worker, what == 6)
	}
}

// job hands the next job to a worker, twice when asked; one that failed comes back.
func (c *chaos) job(worker int, twice bool) {
	j, some := c.bus.take()
	if !some {
		return
	}
	for range map[bool]int{false: 1, true: 2}[twice] {
		err := c.workers[worker].Handle(c.t.Context(), j.queue, j.data)
		var final interface{ GiveUp() bool }
		if err != nil && !errors.As(err, &final) {
			c.bus.mu.Lock()
			c.bus.jobs = append(c.bus.jobs, j)
			c.bus.mu.Unlock()
		}
	}
}

// approveIfDrafted does what the practitioner does.
func (c *chaos) approveIfDrafted() {
	meddle := c.store.meddle
	c.store.meddle = nil
	defer func() { c.store.meddle = meddle }()
	n := c.notice(c.inc, incidents.ToClients)
	if n == nil || n.State != incidents.NoticeIsDraft || !c.incident(c.inc).Assessment.Complete() {
		return
	}
	c.approve(c.inc, incidents.ToClients)
}

func TestTwoWorkersInAnyOrderDoubleAndLoseNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := newChaos(rt)
		rt.Repeat(map[string]func(*rapid.T){
			"a worker's turn": func(rt *rapid.T) {
				c.turn(rapid.IntRange(0, 1).Draw(rt, "worker"), rapid.IntRange(0, 6).Draw(rt, "what"))
			},
			"time passes": func(rt *rapid.T) {
				c.move(time.Duration(rapid.IntRange(1, 600).Draw(rt, "minutes")) * time.Minute)
			},
			"the practitioner approves": func(*rapid.T) { c.approveIfDrafted() },
			"the bus loses everything":  func(*rapid.T) { c.bus.lose() },
			"":                          func(rt *rapid.T) { c.toldOnlyAfterAccepted(rt) },
		})
		c.finish()
		c.check(rt)
	})
}

// finish lets everything come to rest, with nothing failing any more.
func (c *chaos) finish() {
	c.store.meddle = nil
	ctx := c.t.Context()
	for round := range 6 {
		_ = c.workers[0].Repair(ctx)
		_ = c.workers[1].Walk(ctx)
		for range 130 * (1 - min(round, 1)) { // what the bus lost after a sweep found it is found again after two minutes
			_ = c.workers[0].Sweep(ctx)
			_ = c.workers[1].Sweep(ctx)
		}
		for range 4 { // a thing forgotten is found in the third sweep
			c.settle(c.workers[0], c.workers[1])
		}
		c.approveIfDrafted()
		c.move(40 * time.Minute)
	}
}

// toldOnlyAfterAccepted: nobody counts as told before the server said 250.
func (c *chaos) toldOnlyAfterAccepted(rt *rapid.T) {
	accepted := map[string]int{}
	for _, m := range c.sender.accepted() {
		accepted[m.MessageID]++
	}
	for _, d := range c.store.deliveries {
		if d.State == incidents.Sent && accepted[d.ID] == 0 {
			rt.Fatalf("delivery %s says sent, the server never took it", d.ID)
		}
	}
}

func (c *chaos) check(rt *rapid.T) {
	checkRegister(rt, c.world, "p-1")
	c.everyAnswerIsInTheLog()
	passed := map[string]int{}
	for _, e := range c.store.entries["p-1"] {
		if e.Event.Kind == incidents.ThresholdPassed {
			passed[e.Event.Facts["clock"]+" "+e.Event.Facts["mark"]]++
		}
	}
	for _, clock := range c.incident(c.inc).Clocks {
		for _, th := range clock.Thresholds {
			want := 0
			if !th.FiredAt.IsZero() && !th.Missed {
				want = 1
			}
			if got := passed[string(clock.Kind)+" "+th.Mark]; got != want {
				rt.Errorf("%s %s was announced %d times, want %d", clock.Kind, th.Mark, got, want)
			}
		}
	}
	c.checkMails(rt, len(passed))
	if got := c.states(c.inc); got[incidents.Sent] != 4 || got[incidents.Refused] != 1 || got[incidents.Queued] != 1 {
		rt.Errorf("states = %v, want 4 sent, 1 refused, 1 to phone", got)
	}
	if got := c.incident(c.inc).Clock(incidents.ClientClock).Told; got != 4 {
		rt.Errorf("clock says %d told, want 4", got)
	}
	if got := c.notice(c.inc, incidents.ToClients).State; got != incidents.NoticeIsSent {
		rt.Errorf("notice is %s, want sent", got)
	}
}

// checkMails: every message went out, and once; only where a call to the store
// failed may a mail have gone twice, under the same id.
func (c *chaos) checkMails(rt *rapid.T, thresholds int) {
	accepted := map[string]int{}
	for _, m := range c.sender.accepted() {
		accepted[m.MessageID]++
	}
	warnings := 0
	for _, d := range c.store.deliveries {
		if d.NoticeID == "" {
			warnings++
		}
		if d.State == incidents.Sent && (accepted[d.ID] == 0 || accepted[d.ID] > 1 && !c.failed) {
			rt.Errorf("delivery %s was accepted %d times", d.ID, accepted[d.ID])
		}
	}
	dues, steps := 0, 0
	for _, e := range c.store.entries["p-1"] {
		if e.Event.Kind == incidents.ThresholdPassed && e.Event.Facts["mark"] == "due" {
			dues++
		}
		if e.Event.Kind == incidents.AlarmStepped && e.Event.Facts["level"] == string(incidents.AlarmStandIn) {
			steps++
		}
	}
	if warnings != 2*thresholds+dues+steps {
		rt.Errorf("%d warnings for %d thresholds, %d of them deadlines, and %d times the stand-in in between", warnings, thresholds, dues, steps)
	}
}
