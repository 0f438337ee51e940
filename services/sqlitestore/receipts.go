package sqlitestore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/tenant"
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
		return t.exec(`INSERT INTO receipts (id, dedupe_key, received_at, reached, done_at, practice_id, status_hash, case_hash, doc) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			r.ID, r.DedupeKey, millis(r.ReceivedAt), r.Reached, millisOrNull(&r.DoneAt), r.PracticeID, r.StatusHash, r.CaseHash, raw)
	})
	if err != nil {
		return "", false, err
	}
	return id, fresh, nil
}

// Receipt returns a receipt, fault.NotFound for an unknown id.
func (s *Store) Receipt(ctx context.Context, id string) (incidents.Receipt, error) {
	r, err := first(ctx, s, selectReceipt+`WHERE id = ?`, []any{id}, receipt)
	return single(ctx, s, "read receipt", r, err, record.Receipt.ToReceipt)
}

const selectReceipt = `SELECT doc, reached, done_at, case_hash FROM receipts `

// ReceiptByStatus returns the receipt whose sender's page has the token's hash,
// fault.NotFound for an unknown one.
func (s *Store) ReceiptByStatus(ctx context.Context, statusHash string) (incidents.Receipt, error) {
	const step = "find receipt"
	if statusHash == "" {
		return incidents.Receipt{}, failed(step, fault.NotFound)
	}
	r, err := first(ctx, s, selectReceipt+`WHERE status_hash = ? AND status_hash <> ''`, []any{statusHash}, receipt)
	return single(ctx, s, step, r, err, record.Receipt.ToReceipt)
}

// FileReceipt records which of its sender's cases a message belongs to.
func (s *Store) FileReceipt(ctx context.Context, id, caseHash string) error {
	return s.write(ctx, "file receipt", func(t *tx) error {
		n, err := t.change(`UPDATE receipts SET case_hash = ? WHERE id = ?`, caseHash, id)
		if err == nil && n == 0 {
			err = fault.NotFound
		}
		return err
	})
}

// ReceiptsOfCase lists the messages of a sender's case, oldest first; none for "".
func (s *Store) ReceiptsOfCase(ctx context.Context, caseHash string, limit int) ([]incidents.Receipt, error) {
	r, err := many(ctx, s, selectReceipt+`WHERE case_hash = ? AND case_hash <> '' ORDER BY received_at, id LIMIT ?`, []any{caseHash, atMost(limit)}, receipt)
	return list(ctx, s, "list receipts of a case", r, err, record.Receipt.ToReceipt)
}

// Receipts lists what came for one practice, or with "" for all of the host, newest
// first; after is the last id of the page before.
func (s *Store) Receipts(ctx context.Context, practice tenant.ID, after string, limit int) ([]incidents.Receipt, error) {
	query := selectReceipt + `WHERE practice_id = ?1`
	if after != "" {
		query += ` AND (received_at, id) < (SELECT received_at, id FROM receipts WHERE id = ?2)`
	}
	r, err := many(ctx, s, query+` ORDER BY received_at DESC, id DESC LIMIT ?3`, []any{practice, after, atMost(limit)}, receipt)
	return list(ctx, s, "list receipts", r, err, record.Receipt.ToReceipt)
}

// CountReach counts the practices that have a report of one of the receipts.
func (s *Store) CountReach(ctx context.Context, receipts []string) (incidents.Reached, error) {
	const step = "count whom a message reached"
	chosen, err := json.Marshal(receipts)
	if err != nil {
		return incidents.Reached{}, failed(step, err)
	}
	r, err := first(ctx, s, `SELECT COUNT(DISTINCT practice_id), COUNT(DISTINCT CASE WHEN state = ? THEN practice_id END)
		FROM reports WHERE receipt_id <> '' AND receipt_id IN (SELECT value FROM json_each(?))`, []any{string(incidents.BecameIncident), string(chosen)},
		func(row scanner) (v incidents.Reached, err error) { return v, row.Scan(&v.Practices, &v.Cases) })
	return r, failed(step, err)
}

// receipt reads a row whose columns tell how far it has come.
func receipt(row scanner) (record.Receipt, error) {
	var r record.Receipt
	var raw, reached, filed string
	var done *int64
	if err := row.Scan(&raw, &reached, &done, &filed); err != nil {
		return r, err
	}
	if err := parse(raw, &r); err != nil {
		return r, err
	}
	r.Reached, r.Done, r.DoneAt, r.CaseHash = reached, done != nil, time.Time{}, filed
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
