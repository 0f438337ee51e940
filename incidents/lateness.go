package incidents

import (
	"slices"
	"strings"
	"time"
)

// StepTime is by when a first step of the case's kind is to be done.
type StepTime struct {
	Step   string        // its id
	Within time.Duration // from awareness on, at full pace
}

const (
	// stepPeace is how long nobody is warned of late first steps after a case was
	// made: whoever made it is at work on it.
	stepPeace = time.Hour
	// stepGap is how long after one warning the next waits for more, so that not each
	// step of a bad day has a mail of its own.
	stepGap = 4 * time.Hour
)

// LateSteps returns the ids of the first steps that an event of StepsLate tells of.
func LateSteps(e Event) []string { return strings.Split(e.Facts["steps"], ",") }

// stepDue is by when a first step is to be done, at the pace of the case's clocks.
func (i *Incident) stepDue(s StepTime) time.Time { return i.AwareAt().Add(i.Paced(s.Within)) }

// unwarned lists the open first steps of an open case of which nobody was warned.
func (i *Incident) unwarned() []StepTime {
	if i.State == StateClosed {
		return nil
	}
	kind := i.Facts.Playbook
	return slices.DeleteFunc(slices.Clone(i.Facts.Steps), func(s StepTime) bool {
		return i.stepAt(kind, s.Step) >= 0 || slices.Contains(i.StepsWarned, AnswerKey(kind, s.Step))
	})
}

// nextStepWarning returns when the practitioner is next warned of late first steps.
func (i *Incident) nextStepWarning() (time.Time, bool) {
	var next time.Time
	for _, s := range i.unwarned() {
		if due := i.stepDue(s); next.IsZero() || due.Before(next) {
			next = due
		}
	}
	if next.IsZero() {
		return next, false
	}
	for _, quiet := range []time.Time{i.CreatedAt.Add(i.Paced(stepPeace)), i.quietAfterWarning()} {
		if next.Before(quiet) {
			next = quiet
		}
	}
	return next, true
}

func (i *Incident) quietAfterWarning() time.Time {
	if i.StepsWarnedAt.IsZero() {
		return time.Time{}
	}
	return i.StepsWarnedAt.Add(i.Paced(stepGap))
}

// warnOfSteps tells once of every open first step whose time is over and of which
// nobody was warned. It reports whether there was one.
func (i *Incident) warnOfSteps(now time.Time) bool {
	at, some := i.nextStepWarning()
	if !some || now.Before(at) {
		return false
	}
	var late []string
	warned := slices.Clone(i.StepsWarned)
	for _, s := range i.unwarned() {
		if !now.Before(i.stepDue(s)) {
			late, warned = append(late, s.Step), append(warned, AnswerKey(i.Facts.Playbook, s.Step))
		}
	}
	i.StepsWarned, i.StepsWarnedAt = warned, now
	i.note(Event{Kind: StepsLate, At: now, Actor: System(),
		Facts: map[string]string{"playbook": i.Facts.Playbook, "steps": strings.Join(late, ",")}})
	return true
}
