package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"math"

	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

const selectHead = `SELECT seq, hash FROM entries WHERE practice_id = ? ORDER BY seq DESC LIMIT 1`

// RegisterHead returns the newest entry's number and hash, zero for an empty
// register.
func (s *Store) RegisterHead(ctx context.Context, practice tenant.ID) (register.Head, error) {
	var h register.Head
	err := s.one(ctx, selectHead, []any{practice}, &h.Seq, &h.Hash)
	if errors.Is(err, sql.ErrNoRows) {
		return register.Head{}, nil
	}
	return h, failed("read register head", err)
}

// AppendEntries adds entries that follow the head, all or none; fault.Conflict
// when they do not follow it.
func (s *Store) AppendEntries(ctx context.Context, practice tenant.ID, entries []register.Entry) error {
	const step = "append register entries"
	cells := make([][]any, len(entries))
	branches, err := s.grown(ctx, practice, entries)
	if err != nil {
		return failed(step, err)
	}
	for i, e := range entries {
		e.Event.PracticeID = practice
		r, raw, err := sealed(ctx, s, record.FromEntry, e)
		if err != nil {
			return failed(step, err)
		}
		cells[i] = []any{practice, r.Seq, r.EventID, r.IncidentID, r.Hash, raw, register.PackBranch(branches[i])}
	}
	return s.write(ctx, step, func(t *tx) error {
		var head register.Head
		if err := t.one(selectHead, []any{practice}, &head.Seq, &head.Hash); err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		for i, e := range entries {
			if e.Seq != head.Seq+1 || e.Prev != head.Hash {
				return fault.Conflict
			}
			err := t.exec(`INSERT INTO entries (practice_id, seq, event_id, incident_id, hash, doc, tree) VALUES (?, ?, ?, ?, ?, ?, ?)`, cells[i]...)
			if isDuplicate(err) {
				return fault.Conflict
			}
			if err != nil {
				return err
			}
			head = e.Head()
		}
		return nil
	})
}

// HasEvents returns which of the event ids are in the register.
func (s *Store) HasEvents(ctx context.Context, practice tenant.ID, eventIDs []string) (map[string]bool, error) {
	const step = "look up register events"
	chosen, err := asList(eventIDs)
	if err != nil {
		return nil, failed(step, err)
	}
	ids, err := many(ctx, s, `SELECT event_id FROM entries WHERE practice_id = ? AND event_id IN (SELECT value FROM json_each(?))`,
		[]any{practice, chosen}, text)
	if err != nil {
		return nil, failed(step, err)
	}
	found := make(map[string]bool, len(ids))
	for _, id := range ids {
		found[id] = true
	}
	return found, nil
}

// Entries lists a practice's entries by number, after the number given.
func (s *Store) Entries(ctx context.Context, practice tenant.ID, after int64, limit int) ([]register.Entry, error) {
	r, err := many(ctx, s, `SELECT doc FROM entries WHERE practice_id = ? AND seq > ? ORDER BY seq LIMIT ?`,
		[]any{practice, after, atMost(limit)}, doc[record.Entry])
	return list(ctx, s, "list register entries", r, err, record.Entry.ToEntry)
}

// EntriesOf lists one incident's entries newest first, before the number given
// (0: from the newest).
func (s *Store) EntriesOf(ctx context.Context, practice tenant.ID, incident string, before int64, limit int) ([]register.Entry, error) {
	if before == 0 {
		before = math.MaxInt64
	}
	r, err := many(ctx, s, `SELECT doc FROM entries INDEXED BY entries_of WHERE practice_id = ? AND incident_id = ? AND seq < ? ORDER BY seq DESC LIMIT ?`,
		[]any{practice, incident, before, atMost(limit)}, doc[record.Entry])
	return list(ctx, s, "list an incident's register entries", r, err, record.Entry.ToEntry)
}
