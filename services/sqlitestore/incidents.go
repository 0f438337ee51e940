package sqlitestore

import (
	"context"
	"math"
	"time"

	"datalek/incidents"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

// CreateIncident stores a new case and its events; fault.Duplicate on a known
// id, reference or case key.
func (s *Store) CreateIncident(ctx context.Context, v *incidents.Incident) error {
	const step = "create incident"
	created := *v
	created.Version = 1
	r, a, err := sealedApart(ctx, s, record.FromIncident, incidentOutbox, &created)
	if err != nil {
		return failed(step, err)
	}
	err = s.write(ctx, step, func(t *tx) error {
		return t.exec(`INSERT INTO incidents (practice_id, id, version, reference, case_index, state, created_at, due_at, next_at, measure_at, unassessed, stale, outbox, doc)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, r.PracticeID, r.ID, r.Version, r.Reference, r.CaseIndex, r.State,
			millis(r.CreatedAt), dueOrNever(r.DueAt), millisOrNull(r.NextAt), millisOrNull(r.MeasureAt), r.Unassessed, r.Assessment.Stale, a.outbox, a.doc)
	})
	if err == nil {
		v.Version = created.Version
	}
	return err
}

// dueOrNever sorts cases without a deadline behind the others.
func dueOrNever(t *time.Time) int64 {
	if t == nil {
		return math.MaxInt64
	}
	return millis(*t)
}

// Incident returns a case, fault.NotFound for an unknown id.
func (s *Store) Incident(ctx context.Context, practice tenant.ID, id string) (*incidents.Incident, error) {
	r, err := first(ctx, s, `SELECT doc, outbox FROM incidents WHERE practice_id = ? AND id = ?`, []any{practice, id}, whole(incidentOutbox))
	return single(ctx, s, "read incident", r, err, record.Incident.ToIncident)
}

func incidentOutbox(r *record.Incident) *record.Outbox { return &r.Outbox }

// IncidentByCase returns the case with this case key.
func (s *Store) IncidentByCase(ctx context.Context, practice tenant.ID, caseKey string) (*incidents.Incident, error) {
	const step = "read incident by case"
	index, err := record.CaseIndex(ctx, s.sealer, practice, caseKey)
	if err != nil {
		return nil, failed(step, err)
	}
	r, err := first(ctx, s, `SELECT doc, outbox FROM incidents WHERE practice_id = ? AND case_index = ?`, []any{practice, index}, whole(incidentOutbox))
	return single(ctx, s, step, r, err, record.Incident.ToIncident)
}

// UpdateIncident changes a case under its version.
func (s *Store) UpdateIncident(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Incident) error) (*incidents.Incident, error) {
	ident := func(v *incidents.Incident) identity { return identity{&v.PracticeID, &v.ID, &v.Version} }
	return update(ctx, s, aggregate[*incidents.Incident]{record.Incidents, s.Incident, ident, s.saveIncident}, practice, id, change)
}

func (s *Store) saveIncident(ctx context.Context, v *incidents.Incident) (func(*tx) (int64, error), error) {
	r, a, err := sealedApart(ctx, s, record.FromIncident, incidentOutbox, v)
	return func(t *tx) (int64, error) {
		return t.change(`UPDATE incidents SET version = ?, reference = ?, case_index = ?, state = ?, created_at = ?, due_at = ?, next_at = ?,
			measure_at = ?, unassessed = ?, stale = ?, outbox = ?, doc = ? WHERE practice_id = ? AND id = ? AND version = ?`,
			r.Version, r.Reference, r.CaseIndex, r.State, millis(r.CreatedAt), dueOrNever(r.DueAt), millisOrNull(r.NextAt),
			millisOrNull(r.MeasureAt), r.Unassessed, r.Assessment.Stale, a.outbox, a.doc, r.PracticeID, r.ID, r.Version-1)
	}, err
}

// Incidents lists newest first; after is the last id of the page before.
func (s *Store) Incidents(ctx context.Context, practice tenant.ID, after string, limit int) ([]*incidents.Incident, error) {
	query := `SELECT doc, outbox FROM incidents WHERE practice_id = ?1`
	if after != "" {
		query += ` AND (created_at, id) < (SELECT created_at, id FROM incidents WHERE practice_id = ?1 AND id = ?2)`
	}
	r, err := many(ctx, s, query+` ORDER BY created_at DESC, id DESC LIMIT ?3`, []any{practice, after, atMost(limit)}, whole(incidentOutbox))
	return list(ctx, s, "list incidents", r, err, record.Incident.ToIncident)
}

// OpenIncidents lists open cases, nearest undone deadline first, those without
// one after; after is the last id of the page before.
func (s *Store) OpenIncidents(ctx context.Context, practice tenant.ID, after string, limit int) ([]*incidents.Incident, error) {
	query := `SELECT doc, outbox FROM incidents WHERE practice_id = ?1 AND state = 'open'`
	if after != "" {
		query += ` AND (due_at, id) > (SELECT due_at, id FROM incidents WHERE practice_id = ?1 AND id = ?2)`
	}
	r, err := many(ctx, s, query+` ORDER BY due_at, id LIMIT ?3`, []any{practice, after, atMost(limit)}, whole(incidentOutbox))
	return list(ctx, s, "list open incidents", r, err, record.Incident.ToIncident)
}

// MeasuredIncidents lists cases with measures still to be done, closed ones too,
// the earliest last day first; after is the last id of the page before.
func (s *Store) MeasuredIncidents(ctx context.Context, practice tenant.ID, after string, limit int) ([]*incidents.Incident, error) {
	query := `SELECT doc, outbox FROM incidents WHERE practice_id = ?1 AND measure_at IS NOT NULL`
	if after != "" {
		query += ` AND (measure_at, id) > (SELECT coalesce(measure_at, 0), id FROM incidents WHERE practice_id = ?1 AND id = ?2)`
	}
	r, err := many(ctx, s, query+` ORDER BY measure_at, id LIMIT ?3`, []any{practice, after, atMost(limit)}, whole(incidentOutbox))
	return list(ctx, s, "list cases with measures", r, err, record.Incident.ToIncident)
}

// DueIncidents lists cases whose next threshold is due at the instant.
func (s *Store) DueIncidents(ctx context.Context, at time.Time, limit int) ([]incidents.Key, error) {
	found, err := many(ctx, s, `SELECT practice_id, id FROM incidents WHERE next_at <= ? ORDER BY next_at, practice_id, id LIMIT ?`,
		[]any{millis(at), atMost(limit)}, key)
	return found, failed("list due incidents", err)
}

// UpcomingIncidents lists cases whose next threshold falls at the instant or
// before, the earliest first.
func (s *Store) UpcomingIncidents(ctx context.Context, until time.Time, after incidents.Upcoming, limit int) ([]incidents.Upcoming, error) {
	found, err := many(ctx, s, `SELECT practice_id, id, next_at FROM incidents WHERE next_at <= ? AND (next_at, practice_id, id) > (?, ?, ?)
		ORDER BY next_at, practice_id, id LIMIT ?`, []any{millis(until), millis(after.At), after.PracticeID, after.ID, atMost(limit)},
		func(row scanner) (u incidents.Upcoming, err error) {
			var at int64
			err = row.Scan(&u.PracticeID, &u.ID, &at)
			u.At = time.UnixMilli(at).UTC()
			return u, err
		})
	return found, failed("list upcoming incidents", err)
}

// UnassessedIncidents lists cases whose wanted assessment is not done, or is stale.
func (s *Store) UnassessedIncidents(ctx context.Context, limit int) ([]incidents.Key, error) {
	found, err := many(ctx, s, `SELECT practice_id, id FROM incidents WHERE unassessed = 1 ORDER BY practice_id, id LIMIT ?`,
		[]any{atMost(limit)}, key)
	return found, failed("list unassessed incidents", err)
}

// ArmedIncidents lists cases with a threshold still to fire, by key.
func (s *Store) ArmedIncidents(ctx context.Context, after incidents.Key, limit int) ([]incidents.Key, error) {
	found, err := many(ctx, s, `SELECT practice_id, id FROM incidents WHERE next_at IS NOT NULL AND (practice_id, id) > (?, ?)
		ORDER BY practice_id, id LIMIT ?`, []any{after.PracticeID, after.ID, atMost(limit)}, key)
	return found, failed("list armed incidents", err)
}
