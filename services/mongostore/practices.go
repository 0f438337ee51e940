package mongostore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

func practices() guarded[registry.Practice, record.Practice] {
	return guarded[registry.Practice, record.Practice]{
		kind: kind[registry.Practice, record.Practice]{collection: record.Practices, record: record.FromPractice, value: record.Practice.ToPractice,
			key: func(r record.Practice) string { return string(r.ID) }, aside: func(r record.Practice) aside { return waitingAside(r.Outbox) }},
		version: func(v *registry.Practice) *int64 { return &v.Version },
		guard:   marked[record.Practice],
	}
}

// CreatePractice saves a new practice; fault.Duplicate on a known id or public code.
func (s *Store) CreatePractice(ctx context.Context, p registry.Practice) error {
	p.Version = 1
	return create(ctx, s, practices().kind, "create practice", p)
}

// Practice reads a practice.
func (s *Store) Practice(ctx context.Context, id tenant.ID) (registry.Practice, error) {
	return read(ctx, s, practices().kind, "read practice", where("_id", id))
}

// PracticeByCode reads the practice with this public code.
func (s *Store) PracticeByCode(ctx context.Context, publicCode string) (registry.Practice, error) {
	return read(ctx, s, practices().kind, "read practice by code", where("public_code", publicCode))
}

// UpdatePractice changes a practice under its version.
func (s *Store) UpdatePractice(ctx context.Context, id tenant.ID, change func(*registry.Practice) error) (registry.Practice, error) {
	return update(ctx, s, practices(), "update practice", where("_id", id), change)
}

// Practices lists practices by id.
func (s *Store) Practices(ctx context.Context, after string, limit int) ([]registry.Practice, error) {
	q := query{filter: where("_id", beyond(after)), order: where("_id", 1), limit: limit}
	return list(ctx, s, practices().kind, "list practices", q)
}

// PracticesUsing lists ids of practices with a processor that has not ended and is
// the one of this id, or engages it.
func (s *Store) PracticesUsing(ctx context.Context, processor string, after tenant.ID, limit int) ([]tenant.ID, error) {
	const step = "list practices using a processor"
	own, err := s.practicesWith(ctx, "id", processor, after, limit)
	if err != nil {
		return nil, failed(step, err)
	}
	below, err := s.practicesWith(ctx, "sub_processors", processor, after, limit)
	if err != nil {
		return nil, failed(step, err)
	}
	ids := slices.Concat(own, below)
	slices.Sort(ids)
	ids = slices.Compact(ids)
	return ids[:min(len(ids), limit)], nil
}

// practicesWith lists the practices of processors in use whose field says so. One
// may come twice, when two of its processors do.
func (s *Store) practicesWith(ctx context.Context, field, processor string, after tenant.ID, limit int) ([]tenant.ID, error) {
	var ids []tenant.ID
	for {
		docs, err := find[record.Processor](ctx, s.in(record.Processors), query{
			filter: where(field, processor, "ended", false, "practice_id", beyond(string(after))),
			order:  where("practice_id", 1), fields: where("practice_id", 1), limit: limit,
		})
		if err != nil {
			return nil, err
		}
		for _, d := range docs {
			ids, after = append(ids, d.PracticeID), d.PracticeID
		}
		if ids = slices.Compact(ids); len(ids) >= limit || len(docs) < limit {
			return ids, nil
		}
	}
}

// counter is a practice's series and the last number given of it.
type counter struct {
	Key      string    `bson:"_id"`
	Practice tenant.ID `bson:"practice_id"`
	N        int64     `bson:"n"`
}

// NextNumber counts up a practice's series from 1; gaps may occur.
func (s *Store) NextNumber(ctx context.Context, practice tenant.ID, series string) (int64, error) {
	const step = "next number"
	first := counter{Key: keyOf(practice, series), Practice: practice, N: 1}
	for range tries {
		var last counter
		err := s.in(record.Counters).FindOneAndUpdate(ctx, owned(practice, series), where("$inc", where("n", int64(1)))).Decode(&last)
		if err == nil {
			return last.N + 1, nil // before this call
		}
		if !isNone(err) {
			return 0, failed(step, err)
		}
		if _, err = s.in(record.Counters).InsertOne(ctx, first); !isDuplicate(err) {
			return 1, failed(step, err)
		}
	}
	return 0, fmt.Errorf("%s: %w", step, fault.Conflict)
}

// upsert writes fields of the document that the filter finds, or makes it. Of two
// that make it at once the second writes over the first.
func upsert(ctx context.Context, c *mongo.Collection, filter, set bson.D) error {
	write := func() error {
		_, err := c.UpdateOne(ctx, filter, where("$set", set), options.UpdateOne().SetUpsert(true))
		return err
	}
	err := write()
	if isDuplicate(err) {
		err = write()
	}
	return err
}

// isNone reports that a search found nothing.
func isNone(err error) bool { return errors.Is(err, mongo.ErrNoDocuments) }
