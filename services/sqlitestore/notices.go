package sqlitestore

import (
	"context"

	"datalek/incidents"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

// CreateNotice stores a new notice and its events; fault.Duplicate on a known id.
func (s *Store) CreateNotice(ctx context.Context, v *incidents.Notice) error {
	const step = "create notice"
	created := *v
	created.Version = 1
	r, a, err := sealedApart(ctx, s, record.FromNotice, noticeOutbox, &created)
	if err != nil {
		return failed(step, err)
	}
	err = s.write(ctx, step, func(t *tx) error {
		return t.exec(`INSERT INTO notices (practice_id, id, version, incident_id, state, outbox, doc) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			r.PracticeID, r.ID, r.Version, r.IncidentID, r.State, a.outbox, a.doc)
	})
	if err == nil {
		v.Version = created.Version
	}
	return err
}

// Notice returns a notice, fault.NotFound for an unknown id.
func (s *Store) Notice(ctx context.Context, practice tenant.ID, id string) (*incidents.Notice, error) {
	r, err := first(ctx, s, `SELECT doc, outbox FROM notices WHERE practice_id = ? AND id = ?`, []any{practice, id}, whole(noticeOutbox))
	return single(ctx, s, "read notice", r, err, record.Notice.ToNotice)
}

func noticeOutbox(r *record.Notice) *record.Outbox { return &r.Outbox }

// UpdateNotice changes a notice under its version.
func (s *Store) UpdateNotice(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Notice) error) (*incidents.Notice, error) {
	ident := func(v *incidents.Notice) identity { return identity{&v.PracticeID, &v.ID, &v.Version} }
	return update(ctx, s, aggregate[*incidents.Notice]{record.Notices, s.Notice, ident, s.saveNotice}, practice, id, change)
}

func (s *Store) saveNotice(ctx context.Context, v *incidents.Notice) (func(*tx) (int64, error), error) {
	r, a, err := sealedApart(ctx, s, record.FromNotice, noticeOutbox, v)
	return func(t *tx) (int64, error) {
		return t.change(`UPDATE notices SET version = ?, incident_id = ?, state = ?, outbox = ?, doc = ? WHERE practice_id = ? AND id = ? AND version = ?`,
			r.Version, r.IncidentID, r.State, a.outbox, a.doc, r.PracticeID, r.ID, r.Version-1)
	}, err
}

// NoticesOf lists an incident's notices by id.
func (s *Store) NoticesOf(ctx context.Context, practice tenant.ID, incident, after string, limit int) ([]*incidents.Notice, error) {
	r, err := many(ctx, s, `SELECT doc, outbox FROM notices WHERE practice_id = ? AND incident_id = ? AND id > ? ORDER BY id LIMIT ?`,
		[]any{practice, incident, after, atMost(limit)}, whole(noticeOutbox))
	return list(ctx, s, "list notices", r, err, record.Notice.ToNotice)
}
