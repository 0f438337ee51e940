package sqlitestore

import (
	"context"
	"database/sql"
	"errors"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

// SaveReturn stores mail that came back; the same message at the same place
// stores nothing and returns the first one's id and false.
func (s *Store) SaveReturn(ctx context.Context, v incidents.Return) (id string, fresh bool, err error) {
	const step = "save return"
	r, raw, err := sealed(ctx, s, record.FromReturn, v)
	if err != nil {
		return "", false, failed(step, err)
	}
	err = s.write(ctx, step, func(t *tx) error {
		err := t.one(`SELECT id FROM returns WHERE practice_id = ? AND raw_hash = ?`, []any{r.PracticeID, r.RawHash}, &id)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		id, fresh = r.ID, true
		return t.exec(`INSERT INTO returns (id, practice_id, raw_hash, state, received_at, settled_at, doc) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			r.ID, r.PracticeID, r.RawHash, r.State, millis(r.ReceivedAt), millisOrNull(r.SettledAt), raw)
	})
	if err != nil {
		return "", false, err
	}
	return id, fresh, nil
}

// Return reads a returned message, fault.NotFound for an unknown id.
func (s *Store) Return(ctx context.Context, id string) (incidents.Return, error) {
	r, err := first(ctx, s, `SELECT doc FROM returns WHERE id = ?`, []any{id}, doc[record.Return])
	return single(ctx, s, "read return", r, err, record.Return.ToReturn)
}

// SettleReturn writes a returned message over what is stored of it.
func (s *Store) SettleReturn(ctx context.Context, v incidents.Return) error {
	const step = "settle return"
	r, raw, err := sealed(ctx, s, record.FromReturn, v)
	if err != nil {
		return failed(step, err)
	}
	return s.write(ctx, step, func(t *tx) error {
		n, err := t.change(`UPDATE returns SET state = ?, settled_at = ?, doc = ? WHERE id = ? AND practice_id = ? AND raw_hash = ?`,
			r.State, millisOrNull(r.SettledAt), raw, r.ID, r.PracticeID, r.RawHash)
		if err == nil && n == 0 {
			err = fault.NotFound
		}
		return err
	})
}

// WaitingReturns lists the ids of those not settled, oldest first.
func (s *Store) WaitingReturns(ctx context.Context, limit int) ([]string, error) {
	ids, err := many(ctx, s, `SELECT id FROM returns WHERE settled_at IS NULL ORDER BY received_at, id LIMIT ?`, []any{atMost(limit)}, text)
	return ids, failed("list waiting returns", err)
}

// UnmatchedReturns lists those of a practice that led to no mail, newest first.
func (s *Store) UnmatchedReturns(ctx context.Context, practice tenant.ID, limit int) ([]incidents.Return, error) {
	r, err := many(ctx, s, `SELECT doc FROM returns WHERE practice_id = ? AND state = ? ORDER BY received_at DESC, id DESC LIMIT ?`,
		[]any{practice, string(incidents.ReturnUnmatched), atMost(limit)}, doc[record.Return])
	return list(ctx, s, "list unmatched returns", r, err, record.Return.ToReturn)
}

// CountUnmatchedReturns counts those of a practice that led to no mail.
func (s *Store) CountUnmatchedReturns(ctx context.Context, practice tenant.ID) (int64, error) {
	var n int64
	err := s.one(ctx, `SELECT count(*) FROM returns WHERE practice_id = ? AND state = ?`, []any{practice, string(incidents.ReturnUnmatched)}, &n)
	return n, failed("count unmatched returns", err)
}

// DeliveriesNamed lists, over all practices, the deliveries with an id; there is
// at most one unless somebody made them alike.
func (s *Store) DeliveriesNamed(ctx context.Context, id string, limit int) ([]incidents.Key, error) {
	keys, err := many(ctx, s, `SELECT practice_id, id FROM deliveries WHERE id = ? ORDER BY practice_id LIMIT ?`, []any{id, atMost(limit)},
		func(row scanner) (k incidents.Key, err error) {
			err = row.Scan(&k.PracticeID, &k.ID)
			return k, err
		})
	return keys, failed("find delivery", err)
}
