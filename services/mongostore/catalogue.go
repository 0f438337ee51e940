package mongostore

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

func systems() kind[registry.System, record.System] {
	return kind[registry.System, record.System]{collection: record.Systems, record: record.FromSystem, value: record.System.ToSystem,
		key: func(r record.System) string { return keyOf(r.PracticeID, r.ID) }}
}

func processors() kind[registry.Processor, record.Processor] {
	return kind[registry.Processor, record.Processor]{collection: record.Processors, record: record.FromProcessor, value: record.Processor.ToProcessor,
		key: func(r record.Processor) string { return keyOf(r.PracticeID, r.ID) }}
}

// put creates the record or writes over the one with its key, whose version
// rises, and says whether it is new. over is the one version that it replaces,
// 0 for any.
func put[V, R any](ctx context.Context, s *Store, k kind[V, R], step string, filter bson.D, v V, over int64) (bool, error) {
	d, err := k.file(ctx, s, v)
	if err != nil {
		return false, failed(step, err)
	}
	change, err := writing(d, "_id", "version")
	if err != nil {
		return false, failed(step, err)
	}
	if over != 0 {
		filter = append(filter, bson.E{Key: "version", Value: over})
	}
	for range tries {
		result, err := s.in(k.collection).UpdateOne(ctx, filter, append(change, oneHigher()))
		if err != nil || result.MatchedCount > 0 {
			return false, failed(step, err)
		}
		if over != 0 {
			break
		}
		if _, err = s.in(k.collection).InsertOne(ctx, d); !isDuplicate(err) {
			return err == nil, failed(step, err)
		}
	}
	return false, fmt.Errorf("%s: %w", step, fault.Conflict)
}

// PutSystem creates or replaces by id and says whether it is new. A Version
// replaces that version alone. It marks the practice's open cases.
func (s *Store) PutSystem(ctx context.Context, v registry.System) (created bool, err error) {
	over := v.Version
	v.Version = 1
	err = s.following(ctx, record.Systems, v.PracticeID, func(name string) error {
		k := systems()
		k.aside = leaving[record.System](name)
		created, err = put(ctx, s, k, "put system", owned(v.PracticeID, v.ID), v, over)
		return err
	})
	return created, err
}

// System reads a system.
func (s *Store) System(ctx context.Context, practice tenant.ID, id string) (registry.System, error) {
	return read(ctx, s, systems(), "read system", owned(practice, id))
}

// page is the query of a practice's records by id, after the one given.
func page(practice tenant.ID, after string, limit int) query {
	return query{filter: where("practice_id", practice, "id", beyond(after)), order: where("id", 1), limit: limit}
}

// Systems lists a practice's systems by id.
func (s *Store) Systems(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.System, error) {
	return list(ctx, s, systems(), "list systems", page(practice, after, limit))
}

// PutProcessor creates or replaces by id and says whether it is new. A Version
// replaces that version alone.
func (s *Store) PutProcessor(ctx context.Context, v registry.Processor) (bool, error) {
	over := v.Version
	v.Version = 1
	return put(ctx, s, processors(), "put processor", owned(v.PracticeID, v.ID), v, over)
}

// Processor reads a processor.
func (s *Store) Processor(ctx context.Context, practice tenant.ID, id string) (registry.Processor, error) {
	return read(ctx, s, processors(), "read processor", owned(practice, id))
}

// Processors lists a practice's processors by id.
func (s *Store) Processors(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.Processor, error) {
	return list(ctx, s, processors(), "list processors", page(practice, after, limit))
}
