package record

import (
	"time"

	"datalek/incidents"
)

// preliminary is the stored form of incidents.Preliminary, within the sealed part
// of its case: people wrote why they stopped it. Lengths are nanoseconds.
type preliminary struct {
	Lead          time.Duration `json:"lead"`
	Update        time.Duration `json:"update"`
	StoppedAt     time.Time     `json:"stopped_at"`
	StoppedBy     Actor         `json:"stopped_by"`
	StoppedReason string        `json:"stopped_reason"`
	ResumedAt     time.Time     `json:"resumed_at"`
	DecidedAt     time.Time     `json:"decided_at"`
	FiredAt       time.Time     `json:"fired_at"`
	LookAt        time.Time     `json:"look_at"`
	UpdateBy      time.Time     `json:"update_by"`
	BlockedAt     time.Time     `json:"blocked_at"`
	SentAt        time.Time     `json:"sent_at"`
}

func fromPreliminary(v incidents.Preliminary) preliminary {
	return preliminary{
		Lead: v.Lead, Update: v.Update, StoppedAt: cut(v.StoppedAt), StoppedBy: Actor(v.StoppedBy), StoppedReason: v.StoppedReason,
		ResumedAt: cut(v.ResumedAt), DecidedAt: cut(v.DecidedAt), FiredAt: cut(v.FiredAt), LookAt: cut(v.LookAt),
		UpdateBy: cut(v.UpdateBy), BlockedAt: cut(v.BlockedAt), SentAt: cut(v.SentAt),
	}
}

func (r preliminary) toPreliminary() incidents.Preliminary {
	return incidents.Preliminary{
		Lead: r.Lead, Update: r.Update, StoppedAt: r.StoppedAt, StoppedBy: incidents.Actor(r.StoppedBy), StoppedReason: r.StoppedReason,
		ResumedAt: r.ResumedAt, DecidedAt: r.DecidedAt, FiredAt: r.FiredAt, LookAt: r.LookAt,
		UpdateBy: r.UpdateBy, BlockedAt: r.BlockedAt, SentAt: r.SentAt,
	}
}
