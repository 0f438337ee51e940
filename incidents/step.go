package incidents

import (
	"slices"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

// StepState is what became of a first step.
type StepState string

// The states of a first step.
const (
	StepIsOpen       StepState = "open"
	StepIsDone       StepState = "done"
	StepDoesNotApply StepState = "not_applicable"
)

// StepMark is what was recorded of one first step of a kind of breach: that it is
// done, or does not apply. A step without a mark is open.
type StepMark struct {
	// Playbook and Step name it: a kind of breach brings its own steps, and marks of
	// another kind stay.
	Playbook string
	Step     string
	State    StepState
	Text     string    // the step in the words of that moment; stored sealed
	DueAt    time.Time // UTC; by when it was to be done, as seen at that moment
	Reason   string    // why it does not apply; stored sealed
	By       Actor
	At       time.Time
}

// Late reports whether the step was done after its time.
func (m StepMark) Late() bool { return m.State == StepIsDone && m.At.After(m.DueAt) }

// StepMark returns what was recorded of a step of a kind of breach.
func (i *Incident) StepMark(playbook, step string) (StepMark, bool) {
	at := i.stepAt(playbook, step)
	if at < 0 {
		return StepMark{}, false
	}
	return i.Steps[at], true
}

func (i *Incident) stepAt(playbook, step string) int {
	return slices.IndexFunc(i.Steps, func(m StepMark) bool { return m.Playbook == playbook && m.Step == step })
}

// MarkStep records that a first step of the case's kind is done, does not apply
// (with the reason), or is open after all. The same again changes nothing. Which
// steps there are is the playbook's to say, and the caller's to check.
//
// It returns fault.Invalid with every fault by field, and fault.Conflict when
// the case is closed or has become one of another kind.
func (i *Incident) MarkStep(m StepMark, now time.Time) error {
	var faults fault.List
	least := 0
	switch m.State {
	case StepIsDone, StepIsOpen:
		m.Reason = ""
	case StepDoesNotApply:
		least = 1
	default:
		faults.Add("state", "error.step_state", "choose done, not_applicable or open")
	}
	registry.CheckText(&faults, "reason", m.Reason, least, 2_000)
	if err := faults.Err(); err != nil {
		return err
	}
	switch {
	case i.State == StateClosed:
		return fault.New(fault.Conflict, "error.closed", "this incident is closed")
	case m.Playbook != i.Facts.Playbook:
		return fault.New(fault.Conflict, "error.changed_meanwhile", "this changed since you read it; read it again")
	}
	i.markStep(m, now)
	return nil
}

func (i *Incident) markStep(m StepMark, now time.Time) {
	at := i.stepAt(m.Playbook, m.Step)
	if at < 0 && m.State == StepIsOpen || at >= 0 && i.Steps[at].State == m.State && i.Steps[at].Reason == m.Reason {
		return
	}
	was := StepMark{State: StepIsOpen}
	if at >= 0 {
		was = i.Steps[at]
	}
	m.At, m.DueAt = now, m.DueAt.UTC()
	i.Steps = slices.Clone(i.Steps)
	switch {
	case m.State == StepIsOpen:
		i.Steps = slices.Delete(i.Steps, at, at+1)
	case at >= 0:
		i.Steps[at] = m
	default:
		i.Steps = append(i.Steps, m)
	}
	kind := map[StepState]EventKind{StepIsDone: StepDone, StepDoesNotApply: StepSkipped, StepIsOpen: StepReopened}[m.State]
	i.note(Event{Kind: kind, At: now, Actor: m.By,
		Facts: revisedOne(map[string]string{"playbook": m.Playbook, "step": m.Step, "due_at": m.DueAt.Format(time.RFC3339)}, "step", string(was.State), string(m.State)),
		Words: revisedOne(map[string]string{"step": m.Text, "reason": m.Reason}, "reason", was.Reason, m.Reason)})
}
