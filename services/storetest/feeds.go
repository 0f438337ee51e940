package storetest

import (
	"context"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

func feedTests() []test {
	return []test{
		{"a feed comes back word for word, and changes under its version", feedComesBack},
		{"feeds that are due are found over all practices, the longest due first", feedsDue},
		{"a dropped feed is gone, and another practice's stays", feedDropped},
	}
}

func feedOf(practice tenant.ID, id string, minute int) registry.Feed {
	login := registry.FeedLogin{Tenant: "praktijk.example", Client: "11111111-2222-3333-4444-555555555555"}
	login.Secret = "words of " + id
	return registry.Feed{ID: id, PracticeID: practice, Version: 1, ChangedAt: at(0), NextAt: at(minute), Mark: at(-60), ReadAt: at(-5), FailingSince: at(-4), TurnUntil: at(-3),
		Fault: registry.FeedAway, Seen: 40, Kept: 2, Odd: 1, Login: login}
}

func createFeed(ctx context.Context, t testing.TB, s Store, f registry.Feed) {
	t.Helper()
	ok(t, "create feed", s.CreateFeed(ctx, f))
}

func feedComesBack(ctx context.Context, t *testing.T, s Store) {
	for _, practice := range []string{anna, ""} {
		want := feedOf(tenant.ID(practice), "microsoft-365", 5)
		createFeed(ctx, t, s, want)
		same(t, "feed", want, answered[registry.Feed](t, "read")(s.Feed(ctx, tenant.ID(practice), want.ID)))
		refused(t, "a known id", s.CreateFeed(ctx, want), fault.Duplicate)
		got := answered[registry.Feed](t, "update")(s.UpdateFeed(ctx, tenant.ID(practice), want.ID, func(f *registry.Feed) error {
			f.NextAt, f.Mark, f.Fault = at(9), at(8), ""
			return nil
		}))
		want.NextAt, want.Mark, want.Fault, want.Version = at(9), at(8), "", 2
		same(t, "changed", want, got)
		same(t, "changed and read", want, answered[registry.Feed](t, "read")(s.Feed(ctx, tenant.ID(practice), want.ID)))
		same(t, "listed", []registry.Feed{want}, answered[[]registry.Feed](t, "list")(s.Feeds(ctx, tenant.ID(practice), "", 5)))
		same(t, "after it", 0, len(answered[[]registry.Feed](t, "list")(s.Feeds(ctx, tenant.ID(practice), want.ID, 5))))
	}
	_, err := s.Feed(ctx, bert, "microsoft-365")
	refused(t, "another practice's", err, fault.NotFound)
	_, err = s.UpdateFeed(ctx, anna, "microsoft-365", func(*registry.Feed) error { return fault.Invalid })
	refused(t, "a change that is refused", err, fault.Invalid)
}

func feedsDue(ctx context.Context, t *testing.T, s Store) {
	createFeed(ctx, t, s, feedOf(anna, "one", 3))
	createFeed(ctx, t, s, feedOf(bert, "one", 1))
	createFeed(ctx, t, s, feedOf("", "one", 2))
	due := func(minute, limit int) []incidents.Key {
		return answered[[]incidents.Key](t, "due")(s.DueFeeds(ctx, at(minute), limit))
	}
	same(t, "none yet", 0, len(due(0, 9)))
	same(t, "two", []incidents.Key{{PracticeID: bert, ID: "one"}, {ID: "one"}}, due(2, 9))
	same(t, "the longest due", []incidents.Key{{PracticeID: bert, ID: "one"}}, due(9, 1))
	answered[registry.Feed](t, "later")(s.UpdateFeed(ctx, bert, "one", func(f *registry.Feed) error { f.NextAt = at(3).Add(time.Hour); return nil }))
	same(t, "without the one that is later now", []incidents.Key{{ID: "one"}, {PracticeID: anna, ID: "one"}}, due(9, 9))
}

func feedDropped(ctx context.Context, t *testing.T, s Store) {
	createFeed(ctx, t, s, feedOf(anna, "one", 3))
	createFeed(ctx, t, s, feedOf(bert, "one", 3))
	ok(t, "drop", s.DropFeed(ctx, anna, "one"))
	ok(t, "drop again", s.DropFeed(ctx, anna, "one"))
	_, err := s.Feed(ctx, anna, "one")
	refused(t, "a dropped feed", err, fault.NotFound)
	same(t, "bert's", feedOf(bert, "one", 3), answered[registry.Feed](t, "read")(s.Feed(ctx, bert, "one")))
}

func feedCalls() []call {
	return []call{
		does("CreateFeed", adds, func(ctx context.Context, s Store, p tenant.ID, _ world) error {
			return s.CreateFeed(ctx, feedOf(p, "feed-new", 5))
		}),
		gives("Feed", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) (registry.Feed, error) {
			return s.Feed(ctx, p, worldProcessor)
		}),
		gives("Feeds", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) ([]registry.Feed, error) {
			return s.Feeds(ctx, p, "", 10)
		}),
		gives("UpdateFeed", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) (registry.Feed, error) {
			return s.UpdateFeed(ctx, p, worldProcessor, func(f *registry.Feed) error { f.Seen++; return nil })
		}),
		does("DropFeed", alters, func(ctx context.Context, s Store, p tenant.ID, _ world) error {
			return s.DropFeed(ctx, p, worldProcessor)
		}),
		gives("DueFeeds", hostWide, func(ctx context.Context, s Store, _ tenant.ID, _ world) ([]incidents.Key, error) {
			return s.DueFeeds(ctx, at(60), 10)
		}),
	}
}
