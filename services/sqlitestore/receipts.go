package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/services/record"
)

// SaveReceipt stores a processor's message; a replay stores nothing and returns
// the first one's id and false.
func (s *Store) SaveReceipt(ctx context.Context, v incidents.Receipt) (id string, fresh bool, err error) {
	const step = "save receipt"
	r, raw, err := sealed(ctx, s, record.FromReceipt, v)
	if err != nil {
		return "", false, failed(step, err)
	}
	err = s.write(ctx, step, func(t *tx) error {
		err := t.one(`SELECT id FROM receipts WHERE dedupe_key = ?`, []any{r.DedupeKey}, &id)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		id, fresh = r.ID, true
		return t.exec(`INSERT INTO receipts (id, dedupe_key, received_at, reached, done_at, doc) VALUES (?, ?, ?, ?, ?, ?)`,
			r.ID, r.DedupeKey, millis(r.ReceivedAt), r.Reached, millisOrNull(&r.DoneAt), raw)
	})
	if err != nil {
		return "", false, err
	}
	return id, fresh, nil
}

// Receipt returns a receipt, fault.NotFound for an unknown id.
func (s *Store) Receipt(ctx context.Context, id string) (incidents.Receipt, error) {
	r, err := first(ctx, s, `SELECT doc, reached, done_at FROM receipts WHERE id = ?`, []any{id}, receipt)
	return single(ctx, s, "read receipt", r, err, record.Receipt.ToReceipt)
}

// receipt reads a row whose columns tell how far it has come.
func receipt(row scanner) (record.Receipt, error) {
	var r record.Receipt
	var raw, reached string
	var done *int64
	if err := row.Scan(&raw, &reached, &done); err != nil {
		return r, err
	}
	if err := parse(raw, &r); err != nil {
		return r, err
	}
	r.Reached, r.Done, r.DoneAt = reached, done != nil, time.Time{}
	if done != nil {
		r.DoneAt = time.UnixMilli(*done).UTC()
	}
	return r, nil
}

// AdvanceReceipt records how far fanning out has come; doneAt ends it.
func (s *Store) AdvanceReceipt(ctx context.Context, id, reached string, doneAt time.Time) error {
	return s.write(ctx, "advance receipt", func(t *tx) error {
		n, err := t.change(`UPDATE receipts SET reached = ?, done_at = ? WHERE id = ?`, reached, millisOrNull(&doneAt), id)
		if err == nil && n == 0 {
			err = fault.NotFound
		}
		return err
	})
}

// PendingReceipts lists ids not fanned out, received before the instant, oldest
// first.
func (s *Store) PendingReceipts(ctx context.Context, before time.Time, limit int) ([]string, error) {
	ids, err := many(ctx, s, `SELECT id FROM receipts WHERE done_at IS NULL AND received_at < ? ORDER BY received_at, id LIMIT ?`,
		[]any{millis(before), atMost(limit)}, text)
	return ids, failed("list pending receipts", err)
}
