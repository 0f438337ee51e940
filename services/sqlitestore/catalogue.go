package sqlitestore

import (
	"context"
	"database/sql"
	"errors"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

// PutSystem creates or replaces by id and says whether it is new. A Version
// replaces that version alone. It marks the practice's open cases.
func (s *Store) PutSystem(ctx context.Context, v registry.System) (created bool, err error) {
	version := func(ctx context.Context) (int64, error) {
		return s.versionOf(ctx, `SELECT version FROM systems WHERE practice_id = ? AND id = ?`, v.PracticeID, v.ID)
	}
	return s.put(ctx, place{record.Systems, v.PracticeID, v.ID, v.Version}, version, func(ctx context.Context, version int64) (func(*tx) (int64, error), error) {
		v.Version = version
		r, row, err := sealedNoted(ctx, s, record.FromSystem, func(r *record.System) *record.Noted { return &r.Noted }, v)
		return marking(r.PracticeID, func(t *tx) (int64, error) {
			return t.change(`INSERT INTO systems (practice_id, id, version, doc, outbox) VALUES (?1, ?2, ?3, ?4, ?5)
				ON CONFLICT (practice_id, id) DO UPDATE SET version = ?3, doc = ?4, outbox = `+addNotes(`?5`)+` WHERE version = ?3 - 1`,
				r.PracticeID, r.ID, r.Version, row.doc, row.outbox)
		}), err
	})
}

// System returns a system, fault.NotFound for an unknown id.
func (s *Store) System(ctx context.Context, practice tenant.ID, id string) (registry.System, error) {
	r, err := first(ctx, s, `SELECT doc FROM systems WHERE practice_id = ? AND id = ?`, []any{practice, id}, doc[record.System])
	return single(ctx, s, "read system", r, err, record.System.ToSystem)
}

// Systems lists a practice's systems by id.
func (s *Store) Systems(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.System, error) {
	r, err := many(ctx, s, `SELECT doc FROM systems WHERE practice_id = ? AND id > ? ORDER BY id LIMIT ?`,
		[]any{practice, after, atMost(limit)}, doc[record.System])
	return list(ctx, s, "list systems", r, err, record.System.ToSystem)
}

// PutProcessor creates or replaces by id and says whether it is new. A Version
// replaces that version alone.
func (s *Store) PutProcessor(ctx context.Context, v registry.Processor) (created bool, err error) {
	version := func(ctx context.Context) (int64, error) {
		return s.versionOf(ctx, `SELECT version FROM processors WHERE practice_id = ? AND id = ?`, v.PracticeID, v.ID)
	}
	return s.put(ctx, place{record.Processors, v.PracticeID, v.ID, v.Version}, version, func(ctx context.Context, version int64) (func(*tx) (int64, error), error) {
		v.Version = version
		r, row, err := sealedNoted(ctx, s, record.FromProcessor, func(r *record.Processor) *record.Noted { return &r.Noted }, v)
		return func(t *tx) (int64, error) {
			return t.change(`INSERT INTO processors (practice_id, id, version, ended, doc, outbox) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
				ON CONFLICT (practice_id, id) DO UPDATE SET version = ?3, ended = ?4, doc = ?5, outbox = `+addNotes(`?6`)+` WHERE version = ?3 - 1`,
				r.PracticeID, r.ID, r.Version, r.Ended, row.doc, row.outbox)
		}, err
	})
}

// Processor returns a processor, fault.NotFound for an unknown id.
func (s *Store) Processor(ctx context.Context, practice tenant.ID, id string) (registry.Processor, error) {
	r, err := first(ctx, s, `SELECT doc FROM processors WHERE practice_id = ? AND id = ?`, []any{practice, id}, doc[record.Processor])
	return single(ctx, s, "read processor", r, err, record.Processor.ToProcessor)
}

// Processors lists a practice's processors by id.
func (s *Store) Processors(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.Processor, error) {
	r, err := many(ctx, s, `SELECT doc FROM processors WHERE practice_id = ? AND id > ? ORDER BY id LIMIT ?`,
		[]any{practice, after, atMost(limit)}, doc[record.Processor])
	return list(ctx, s, "list processors", r, err, record.Processor.ToProcessor)
}

// versionOf returns the stored version, 0 for a row that is not there.
func (s *Store) versionOf(ctx context.Context, query string, args ...any) (int64, error) {
	var version int64
	err := s.one(ctx, query, args, &version)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return version, err
}

// place is the row that a put writes, and the version it may replace: 0 for any.
type place struct {
	table    string
	practice tenant.ID
	id       string
	over     int64
}

// put creates or replaces a row under the version it has.
func (s *Store) put(ctx context.Context, p place, version func(context.Context) (int64, error),
	save func(ctx context.Context, version int64) (func(*tx) (int64, error), error)) (created bool, err error) {
	step := "put " + p.table
	release, err := s.locks.acquire(ctx, p.table+"\x00"+string(p.practice)+"\x00"+p.id)
	if err != nil {
		return false, failed(step, err)
	}
	defer release()
	for range updateTries {
		before, err := version(ctx)
		if err != nil {
			return false, failed(step, err)
		}
		if p.over != 0 && p.over != before {
			break
		}
		won, err := s.replace(ctx, step, func() (func(*tx) (int64, error), error) { return save(ctx, before+1) })
		if won || err != nil {
			return before == 0, err
		}
	}
	return false, failed(step, fault.Conflict)
}
