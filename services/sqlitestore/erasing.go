package sqlitestore

import (
	"context"
	"fmt"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

// DeliveriesAbout lists by id a practice's rows about, or to, one of the persons.
func (s *Store) DeliveriesAbout(ctx context.Context, practice tenant.ID, persons []string, after string, limit int) ([]incidents.Delivery, error) {
	const step = "list deliveries about a person"
	if err := s.brought(ctx, practice); err != nil {
		return nil, err
	}
	chosen, err := asList(persons)
	if err != nil {
		return nil, failed(step, err)
	}
	r, err := many(ctx, s, selectDelivery+` AND id > ?2 AND (person IN (SELECT value FROM json_each(?3)) OR reader IN (SELECT value FROM json_each(?3)))
		ORDER BY id LIMIT ?4`, []any{practice, after, chosen, atMost(limit)}, delivery)
	return list(ctx, s, step, r, err, record.Delivery.ToDelivery)
}

// ForgetAffected takes the address from a person's rows of a case.
func (s *Store) ForgetAffected(ctx context.Context, practice tenant.ID, incident, id string) error {
	return s.write(ctx, "forget an affected person", func(t *tx) error {
		return t.exec(`UPDATE affected SET doc = json_set(doc, '$.sealed', json('null')) WHERE practice_id = ? AND incident_id = ? AND id = ?
			AND json_extract(doc, '$.sealed') IS NOT NULL`, practice, incident, id)
	})
}

// DropQuestion removes a question; one that is gone already is no failure.
func (s *Store) DropQuestion(ctx context.Context, practice tenant.ID, id string) error {
	return s.write(ctx, "drop question", func(t *tx) error {
		return t.exec(`DELETE FROM questions WHERE practice_id = ? AND id = ?`, practice, id)
	})
}

// EmptyReceipt takes a processor's message from its receipt.
func (s *Store) EmptyReceipt(ctx context.Context, id string) error {
	const step = "empty receipt"
	v, err := s.Receipt(ctx, id)
	if err != nil {
		return err
	}
	v.Raw, v.Headers = nil, nil
	_, raw, err := sealed(ctx, s, record.FromReceipt, v)
	if err != nil {
		return failed(step, err)
	}
	return s.write(ctx, step, func(t *tx) error { return t.exec(`UPDATE receipts SET doc = ? WHERE id = ?`, raw, id) })
}

// DropReturn removes a returned message; practice "" is the host's.
func (s *Store) DropReturn(ctx context.Context, practice tenant.ID, id string) error {
	return s.write(ctx, "drop return", func(t *tx) error {
		return t.exec(`DELETE FROM returns WHERE practice_id = ? AND id = ?`, practice, id)
	})
}

// PracticeDrafts lists by id the half-filled forms of everybody in a practice.
func (s *Store) PracticeDrafts(ctx context.Context, practice tenant.ID, after string, limit int) ([]incidents.Draft, error) {
	r, err := many(ctx, s, `SELECT doc FROM drafts WHERE practice_id = ? AND id > ? ORDER BY id LIMIT ?`,
		[]any{practice, after, atMost(limit)}, doc[record.Draft])
	return list(ctx, s, "list a practice's drafts", r, err, record.Draft.ToDraft)
}

// KeptAnswers lists by key what is kept for those who ask the same twice.
func (s *Store) KeptAnswers(ctx context.Context, practice tenant.ID, after string, limit int) ([]incidents.Request, error) {
	r, err := many(ctx, s, `SELECT doc FROM requests WHERE practice_id = ? AND key > ? ORDER BY key LIMIT ?`,
		[]any{practice, after, atMost(limit)}, doc[record.Request])
	return list(ctx, s, "list kept answers", r, err, record.Request.ToRequest)
}

// EraseWords takes the words, and the salt of their hash, from entries of the register.
func (s *Store) EraseWords(ctx context.Context, practice tenant.ID, seqs []int64) error {
	const step = "erase words of the register"
	for _, seq := range seqs {
		r, err := first(ctx, s, `SELECT doc FROM entries WHERE practice_id = ? AND seq = ?`, []any{practice, seq}, doc[record.Entry])
		entry, err := single(ctx, s, step, r, err, record.Entry.ToEntry)
		if err != nil {
			return err
		}
		entry.Event.Words, entry.Salt = nil, ""
		_, raw, err := sealed(ctx, s, record.FromEntry, entry)
		if err != nil {
			return failed(step, err)
		}
		if err := s.write(ctx, step, func(t *tx) error {
			return t.exec(`UPDATE entries SET doc = ? WHERE practice_id = ? AND seq = ?`, raw, practice, seq)
		}); err != nil {
			return err
		}
	}
	return nil
}

// Scrub brings what was removed out of the log of writes too: pages that are freed
// are overwritten in the file (secure_delete), and the log, in which pages of before
// lie, is emptied. While others read it, it cannot be; then it is fault.Unavailable.
func (s *Store) Scrub(ctx context.Context) error {
	const step = "scrub"
	if err := s.write(ctx, step, func(t *tx) error { return t.fold() }); err != nil {
		return err
	}
	var busy, pages, moved int
	err := s.one(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`, nil, &busy, &pages, &moved)
	if err == nil && busy != 0 {
		err = fmt.Errorf("%w: others read the log of writes", fault.Unavailable)
	}
	return failed(step, err)
}
