package record

import (
	"context"
	"time"

	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// Feeds is the collection of the feeds that are read.
const Feeds = "feeds"

// Feed is the stored form of registry.Feed. All but what finds it lies sealed.
type Feed struct {
	Schema     int       `json:"schema" bson:"schema"`
	ID         string    `json:"id" bson:"id"`
	PracticeID tenant.ID `json:"practice_id" bson:"practice_id"`
	Version    int64     `json:"version" bson:"version"`
	NextAt     time.Time `json:"next_at" bson:"next_at"`
	Sealed     []byte    `json:"sealed" bson:"sealed"`
	Noted      `bson:",inline"`
}

// FromFeed returns the record of v.
func FromFeed(ctx context.Context, s Sealer, v registry.Feed) (Feed, error) {
	v.ChangedAt, v.Mark, v.NextAt, v.ReadAt, v.FailingSince, v.TurnUntil = cut(v.ChangedAt), cut(v.Mark), cut(v.NextAt), cut(v.ReadAt), cut(v.FailingSince), cut(v.TurnUntil)
	v.EndedAt = cut(v.EndedAt)
	sealed, err := seal(ctx, s, v.PracticeID, Feeds, v.ID, v)
	if err != nil {
		return Feed{}, err
	}
	notes, err := noted(ctx, s, v.PracticeID, v.Notes)
	return Feed{Schema: Schema, ID: v.ID, PracticeID: v.PracticeID, Version: v.Version, NextAt: v.NextAt, Sealed: sealed, Noted: notes}, err
}

// ToFeed returns the feed that the record keeps.
func (r Feed) ToFeed(ctx context.Context, s Sealer) (registry.Feed, error) {
	var v registry.Feed
	if err := checkSchema(Feeds, r.Schema); err != nil {
		return v, err
	}
	if err := unseal(ctx, s, r.PracticeID, Feeds, r.ID, r.Sealed, &v); err != nil {
		return registry.Feed{}, err
	}
	v.ID, v.PracticeID, v.Version, v.NextAt = r.ID, r.PracticeID, r.Version, cut(r.NextAt)
	return v, nil
}
