package sqlitestore

import (
	"context"
	"time"

	"datalek/incidents"
	"datalek/incidents/request"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

func rightsOutbox(r *record.RightsRequest) *record.Outbox { return &r.Outbox }

// CreateRightsRequest stores a new request and its events; fault.Duplicate on a
// known id.
func (s *Store) CreateRightsRequest(ctx context.Context, v *request.Request) error {
	const step = "create rights request"
	created := *v
	created.Version = 1
	r, a, err := sealedApart(ctx, s, record.FromRightsRequest, rightsOutbox, &created)
	if err != nil {
		return failed(step, err)
	}
	err = s.write(ctx, step, func(t *tx) error {
		return t.exec(`INSERT INTO rights (practice_id, id, version, state, received_at, due_at, next_at, outbox, doc) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			r.PracticeID, r.ID, r.Version, r.State, millis(r.ReceivedAt), millis(r.DueAt), millisOrNull(r.NextAt), a.outbox, a.doc)
	})
	if err == nil {
		v.Version = created.Version
	}
	return err
}

// RightsRequest returns a request, fault.NotFound for an unknown id.
func (s *Store) RightsRequest(ctx context.Context, practice tenant.ID, id string) (*request.Request, error) {
	r, err := first(ctx, s, `SELECT doc, outbox FROM rights WHERE practice_id = ? AND id = ?`, []any{practice, id}, whole(rightsOutbox))
	return single(ctx, s, "read rights request", r, err, record.RightsRequest.ToRightsRequest)
}

// UpdateRightsRequest changes a request under its version.
func (s *Store) UpdateRightsRequest(ctx context.Context, practice tenant.ID, id string, change func(*request.Request) error) (*request.Request, error) {
	ident := func(v *request.Request) identity { return identity{&v.PracticeID, &v.ID, &v.Version} }
	return update(ctx, s, aggregate[*request.Request]{record.RightsRequests, s.RightsRequest, ident, s.saveRightsRequest}, practice, id, change)
}

func (s *Store) saveRightsRequest(ctx context.Context, v *request.Request) (func(*tx) (int64, error), error) {
	r, a, err := sealedApart(ctx, s, record.FromRightsRequest, rightsOutbox, v)
	return func(t *tx) (int64, error) {
		return t.change(`UPDATE rights SET version = ?, state = ?, received_at = ?, due_at = ?, next_at = ?, outbox = ?, doc = ?
			WHERE practice_id = ? AND id = ? AND version = ?`,
			r.Version, r.State, millis(r.ReceivedAt), millis(r.DueAt), millisOrNull(r.NextAt), a.outbox, a.doc, r.PracticeID, r.ID, r.Version-1)
	}, err
}

// OpenRightsRequests lists those that wait for an answer, the nearest last day first.
func (s *Store) OpenRightsRequests(ctx context.Context, practice tenant.ID, after string, limit int) ([]*request.Request, error) {
	query := `SELECT doc, outbox FROM rights INDEXED BY rights_open WHERE practice_id = ?1 AND state = 'open'`
	if after != "" {
		query += ` AND (due_at, id) > (SELECT due_at, id FROM rights WHERE practice_id = ?1 AND id = ?2)`
	}
	return s.rights(ctx, query+` ORDER BY due_at, id LIMIT ?3`, practice, after, limit)
}

// RightsRequests lists all, newest first.
func (s *Store) RightsRequests(ctx context.Context, practice tenant.ID, after string, limit int) ([]*request.Request, error) {
	query := `SELECT doc, outbox FROM rights WHERE practice_id = ?1`
	if after != "" {
		query += ` AND (received_at, id) < (SELECT received_at, id FROM rights WHERE practice_id = ?1 AND id = ?2)`
	}
	return s.rights(ctx, query+` ORDER BY received_at DESC, id DESC LIMIT ?3`, practice, after, limit)
}

func (s *Store) rights(ctx context.Context, query string, practice tenant.ID, after string, limit int) ([]*request.Request, error) {
	r, err := many(ctx, s, query, []any{practice, after, atMost(limit)}, whole(rightsOutbox))
	return list(ctx, s, "list rights requests", r, err, record.RightsRequest.ToRightsRequest)
}

// CountOpenRightsRequests counts those that wait for an answer.
func (s *Store) CountOpenRightsRequests(ctx context.Context, practice tenant.ID) (int64, error) {
	var n int64
	err := s.one(ctx, `SELECT count(*) FROM rights INDEXED BY rights_open WHERE practice_id = ? AND state = 'open'`, []any{practice}, &n)
	return n, failed("count rights requests", err)
}

// DueRightsRequests lists those that a worker must look at by the instant.
func (s *Store) DueRightsRequests(ctx context.Context, at time.Time, limit int) ([]incidents.Key, error) {
	found, err := many(ctx, s, `SELECT practice_id, id FROM rights WHERE next_at <= ? ORDER BY next_at, practice_id, id LIMIT ?`,
		[]any{millis(at), atMost(limit)}, key)
	return found, failed("list due rights requests", err)
}
