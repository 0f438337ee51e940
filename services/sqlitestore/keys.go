package sqlitestore

import (
	"context"

	"datalek/incidents/fault"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

const (
	selectKeys  = `SELECT wrapped FROM keys WHERE practice_id = ?`
	insertKeys  = `INSERT INTO keys (practice_id, wrapped) VALUES (?, ?)`
	replaceKeys = `UPDATE keys SET wrapped = ? WHERE practice_id = ? AND wrapped = ?`
	listKeys    = `SELECT practice_id, wrapped FROM keys WHERE practice_id > ? ORDER BY practice_id LIMIT ?`
)

// LoadKeys returns a practice's wrapped keys ("" the host's), fault.NotFound when
// there are none.
func (s *Store) LoadKeys(ctx context.Context, practice tenant.ID) ([]byte, error) {
	var wrapped []byte
	err := s.one(ctx, selectKeys, []any{practice}, &wrapped)
	return wrapped, failed("load keys", err)
}

// SaveKeys stores a practice's wrapped keys once: fault.Duplicate when there are
// some already.
func (s *Store) SaveKeys(ctx context.Context, practice tenant.ID, wrapped []byte) error {
	return s.write(ctx, "save keys", func(t *tx) error { return t.exec(insertKeys, practice, wrapped) })
}

// ReplaceKeys writes over sets that are still as they were read, all or, with
// fault.Conflict, none.
func (s *Store) ReplaceKeys(ctx context.Context, sets []record.KeyChange) error {
	return s.write(ctx, "replace keys", func(t *tx) error {
		for _, c := range sets {
			n, err := t.change(replaceKeys, c.New, c.Practice, c.Old)
			if err == nil && n == 0 {
				err = fault.Conflict
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// KeySets lists the practices' sets, without the host's, after the one given.
func (s *Store) KeySets(ctx context.Context, after string, limit int) ([]record.KeySet, error) {
	found, err := many(ctx, s, listKeys, []any{after, atMost(limit)}, keySet)
	return found, failed("list keys", err)
}

func keySet(row scanner) (k record.KeySet, err error) {
	err = row.Scan(&k.Practice, &k.Wrapped)
	return k, err
}
