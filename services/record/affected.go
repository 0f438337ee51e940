package record

import (
	"context"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// Affected is the stored form of incidents.Affected.
type Affected struct {
	Schema     int       `json:"schema" bson:"schema"`
	ID         string    `json:"id" bson:"id"`
	PracticeID tenant.ID `json:"practice_id" bson:"practice_id"`
	IncidentID string    `json:"incident_id" bson:"incident_id"`
	Version    int64     `json:"version" bson:"version"` // of the assessment
	ClientID   string    `json:"client_id" bson:"client_id"`
	Group      string    `json:"group" bson:"group"`
	InScope    bool      `json:"in_scope" bson:"in_scope"`
	Certainty  string    `json:"certainty" bson:"certainty"`
	Reasons    []Reason  `json:"reasons" bson:"reasons"`
	Readers    []string  `json:"readers" bson:"readers"`
	Sealed     []byte    `json:"sealed" bson:"sealed"` // email of one who is no client, nil for none
}

// Reason is the stored form of incidents.Reason; Day is "2027-03-08", "" for none.
type Reason struct {
	Code   string     `json:"code" bson:"code"`
	System string     `json:"system" bson:"system"`
	At     *time.Time `json:"at" bson:"at"`
	Day    string     `json:"day" bson:"day"`
	// Relation is absent from what was stored before rules were named.
	Relation string `json:"relation,omitempty" bson:"relation,omitempty"`
}

type emailSecret struct {
	Email string `json:"email"`
}

// FromAffected returns the record of a.
func FromAffected(ctx context.Context, s Sealer, a incidents.Affected) (Affected, error) {
	r := Affected{
		Schema: Schema, ID: a.ID, PracticeID: a.PracticeID, IncidentID: a.IncidentID, Version: a.Version, ClientID: a.ClientID,
		Group: string(a.Group), InScope: a.InScope, Certainty: string(a.Certainty), Reasons: list(a.Reasons, fromReason),
		Readers: copyOf(a.Readers),
	}
	if a.Email == "" {
		return r, nil
	}
	var err error
	r.Sealed, err = seal(ctx, s, a.PracticeID, AffectedPersons, r.place(), emailSecret{Email: a.Email})
	return r, err
}

// ToAffected returns the finding that the record keeps.
func (r Affected) ToAffected(ctx context.Context, s Sealer) (incidents.Affected, error) {
	if err := checkSchema(AffectedPersons, r.Schema); err != nil {
		return incidents.Affected{}, err
	}
	reasons, err := listOrErr(r.Reasons, Reason.toReason)
	if err != nil {
		return incidents.Affected{}, err
	}
	a := incidents.Affected{
		ID: r.ID, PracticeID: r.PracticeID, IncidentID: r.IncidentID, Version: r.Version, ClientID: r.ClientID,
		Group: incidents.Group(r.Group), InScope: r.InScope, Certainty: incidents.Certainty(r.Certainty), Reasons: reasons,
		Readers: r.Readers,
	}
	if r.Sealed == nil {
		return a, nil
	}
	var secret emailSecret
	err = unseal(ctx, s, r.PracticeID, AffectedPersons, r.place(), r.Sealed, &secret)
	a.Email = secret.Email
	return a, err
}

// place is what the sealed part is bound to: the person in this incident.
func (r Affected) place() string { return r.IncidentID + "/" + r.ID }

func fromReason(v incidents.Reason) Reason {
	return Reason{Code: string(v.Code), System: v.System, At: cutOrNil(v.At), Day: v.Day.String(), Relation: string(v.Relation)}
}

func (r Reason) toReason() (incidents.Reason, error) {
	day, err := toDate(r.Day)
	return incidents.Reason{Code: incidents.ReasonCode(r.Code), System: r.System, At: cutOrNil(r.At), Day: day, Relation: registry.Relation(r.Relation)}, err
}
