package record

import (
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
)

// Escalation is the stored form of registry.Escalation.
type Escalation struct {
	AfterMillis int64 `json:"after_ms" bson:"after_ms"`
	Share       int   `json:"share" bson:"share"`
}

// Alarm is the stored form of incidents.Alarm, field for field. It names nobody:
// of links it holds hashes.
type Alarm struct {
	ID        string      `json:"id" bson:"id"`
	Mark      string      `json:"mark" bson:"mark"`
	StartedAt time.Time   `json:"started_at" bson:"started_at"`
	Steps     []AlarmStep `json:"steps" bson:"steps"`
	EndedAt   time.Time   `json:"ended_at" bson:"ended_at"`
	EndedBy   string      `json:"ended_by" bson:"ended_by"`
	Level     string      `json:"level" bson:"level"`
}

// AlarmStep is the stored form of incidents.AlarmStep, field for field.
type AlarmStep struct {
	Level    string    `json:"level" bson:"level"`
	At       time.Time `json:"at" bson:"at"`
	PassedAt time.Time `json:"passed_at" bson:"passed_at"`
	Tokens   []string  `json:"tokens" bson:"tokens"`
}

func fromEscalation(e registry.Escalation) Escalation {
	return Escalation{AfterMillis: e.After.Milliseconds(), Share: e.Share}
}

func (r Escalation) toEscalation() registry.Escalation {
	return registry.Escalation{After: time.Duration(r.AfterMillis) * time.Millisecond, Share: r.Share}
}

func fromAlarm(a incidents.Alarm) Alarm {
	return Alarm{ID: a.ID, Mark: a.Mark, StartedAt: cut(a.StartedAt), Steps: list(a.Steps, fromAlarmStep),
		EndedAt: cut(a.EndedAt), EndedBy: a.EndedBy, Level: string(a.Level)}
}

func (r Alarm) toAlarm() incidents.Alarm {
	return incidents.Alarm{ID: r.ID, Mark: r.Mark, StartedAt: cut(r.StartedAt), Steps: list(r.Steps, AlarmStep.toAlarmStep),
		EndedAt: cut(r.EndedAt), EndedBy: r.EndedBy, Level: incidents.AlarmLevel(r.Level)}
}

func fromAlarmStep(s incidents.AlarmStep) AlarmStep {
	return AlarmStep{Level: string(s.Level), At: cut(s.At), PassedAt: cut(s.PassedAt), Tokens: copyOf(s.Tokens)}
}

func (r AlarmStep) toAlarmStep() incidents.AlarmStep {
	return incidents.AlarmStep{Level: incidents.AlarmLevel(r.Level), At: cut(r.At), PassedAt: cut(r.PassedAt), Tokens: r.Tokens}
}
