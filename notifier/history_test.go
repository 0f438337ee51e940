package notifier_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/notifier"
	"datalek/services/record"
)

// history is one practice's cases through anything that can happen to them, and
// what must hold whatever it is. Two keepers work on one store; the second may
// save between the first one's reading and saving.
type history struct {
	*world
	rt      *rapid.T
	keepers [2]*notifier.Notifier
	cases   []*expected
	between bool // the other keeper passes while one holds a copy
	nested  bool
}

// expected is what people did to a case; the workers may change none of it.
type expected struct {
	inc      *incidents.Incident
	aware    time.Time
	told     int
	settled  int
	filings  int
	promised map[incidents.UpdateAudience]time.Time
}

var annaUser = incidents.Actor{Kind: register.ActorUser, ID: "anna"}

func newHistory(rt *rapid.T) *history {
	h := &history{world: newWorld(rt), rt: rt}
	h.practice("p-1")
	h.keepers = [2]*notifier.Notifier{h.notifier(), h.notifier()}
	h.store.meddle = h.meddle
	h.report()
	return h
}

// meddle lets the other keeper act on the same cases while one holds its copy.
func (h *history) meddle(call string, after bool) error {
	if h.between && !h.nested && call == "UpdateIncident/save" && !after {
		h.nested = true
		_ = h.keepers[1].Keep(h.t.Context())
		h.nested = false
	}
	return nil
}

func (h *history) report() {
	if len(h.cases) == 3 {
		return
	}
	aware := h.clock().Add(-time.Duration(rapid.IntRange(0, 100).Draw(h.rt, "hours ago")) * time.Hour)
	inc := h.file("p-1", func(n *incidents.NewIncident) {
		n.AwareAt, n.Facts.OccurredFrom, n.Facts.OccurredUntil = aware, nil, nil
	})
	h.cases = append(h.cases, &expected{inc: inc, aware: aware, promised: map[incidents.UpdateAudience]time.Time{}})
}

func (h *history) pick() *expected {
	return h.cases[rapid.IntRange(0, len(h.cases)-1).Draw(h.rt, "case")]
}

// act changes a case as a person does, and reports whether it was accepted.
func (h *history) act(x *expected, change func(*incidents.Incident) error) bool {
	h.t.Helper()
	_, err := h.store.UpdateIncident(h.t.Context(), "p-1", x.inc.ID, change)
	if err != nil && !errors.Is(err, fault.Conflict) && !errors.Is(err, fault.Invalid) && !errors.Is(err, errNothing) {
		h.t.Fatalf("act: %v", err)
	}
	return err == nil
}

var errNothing = errors.New("nothing to do")

func (h *history) correct(x *expected) {
	aware := h.clock().Add(-time.Duration(rapid.IntRange(0, 6000).Draw(h.rt, "minutes ago")) * time.Minute)
	if h.act(x, func(i *incidents.Incident) error {
		return i.Change(incidents.Change{AwareAt: &aware, Reason: "Anders gezien.", By: annaUser}, h.clock())
	}) {
		x.aware = aware
	}
}

func (h *history) fileWithAuthority(x *expected) {
	f := incidents.Filing{ID: "f", Authority: registry.AP, FiledAt: h.clock(), LateReason: "Het duurde.", By: annaUser,
		Kind: rapid.SampledFrom([]incidents.FilingKind{incidents.FilingNew, incidents.FilingFollowUp, incidents.FilingWithdrawn}).Draw(h.rt, "kind")}
	if rapid.Bool().Draw(h.rt, "more follows") {
		f.UpdateBy = h.ahead()
	}
	if h.act(x, func(i *incidents.Incident) error { return i.File(f, h.clock()) }) {
		x.filings++
		if !f.UpdateBy.IsZero() {
			x.promised[incidents.UpdateToAuthority] = f.UpdateBy
		}
	}
}

func (h *history) ahead() time.Time {
	return h.clock().Add(time.Duration(rapid.IntRange(1, 5000).Draw(h.rt, "minutes ahead")) * time.Minute)
}

// tell counts persons told; fewer than before is mail that came back, and
// reopens a met clock.
func (h *history) tell(x *expected) {
	told := rapid.IntRange(0, 3).Draw(h.rt, "told")
	settled := rapid.IntRange(0, 3-told).Draw(h.rt, "unreachable")
	h.act(x, func(i *incidents.Incident) error {
		i.Assessed(i.Assessment.Wanted, incidents.Counts{InGuidance: 3, Certain: 3, InScope: 3}, 0, 0, h.clock())
		i.SetProgress(incidents.Progress{Told: told, Settled: settled, LastAt: h.clock()}, h.clock())
		return nil
	})
	x.told, x.settled = told, settled
}

