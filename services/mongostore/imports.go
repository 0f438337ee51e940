package mongostore

import (
	"context"
	"strconv"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/roster"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

func imports() guarded[roster.Import, record.Import] {
	return guarded[roster.Import, record.Import]{
		kind: kind[roster.Import, record.Import]{collection: record.Imports, record: record.FromImport, value: record.Import.ToImport,
			key: func(r record.Import) string { return keyOf(r.PracticeID, r.ID) }},
		version: func(v *roster.Import) *int64 { return &v.Version },
	}
}

func parts() kind[roster.Part, record.ImportPart] {
	return kind[roster.Part, record.ImportPart]{collection: record.ImportParts, record: record.FromPart, value: record.ImportPart.ToPart,
		key: func(r record.ImportPart) string { return partKey(r.PracticeID, r.ImportID, r.Number) }}
}

func partKey(practice tenant.ID, importID string, number int) string {
	return keyOf(practice, importID, strconv.Itoa(number))
}

// CreateImport stores a list on its way in, fault.Duplicate on a known id.
func (s *Store) CreateImport(ctx context.Context, v roster.Import) error {
	v.Version = 1
	return create(ctx, s, imports().kind, "create import", v)
}

// Import reads an import.
func (s *Store) Import(ctx context.Context, practice tenant.ID, id string) (roster.Import, error) {
	return read(ctx, s, imports().kind, "read import", owned(practice, id))
}

// UpdateImport changes an import under its version.
func (s *Store) UpdateImport(ctx context.Context, practice tenant.ID, id string, change func(*roster.Import) error) (roster.Import, error) {
	return update(ctx, s, imports(), "update import", owned(practice, id), change)
}

// Imports lists a practice's, newest first.
func (s *Store) Imports(ctx context.Context, practice tenant.ID, after string, limit int) ([]roster.Import, error) {
	const step = "list imports"
	filter := where("practice_id", practice)
	if after != "" {
		last, err := findOne[record.Import](ctx, s.in(record.Imports), owned(practice, after))
		if isNone(err) {
			return nil, nil
		}
		if err != nil {
			return nil, failed(step, err)
		}
		filter = append(filter, olderThan("created_at", last.CreatedAt, last.ID))
	}
	return list(ctx, s, imports().kind, step, query{filter: filter, order: where("created_at", -1, "id", -1), limit: limit})
}

// WorkingImports lists those that a worker goes on with.
func (s *Store) WorkingImports(ctx context.Context, limit int) ([]incidents.Key, error) {
	return s.keys(ctx, record.Imports, "list working imports", query{filter: where("working", true), order: where("practice_id", 1, "id", 1), limit: limit})
}

// SavePart stores a part of an import: Version 0 creates it; fault.Conflict on a
// stale one.
func (s *Store) SavePart(ctx context.Context, p roster.Part) (roster.Part, error) {
	const step = "save part of import"
	before := p.Version
	p.Version++
	d, err := parts().file(ctx, s, p)
	if err != nil {
		return roster.Part{}, failed(step, err)
	}
	if before == 0 {
		if _, err = s.in(record.ImportParts).InsertOne(ctx, d); isDuplicate(err) {
			err = fault.Conflict
		}
	} else {
		err = s.replacePart(ctx, d, before)
	}
	if err != nil {
		return roster.Part{}, failed(step, err)
	}
	return p, nil
}

func (s *Store) replacePart(ctx context.Context, d filed[record.ImportPart], version int64) error {
	change, err := writing(d, "_id")
	if err != nil {
		return err
	}
	result, err := s.in(record.ImportParts).UpdateOne(ctx, where("_id", d.Key, "practice_id", d.Record.PracticeID, "version", version), change)
	if err == nil && result.MatchedCount == 0 {
		err = fault.Conflict
	}
	return err
}

// Part reads a part of an import.
func (s *Store) Part(ctx context.Context, practice tenant.ID, importID string, number int) (roster.Part, error) {
	return read(ctx, s, parts(), "read part of import", where("_id", partKey(practice, importID, number), "practice_id", practice))
}

// DropParts removes all parts of an import.
func (s *Store) DropParts(ctx context.Context, practice tenant.ID, importID string) error {
	_, err := s.in(record.ImportParts).DeleteMany(ctx, where("practice_id", practice, "import_id", importID))
	return failed("drop parts of import", err)
}

// RemoveClients removes people from the list, and marks the practice's open cases.
// No document is left that could tell of a cut in between, so that the caller
// does it again.
func (s *Store) RemoveClients(ctx context.Context, practice tenant.ID, ids []string) error {
	if len(ids) > 0 {
		if _, err := s.in(record.Clients).DeleteMany(ctx, where("practice_id", practice, "id", oneOf(ids))); err != nil {
			return failed("remove clients", err)
		}
	}
	return failed("mark open cases", s.markOpen(ctx, practice))
}
