package record

import (
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
)

// stepMark is the stored form of incidents.StepMark, within the sealed part of
// its case: people wrote why a step does not apply.
type stepMark struct {
	Playbook string              `json:"playbook"`
	Step     string              `json:"step"`
	State    incidents.StepState `json:"state"`
	Text     string              `json:"text"`
	DueAt    time.Time           `json:"due_at"`
	Reason   string              `json:"reason"`
	By       Actor               `json:"by"`
	At       time.Time           `json:"at"`
}

// measure is the stored form of incidents.Measure, within the sealed part of its
// case: it names who does what.
type measure struct {
	ID      string        `json:"id"`
	Text    string        `json:"text"`
	Owner   string        `json:"owner"`
	DueOn   registry.Date `json:"due_on"`
	Lesson  string        `json:"lesson"`
	AddedAt time.Time     `json:"added_at"`
	By      Actor         `json:"by"`
	EndedAt time.Time     `json:"ended_at"`
	EndedBy Actor         `json:"ended_by"`
	Dropped bool          `json:"dropped"`
	Note    string        `json:"note"`
}

func fromStepMark(v incidents.StepMark) stepMark {
	return stepMark{Playbook: v.Playbook, Step: v.Step, State: v.State, Text: v.Text, DueAt: cut(v.DueAt), Reason: v.Reason, By: Actor(v.By), At: cut(v.At)}
}

func (r stepMark) toStepMark() incidents.StepMark {
	return incidents.StepMark{Playbook: r.Playbook, Step: r.Step, State: r.State, Text: r.Text, DueAt: r.DueAt, Reason: r.Reason, By: incidents.Actor(r.By), At: r.At}
}

func fromMeasure(v incidents.Measure) measure {
	return measure{ID: v.ID, Text: v.Text, Owner: v.Owner, DueOn: v.DueOn, Lesson: v.Lesson, AddedAt: cut(v.AddedAt), By: Actor(v.By),
		EndedAt: cut(v.EndedAt), EndedBy: Actor(v.EndedBy), Dropped: v.Dropped, Note: v.Note}
}

func (r measure) toMeasure() incidents.Measure {
	return incidents.Measure{ID: r.ID, Text: r.Text, Owner: r.Owner, DueOn: r.DueOn, Lesson: r.Lesson, AddedAt: r.AddedAt, By: incidents.Actor(r.By),
		EndedAt: r.EndedAt, EndedBy: incidents.Actor(r.EndedBy), Dropped: r.Dropped, Note: r.Note}
}
