package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"datalek/incidents"
)

func affectedTests() []test {
	return []test{
		{"findings come back as they were saved", affectedComesBack},
		{"the same row again changes nothing", affectedTwice},
		{"versions and incidents do not mix", affectedVersions},
		{"one version is paged by id, by group", affectedPaged},
		{"rows are found by id", affectedByIDs},
		{"only the certain and the possible are affected", affectedPersons},
		{"readers are mapped for those in scope", affectedReaders},
		{"paging over 1,000 findings sees each once", affectedMany},
	}
}

func saveAffected(ctx context.Context, t *testing.T, s Store, rows ...incidents.Affected) {
	t.Helper()
	ok(t, "save affected", s.SaveAffected(ctx, anna, rows))
}

func idOfAffected(a incidents.Affected) string { return a.ID }

// findings are one of each kind: in scope, possible, not affected, no client.
func findings() []incidents.Affected {
	certain, possible := affectedOf(anna, "incident-1", 1, "client-1"), affectedOf(anna, "incident-1", 1, "client-2")
	possible.Certainty, possible.Group, possible.InScope, possible.Readers = incidents.Possible, incidents.Former, false, []string{}
	none := affectedOf(anna, "incident-1", 1, "client-3")
	none.Certainty, none.Group, none.InScope, none.Readers, none.Reasons = incidents.None, incidents.NotAffected, false, nil, nil
	stranger := affectedOf(anna, "incident-1", 1, "u-1")
	stranger.ClientID, stranger.Group, stranger.InScope, stranger.Email = "", incidents.OtherPeople, false, "iemand@example.org"
	stranger.Reasons, stranger.Readers = []incidents.Reason{}, []string{"u-1"}
	return []incidents.Affected{certain, possible, none, stranger}
}

func affectedComesBack(ctx context.Context, t *testing.T, s Store) {
	saveAffected(ctx, t, s, findings()...)
	got := answered[[]incidents.Affected](t, "page")(s.AffectedPage(ctx, anna, "incident-1", 1, nil, "", 10))
	same(t, "rows", findings(), got)
	none, err := s.AffectedPage(ctx, anna, "incident-1", 2, nil, "", 10)
	empty(t, "a version that was not saved", none, err)
	ok(t, "save nothing", s.SaveAffected(ctx, anna, nil))
}

func affectedTwice(ctx context.Context, t *testing.T, s Store) {
	saveAffected(ctx, t, s, findings()[:2]...)
	other := findings()
	other[0].Group, other[0].InScope = incidents.OtherPeople, false
	saveAffected(ctx, t, s, other...)
	got := answered[[]incidents.Affected](t, "page")(s.AffectedPage(ctx, anna, "incident-1", 1, nil, "", 10))
	same(t, "rows: the first word stands, the missing were added", findings(), got)
}

func affectedVersions(ctx context.Context, t *testing.T, s Store) {
	saveAffected(ctx, t, s, affectedOf(anna, "incident-1", 1, "client-1"), affectedOf(anna, "incident-1", 2, "client-1"),
		affectedOf(anna, "incident-1", 2, "client-2"), affectedOf(anna, "incident-2", 1, "client-3"))
	for _, tt := range []struct {
		incident string
		version  int64
		want     []string
	}{{"incident-1", 1, []string{"client-1"}}, {"incident-1", 2, []string{"client-1", "client-2"}}, {"incident-2", 1, []string{"client-3"}}, {"incident-2", 2, nil}} {
		what := fmt.Sprintf("%s version %d", tt.incident, tt.version)
		list := answered[[]incidents.Affected](t, what)(s.AffectedPage(ctx, anna, tt.incident, tt.version, nil, "", 10))
		same(t, what, tt.want, mapped(list, idOfAffected))
		ids := answered[[]string](t, what)(s.AffectedPersons(ctx, anna, tt.incident, tt.version))
		slices.Sort(ids)
		same(t, what+", persons", len(tt.want), len(ids))
		readers := answered[map[string][]string](t, what)(s.ReadersInScope(ctx, anna, tt.incident, tt.version))
		same(t, what+", readers", len(tt.want), len(readers))
	}
}

