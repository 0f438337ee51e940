// Package drill judges a rehearsed breach: what was done in time, what was done
// late and what was forgotten, and what went better or worse than the time before.
package drill

import (
	"time"

	"datalek/incidents"
)

// Mark is how one thing to do went.
type Mark string

// The marks.
const (
	InTime    Mark = "in_time"
	Late      Mark = "late"
	Forgotten Mark = "forgotten"
	NotNeeded Mark = "not_needed"
)

// The things to do beside the first steps of the kind of breach.
const (
	Risk      = "risk"      // decided whether the risk for people is high
	Clients   = "clients"   // everybody in scope was told
	Authority = "authority" // filed, or decided with reasons that it need not be
	Measures  = "measures"  // what was done, or will be, is written down
	Closing   = "closing"   // the case was closed
)

// StepPrefix begins the id of a first step: "step/sessions".
const StepPrefix = "step/"

// riskWithin is by when the risk should be decided about: a day leaves two to file.
const riskWithin = 24 * time.Hour

// Step is one first step of the kind of breach.
type Step struct {
	ID     string
	Within time.Duration // from awareness, by the real clock
}

// Line is one thing to do and how it went.
type Line struct {
	ID     string
	DueAt  time.Time // zero: by the end of the drill
	DoneAt time.Time // zero when it was not done
	Mark   Mark
}

// Score is how a drill went. Percent counts what was done in time whole and what
// was late half; 0 when nothing had to be done.
type Score struct {
	Lines                   []Line
	InTime, Late, Forgotten int
	Percent                 int
}

// Judge looks at a made-up case and the first steps of its kind.
func Judge(inc *incidents.Incident, steps []Step) Score {
	var s Score
	for _, step := range steps {
		s.add(judgeStep(inc, step))
	}
	s.add(judgeRisk(inc))
	s.add(judgeClock(Clients, inc.Clock(incidents.ClientClock)))
	s.add(judgeClock(Authority, inc.Clock(incidents.AuthorityClock)))
	s.add(Line{ID: Measures, Mark: doneOr(measured(inc))})
	closing := Line{ID: Closing, Mark: doneOr(inc.State == incidents.StateClosed)}
	if inc.State == incidents.StateClosed {
		closing.DoneAt = inc.ClosedAt
	}
	s.add(closing)
	if all := s.InTime + s.Late + s.Forgotten; all > 0 {
		s.Percent = 100 * (2*s.InTime + s.Late) / (2 * all)
	}
	return s
}

func (s *Score) add(l Line) {
	s.Lines = append(s.Lines, l)
	switch l.Mark {
	case InTime:
		s.InTime++
	case Late:
		s.Late++
	case Forgotten:
		s.Forgotten++
	}
}

func judgeStep(inc *incidents.Incident, step Step) Line {
	l := Line{ID: StepPrefix + step.ID, DueAt: inc.AwareAt().Add(inc.Paced(step.Within))}
	mark, some := inc.StepMark(inc.Facts.Playbook, step.ID)
	switch {
	case !some:
		l.Mark = Forgotten
	case mark.State == incidents.StepDoesNotApply:
		l.Mark = NotNeeded
	default:
		l.DoneAt = mark.At
		l.Mark = timed(l)
	}
	return l
}

func judgeRisk(inc *incidents.Incident) Line {
	l := Line{ID: Risk, DueAt: inc.AwareAt().Add(inc.Paced(riskWithin)), Mark: Forgotten}
	if d, standing := inc.Standing(incidents.AboutPersons); standing {
		l.DoneAt = d.At
		l.Mark = timed(l)
	}
	return l
}

func judgeClock(id string, c *incidents.Clock) Line {
	l := Line{ID: id, Mark: NotNeeded}
	if c == nil {
		return l
	}
	l.DueAt, _ = c.DueAt()
	switch {
	case !c.MetAt.IsZero():
		l.DoneAt = c.MetAt
		l.Mark = timed(l)
	case c.EndedBecause == incidents.EndedNotNotifiable:
		l.DoneAt = c.EndedAt
		l.Mark = timed(l)
	case c.EndedAt.IsZero() || c.EndedBecause == incidents.EndedDrill:
		l.Mark = Forgotten
	}
	return l
}

func measured(inc *incidents.Incident) bool {
	return inc.Story.MeasuresTaken != "" || inc.Story.MeasuresPlanned != "" || len(inc.Measures) > 0
}

func timed(l Line) Mark {
	if !l.DueAt.IsZero() && l.DoneAt.After(l.DueAt) {
		return Late
	}
	return InTime
}

func doneOr(done bool) Mark {
	if done {
		return InTime
	}
	return Forgotten
}

// Change is how a thing to do went compared with the drill before.
type Change string

// The changes.
const (
	Same   Change = ""
	Better Change = "better"
	Worse  Change = "worse"
)

// Compare says of each thing to do in now that the drill before had too how it
// changed; what did not have to be done in one of them did not.
func Compare(before, now Score) map[string]Change {
	marks := map[string]Mark{}
	for _, l := range before.Lines {
		marks[l.ID] = l.Mark
	}
	changes := map[string]Change{}
	for _, l := range now.Lines {
		old, had := marks[l.ID]
		if !had || old == NotNeeded || l.Mark == NotNeeded {
			continue
		}
		switch {
		case worth(l.Mark) > worth(old):
			changes[l.ID] = Better
		case worth(l.Mark) < worth(old):
			changes[l.ID] = Worse
		}
	}
	return changes
}

func worth(m Mark) int {
	switch m {
	case InTime:
		return 2
	case Late:
		return 1
	default:
		return 0
	}
}
