package mongostore

import (
	"context"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

func feeds() guarded[registry.Feed, record.Feed] {
	return guarded[registry.Feed, record.Feed]{
		kind: kind[registry.Feed, record.Feed]{collection: record.Feeds, record: record.FromFeed, value: record.Feed.ToFeed,
			key: func(r record.Feed) string { return keyOf(r.PracticeID, r.ID) }},
		version: func(v *registry.Feed) *int64 { return &v.Version },
	}
}

// CreateFeed stores a new feed, fault.Duplicate on a known id.
func (s *Store) CreateFeed(ctx context.Context, v registry.Feed) error {
	v.Version = 1
	return create(ctx, s, feeds().kind, "create feed", v)
}

// Feed reads a feed.
func (s *Store) Feed(ctx context.Context, practice tenant.ID, id string) (registry.Feed, error) {
	return read(ctx, s, feeds().kind, "read feed", owned(practice, id))
}

// UpdateFeed changes a feed under its version.
func (s *Store) UpdateFeed(ctx context.Context, practice tenant.ID, id string, change func(*registry.Feed) error) (registry.Feed, error) {
	return update(ctx, s, feeds(), "update feed", owned(practice, id), change)
}

// DropFeed removes a feed; none is no error.
func (s *Store) DropFeed(ctx context.Context, practice tenant.ID, id string) error {
	_, err := s.in(record.Feeds).DeleteOne(ctx, owned(practice, id))
	return failed("drop feed", err)
}

// Feeds lists a practice's by id.
func (s *Store) Feeds(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.Feed, error) {
	return list(ctx, s, feeds().kind, "list feeds", page(practice, after, limit))
}

// DueFeeds lists those whose next look is due at the instant, the longest due first.
func (s *Store) DueFeeds(ctx context.Context, at time.Time, limit int) ([]incidents.Key, error) {
	return s.keys(ctx, record.Feeds, "list due feeds", query{filter: where("next_at", until(at)), order: where("next_at", 1), limit: limit})
}