func (h *history) decide(x *expected) {
	d := incidents.Decision{Question: incidents.AboutAuthority, Reason: "Zo is het.", By: annaUser,
		Answer: rapid.SampledFrom([]incidents.Verdict{incidents.Notify, incidents.NotNotifiable}).Draw(h.rt, "answer")}
	h.act(x, func(i *incidents.Incident) error { return i.Decide(d, h.clock()) })
}

// promise makes, moves or keeps a promised update.
func (h *history) promise(x *expected) {
	to := rapid.SampledFrom(incidents.UpdateAudiences()).Draw(h.rt, "to")
	what := rapid.SampledFrom([]string{"make", "move", "keep"}).Draw(h.rt, "what")
	at := h.ahead()
	done := h.act(x, func(i *incidents.Incident) error {
		u, stands := i.StandingUpdate(to)
		switch {
		case what == "make":
			return i.Promise(incidents.NewUpdate{Audience: to, PromisedAt: at, By: annaUser}, h.clock())
		case !stands:
			return errNothing
		case what == "move":
			return i.MoveUpdate(u.ID, at, "Het duurt langer.", h.clock(), annaUser)
		default:
			return i.KeepUpdate(u.ID, "Gebeld.", h.clock(), annaUser)
		}
	})
	if done && what != "keep" {
		x.promised[to] = at
	}
}

// restart stores every case as the stores do, and reads it again into a new
// process.
func (h *history) restart() {
	for _, x := range h.cases {
		stored, err := record.FromIncident(h.t.Context(), plainSealer{}, h.incident(x.inc))
		if err != nil {
			h.t.Fatalf("store: %v", err)
		}
		raw, err := json.Marshal(stored)
		if err != nil {
			h.t.Fatalf("write: %v", err)
		}
		var read record.Incident
		if err := json.Unmarshal(raw, &read); err != nil {
			h.t.Fatalf("read: %v", err)
		}
		inc, err := read.ToIncident(h.t.Context(), plainSealer{})
		if err != nil {
			h.t.Fatalf("load: %v", err)
		}
		h.store.incidents[key("p-1", x.inc.ID)] = inc
	}
	h.keepers = [2]*notifier.Notifier{h.notifier(), h.notifier()}
}

// plainSealer seals nothing; this test is about the form.
type plainSealer struct{}

func (plainSealer) Seal(_ context.Context, _ tenant.ID, _, _, _ string, plain []byte) ([]byte, error) {
	return plain, nil
}

func (plainSealer) Open(_ context.Context, _ tenant.ID, _, _, _ string, sealed []byte) ([]byte, error) {
	return sealed, nil
}

func (plainSealer) Index(_ context.Context, _ tenant.ID, _, value string) (string, error) {
	return value, nil
}

// keep lets one keeper pass, alone or with the other in between, and checks what
// it did.
func (h *history) keep() {
	before := map[string]*incidents.Incident{}
	for _, x := range h.cases {
		before[x.inc.ID] = h.incident(x.inc)
	}
	h.between = rapid.Bool().Draw(h.rt, "the other keeper in between")
	worker := h.keepers[rapid.IntRange(0, 1).Draw(h.rt, "keeper")]
	if err := worker.Keep(h.t.Context()); err != nil {
		h.t.Fatalf("keep: %v", err)
	}
	h.between = false
	for _, x := range h.cases {
		now := h.incident(x.inc)
		if diff := cmp.Diff(withoutWarnings(before[x.inc.ID]), withoutWarnings(now)); diff != "" {
			h.rt.Fatalf("a keeper changed more than its warnings (-before +after):\n%s", diff)
		}
		for _, c := range now.Clocks {
			for _, th := range c.Thresholds {
				if standingClock(c) && th.FiredAt.IsZero() && !th.At.After(h.clock()) {
					h.rt.Fatalf("%s %s of %s is lost: past and not fired at %s", c.Kind, th.Mark, th.At, h.clock())
				}
			}
			for _, a := range c.Alarms {
				if level, at, some := now.AlarmNext(c.Kind, a.ID); some && !at.After(h.clock()) {
					h.rt.Fatalf("%s of alarm %s of the %s clock is lost: due at %s, not asked at %s", level, a.ID, c.Kind, at, h.clock())
				}
			}
		}
	}
}

func standingClock(c incidents.Clock) bool { return c.MetAt.IsZero() && c.EndedAt.IsZero() }

