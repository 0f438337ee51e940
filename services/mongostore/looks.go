package mongostore

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"datalek/incidents/access"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

func looks() kind[access.Look, record.Look] {
	return kind[access.Look, record.Look]{collection: record.Looks,
		record: func(_ context.Context, _ record.Sealer, l access.Look) (record.Look, error) {
			return record.FromLook(l), nil
		},
		value: func(r record.Look, _ context.Context, _ record.Sealer) (access.Look, error) { return r.ToLook() },
		key:   func(r record.Look) string { return keyOf(r.PracticeID, r.ID) }}
}

// AddLook keeps a look; one that is known is left as it is.
func (s *Store) AddLook(ctx context.Context, l access.Look) error {
	const step = "keep look"
	d, err := looks().file(ctx, s, l)
	if err != nil {
		return failed(step, err)
	}
	if _, err = s.in(record.Looks).InsertOne(ctx, d); isDuplicate(err) {
		return nil
	}
	return failed(step, err)
}

// Looks lists a practice's looks, newest first.
func (s *Store) Looks(ctx context.Context, practice tenant.ID, after string, limit int) ([]access.Look, error) {
	return list(ctx, s, looks(), "list looks", query{filter: afterLook(where("practice_id", practice), after), order: where("id", -1), limit: limit})
}

// LooksAt lists looks at one person's own data, newest first.
func (s *Store) LooksAt(ctx context.Context, practice tenant.ID, client, after string, limit int) ([]access.Look, error) {
	return list(ctx, s, looks(), "list looks at a person",
		query{filter: afterLook(where("practice_id", practice, "client", client), after), order: where("id", -1), limit: limit})
}

func afterLook(filter bson.D, after string) bson.D {
	if after == "" {
		return filter
	}
	return append(filter, bson.E{Key: "id", Value: where("$lt", after)})
}
