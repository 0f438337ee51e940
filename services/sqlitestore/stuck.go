package sqlitestore

import (
	"context"

	"datalek/incidents"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

// PutStuck stores work that no worker could do, over what stands under its id.
func (s *Store) PutStuck(ctx context.Context, v incidents.Stuck) error {
	const step = "put stuck work"
	r, raw, err := sealed(ctx, s, record.FromStuck, v)
	if err != nil {
		return failed(step, err)
	}
	return s.write(ctx, step, func(t *tx) error {
		return t.exec(`INSERT INTO stuck (practice_id, id, doc) VALUES (?, ?, ?) ON CONFLICT (practice_id, id) DO UPDATE SET doc = excluded.doc`,
			r.PracticeID, r.ID, raw)
	})
}

// Stuck returns stuck work, fault.NotFound for an unknown id.
func (s *Store) Stuck(ctx context.Context, practice tenant.ID, id string) (incidents.Stuck, error) {
	r, err := first(ctx, s, `SELECT doc FROM stuck WHERE practice_id = ? AND id = ?`, []any{practice, id}, doc[record.Stuck])
	return single(ctx, s, "read stuck work", r, err, record.Stuck.ToStuck)
}

// StuckOf lists a practice's, "" the host's, by id.
func (s *Store) StuckOf(ctx context.Context, practice tenant.ID, after string, limit int) ([]incidents.Stuck, error) {
	r, err := many(ctx, s, `SELECT doc FROM stuck WHERE practice_id = ? AND id > ? ORDER BY id LIMIT ?`, []any{practice, after, atMost(limit)}, doc[record.Stuck])
	return list(ctx, s, "list stuck work", r, err, record.Stuck.ToStuck)
}

// CountStuck counts a practice's, "" the host's.
func (s *Store) CountStuck(ctx context.Context, practice tenant.ID) (int64, error) {
	var n int64
	err := s.one(ctx, `SELECT count(*) FROM stuck WHERE practice_id = ?`, []any{practice}, &n)
	return n, failed("count stuck work", err)
}

// AllStuck lists it over all practices, by key.
func (s *Store) AllStuck(ctx context.Context, after incidents.Key, limit int) ([]incidents.Stuck, error) {
	r, err := many(ctx, s, `SELECT doc FROM stuck WHERE (practice_id, id) > (?, ?) ORDER BY practice_id, id LIMIT ?`,
		[]any{after.PracticeID, after.ID, atMost(limit)}, doc[record.Stuck])
	return list(ctx, s, "list all stuck work", r, err, record.Stuck.ToStuck)
}

// DropStuck removes what was done; what is not there is no error.
func (s *Store) DropStuck(ctx context.Context, practice tenant.ID, id string) error {
	return s.write(ctx, "drop stuck work", func(t *tx) error {
		return t.exec(`DELETE FROM stuck WHERE practice_id = ? AND id = ?`, practice, id)
	})
}
