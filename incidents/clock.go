package incidents

import (
	"slices"
	"time"

	"datalek/incidents/registry"
)

// ClockKind is the duty a clock runs for.
type ClockKind string

// The clocks.
const (
	// ClientClock is the practice's own promise to its clients.
	ClientClock ClockKind = "client"
	// AuthorityClock is GDPR Art. 33(1).
	AuthorityClock ClockKind = "authority"
	// ControllerClock is Art. 33(2): the practice only processes, and tells the controller.
	ControllerClock ClockKind = "controller"
	// ContractClock shows whether a processor told us within its contract's hours.
	ContractClock ClockKind = "contract"
	// ShadowClock runs on a triage item: a stranger's signal can start the 72 hours.
	ShadowClock ClockKind = "shadow"
	// ClientUpdateClock is a promise to tell the clients more by a set time.
	ClientUpdateClock ClockKind = "update_clients"
	// AuthorityUpdateClock is a promised addition to a filing (GDPR Art. 33(4)).
	AuthorityUpdateClock ClockKind = "update_authority"
)

// OwnDuty reports whether the clock runs for a duty of the practice itself,
// which keeps a case open until it is done or falls away.
func (k ClockKind) OwnDuty() bool {
	return k == ClientClock || k == AuthorityClock || k == ControllerClock || k.Promised()
}

// Promised reports whether the clock runs to a time that the practice promised
// itself, for a next update.
func (k ClockKind) Promised() bool { return k == ClientUpdateClock || k == AuthorityUpdateClock }

// followsAwareness reports whether the clock counts from the moment of awareness.
func (k ClockKind) followsAwareness() bool { return k != ContractClock && !k.Promised() }

// ClockState is a clock as seen at one instant.
type ClockState string

// The states of a clock.
const (
	ClockRunning ClockState = "running"
	ClockIsMet   ClockState = "met"
	ClockOverdue ClockState = "overdue"
	ClockIsEnded ClockState = "ended"
)

// Why a clock ended without being met.
const (
	EndedNotNotifiable  = "not_notifiable"
	EndedNobodyInScope  = "nobody_in_scope"
	EndedProcessorRole  = "processor_role"
	EndedControllerRole = "controller_role"
	EndedBecameIncident = "became_incident"
	EndedDismissed      = "dismissed"
	EndedAside          = "aside" // never ran: the message is no breach
	EndedClosed         = "incident_closed"
	EndedWithdrawn      = "withdrawn" // the filing was withdrawn
)

// Clock is one legal or promised countdown.
//
// It counts elapsed time on the UTC time line, never calendar days, and no
// weekend moves its end (GDPR Art. 33(1); Regulation 1182/71 is shown as
// background only).
type Clock struct {
	Kind     ClockKind
	StartsAt time.Time     // UTC; the recorded moment of awareness
	Within   time.Duration // 0: as soon as possible, without a deadline
	// Thresholds are the warnings, earliest first. Each fires once and stays fired.
	Thresholds   []Threshold
	MetAt        time.Time // zero until the duty was done
	EndedAt      time.Time // zero unless the duty fell away
	EndedBecause string
	// Told and Settled count persons of the client clock: told as design section 7
	// says; settled but not told are those recorded as unreachable.
	Told    int
	Settled int
	InScope *int // nil until the assessment is complete
	// LateReason is asked once the deadline has passed (Art. 33(1)); stored sealed.
	LateReason string
	History    []Turn
	// Escalation says how fast an alarm goes on to the next person; zero takes
	// the usual pace. Alarms are those started, oldest first.
	Escalation registry.Escalation
	Alarms     []Alarm
}

// Threshold is one warning of a clock.
type Threshold struct {
	Mark    string // "w50", "h24", "b24", "due"
	At      time.Time
	FiredAt time.Time // zero until fired
	// Missed says that the keeper was away at At and a newer threshold spoke for this one.
	Missed bool
	// Alarm says that it needs a person: when it fires an alarm starts. The
	// deadline's needs no saying.
	Alarm bool
}

// Turn is one change of a clock's course, kept for good.
type Turn struct {
	At   time.Time
	What string // "met", "ended:<why>", "reopened", "moved", "lasts", "policy", "promised"
}

// NewClock starts a clock of kind at the moment of awareness.
func NewClock(kind ClockKind, startsAt time.Time, term registry.Term) Clock {
	c := Clock{Kind: kind, StartsAt: startsAt.UTC(), Within: term.Within, Escalation: term.Escalation}
	for _, m := range term.Warn {
		c.Thresholds = append(c.Thresholds, Threshold{Mark: m.Name, At: c.StartsAt.Add(m.After), Alarm: m.Alarm})
	}
	return c
}

