package sqlitestore

import (
	"context"

	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

// CreatePractice stores a new practice; fault.Duplicate on a known id or code.
func (s *Store) CreatePractice(ctx context.Context, p registry.Practice) error {
	const step = "create practice"
	p.Version = 1
	r, row, err := sealedApart(ctx, s, record.FromPractice, practiceOutbox, p)
	if err != nil {
		return failed(step, err)
	}
	return s.write(ctx, step, func(t *tx) error {
		return t.exec(`INSERT INTO practices (id, practice_id, version, public_code, doc, outbox) VALUES (?, ?, ?, ?, ?, ?)`,
			r.ID, r.ID, r.Version, r.PublicCode, row.doc, row.outbox)
	})
}

func practiceOutbox(r *record.Practice) *record.Outbox { return &r.Outbox }

// Practice returns a practice, fault.NotFound for an unknown id.
func (s *Store) Practice(ctx context.Context, id tenant.ID) (registry.Practice, error) {
	r, err := first(ctx, s, `SELECT doc, outbox FROM practices WHERE id = ?`, []any{id}, whole(practiceOutbox))
	return single(ctx, s, "read practice", r, err, record.Practice.ToPractice)
}

// PracticeByCode returns the practice whose public form has this code.
func (s *Store) PracticeByCode(ctx context.Context, publicCode string) (registry.Practice, error) {
	r, err := first(ctx, s, `SELECT doc, outbox FROM practices WHERE public_code = ?`, []any{publicCode}, whole(practiceOutbox))
	return single(ctx, s, "read practice by code", r, err, record.Practice.ToPractice)
}

// UpdatePractice changes a practice under its version.
func (s *Store) UpdatePractice(ctx context.Context, id tenant.ID, change func(*registry.Practice) error) (registry.Practice, error) {
	load := func(ctx context.Context, _ tenant.ID, id string) (*registry.Practice, error) {
		p, err := s.Practice(ctx, tenant.ID(id))
		return &p, err
	}
	ident := func(p *registry.Practice) identity {
		own := string(p.ID) // a practice is its own, as the relay names it
		return identity{&p.ID, &own, &p.Version}
	}
	return updateValue(ctx, s, aggregate[*registry.Practice]{record.Practices, load, ident, s.savePractice}, id, string(id), change)
}

func (s *Store) savePractice(ctx context.Context, p *registry.Practice) (func(*tx) (int64, error), error) {
	r, row, err := sealedApart(ctx, s, record.FromPractice, practiceOutbox, *p)
	return func(t *tx) (int64, error) {
		return t.change(`UPDATE practices SET version = ?, public_code = ?, doc = ?, outbox = ? WHERE id = ? AND version = ?`,
			r.Version, r.PublicCode, row.doc, row.outbox, r.ID, r.Version-1)
	}, err
}

// Practices lists practices by id.
func (s *Store) Practices(ctx context.Context, after string, limit int) ([]registry.Practice, error) {
	r, err := many(ctx, s, `SELECT doc, outbox FROM practices WHERE id > ? ORDER BY id LIMIT ?`, []any{after, atMost(limit)}, whole(practiceOutbox))
	return list(ctx, s, "list practices", r, err, record.Practice.ToPractice)
}

// PracticesUsing lists ids of practices with a processor that has not ended and is
// the one of this id, or engages it.
func (s *Store) PracticesUsing(ctx context.Context, processor string, after tenant.ID, limit int) ([]tenant.ID, error) {
	ids, err := many(ctx, s, `SELECT practice_id FROM processors WHERE ended = 0 AND id = ?1 AND practice_id > ?2
		UNION SELECT practice_id FROM sub_processors WHERE below = ?1 AND practice_id > ?2 ORDER BY practice_id LIMIT ?3`,
		[]any{processor, after, atMost(limit)}, tenantID)
	return ids, failed("list practices using a processor", err)
}

// NextNumber counts up a practice's series from 1.
func (s *Store) NextNumber(ctx context.Context, practice tenant.ID, series string) (int64, error) {
	var n int64
	err := s.write(ctx, "count up", func(t *tx) error {
		return t.one(`INSERT INTO counters (practice_id, series, value) VALUES (?, ?, 1)
			ON CONFLICT (practice_id, series) DO UPDATE SET value = value + 1 RETURNING value`, []any{practice, series}, &n)
	})
	return n, err
}
