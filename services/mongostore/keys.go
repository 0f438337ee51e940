package mongostore

import (
	"context"

	"datalek/services/record"
)

// keyDoc is a practice's wrapped keys; the host's lie under practice "".
type keyDoc struct {
	Practice string `bson:"_id"`
	Wrapped  []byte `bson:"wrapped"`
}

// LoadKeys returns a practice's wrapped keys ("" the host's), fault.NotFound when
// there are none.
func (s *Store) LoadKeys(ctx context.Context, practice string) ([]byte, error) {
	d, err := findOne[keyDoc](ctx, s.in(record.Keys), where("_id", practice))
	return d.Wrapped, failed("load keys", err)
}

// SaveKeys stores a practice's wrapped keys once: fault.Duplicate when there are
// some already.
func (s *Store) SaveKeys(ctx context.Context, practice string, wrapped []byte) error {
	_, err := s.in(record.Keys).InsertOne(ctx, keyDoc{Practice: practice, Wrapped: wrapped})
	return failed("save keys", err)
}
