package storetest

import (
	"context"
	"fmt"
	"testing"

	"datalek/incidents"
	"datalek/incidents/fault"
)

func noticeTests() []test {
	return []test{
		{"a notice comes back as it was saved, before and after approval", noticeComesBack},
		{"a known id is a duplicate and changes nothing", noticeTwice},
		{"a case's notices are paged by id", noticesPaged},
	}
}

func createNotice(ctx context.Context, t testing.TB, s Store, list ...*incidents.Notice) {
	t.Helper()
	for _, n := range list {
		ok(t, "create notice", s.CreateNotice(ctx, n))
	}
}

func noticeComesBack(ctx context.Context, t *testing.T, s Store) {
	inc := incidentOf(anna, "incident-1", at(0))
	draft := noticeOf(inc, "notice-1")
	created := noticeOf(inc, "notice-1")
	createNotice(ctx, t, s, created)
	draft.Version = 1
	same(t, "what was created", draft, created)
	same(t, "draft", draft, answered[*incidents.Notice](t, "read")(s.Notice(ctx, anna, "notice-1")))
	ok(t, "approve", approve(draft))
	got := answered[*incidents.Notice](t, "update")(s.UpdateNotice(ctx, anna, "notice-1", approve))
	draft.Version = 2
	same(t, "what the update gave", draft, got)
	same(t, "approved", draft, answered[*incidents.Notice](t, "read")(s.Notice(ctx, anna, "notice-1")))
	_, err := s.Notice(ctx, anna, "notice-unknown")
	refused(t, "an unknown notice", err, fault.NotFound)
}

func noticeTwice(ctx context.Context, t *testing.T, s Store) {
	inc := incidentOf(anna, "incident-1", at(0))
	createNotice(ctx, t, s, noticeOf(inc, "notice-1"))
	again := noticeOf(inc, "notice-1")
	again.Texts = nil
	refused(t, "create again", s.CreateNotice(ctx, again), fault.Duplicate)
	same(t, "texts", textsOf(), answered[*incidents.Notice](t, "read")(s.Notice(ctx, anna, "notice-1")).Texts)
}

func noticesPaged(ctx context.Context, t *testing.T, s Store) {
	inc, other := incidentOf(anna, "incident-1", at(0)), incidentOf(anna, "incident-2", at(0))
	for n := range 5 {
		createNotice(ctx, t, s, noticeOf(inc, fmt.Sprintf("notice-%d", 4-n)))
	}
	createNotice(ctx, t, s, noticeOf(other, "notice-2b"), noticeOf(incidentOf(bert, "incident-1", at(0)), "notice-3b"))
	got := walk(t, 2, func(n *incidents.Notice) string { return n.ID }, func(after string, limit int) ([]*incidents.Notice, error) {
		return s.NoticesOf(ctx, anna, "incident-1", after, limit)
	}, nil)
	same(t, "ids", []string{"notice-0", "notice-1", "notice-2", "notice-3", "notice-4"}, got)
}
