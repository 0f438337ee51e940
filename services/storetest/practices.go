package storetest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

func practiceTests() []test {
	return []test{
		{"a practice comes back as it was saved, in milliseconds and UTC", practiceComesBack},
		{"a known id is a duplicate and changes nothing", practiceTwice},
		{"a practice is found by its public code", practiceByCode},
		{"practices are paged by id", practicesPaged},
		{"those who use a processor are listed until it has ended", practicesUsing},
		{"those who use a processor below one of theirs are listed once", practicesUsingBelow},
		{"a number of a series is given once", numbersOnce},
	}
}

func practiceComesBack(ctx context.Context, t *testing.T, s Store) {
	want := practiceOf(anna)
	want.CreatedAt = want.CreatedAt.Add(456 * time.Microsecond).In(time.FixedZone("CET", 3600))
	want.Policy.ClientThresholds = nil
	want.Drill = registry.Drill{Of: bert, Incident: "i-1", Playbook: "lost-device", Pace: 720, StartedAt: at(1), EndedAt: at(2)}
	want.Drills = []string{"d-1", "d-2"}
	ok(t, "create", s.CreatePractice(ctx, want))
	want.CreatedAt, want.Version = at(0), 1
	same(t, "practice", want, answered[registry.Practice](t, "read")(s.Practice(ctx, anna)))
	_, err := s.Practice(ctx, "practice-nobody")
	refused(t, "read an unknown practice", err, fault.NotFound)
}

func practiceTwice(ctx context.Context, t *testing.T, s Store) {
	ok(t, "create", s.CreatePractice(ctx, practiceOf(anna)))
	again := practiceOf(anna)
	again.PublicCode, again.Details.Name = "another-code", "Another"
	refused(t, "create again", s.CreatePractice(ctx, again), fault.Duplicate)
	stored := answered[registry.Practice](t, "read")(s.Practice(ctx, anna))
	same(t, "name", practiceOf(anna).Details.Name, stored.Details.Name)
	_, err := s.PracticeByCode(ctx, "another-code")
	refused(t, "the refused practice's code", err, fault.NotFound)
}

func practiceByCode(ctx context.Context, t *testing.T, s Store) {
	ok(t, "create", s.CreatePractice(ctx, practiceOf(anna)))
	ok(t, "create", s.CreatePractice(ctx, practiceOf(bert)))
	found := answered[registry.Practice](t, "by code")(s.PracticeByCode(ctx, "code-of-"+bert))
	same(t, "id", bert, found.ID)
	_, err := s.PracticeByCode(ctx, "code-of-nobody")
	refused(t, "an unknown code", err, fault.NotFound)
	_, err = s.PracticeByCode(ctx, "")
	refused(t, "no code", err, fault.NotFound)
}

func practicesPaged(ctx context.Context, t *testing.T, s Store) {
	var want []string
	for n := range 7 {
		id := fmt.Sprintf("practice-%02d", 6-n)
		want = append(want, id)
		ok(t, "create", s.CreatePractice(ctx, practiceOf(id)))
	}
	slices.Sort(want)
	got := walk(t, 3, func(p registry.Practice) string { return string(p.ID) },
		func(after string, limit int) ([]registry.Practice, error) { return s.Practices(ctx, after, limit) }, nil)
	same(t, "ids", want, got)
}

func practicesUsing(ctx context.Context, t *testing.T, s Store) {
	put := func(practice tenant.ID, processor string, ended time.Time) {
		p := processorOf(practice, processor)
		p.EndedAt = ended
		_, err := s.PutProcessor(ctx, p)
		ok(t, "put processor", err)
	}
	for _, practice := range []string{"practice-3", "practice-1", "practice-2"} {
		put(tenant.ID(practice), "microsoft-365", time.Time{})
	}
	put("practice-4", "microsoft-365", at(5))
	put("practice-5", "google", time.Time{})
	using := func(after string, limit int) ([]tenant.ID, error) {
		return s.PracticesUsing(ctx, "microsoft-365", tenant.ID(after), limit)
	}
	itself := func(id tenant.ID) string { return string(id) }
	same(t, "practices", []string{"practice-1", "practice-2", "practice-3"}, walk(t, 2, itself, using, nil))

	put("practice-2", "microsoft-365", at(6))
	put("practice-4", "microsoft-365", time.Time{})
	same(t, "after one ended and one began again", []string{"practice-1", "practice-3", "practice-4"}, walk(t, 2, itself, using, nil))
}

func practicesUsingBelow(ctx context.Context, t *testing.T, s Store) {
	put := func(practice tenant.ID, processor string, ended time.Time, below ...string) {
		p := processorOf(practice, processor)
		p.EndedAt, p.SubProcessors = ended, below
		_, err := s.PutProcessor(ctx, p)
		ok(t, "put processor", err)
	}
	put("practice-1", "file-host", time.Time{}, "microsoft-365", "azure")
	put("practice-2", "microsoft-365", time.Time{})
	put("practice-2", "agenda-nl", time.Time{}, "microsoft-365")
	put("practice-2", "file-host", time.Time{}, "microsoft-365")
	put("practice-3", "file-host", at(5), "microsoft-365")
	put("practice-4", "file-host", time.Time{}, "azure")
	put("practice-5", "file-host", time.Time{}, "microsoft-365")
	using := func(processor string) []string {
		return walk(t, 1, func(id tenant.ID) string { return string(id) },
			func(after string, limit int) ([]tenant.ID, error) {
				return s.PracticesUsing(ctx, processor, tenant.ID(after), limit)
			}, nil)
	}
	same(t, "practices", []string{"practice-1", "practice-2", "practice-5"}, using("microsoft-365"))
	same(t, "of the other", []string{"practice-1", "practice-4"}, using("azure"))

	put("practice-1", "file-host", time.Time{}, "azure")
	put("practice-3", "file-host", time.Time{}, "microsoft-365")
	put("practice-5", "file-host", at(6), "microsoft-365")
	same(t, "after one named it no more, one began again and one ended", []string{"practice-2", "practice-3"}, using("microsoft-365"))
}

func numbersOnce(ctx context.Context, t *testing.T, s Store) {
	const each = 15
	var mu sync.Mutex
	var given []int64
	race(writers, func(int) {
		for range each {
			n, err := s.NextNumber(ctx, anna, "incidents-2027")
			if err != nil {
				t.Errorf("next number: %v", err)
				return
			}
			mu.Lock()
			given = append(given, n)
			mu.Unlock()
		}
	})
	slices.Sort(given)
	if len(given) != writers*each || len(slices.Compact(given)) != writers*each {
		t.Errorf("%d numbers were given, %d of them different; want %d", len(given), len(slices.Compact(given)), writers*each)
	}
	if len(given) > 0 && given[0] != 1 {
		t.Errorf("the series begins with %d, want 1", given[0])
	}
	same(t, "another series", int64(1), answered[int64](t, "next number")(s.NextNumber(ctx, anna, "incidents-2028")))
	same(t, "another practice's series", int64(1), answered[int64](t, "next number")(s.NextNumber(ctx, bert, "incidents-2027")))
}
