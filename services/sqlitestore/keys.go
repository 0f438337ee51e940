package sqlitestore

import (
	"context"
)

// LoadKeys returns a practice's wrapped keys ("" the host's), fault.NotFound when
// there are none.
func (s *Store) LoadKeys(ctx context.Context, practice string) ([]byte, error) {
	var wrapped []byte
	err := s.one(ctx, `SELECT wrapped FROM keys WHERE practice_id = ?`, []any{practice}, &wrapped)
	return wrapped, failed("load keys", err)
}

// SaveKeys stores a practice's wrapped keys once: fault.Duplicate when there are
// some already.
func (s *Store) SaveKeys(ctx context.Context, practice string, wrapped []byte) error {
	return s.write(ctx, "save keys", func(t *tx) error {
		return t.exec(`INSERT INTO keys (practice_id, wrapped) VALUES (?, ?)`, practice, wrapped)
	})
}
