package record

import (
	"context"
	"time"

	"datalek/incidents"
	"datalek/incidents/tenant"
)

// Stuck is the stored form of incidents.Stuck.
type Stuck struct {
	Schema     int       `json:"schema" bson:"schema"`
	ID         string    `json:"id" bson:"id"`
	PracticeID tenant.ID `json:"practice_id" bson:"practice_id"` // "" for the host's
	IncidentID string    `json:"incident_id" bson:"incident_id"`
	Queue      string    `json:"queue" bson:"queue"`
	Cause      string    `json:"cause" bson:"cause"`
	At         time.Time `json:"at" bson:"at"`
	Attempts   int       `json:"attempts" bson:"attempts"`
	AgainAt    time.Time `json:"again_at" bson:"again_at"`
	Sealed     []byte    `json:"sealed" bson:"sealed"` // the message and the error
}

type stuckSecret struct {
	Job    []byte `json:"job"`
	Detail string `json:"detail"`
}

// FromStuck returns the record of v.
func FromStuck(ctx context.Context, s Sealer, v incidents.Stuck) (Stuck, error) {
	sealed, err := seal(ctx, s, v.PracticeID, StuckWork, v.ID, stuckSecret{Job: v.Job, Detail: v.Detail})
	return Stuck{
		Schema: Schema, ID: v.ID, PracticeID: v.PracticeID, IncidentID: v.IncidentID, Queue: v.Queue, Cause: string(v.Cause),
		At: cut(v.At), Attempts: v.Attempts, AgainAt: cut(v.AgainAt), Sealed: sealed,
	}, err
}

// ToStuck returns the stuck work that the record keeps.
func (r Stuck) ToStuck(ctx context.Context, s Sealer) (incidents.Stuck, error) {
	var secret stuckSecret
	if err := checkSchema(StuckWork, r.Schema); err != nil {
		return incidents.Stuck{}, err
	}
	if err := unseal(ctx, s, r.PracticeID, StuckWork, r.ID, r.Sealed, &secret); err != nil {
		return incidents.Stuck{}, err
	}
	return incidents.Stuck{
		ID: r.ID, PracticeID: r.PracticeID, IncidentID: r.IncidentID, Queue: r.Queue, Job: secret.Job, Cause: incidents.StuckCause(r.Cause),
		Detail: secret.Detail, At: cut(r.At), Attempts: r.Attempts, AgainAt: cut(r.AgainAt),
	}, nil
}
