package mongostore

import (
	"context"

	"datalek/incidents/fault"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

// keyDoc is a practice's wrapped keys; the host's lie under practice "".
type keyDoc struct {
	Practice tenant.ID `bson:"_id"`
	Wrapped  []byte    `bson:"wrapped"`
}

// LoadKeys returns a practice's wrapped keys ("" the host's), fault.NotFound when
// there are none.
func (s *Store) LoadKeys(ctx context.Context, practice tenant.ID) ([]byte, error) {
	d, err := findOne[keyDoc](ctx, s.in(record.Keys), where("_id", practice))
	return d.Wrapped, failed("load keys", err)
}

// SaveKeys stores a practice's wrapped keys once: fault.Duplicate when there are
// some already.
func (s *Store) SaveKeys(ctx context.Context, practice tenant.ID, wrapped []byte) error {
	_, err := s.in(record.Keys).InsertOne(ctx, keyDoc{Practice: practice, Wrapped: wrapped})
	return failed("save keys", err)
}

// ReplaceKeys writes over sets that are still as they were read, one after the
// other up to the first that is not, which is fault.Conflict.
func (s *Store) ReplaceKeys(ctx context.Context, sets []record.KeyChange) error {
	for _, c := range sets {
		result, err := s.in(record.Keys).UpdateOne(ctx, where("_id", c.Practice, "wrapped", c.Old), where("$set", where("wrapped", c.New)))
		if err == nil && result.MatchedCount == 0 {
			err = fault.Conflict
		}
		if err != nil {
			return failed("replace keys", err)
		}
	}
	return nil
}

// KeySets lists the practices' sets, without the host's, after the one given.
func (s *Store) KeySets(ctx context.Context, after string, limit int) ([]record.KeySet, error) {
	docs, err := find[keyDoc](ctx, s.in(record.Keys), query{filter: where("_id", beyond(after)), order: where("_id", 1), limit: limit})
	sets := make([]record.KeySet, len(docs))
	for i, d := range docs {
		sets[i] = record.KeySet(d)
	}
	return sets, failed("list keys", err)
}
