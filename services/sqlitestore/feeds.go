package sqlitestore

import (
	"context"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

// CreateFeed stores a new feed, fault.Duplicate on a known id.
func (s *Store) CreateFeed(ctx context.Context, v registry.Feed) error {
	const step = "create feed"
	v.Version = 1
	r, row, err := sealedNoted(ctx, s, record.FromFeed, feedNotes, v)
	if err != nil {
		return failed(step, err)
	}
	return s.write(ctx, step, func(t *tx) error {
		return t.exec(`INSERT INTO feeds (practice_id, id, version, next_at, doc, outbox) VALUES (?, ?, ?, ?, ?, ?)`, r.PracticeID, r.ID, r.Version, millis(r.NextAt), row.doc, row.outbox)
	})
}

func feedNotes(r *record.Feed) *record.Noted { return &r.Noted }

// Feed returns a feed, fault.NotFound for an unknown id.
func (s *Store) Feed(ctx context.Context, practice tenant.ID, id string) (registry.Feed, error) {
	r, err := first(ctx, s, `SELECT doc FROM feeds WHERE practice_id = ? AND id = ?`, []any{practice, id}, doc[record.Feed])
	return single(ctx, s, "read feed", r, err, record.Feed.ToFeed)
}

// UpdateFeed changes a feed under its version.
func (s *Store) UpdateFeed(ctx context.Context, practice tenant.ID, id string, change func(*registry.Feed) error) (registry.Feed, error) {
	load := func(ctx context.Context, practice tenant.ID, id string) (*registry.Feed, error) {
		v, err := s.Feed(ctx, practice, id)
		return &v, err
	}
	ident := func(v *registry.Feed) identity { return identity{&v.PracticeID, &v.ID, &v.Version} }
	save := func(ctx context.Context, v *registry.Feed) (func(*tx) (int64, error), error) {
		r, row, err := sealedNoted(ctx, s, record.FromFeed, feedNotes, *v)
		v.Notes = nil
		return func(t *tx) (int64, error) {
			return t.change(`UPDATE feeds SET version = ?1, next_at = ?2, doc = ?3, outbox = `+addNotes(`?4`)+` WHERE practice_id = ?5 AND id = ?6 AND version = ?1 - 1`,
				r.Version, millis(r.NextAt), row.doc, row.outbox, r.PracticeID, r.ID)
		}, err
	}
	return updateValue(ctx, s, aggregate[*registry.Feed]{record.Feeds, load, ident, save}, practice, id, change)
}

// DropFeed removes a feed; none is no error.
func (s *Store) DropFeed(ctx context.Context, practice tenant.ID, id string) error {
	return s.write(ctx, "drop feed", func(t *tx) error {
		return t.exec(`DELETE FROM feeds WHERE practice_id = ? AND id = ?`, practice, id)
	})
}

// Feeds lists a practice's by id.
func (s *Store) Feeds(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.Feed, error) {
	r, err := many(ctx, s, `SELECT doc FROM feeds WHERE practice_id = ? AND id > ? ORDER BY id LIMIT ?`, []any{practice, after, atMost(limit)}, doc[record.Feed])
	return list(ctx, s, "list feeds", r, err, record.Feed.ToFeed)
}

// DueFeeds lists those whose next look is due at the instant, the longest due first.
func (s *Store) DueFeeds(ctx context.Context, at time.Time, limit int) ([]incidents.Key, error) {
	found, err := many(ctx, s, `SELECT practice_id, id FROM feeds WHERE next_at <= ? ORDER BY next_at, practice_id, id LIMIT ?`, []any{millis(at), atMost(limit)}, key)
	return found, failed("list due feeds", err)
}
