package sqlitestore

import (
	"context"
	"strings"

	"datalek/incidents"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

// SaveAffected inserts rows; a row that is there already stays as it is.
func (s *Store) SaveAffected(ctx context.Context, practice tenant.ID, rows []incidents.Affected) error {
	const step = "save affected"
	cells, err := inParallel(rows, func(a incidents.Affected) ([]any, error) {
		a.PracticeID = practice
		r, raw, err := sealed(ctx, s, record.FromAffected, a)
		if err != nil {
			return nil, err
		}
		readers, err := asList(r.Readers)
		return []any{practice, r.IncidentID, r.Version, r.ID, r.Group, r.Certainty, r.InScope, readers, raw}, err
	})
	if err != nil {
		return failed(step, err)
	}
	return s.write(ctx, step, func(t *tx) error {
		return t.insert(`INSERT INTO affected (practice_id, incident_id, version, id, standing, certainty, in_scope, readers, doc) VALUES `,
			` ON CONFLICT DO NOTHING`, cells)
	})
}

const selectAffected = `SELECT doc FROM affected WHERE practice_id = ? AND incident_id = ? AND version = ?`

// AffectedPage lists one version by id. Empty groups is all.
func (s *Store) AffectedPage(ctx context.Context, practice tenant.ID, incident string, version int64, groups []incidents.Group, after string, limit int) ([]incidents.Affected, error) {
	const step = "list affected"
	query, args := selectAffected+` AND id > ?`, []any{practice, incident, version, after}
	if len(groups) > 0 {
		chosen, err := asList(groups)
		if err != nil {
			return nil, failed(step, err)
		}
		query, args = query+` AND standing IN (SELECT value FROM json_each(?))`, append(args, chosen)
	}
	r, err := many(ctx, s, query+` ORDER BY id LIMIT ?`, append(args, atMost(limit)), doc[record.Affected])
	return list(ctx, s, step, r, err, record.Affected.ToAffected)
}

// AffectedByIDs lists persons of one version by id; unknown ids are left out.
func (s *Store) AffectedByIDs(ctx context.Context, practice tenant.ID, incident string, version int64, ids []string) ([]incidents.Affected, error) {
	const step = "read affected"
	chosen, err := asList(ids)
	if err != nil {
		return nil, failed(step, err)
	}
	r, err := many(ctx, s, selectAffected+` AND id IN (SELECT value FROM json_each(?)) ORDER BY id`,
		[]any{practice, incident, version, chosen}, doc[record.Affected])
	return list(ctx, s, step, r, err, record.Affected.ToAffected)
}

// AffectedPersons lists the ids of one version that are certain or possible.
func (s *Store) AffectedPersons(ctx context.Context, practice tenant.ID, incident string, version int64) ([]string, error) {
	ids, err := many(ctx, s, `SELECT id FROM affected WHERE practice_id = ? AND incident_id = ? AND version = ? AND certainty IN (?, ?) ORDER BY id`,
		[]any{practice, incident, version, string(incidents.Certain), string(incidents.Possible)}, text)
	return ids, failed("list affected persons", err)
}

// readersOf are those to tell for one person.
type readersOf struct {
	person  string
	readers []string
}

// ReadersInScope maps every person in scope to those to tell for him.
func (s *Store) ReadersInScope(ctx context.Context, practice tenant.ID, incident string, version int64) (map[string][]string, error) {
	rows, err := many(ctx, s, `SELECT id, readers FROM affected WHERE practice_id = ? AND incident_id = ? AND version = ? AND in_scope = 1`,
		[]any{practice, incident, version}, func(row scanner) (r readersOf, err error) {
			var raw string
			if err := row.Scan(&r.person, &raw); err != nil {
				return r, err
			}
			err = parse(raw, &r.readers)
			return r, err
		})
	if err != nil {
		return nil, failed("list readers in scope", err)
	}
	found := make(map[string][]string, len(rows))
	for _, r := range rows {
		found[r.person] = r.readers
	}
	return found, nil
}

// rowsTogether is how many rows one INSERT carries: each statement costs the
// engine more than each row.
const rowsTogether = 50

// insert writes rows of equal length, many to a statement.
func (t *tx) insert(before, after string, rows [][]any) error {
	for len(rows) > 0 {
		n := 1
		if len(rows) >= rowsTogether {
			n = rowsTogether
		}
		row := "(" + strings.TrimSuffix(strings.Repeat("?,", len(rows[0])), ",") + ")"
		query := before + strings.TrimSuffix(strings.Repeat(row+",", n), ",") + after
		var args []any
		for _, r := range rows[:n] {
			args = append(args, r...)
		}
		if err := t.exec(query, args...); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}