// withoutWarnings is a copy of a case without what a keeper may change.
func withoutWarnings(i *incidents.Incident) *incidents.Incident {
	i = clone(i)
	i.Version, i.Outbox = 0, incidents.Outbox{}
	for n := range i.Clocks {
		i.Clocks[n].Alarms = nil
		for m := range i.Clocks[n].Thresholds {
			th := &i.Clocks[n].Thresholds[m]
			th.FiredAt, th.Missed = time.Time{}, false
		}
	}
	return i
}

// lateTick is a wake-up of the bus that comes at any time, for any threshold.
func (h *history) lateTick() {
	x := h.pick()
	clock := rapid.SampledFrom([]string{"client", "authority", "update_clients", "contract"}).Draw(h.rt, "clock")
	mark := rapid.SampledFrom([]string{"w50", "h24", "b24", "due", "gone", "alarm-1-stand_in", "alarm-2-host"}).Draw(h.rt, "mark")
	err := h.keepers[0].Tick(h.t.Context(), "p-1_"+x.inc.ID, clock, mark)
	var later interface{ RetryAfter() time.Duration }
	if err != nil && !errors.As(err, &later) {
		h.t.Fatalf("tick: %v", err)
	}
}

// check is what holds after every step.
func (h *history) check() {
	for _, x := range h.cases {
		i := h.incident(x.inc)
		h.checkDeadlines(x, i)
		h.checkWarnings(i)
		h.checkAlarms(i)
		c := i.Clock(incidents.ClientClock)
		if c.Told != x.told || c.Settled != x.settled || len(i.Filings) != x.filings {
			h.rt.Fatalf("progress %d told, %d settled, %d filings; people recorded %d, %d, %d", c.Told, c.Settled, len(i.Filings), x.told, x.settled, x.filings)
		}
	}
}

func (h *history) checkDeadlines(x *expected, i *incidents.Incident) {
	want := map[incidents.ClockKind]time.Time{incidents.ClientClock: x.aware.Add(48 * time.Hour), incidents.AuthorityClock: x.aware.Add(72 * time.Hour)}
	for to, at := range x.promised {
		want[to.Clock()] = at
	}
	for kind, at := range want {
		if due, some := i.Clock(kind).DueAt(); !some || !due.Equal(at) {
			h.rt.Fatalf("%s is due at %s, want %s", kind, due, at)
		}
	}
}

// checkWarnings: each mark of a clock was announced at most once, or named once
// as missed by a later one, and stands in the clock as what it was. A promise
// that was moved is counted anew from there.
func (h *history) checkWarnings(i *incidents.Incident) {
	life := map[string]int{} // of a promised clock: how often its time was set
	seen := map[string]int{} // by clock, life and mark: 1 announced, 2 missed
	place := func(clock, mark string) string { return clock + "/" + strings.Repeat("+", life[clock]) + mark }
	for _, e := range i.Outbox.Pending {
		switch e.Kind {
		case incidents.UpdatePromised, incidents.UpdateMoved:
			life["update_"+e.Facts["audience"]]++
		case incidents.ThresholdPassed:
			h.once(seen, place(e.Facts["clock"], e.Facts["mark"]), 1)
			for mark := range strings.SplitSeq(e.Facts["missed"], ",") {
				if mark != "" {
					h.once(seen, place(e.Facts["clock"], mark), 2)
				}
			}
		}
	}
	for _, c := range i.Clocks {
		for _, th := range c.Thresholds {
			want := 0
			switch {
			case !th.FiredAt.IsZero() && th.Missed:
				want = 2
			case !th.FiredAt.IsZero():
				want = 1
			}
			if got := seen[place(string(c.Kind), th.Mark)]; got != want {
				h.rt.Fatalf("%s %s: stored as %d, told as %d (1 announced, 2 missed)", c.Kind, th.Mark, want, got)
			}
		}
	}
}

