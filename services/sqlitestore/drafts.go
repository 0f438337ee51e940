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

// SaveDraft stores a draft: Version 0 creates, another one replaces the draft of
// that version; fault.Conflict on a stale one.
func (s *Store) SaveDraft(ctx context.Context, d incidents.Draft) (incidents.Draft, error) {
	const step = "save draft"
	d.Version++
	r, raw, err := sealed(ctx, s, record.FromDraft, d)
	if err != nil {
		return incidents.Draft{}, failed(step, err)
	}
	err = s.write(ctx, step, func(t *tx) error { return t.saveDraft(r, raw) })
	if err != nil {
		return incidents.Draft{}, err
	}
	return d, nil
}

func (t *tx) saveDraft(r record.Draft, raw string) error {
	if r.Version == 1 {
		err := t.exec(`INSERT INTO drafts (practice_id, id, version, user_id, updated_at, doc) VALUES (?, ?, ?, ?, ?, ?)`,
			r.PracticeID, r.ID, r.Version, r.UserID, millis(r.UpdatedAt), raw)
		if isDuplicate(err) {
			return fault.Conflict
		}
		return err
	}
	n, err := t.change(`UPDATE drafts SET version = ?, user_id = ?, updated_at = ?, doc = ? WHERE practice_id = ? AND id = ? AND version = ?`,
		r.Version, r.UserID, millis(r.UpdatedAt), raw, r.PracticeID, r.ID, r.Version-1)
	if err == nil && n == 0 {
		return fault.Conflict
	}
	return err
}

// Draft returns a draft, fault.NotFound for an unknown id.
func (s *Store) Draft(ctx context.Context, practice tenant.ID, id string) (incidents.Draft, error) {
	r, err := first(ctx, s, `SELECT doc FROM drafts WHERE practice_id = ? AND id = ?`, []any{practice, id}, doc[record.Draft])
	return single(ctx, s, "read draft", r, err, record.Draft.ToDraft)
}

// Drafts lists a user's drafts, newest first.
func (s *Store) Drafts(ctx context.Context, practice tenant.ID, user string, limit int) ([]incidents.Draft, error) {
	r, err := many(ctx, s, `SELECT doc FROM drafts WHERE practice_id = ? AND user_id = ? ORDER BY updated_at DESC, id DESC LIMIT ?`,
		[]any{practice, user, atMost(limit)}, doc[record.Draft])
	return list(ctx, s, "list drafts", r, err, record.Draft.ToDraft)
}

// DropDraft removes a draft; one that is gone already is no failure.
func (s *Store) DropDraft(ctx context.Context, practice tenant.ID, id string) error {
	return s.write(ctx, "drop draft", func(t *tx) error {
		return t.exec(`DELETE FROM drafts WHERE practice_id = ? AND id = ?`, practice, id)
	})
}

// BeginRequest claims an Idempotency-Key. A known key returns the first request
// as stored; Status 0 means that it is still running.
func (s *Store) BeginRequest(ctx context.Context, q incidents.Request) (stored incidents.Request, fresh bool, err error) {
	const step = "begin request"
	r, raw, err := sealed(ctx, s, record.FromRequest, q)
	if err != nil {
		return incidents.Request{}, false, failed(step, err)
	}
	first := raw
	err = s.write(ctx, step, func(t *tx) error {
		err := t.one(`SELECT doc FROM requests WHERE practice_id = ? AND key = ?`, []any{r.PracticeID, r.Key}, &first)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		fresh = true
		return t.exec(`INSERT INTO requests (practice_id, key, at, doc) VALUES (?, ?, ?, ?)`, r.PracticeID, r.Key, millis(r.At), raw)
	})
	if err != nil {
		return incidents.Request{}, false, err
	}
	err = parse(first, &r)
	stored, err = single(ctx, s, step, r, err, record.Request.ToRequest)
	return stored, fresh, err
}

// FinishRequest stores the answer; fault.NotFound when the key was dropped.
func (s *Store) FinishRequest(ctx context.Context, q incidents.Request) error {
	const step = "finish request"
	r, raw, err := sealed(ctx, s, record.FromRequest, q)
	if err != nil {
		return failed(step, err)
	}
	return s.write(ctx, step, func(t *tx) error {
		n, err := t.change(`UPDATE requests SET doc = ? WHERE practice_id = ? AND key = ?`, raw, r.PracticeID, r.Key)
		if err == nil && n == 0 {
			err = fault.NotFound
		}
		return err
	})
}

// DropRequest frees an Idempotency-Key whose request failed.
func (s *Store) DropRequest(ctx context.Context, practice tenant.ID, key string) error {
	return s.write(ctx, "drop request", func(t *tx) error {
		return t.exec(`DELETE FROM requests WHERE practice_id = ? AND key = ?`, practice, key)
	})
}
