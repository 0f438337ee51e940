package incidents

import (
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/risk"
)

// Question is what a decision answers.
type Question string

// The questions.
const (
	AboutAuthority Question = "authority" // Art. 33(1): notify the authority?
	AboutPersons   Question = "persons"   // Art. 34(1): is the risk high for people?
)

// Verdict is the answer.
type Verdict string

// The verdicts.
const (
	Notify        Verdict = "notify"
	NotNotifiable Verdict = "not_notifiable"
)

// Decision is a reasoned answer, kept for good. A documented "no" is a full
// outcome (GDPR Art. 33(5)).
type Decision struct {
	Question   Question
	Answer     Verdict
	Reason     string
	By         Actor
	At         time.Time
	ReopenedAt time.Time // zero while it stands; set when the facts changed under it
	// Advised is what datalek recommended at that moment; "" when it could not.
	Advised risk.Answer
}

// Decide records a decision and ends or reopens the duty it is about.
func (i *Incident) Decide(d Decision, now time.Time) error {
	var faults fault.List
	if d.Question != AboutAuthority && d.Question != AboutPersons {
		faults.Add("question", "error.question", "choose authority or persons")
	}
	if d.Answer != Notify && d.Answer != NotNotifiable {
		faults.Add("answer", "error.answer", "choose notify or not_notifiable")
	}
	registry.CheckText(&faults, "reason", d.Reason, 1, 5_000)
	if err := faults.Err(); err != nil {
		return err
	}
	if i.State == StateClosed {
		return fault.New(fault.Conflict, "error.closed", "this incident is closed")
	}
	d.At, d.Advised = now, i.advised(d.Question)
	var was Decision
	if standing, some := i.Standing(d.Question); some {
		was = standing
	}
	i.Decisions = append(i.Decisions, d)
	i.note(Event{Kind: DecisionTaken, At: now, Actor: d.By,
		Facts: revisedOne(map[string]string{"question": string(d.Question), "answer": string(d.Answer), "advised": string(d.Advised)}, "decision", string(was.Answer), string(d.Answer)),
		Words: revisedOne(map[string]string{"reason": d.Reason}, "reason", was.Reason, d.Reason)})
	i.obey(d, now)
	if d.Question == AboutPersons && d.Answer == NotNotifiable {
		i.decided(now)
	}
	return nil
}

// Standing returns the newest decision on a question that still stands.
func (i *Incident) Standing(q Question) (Decision, bool) {
	for n := len(i.Decisions) - 1; n >= 0; n-- {
		if d := i.Decisions[n]; d.Question == q {
			return d, d.ReopenedAt.IsZero()
		}
	}
	return Decision{}, false
}

// obey lets a decision act on its clock. A practice's own promise is not ended
// by the law's "no": only a client clock without promised hours is.
func (i *Incident) obey(d Decision, now time.Time) {
	c := i.Clock(AuthorityClock)
	if d.Question == AboutPersons {
		if c = i.Clock(ClientClock); c.Within != 0 {
			return
		}
	}
	switch {
	case d.Answer == NotNotifiable && c.open():
		i.endClock(c, EndedNotNotifiable, now, d.By)
	case d.Answer == Notify && c.EndedBecause == EndedNotNotifiable:
		i.reopenClock(c, now)
	}
}

// reopenDecisions reopens every standing "no" when the facts under it changed.
func (i *Incident) reopenDecisions(now time.Time) {
	for n := range i.Decisions {
		d := &i.Decisions[n]
		if d.Answer != NotNotifiable || !d.ReopenedAt.IsZero() {
			continue
		}
		d.ReopenedAt = now
		i.note(Event{Kind: DecisionReopened, At: now, Actor: System(),
			Facts: revisedOne(map[string]string{"question": string(d.Question)}, "decision", string(d.Answer), "")})
	}
	for n := range i.Clocks {
		if i.Clocks[n].EndedBecause == EndedNotNotifiable {
			i.reopenClock(&i.Clocks[n], now)
		}
	}
}

func (i *Incident) endClock(c *Clock, because string, now time.Time, by Actor) {
	was := c.standing()
	c.end(now, because)
	i.note(Event{Kind: ClockEnded, At: now, Actor: by, Facts: revisedOne(map[string]string{"clock": string(c.Kind), "because": because}, "clock", was, c.standing())})
}

func (i *Incident) meetClock(c *Clock, at, now time.Time, by Actor) {
	was := c.standing()
	c.meet(at)
	i.note(Event{Kind: ClockMet, At: now, Actor: by, Facts: revisedOne(map[string]string{"clock": string(c.Kind), "met_at": at.Format(time.RFC3339Nano)}, "clock", was, c.standing())})
}

// reopenClock lets a duty stand again. A closed case is open again with it: in
// a closed one nobody could decide, write or file, and nobody would look.
func (i *Incident) reopenClock(c *Clock, now time.Time) {
	i.wake(now)
	was := c.standing()
	c.reopen(now)
	i.note(Event{Kind: ClockReopened, At: now, Actor: System(), Facts: revisedOne(map[string]string{"clock": string(c.Kind)}, "clock", was, c.standing())})
}

// ExplainDelay records why a duty was late (GDPR Art. 33(1)).
func (i *Incident) ExplainDelay(kind ClockKind, reason string, now time.Time, by Actor) error {
	var faults fault.List
	registry.CheckText(&faults, "reason", reason, 1, 5_000)
	if err := faults.Err(); err != nil {
		return err
	}
	c := i.Clock(kind)
	if c == nil || c.Late(now) == 0 {
		return fault.New(fault.Conflict, "error.not_late", "this clock is not late")
	}
	was := c.LateReason
	c.LateReason = reason
	i.note(Event{Kind: DelayExplained, At: now, Actor: by, Facts: map[string]string{"clock": string(kind)},
		Words: revisedOne(map[string]string{"reason": reason}, "late_reason", was, reason)})
	return nil
}