func affectedPaged(ctx context.Context, t *testing.T, s Store) {
	var all, former []string
	groups := []incidents.Group{incidents.InGuidance, incidents.Former, incidents.NotAffected}
	for n := range 11 {
		row := affectedOf(anna, "incident-1", 1, fmt.Sprintf("client-%02d", 10-n))
		row.Group = groups[n%3]
		all = append(all, row.ID)
		if row.Group != incidents.InGuidance {
			former = append(former, row.ID)
		}
		saveAffected(ctx, t, s, row)
	}
	slices.Sort(all)
	slices.Sort(former)
	list := func(groups ...incidents.Group) []string {
		return walk(t, 3, idOfAffected, func(after string, limit int) ([]incidents.Affected, error) {
			return s.AffectedPage(ctx, anna, "incident-1", 1, groups, after, limit)
		}, nil)
	}
	same(t, "all", all, list())
	same(t, "two groups", former, list(incidents.Former, incidents.NotAffected))
	same(t, "an empty group", nil, list(incidents.OtherPeople))
}

func affectedByIDs(ctx context.Context, t *testing.T, s Store) {
	saveAffected(ctx, t, s, findings()...)
	saveAffected(ctx, t, s, affectedOf(anna, "incident-1", 2, "client-9"), affectedOf(anna, "incident-2", 1, "client-8"))
	got := answered[[]incidents.Affected](t, "by ids")(s.AffectedByIDs(ctx, anna, "incident-1", 1, []string{"u-1", "client-2", "client-9", "client-8", "x"}))
	slices.SortFunc(got, func(a, b incidents.Affected) int { return slices.Compare([]string{a.ID}, []string{b.ID}) })
	same(t, "rows", []incidents.Affected{findings()[1], findings()[3]}, got)
	none, err := s.AffectedByIDs(ctx, anna, "incident-1", 1, nil)
	empty(t, "no ids", none, err)
}

func affectedPersons(ctx context.Context, t *testing.T, s Store) {
	saveAffected(ctx, t, s, findings()...)
	ids := answered[[]string](t, "persons")(s.AffectedPersons(ctx, anna, "incident-1", 1))
	slices.Sort(ids)
	same(t, "ids", []string{"client-1", "client-2", "u-1"}, ids)
}

func affectedReaders(ctx context.Context, t *testing.T, s Store) {
	saveAffected(ctx, t, s, findings()...)
	saveAffected(ctx, t, s, affectedOf(anna, "incident-1", 1, "client-4"))
	got := answered[map[string][]string](t, "readers")(s.ReadersInScope(ctx, anna, "incident-1", 1))
	same(t, "readers", map[string][]string{"client-1": {"client-1", "client-1-parent"}, "client-4": {"client-4", "client-4-parent"}}, got)
}

func affectedMany(ctx context.Context, t *testing.T, s Store) {
	var want []string
	var rows []incidents.Affected
	for n := range 1_020 {
		rows = append(rows, affectedOf(anna, "incident-1", 1, fmt.Sprintf("client-%04d", n)))
		want = append(want, rows[n].ID)
	}
	saveAffected(ctx, t, s, rows...)
	read := func(after string, limit int) ([]incidents.Affected, error) {
		return s.AffectedPage(ctx, anna, "incident-1", 1, nil, after, limit)
	}
	same(t, "ids", want, walk(t, 170, idOfAffected, read, func() { saveAffected(ctx, t, s, affectedOf(anna, "incident-1", 2, "client-0500b")) }))
	persons := answered[[]string](t, "persons")(s.AffectedPersons(ctx, anna, "incident-1", 1))
	same(t, "persons", len(want), len(persons))
}
