package mongostore

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

func stuck() kind[incidents.Stuck, record.Stuck] {
	return kind[incidents.Stuck, record.Stuck]{collection: record.StuckWork, record: record.FromStuck, value: record.Stuck.ToStuck,
		key: func(r record.Stuck) string { return keyOf(r.PracticeID, r.ID) }}
}

// PutStuck stores work that no worker could do, over what stands under its id.
func (s *Store) PutStuck(ctx context.Context, v incidents.Stuck) error {
	const step = "put stuck work"
	d, err := stuck().file(ctx, s, v)
	if err != nil {
		return failed(step, err)
	}
	change, err := writing(d, "_id", "practice_id", "id")
	if err != nil {
		return failed(step, err)
	}
	for range tries {
		if _, err = s.in(record.StuckWork).InsertOne(ctx, d); !isDuplicate(err) {
			return failed(step, err)
		}
		result, err := s.in(record.StuckWork).UpdateOne(ctx, owned(v.PracticeID, v.ID), change)
		if err != nil || result.MatchedCount == 1 {
			return failed(step, err)
		}
	}
	return fmt.Errorf("%s: %w", step, fault.Conflict) // removed and made anew each time
}

// Stuck returns stuck work, fault.NotFound for an unknown id.
func (s *Store) Stuck(ctx context.Context, practice tenant.ID, id string) (incidents.Stuck, error) {
	return read(ctx, s, stuck(), "read stuck work", owned(practice, id))
}

// StuckOf lists a practice's, "" the host's, by id.
func (s *Store) StuckOf(ctx context.Context, practice tenant.ID, after string, limit int) ([]incidents.Stuck, error) {
	return list(ctx, s, stuck(), "list stuck work", query{filter: where("practice_id", practice, "id", beyond(after)), order: where("id", 1), limit: limit})
}

// CountStuck counts a practice's, "" the host's.
func (s *Store) CountStuck(ctx context.Context, practice tenant.ID) (int64, error) {
	n, err := s.in(record.StuckWork).CountDocuments(ctx, where("practice_id", practice))
	return n, failed("count stuck work", err)
}

// AllStuck lists it over all practices, by key.
func (s *Store) AllStuck(ctx context.Context, after incidents.Key, limit int) ([]incidents.Stuck, error) {
	filter := bson.D{{Key: "$or", Value: bson.A{
		where("practice_id", beyond(string(after.PracticeID))),
		where("practice_id", after.PracticeID, "id", beyond(after.ID)),
	}}}
	return list(ctx, s, stuck(), "list all stuck work", query{filter: filter, order: where("practice_id", 1, "id", 1), limit: limit})
}

// DropStuck removes what was done; what is not there is no error.
func (s *Store) DropStuck(ctx context.Context, practice tenant.ID, id string) error {
	_, err := s.in(record.StuckWork).DeleteOne(ctx, owned(practice, id))
	return failed("drop stuck work", err)
}
