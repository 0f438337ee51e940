package record

import (
	"context"
	"fmt"
	"time"

	"datalek/incidents"
	"datalek/incidents/tenant"
)

// Return is the stored form of incidents.Return.
type Return struct {
	Schema     int        `json:"schema" bson:"schema"`
	ID         string     `json:"id" bson:"id"`
	PracticeID tenant.ID  `json:"practice_id" bson:"practice_id"` // "" for the host's
	Source     string     `json:"source" bson:"source"`
	State      string     `json:"state" bson:"state"`
	ReceivedAt time.Time  `json:"received_at" bson:"received_at"`
	SettledAt  *time.Time `json:"settled_at" bson:"settled_at"` // nil while it waits
	RawHash    string     `json:"raw_hash" bson:"raw_hash"`
	Kind       string     `json:"kind" bson:"kind"`
	Status     string     `json:"status" bson:"status"`
	// ToPractice and ToDelivery name the delivery it was matched to.
	ToPractice tenant.ID `json:"to_practice" bson:"to_practice"`
	ToDelivery string    `json:"to_delivery" bson:"to_delivery"`
	Sealed     []byte    `json:"sealed" bson:"sealed"` // the message as it came; nil once matched
}

// FromReturn returns the record of v.
func FromReturn(ctx context.Context, s Sealer, v incidents.Return) (Return, error) {
	r := Return{
		Schema: Schema, ID: v.ID, PracticeID: v.PracticeID, Source: v.Source, State: string(v.State), ReceivedAt: cut(v.ReceivedAt),
		SettledAt: instant(v.SettledAt, true), RawHash: v.RawHash, Kind: string(v.Kind), Status: v.Status,
		ToPractice: v.Delivery.PracticeID, ToDelivery: v.Delivery.ID,
	}
	if v.Raw == nil {
		return r, nil
	}
	var err error
	if r.Sealed, err = s.Seal(ctx, v.PracticeID, Returns, sealedField, v.ID, v.Raw); err != nil {
		return Return{}, fmt.Errorf("seal %s: %w", Returns, err)
	}
	return r, nil
}

// ToReturn returns the returned message that the record keeps.
func (r Return) ToReturn(ctx context.Context, s Sealer) (incidents.Return, error) {
	if err := checkSchema(Returns, r.Schema); err != nil {
		return incidents.Return{}, err
	}
	v := incidents.Return{
		ID: r.ID, PracticeID: r.PracticeID, Source: r.Source, State: incidents.ReturnState(r.State), ReceivedAt: cut(r.ReceivedAt),
		RawHash: r.RawHash, Kind: incidents.ReturnKind(r.Kind), Status: r.Status,
		Delivery: incidents.Key{PracticeID: r.ToPractice, ID: r.ToDelivery},
	}
	if r.SettledAt != nil {
		v.SettledAt = cut(*r.SettledAt)
	}
	if len(r.Sealed) == 0 {
		return v, nil
	}
	var err error
	if v.Raw, err = s.Open(ctx, r.PracticeID, Returns, sealedField, r.ID, r.Sealed); err != nil {
		return incidents.Return{}, fmt.Errorf("open %s: %w", Returns, err)
	}
	return v, nil
}

// returned is the stored form of incidents.Returned; it lies sealed inside its
// delivery.
type returned struct {
	Hash    string                `json:"hash"`
	At      time.Time             `json:"at"`
	Kind    incidents.ReturnKind  `json:"kind"`
	Final   bool                  `json:"final"`
	Status  string                `json:"status"`
	Code    int                   `json:"code"`
	Text    string                `json:"text"`
	Matched incidents.ReturnMatch `json:"matched"`
	Effect  string                `json:"effect"`
}

func fromReturned(v incidents.Returned) returned {
	r := returned(v)
	r.At = cut(v.At)
	return r
}

func (r returned) toReturned() incidents.Returned { return incidents.Returned(r) }
