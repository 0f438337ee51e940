package sqlitestore

import (
	"context"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/roster"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

// CreateImport stores a list on its way in, fault.Duplicate on a known id.
func (s *Store) CreateImport(ctx context.Context, v roster.Import) error {
	const step = "create import"
	v.Version = 1
	r, row, err := sealedNoted(ctx, s, record.FromImport, importNotes, v)
	if err != nil {
		return failed(step, err)
	}
	return s.write(ctx, step, func(t *tx) error {
		return t.exec(`INSERT INTO imports (practice_id, id, version, created_at, working, doc, outbox) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			r.PracticeID, r.ID, r.Version, millis(r.CreatedAt), r.Working, row.doc, row.outbox)
	})
}

func importNotes(r *record.Import) *record.Noted { return &r.Noted }

// Import returns an import, fault.NotFound for an unknown id.
func (s *Store) Import(ctx context.Context, practice tenant.ID, id string) (roster.Import, error) {
	r, err := first(ctx, s, `SELECT doc FROM imports WHERE practice_id = ? AND id = ?`, []any{practice, id}, doc[record.Import])
	return single(ctx, s, "read import", r, err, record.Import.ToImport)
}

// UpdateImport changes an import under its version.
func (s *Store) UpdateImport(ctx context.Context, practice tenant.ID, id string, change func(*roster.Import) error) (roster.Import, error) {
	load := func(ctx context.Context, practice tenant.ID, id string) (*roster.Import, error) {
		v, err := s.Import(ctx, practice, id)
		return &v, err
	}
	ident := func(v *roster.Import) identity { return identity{&v.PracticeID, &v.ID, &v.Version} }
	save := func(ctx context.Context, v *roster.Import) (func(*tx) (int64, error), error) {
		r, row, err := sealedNoted(ctx, s, record.FromImport, importNotes, *v)
		v.Notes = nil
		return func(t *tx) (int64, error) {
			return t.change(`UPDATE imports SET version = ?1, working = ?2, doc = ?3, outbox = `+addNotes(`?4`)+` WHERE practice_id = ?5 AND id = ?6 AND version = ?1 - 1`,
				r.Version, r.Working, row.doc, row.outbox, r.PracticeID, r.ID)
		}, err
	}
	return updateValue(ctx, s, aggregate[*roster.Import]{record.Imports, load, ident, save}, practice, id, change)
}

// Imports lists a practice's, newest first.
func (s *Store) Imports(ctx context.Context, practice tenant.ID, after string, limit int) ([]roster.Import, error) {
	query := `SELECT doc FROM imports WHERE practice_id = ?1`
	if after != "" {
		query += ` AND (created_at, id) < (SELECT created_at, id FROM imports WHERE practice_id = ?1 AND id = ?2)`
	}
	r, err := many(ctx, s, query+` ORDER BY created_at DESC, id DESC LIMIT ?3`, []any{practice, after, atMost(limit)}, doc[record.Import])
	return list(ctx, s, "list imports", r, err, record.Import.ToImport)
}

// WorkingImports lists those that a worker goes on with.
func (s *Store) WorkingImports(ctx context.Context, limit int) ([]incidents.Key, error) {
	found, err := many(ctx, s, `SELECT practice_id, id FROM imports WHERE working = 1 ORDER BY practice_id, id LIMIT ?`, []any{atMost(limit)}, key)
	return found, failed("list working imports", err)
}

// SavePart stores a part of an import: Version 0 creates, another one replaces
// the part of that version; fault.Conflict on a stale one.
func (s *Store) SavePart(ctx context.Context, p roster.Part) (roster.Part, error) {
	const step = "save part of import"
	p.Version++
	r, raw, err := sealed(ctx, s, record.FromPart, p)
	if err != nil {
		return roster.Part{}, failed(step, err)
	}
	if err := s.write(ctx, step, func(t *tx) error { return t.savePart(r, raw) }); err != nil {
		return roster.Part{}, err
	}
	return p, nil
}

func (t *tx) savePart(r record.ImportPart, raw string) error {
	if r.Version == 1 {
		err := t.exec(`INSERT INTO import_parts (practice_id, import_id, number, version, created_at, doc) VALUES (?, ?, ?, ?, ?, ?)`,
			r.PracticeID, r.ImportID, r.Number, r.Version, millis(r.CreatedAt), raw)
		if isDuplicate(err) {
			return fault.Conflict
		}
		return err
	}
	n, err := t.change(`UPDATE import_parts SET version = ?, doc = ? WHERE practice_id = ? AND import_id = ? AND number = ? AND version = ?`,
		r.Version, raw, r.PracticeID, r.ImportID, r.Number, r.Version-1)
	if err == nil && n == 0 {
		err = fault.Conflict
	}
	return err
}

// Part returns a part of an import, fault.NotFound when it is not there.
func (s *Store) Part(ctx context.Context, practice tenant.ID, importID string, number int) (roster.Part, error) {
	r, err := first(ctx, s, `SELECT doc FROM import_parts WHERE practice_id = ? AND import_id = ? AND number = ?`, []any{practice, importID, number}, doc[record.ImportPart])
	return single(ctx, s, "read part of import", r, err, record.ImportPart.ToPart)
}

// DropParts removes all parts of an import.
func (s *Store) DropParts(ctx context.Context, practice tenant.ID, importID string) error {
	return s.write(ctx, "drop parts of import", func(t *tx) error {
		return t.exec(`DELETE FROM import_parts WHERE practice_id = ? AND import_id = ?`, practice, importID)
	})
}

// RemoveClients removes people from the list, and marks the practice's open cases.
func (s *Store) RemoveClients(ctx context.Context, practice tenant.ID, ids []string) error {
	const step = "remove clients"
	chosen, err := asList(ids)
	if err != nil {
		return failed(step, err)
	}
	return s.write(ctx, step, func(t *tx) error {
		if err := t.exec(`DELETE FROM clients WHERE practice_id = ? AND id IN (SELECT value FROM json_each(?))`, practice, chosen); err != nil {
			return err
		}
		return t.markOpen(practice)
	})
}
