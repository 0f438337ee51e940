package record

import (
	"time"

	"datalek/incidents"
)

// Clock is the stored form of incidents.Clock, without the reason for being
// late, which its aggregate seals.
type Clock struct {
	Kind         string      `json:"kind" bson:"kind"`
	StartsAt     time.Time   `json:"starts_at" bson:"starts_at"`
	WithinMillis int64       `json:"within_ms" bson:"within_ms"`
	Thresholds   []Threshold `json:"thresholds" bson:"thresholds"`
	MetAt        time.Time   `json:"met_at" bson:"met_at"`
	EndedAt      time.Time   `json:"ended_at" bson:"ended_at"`
	EndedBecause string      `json:"ended_because" bson:"ended_because"`
	Told         int         `json:"told" bson:"told"`
	Settled      int         `json:"settled" bson:"settled"`
	InScope      *int        `json:"in_scope" bson:"in_scope"`
	History      []Turn      `json:"history" bson:"history"`
	Escalation   Escalation  `json:"escalation" bson:"escalation"`
	Alarms       []Alarm     `json:"alarms" bson:"alarms"`
}

// Threshold is the stored form of incidents.Threshold, field for field.
type Threshold struct {
	Mark    string    `json:"mark" bson:"mark"`
	At      time.Time `json:"at" bson:"at"`
	FiredAt time.Time `json:"fired_at" bson:"fired_at"`
	Missed  bool      `json:"missed" bson:"missed"`
	Alarm   bool      `json:"alarm" bson:"alarm"`
}

// Turn is the stored form of incidents.Turn, field for field.
type Turn struct {
	At   time.Time `json:"at" bson:"at"`
	What string    `json:"what" bson:"what"`
}

func fromClock(c incidents.Clock) Clock {
	return Clock{
		Kind: string(c.Kind), StartsAt: cut(c.StartsAt), WithinMillis: c.Within.Milliseconds(),
		Thresholds: list(c.Thresholds, fromThreshold), MetAt: cut(c.MetAt), EndedAt: cut(c.EndedAt), EndedBecause: c.EndedBecause,
		Told: c.Told, Settled: c.Settled, InScope: c.InScope, History: list(c.History, fromTurn),
		Escalation: fromEscalation(c.Escalation), Alarms: list(c.Alarms, fromAlarm),
	}
}

func (r Clock) toClock(lateReason string) incidents.Clock {
	return incidents.Clock{
		Kind: incidents.ClockKind(r.Kind), StartsAt: cut(r.StartsAt), Within: time.Duration(r.WithinMillis) * time.Millisecond,
		Thresholds: list(r.Thresholds, Threshold.toThreshold), MetAt: cut(r.MetAt), EndedAt: cut(r.EndedAt), EndedBecause: r.EndedBecause,
		Told: r.Told, Settled: r.Settled, InScope: r.InScope, LateReason: lateReason, History: list(r.History, Turn.toTurn),
		Escalation: r.Escalation.toEscalation(), Alarms: list(r.Alarms, Alarm.toAlarm),
	}
}

func fromThreshold(t incidents.Threshold) Threshold {
	r := Threshold(t)
	r.At, r.FiredAt = cut(t.At), cut(t.FiredAt)
	return r
}

func (r Threshold) toThreshold() incidents.Threshold {
	t := incidents.Threshold(r)
	t.At, t.FiredAt = cut(r.At), cut(r.FiredAt)
	return t
}

func fromTurn(t incidents.Turn) Turn { return Turn{At: cut(t.At), What: t.What} }

func (r Turn) toTurn() incidents.Turn { return incidents.Turn{At: cut(r.At), What: r.What} }
