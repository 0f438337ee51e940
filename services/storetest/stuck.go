package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/tenant"
)

func stuckTests() []test {
	return []test{
		{"stuck work comes back word for word, and a second time replaces the first", stuckComesBack},
		{"stuck work comes by id, page by page, of its own practice alone", stuckPaged},
		{"all stuck work comes by key", stuckAll},
		{"done work is removed, and once is enough", stuckDropped},
	}
}

func stuckOf(practice tenant.ID, id string, minute int) incidents.Stuck {
	return incidents.Stuck{ID: id, PracticeID: practice, IncidentID: "incident-1", Queue: "draft", Job: []byte(`{"practice":"` + practice + `"}`),
		Cause: incidents.StuckInvalid, Detail: "draft: read playbook \u201cx\u201d: invalid", At: at(minute), Attempts: 12}
}

func idOfStuck(v incidents.Stuck) string { return string(v.PracticeID) + "/" + v.ID }

func putStuck(ctx context.Context, t testing.TB, s Store, list ...incidents.Stuck) {
	t.Helper()
	for _, v := range list {
		ok(t, "put stuck work", s.PutStuck(ctx, v))
	}
}

func stuckComesBack(ctx context.Context, t *testing.T, s Store) {
	for _, practice := range []string{anna, ""} {
		want := stuckOf(tenant.ID(practice), "stuck-1", 0)
		putStuck(ctx, t, s, want)
		same(t, "stuck work", want, answered[incidents.Stuck](t, "read")(s.Stuck(ctx, tenant.ID(practice), want.ID)))
		want.AgainAt, want.Detail, want.Attempts = at(3), "other", 1
		putStuck(ctx, t, s, want)
		same(t, "the second time", want, answered[incidents.Stuck](t, "read")(s.Stuck(ctx, tenant.ID(practice), want.ID)))
		same(t, "count", int64(1), answered[int64](t, "count")(s.CountStuck(ctx, tenant.ID(practice))))
		want.AgainAt = time.Time{}
		putStuck(ctx, t, s, want)
		same(t, "stuck again", want, answered[incidents.Stuck](t, "read")(s.Stuck(ctx, tenant.ID(practice), want.ID)))
	}
	_, err := s.Stuck(ctx, anna, "stuck-unknown")
	refused(t, "unknown stuck work", err, fault.NotFound)
}

func stuckPaged(ctx context.Context, t *testing.T, s Store) {
	for n := range 5 {
		putStuck(ctx, t, s, stuckOf(anna, fmt.Sprintf("stuck-%d", 4-n), n))
	}
	putStuck(ctx, t, s, stuckOf(bert, "stuck-9", 0), stuckOf("", "stuck-8", 0))
	page := func(practice tenant.ID, after string, limit int) []string {
		return mapped(answered[[]incidents.Stuck](t, "list")(s.StuckOf(ctx, practice, after, limit)), idOfStuck)
	}
	same(t, "the first two", []string{anna + "/stuck-0", anna + "/stuck-1"}, page(anna, "", 2))
	same(t, "after them", []string{anna + "/stuck-2", anna + "/stuck-3", anna + "/stuck-4"}, page(anna, "stuck-1", 10))
	same(t, "the host's", []string{"/stuck-8"}, page("", "", 10))
	same(t, "count", int64(5), answered[int64](t, "count")(s.CountStuck(ctx, anna)))
	same(t, "count of the host's", int64(1), answered[int64](t, "count")(s.CountStuck(ctx, "")))
}

func stuckAll(ctx context.Context, t *testing.T, s Store) {
	putStuck(ctx, t, s, stuckOf(bert, "stuck-1", 0), stuckOf(anna, "stuck-2", 0), stuckOf("", "stuck-3", 0), stuckOf(anna, "stuck-1", 0))
	all := func(after incidents.Key, limit int) []string {
		return mapped(answered[[]incidents.Stuck](t, "list")(s.AllStuck(ctx, after, limit)), idOfStuck)
	}
	want := []string{"/stuck-3", anna + "/stuck-1", anna + "/stuck-2", bert + "/stuck-1"}
	same(t, "all", want, all(incidents.Key{}, 10))
	same(t, "the first two", want[:2], all(incidents.Key{}, 2))
	same(t, "after them", want[2:], all(incidents.Key{PracticeID: anna, ID: "stuck-1"}, 10))
}

func stuckDropped(ctx context.Context, t *testing.T, s Store) {
	putStuck(ctx, t, s, stuckOf(anna, "stuck-1", 0), stuckOf(bert, "stuck-1", 0))
	for range 2 {
		ok(t, "drop", s.DropStuck(ctx, anna, "stuck-1"))
	}
	same(t, "left", []string{bert + "/stuck-1"}, mapped(answered[[]incidents.Stuck](t, "list")(s.AllStuck(ctx, incidents.Key{}, 10)), idOfStuck))
}

func stuckCalls() []call {
	return []call{
		does("PutStuck", adds, func(ctx context.Context, s Store, p tenant.ID, _ world) error {
			return s.PutStuck(ctx, stuckOf(p, "stuck-new", 5))
		}),
		gives("Stuck", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) (incidents.Stuck, error) {
			return s.Stuck(ctx, p, worldStuck)
		}),
		gives("StuckOf", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) ([]incidents.Stuck, error) {
			return s.StuckOf(ctx, p, "", 10)
		}),
		gives("CountStuck", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) (int64, error) {
			return s.CountStuck(ctx, p)
		}),
		gives("AllStuck", hostWide, func(ctx context.Context, s Store, _ tenant.ID, _ world) ([]incidents.Stuck, error) {
			return s.AllStuck(ctx, incidents.Key{}, 10)
		}),
		does("DropStuck", alters, func(ctx context.Context, s Store, p tenant.ID, _ world) error {
			return s.DropStuck(ctx, p, worldStuck)
		}),
	}
}
