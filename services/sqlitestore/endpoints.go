package sqlitestore

import (
	"context"
	"time"

	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

// CreateEndpoint stores an address; fault.Duplicate on a known token hash.
func (s *Store) CreateEndpoint(ctx context.Context, e registry.Endpoint) error {
	const step = "create endpoint"
	e.Version = 1
	r, row, err := sealedNoted(ctx, s, record.FromEndpoint, endpointNotes, e)
	if err != nil {
		return failed(step, err)
	}
	return s.write(ctx, step, func(t *tx) error {
		return t.exec(`INSERT INTO endpoints (id, token_hash, practice_id, processor_id, doc, outbox) VALUES (?, ?, ?, ?, ?, ?)`,
			r.ID, r.TokenHash, r.PracticeID, r.ProcessorID, row.doc, row.outbox)
	})
}

func endpointNotes(r *record.Endpoint) *record.Noted { return &r.Noted }

// EndpointByToken returns the address with this token.
func (s *Store) EndpointByToken(ctx context.Context, tokenHash string) (registry.Endpoint, error) {
	r, err := first(ctx, s, `SELECT doc FROM endpoints WHERE token_hash = ?`, []any{tokenHash}, doc[record.Endpoint])
	return single(ctx, s, "read endpoint", r, err, record.Endpoint.ToEndpoint)
}

// Endpoints lists a practice's own addresses for a processor; practice "" the
// operator's.
func (s *Store) Endpoints(ctx context.Context, practice tenant.ID, processor string) ([]registry.Endpoint, error) {
	r, err := many(ctx, s, `SELECT doc FROM endpoints WHERE practice_id = ? AND processor_id = ? ORDER BY id`,
		[]any{practice, processor}, doc[record.Endpoint])
	return list(ctx, s, "list endpoints", r, err, record.Endpoint.ToEndpoint)
}

// UpdateEndpoint changes an address under its version; practice "" for the
// operator's. What was stored before addresses could change has version 0.
func (s *Store) UpdateEndpoint(ctx context.Context, practice tenant.ID, id string, change func(*registry.Endpoint) error) (registry.Endpoint, error) {
	load := func(ctx context.Context, practice tenant.ID, id string) (*registry.Endpoint, error) {
		r, err := first(ctx, s, `SELECT doc FROM endpoints WHERE id = ? AND practice_id = ?`, []any{id, practice}, doc[record.Endpoint])
		v, err := single(ctx, s, "read endpoint", r, err, record.Endpoint.ToEndpoint)
		return &v, err
	}
	ident := func(v *registry.Endpoint) identity { return identity{&v.PracticeID, &v.ID, &v.Version} }
	save := func(ctx context.Context, v *registry.Endpoint) (func(*tx) (int64, error), error) {
		r, row, err := sealedNoted(ctx, s, record.FromEndpoint, endpointNotes, *v)
		v.Notes = nil
		return func(t *tx) (int64, error) {
			return t.change(`UPDATE endpoints SET doc = ?1, outbox = `+addNotes(`?2`)+` WHERE id = ?3 AND practice_id = ?4 AND coalesce(json_extract(doc, '$.version'), 0) = ?5`,
				row.doc, row.outbox, r.ID, r.PracticeID, r.Version-1)
		}, err
	}
	return updateValue(ctx, s, aggregate[*registry.Endpoint]{record.Endpoints, load, ident, save}, practice, id, change)
}

// TouchEndpoint notes an address's last message.
func (s *Store) TouchEndpoint(ctx context.Context, practice tenant.ID, id string, at time.Time) error {
	const step = "note message at endpoint"
	return s.write(ctx, step, func(t *tx) error {
		n, err := t.change(`UPDATE endpoints SET doc = json_set(doc, '$.last_at', ?) WHERE id = ? AND practice_id = ?`,
			at.UTC().Truncate(time.Millisecond).Format(time.RFC3339Nano), id, practice)
		return unlessNone(n, err)
	})
}
