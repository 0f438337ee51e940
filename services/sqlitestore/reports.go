package sqlitestore

import (
	"context"
	"time"

	"datalek/incidents"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

// CreateReport stores a new report and its events; fault.Duplicate on a known id.
func (s *Store) CreateReport(ctx context.Context, v *incidents.Report) error {
	const step = "create report"
	created := *v
	created.Version = 1
	r, a, err := sealedApart(ctx, s, record.FromReport, reportOutbox, &created)
	if err != nil {
		return failed(step, err)
	}
	err = s.write(ctx, step, func(t *tx) error {
		return t.exec(`INSERT INTO reports (practice_id, id, version, state, received_at, next_at, processor_id, receipt_id, outbox, doc) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			r.PracticeID, r.ID, r.Version, r.State, millis(r.ReceivedAt), millisOrNull(r.NextAt), r.ProcessorID, r.ReceiptID, a.outbox, a.doc)
	})
	if err == nil {
		v.Version = created.Version
	}
	return err
}

// Report returns a report, fault.NotFound for an unknown id.
func (s *Store) Report(ctx context.Context, practice tenant.ID, id string) (*incidents.Report, error) {
	r, err := first(ctx, s, `SELECT doc, outbox FROM reports WHERE practice_id = ? AND id = ?`, []any{practice, id}, whole(reportOutbox))
	return single(ctx, s, "read report", r, err, record.Report.ToReport)
}

func reportOutbox(r *record.Report) *record.Outbox { return &r.Outbox }

// UpdateReport changes a report under its version.
func (s *Store) UpdateReport(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Report) error) (*incidents.Report, error) {
	ident := func(v *incidents.Report) identity { return identity{&v.PracticeID, &v.ID, &v.Version} }
	return update(ctx, s, aggregate[*incidents.Report]{record.Reports, s.Report, ident, s.saveReport}, practice, id, change)
}

func (s *Store) saveReport(ctx context.Context, v *incidents.Report) (func(*tx) (int64, error), error) {
	r, a, err := sealedApart(ctx, s, record.FromReport, reportOutbox, v)
	return func(t *tx) (int64, error) {
		return t.change(`UPDATE reports SET version = ?, state = ?, received_at = ?, next_at = ?, outbox = ?, doc = ?
			WHERE practice_id = ? AND id = ? AND version = ?`,
			r.Version, r.State, millis(r.ReceivedAt), millisOrNull(r.NextAt), a.outbox, a.doc, r.PracticeID, r.ID, r.Version-1)
	}, err
}

// Reports lists newest first; state "" is all; after is the last id of the page
// before.
func (s *Store) Reports(ctx context.Context, practice tenant.ID, state incidents.ReportState, after string, limit int) ([]*incidents.Report, error) {
	const step = "list reports"
	query, args := `SELECT doc, outbox FROM reports WHERE practice_id = ?1`, []any{practice, string(state), after, atMost(limit)}
	if state != "" {
		query += ` AND state = ?2`
	}
	if after != "" {
		query += ` AND (received_at, id) < (SELECT received_at, id FROM reports WHERE practice_id = ?1 AND id = ?3)`
	}
	r, err := many(ctx, s, query+` ORDER BY received_at DESC, id DESC LIMIT ?4`, args, whole(reportOutbox))
	return list(ctx, s, step, r, err, record.Report.ToReport)
}

// ReportsOf lists what one processor reported to a practice, newest first; after is
// the last id of the page before.
func (s *Store) ReportsOf(ctx context.Context, practice tenant.ID, processor, after string, limit int) ([]*incidents.Report, error) {
	query := `SELECT doc, outbox FROM reports WHERE practice_id = ?1 AND processor_id = ?2 AND processor_id <> ''`
	if after != "" {
		query += ` AND (received_at, id) < (SELECT received_at, id FROM reports WHERE practice_id = ?1 AND id = ?3)`
	}
	r, err := many(ctx, s, query+` ORDER BY received_at DESC, id DESC LIMIT ?4`, []any{practice, processor, after, atMost(limit)}, whole(reportOutbox))
	return list(ctx, s, "list reports of a processor", r, err, record.Report.ToReport)
}

// DueReports lists reports whose next threshold is due at the instant.
func (s *Store) DueReports(ctx context.Context, at time.Time, limit int) ([]incidents.Key, error) {
	found, err := many(ctx, s, `SELECT practice_id, id FROM reports WHERE next_at <= ? ORDER BY next_at, practice_id, id LIMIT ?`,
		[]any{millis(at), atMost(limit)}, key)
	return found, failed("list due reports", err)
}

func key(row scanner) (incidents.Key, error) {
	var k incidents.Key
	err := row.Scan(&k.PracticeID, &k.ID)
	return k, err
}