// DueAt returns the last instant at which the duty is done in time, and false
// when the clock has no deadline.
func (c Clock) DueAt() (time.Time, bool) {
	if c.Within == 0 {
		return time.Time{}, false
	}
	return c.StartsAt.Add(c.Within), true
}

// State returns the clock as seen at now.
func (c Clock) State(now time.Time) ClockState {
	due, hasDue := c.DueAt()
	switch {
	case !c.MetAt.IsZero():
		return ClockIsMet
	case !c.EndedAt.IsZero():
		return ClockIsEnded
	case hasDue && now.After(due):
		return ClockOverdue
	default:
		return ClockRunning
	}
}

// Late returns how long after its deadline the duty was done, or by now is
// still not done; zero when it is in time.
func (c Clock) Late(now time.Time) time.Duration {
	due, hasDue := c.DueAt()
	at := now
	if !c.MetAt.IsZero() {
		at = c.MetAt
	}
	if !hasDue || !c.EndedAt.IsZero() || !at.After(due) {
		return 0
	}
	return at.Sub(due)
}

// open reports whether the duty still stands undone.
func (c Clock) open() bool { return c.MetAt.IsZero() && c.EndedAt.IsZero() }

// NextAt returns when the next threshold fires or an alarm asks its next level,
// false when nothing is to come.
func (c Clock) NextAt() (time.Time, bool) {
	_, at, some := c.Coming()
	return at, some
}

// Firing is the newest threshold that fired, with those it spoke for.
type Firing struct {
	Clock  ClockKind
	Mark   string
	At     time.Time // when it was due to fire
	Missed []string  // older marks that had not fired
}

// fire marks every threshold due at now as fired. It announces the newest only:
// a keeper that was away warns once and says what was missed.
func (c *Clock) fire(now time.Time) (Firing, bool) {
	if !c.open() {
		return Firing{}, false
	}
	newest := -1
	var missed []string
	for i, t := range c.Thresholds {
		if !t.FiredAt.IsZero() || t.At.After(now) {
			continue
		}
		c.Thresholds[i].FiredAt = now
		if newest >= 0 {
			c.Thresholds[newest].Missed = true
			missed = append(missed, c.Thresholds[newest].Mark)
		}
		newest = i
	}
	if newest < 0 {
		return Firing{}, false
	}
	t := c.Thresholds[newest]
	return Firing{Clock: c.Kind, Mark: t.Mark, At: t.At, Missed: missed}, true
}

// move sets another start. Fired thresholds stay fired, progress stays.
func (c *Clock) move(startsAt, now time.Time) {
	shift := startsAt.Sub(c.StartsAt)
	c.StartsAt = startsAt.UTC()
	for i := range c.Thresholds {
		c.Thresholds[i].At = c.Thresholds[i].At.Add(shift)
	}
	c.turn(now, "moved")
}

// last gives the clock another length. Fired thresholds stay where they fired; the
// others move as registry.Term.Lasting says.
func (c *Clock) last(within time.Duration, now time.Time) {
	term := registry.Term{Within: c.Within}
	var kept []Threshold
	for _, t := range c.Thresholds {
		if !t.FiredAt.IsZero() {
			kept = append(kept, t)
			continue
		}
		term.Warn = append(term.Warn, registry.Mark{Name: t.Mark, After: t.At.Sub(c.StartsAt), Alarm: t.Alarm})
	}
	for _, m := range term.Lasting(within).Warn {
		kept = append(kept, Threshold{Mark: m.Name, At: c.StartsAt.Add(m.After), Alarm: m.Alarm})
	}
	slices.SortStableFunc(kept, func(a, b Threshold) int { return a.At.Compare(b.At) })
	c.Within, c.Thresholds = within, kept
	c.turn(now, "lasts")
}

func (c *Clock) meet(at time.Time) {
	c.MetAt, c.EndedAt, c.EndedBecause = at, time.Time{}, ""
	c.silence(at, AlarmByDuty, "")
	c.turn(at, "met")
}

func (c *Clock) end(at time.Time, because string) {
	c.EndedAt, c.EndedBecause = at, because
	c.silence(at, AlarmByDuty, "")
	c.turn(at, "ended:"+because)
}

func (c *Clock) reopen(at time.Time) {
	c.MetAt, c.EndedAt, c.EndedBecause = time.Time{}, time.Time{}, ""
	c.turn(at, "reopened")
}

func (c *Clock) turn(at time.Time, what string) {
	c.History = append(c.History, Turn{At: at, What: what})
}