// checkAlarms: each level of each alarm was announced once, in the order of the
// chain, never after the alarm had ended, and stands in the alarm as asked.
func (h *history) checkAlarms(i *incidents.Incident) {
	told, ended := map[string][]incidents.AlarmLevel{}, map[string]bool{}
	for _, e := range i.Outbox.Pending {
		id := e.Facts["clock"] + "/" + e.Facts["alarm"]
		switch {
		case e.Kind == incidents.ThresholdPassed && e.Facts["alarm"] != "":
			told[id] = append(told[id], incidents.AlarmPractitioner)
			if e.Facts["mark"] == "due" {
				told[id] = append(told[id], incidents.AlarmStandIn)
			}
		case e.Kind == incidents.AlarmStepped && ended[id]:
			h.rt.Fatalf("alarm %s asked %s after somebody had seen it", id, e.Facts["level"])
		case e.Kind == incidents.AlarmStepped:
			told[id] = append(told[id], incidents.AlarmLevel(e.Facts["level"]))
		case e.Kind == incidents.AlarmSeen:
			ended[id] = true
		}
	}
	chain := []incidents.AlarmLevel{incidents.AlarmPractitioner, incidents.AlarmStandIn, incidents.AlarmHost}
	stored := 0
	for _, c := range i.Clocks {
		for _, a := range c.Alarms {
			stored++
			var asked []incidents.AlarmLevel
			for _, s := range a.Steps {
				asked = append(asked, s.Level)
			}
			id := string(c.Kind) + "/" + a.ID
			if !slices.Equal(asked, told[id]) || !slices.Equal(asked, chain[:len(asked)]) {
				h.rt.Fatalf("alarm %s asked %v, announced %v", id, asked, told[id])
			}
			if a.Runs() && (ended[id] || !standingClock(c)) {
				h.rt.Fatalf("alarm %s runs on though it was seen or its duty is done", id)
			}
		}
	}
	if stored != len(told) {
		h.rt.Fatalf("%d alarms are stored, %d were announced", stored, len(told))
	}
}

// see lets somebody see the alarms of a case, by a link or as one who is logged in.
func (h *history) see(x *expected) {
	byLink := rapid.Bool().Draw(h.rt, "by link")
	h.act(x, func(i *incidents.Incident) error {
		if !byLink {
			if !i.SeeAlarms("", h.clock(), annaUser) {
				return errNothing
			}
			return nil
		}
		for _, c := range i.Clocks {
			for _, a := range c.Alarms {
				if last := a.Steps[len(a.Steps)-1]; a.Runs() && i.LinkAlarm(c.Kind, a.ID, last.Level, "token-"+a.ID) {
					_, err := i.Acknowledge("token-"+a.ID, h.clock())
					return err
				}
			}
		}
		return errNothing
	})
}

func (h *history) once(seen map[string]int, place string, as int) {
	if seen[place] != 0 {
		h.rt.Fatalf("%s was told twice", place)
	}
	seen[place] = as
}

// Whatever happens to the cases, the clock of the machine and the workers: no
// threshold is lost, none is doubled, no deadline is moved by a late worker and
// no progress is wiped.
func TestClocksHoldThroughAnyHistory(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := newHistory(rt)
		rt.Repeat(map[string]func(*rapid.T){
			"a report":                  func(*rapid.T) { h.report() },
			"awareness is corrected":    func(*rapid.T) { h.correct(h.pick()) },
			"filed with the authority":  func(*rapid.T) { h.fileWithAuthority(h.pick()) },
			"people told or mail back":  func(*rapid.T) { h.tell(h.pick()) },
			"decided":                   func(*rapid.T) { h.decide(h.pick()) },
			"an update promised":        func(*rapid.T) { h.promise(h.pick()) },
			"an alarm is seen":          func(*rapid.T) { h.see(h.pick()) },
			"restart":                   func(*rapid.T) { h.restart() },
			"the keeper passes":         func(*rapid.T) { h.keep() },
			"a tick comes late":         func(*rapid.T) { h.lateTick() },
			"time passes":               func(rt *rapid.T) { h.move(time.Duration(rapid.IntRange(1, 1500).Draw(rt, "minutes")) * time.Minute) },
			"the clock is stepped back": func(*rapid.T) { h.move(-2 * time.Hour) },
			"":                          func(*rapid.T) { h.check() },
		})
		h.keep()
		h.check()
	})
}

// A history that names its dangers one by one, since a drawn one may pass them by.
func TestAClockThroughItsDangers(t *testing.T) {
	w := newWorld(t)
	w.practice("p-1")
	a, b := w.notifier(), w.notifier()
	inc := w.file("p-1", nil)
	marks := func() []string {
		var list []string
		for _, e := range w.incident(inc).Outbox.Pending {
			if e.Kind == incidents.ThresholdPassed && e.Facts["clock"] == "authority" {
				list = append(list, e.Facts["mark"]+"("+e.Facts["missed"]+")")
			}
		}
		return list
	}
	pass := func(n *notifier.Notifier) {
		t.Helper()
		if err := n.Keep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	w.move(24 * time.Hour)
	pass(a)
	pass(b)                 // the other keeper, a moment later
	w.move(-2 * time.Hour)  // the machine's clock is put back
	pass(a)                 //
	w.move(40 * time.Hour)  // the keepers were away for two thresholds
	pass(w.notifier())      // a new process
	w.move(100 * time.Hour) // and for the rest
	pass(b)
	pass(a)
	want := []string{"h24()", "h60(h48)", "due(h68,h71)"}
	if got := marks(); !slices.Equal(got, want) {
		t.Errorf("announced %v, want %v", got, want)
	}
}
