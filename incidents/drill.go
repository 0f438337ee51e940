package incidents

import (
	"strconv"
	"time"

	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// The events of drills, for the register of the practice that rehearses: that it did,
// and nothing of what was made up. They belong to no case; the subject is the drill.
const (
	DrillStarted EventKind = "drill.started"
	DrillEnded   EventKind = "drill.ended"
	DrillRemoved EventKind = "drill.removed"
)

// DrillDomain is the domain of every made-up address of a drill: one that nobody
// can have (RFC 2606 section 3), so that such a mail could not even arrive.
const DrillDomain = "oefening.example"

// EndedDrill is why a drill's clocks ended that still ran when it was stopped.
const EndedDrill = "drill_ended"

// StageHeld is where the attempt to send a drill's mail ends: it is held back,
// and counts as accepted inside the drill.
const StageHeld = "held"

// Held is the answer to a mail that is held back.
func Held(now time.Time) Answer {
	return Answer{Kind: Accepted, Stage: StageHeld, Text: "held back: this is a drill", At: now}
}

// Paced returns how long a span of the real clock takes in this case: shorter in
// a drill whose clocks run faster.
func (i *Incident) Paced(span time.Duration) time.Duration { return paced(span, i.Pace) }

func paced(span time.Duration, pace int) time.Duration {
	if pace <= 1 {
		return span
	}
	return span / time.Duration(pace)
}

// atPace is the term with every span of it at a drill's pace.
func atPace(t registry.Term, pace int) registry.Term {
	if pace <= 1 {
		return t
	}
	t.Within = paced(t.Within, pace)
	warn := make([]registry.Mark, len(t.Warn))
	for n, m := range t.Warn {
		m.After = paced(m.After, pace)
		warn[n] = m
	}
	t.Warn = warn
	t.Escalation = t.Escalation.OrDefault()
	t.Escalation.After = max(paced(t.Escalation.After, pace), time.Second)
	return t
}

// Drill notes what happened to a drill in the row that is written by it: that of the
// practice that rehearses, or the drill's own.
func (a Act) Drill(row *registry.Practice, kind EventKind, home, drill tenant.ID, facts map[string]string) {
	row.Outbox.Put(string(row.ID), Event{PracticeID: home, Subject: string(drill), Kind: kind, At: a.At, Actor: a.By, Facts: facts})
}

// DrillFacts is what the register keeps of a drill: the kind of breach, and the pace.
func DrillFacts(d registry.Drill) map[string]string {
	return map[string]string{"playbook": d.Playbook, "pace": strconv.Itoa(d.Pace)}
}

// StopDrill ends what still runs of a made-up case: from then on nothing of it
// warns anybody. What was done stays as it was done.
func (i *Incident) StopDrill(now time.Time, by Actor) {
	for n := range i.Clocks {
		if c := &i.Clocks[n]; c.open() {
			i.endClock(c, EndedDrill, now, by)
		}
	}
}
