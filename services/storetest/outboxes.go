package storetest

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
)

func outboxTests() []test {
	return []test{
		{"saved events are pending, words and all, until marked", eventsPending},
		{"marking does not raise the version", markKeepsVersion},
		{"marking removes only what it was given", markOnlyGiven},
		{"marking twice, and an aggregate that is gone, do no harm", markTwice},
		{"an event that was marked does not come back by an update under way", markedStaysGone},
		{"an update that races marking loses no event", updateRacesMark},
		{"at most as many aggregates as asked for come", pendingLimited},
		{"what happened to a practice itself is handed out and taken out like the rest", practiceEvents},
	}
}

func pendingOf(ctx context.Context, t testing.TB, s Store) []Pending {
	t.Helper()
	list := answered[[]Pending](t, "pending events")(s.PendingEvents(ctx, 1_000))
	slices.SortFunc(list, func(a, b Pending) int {
		return slices.Compare([]string{string(a.PracticeID), a.ID}, []string{string(b.PracticeID), b.ID})
	})
	return list
}

func idOfEvent(e incidents.Event) string { return e.ID }

func eventsPending(ctx context.Context, t *testing.T, s Store) {
	inc, notice, report := incidentOf(anna, "a-incident", at(0)), noticeOf(incidentOf(anna, "a-incident", at(0)), "b-notice"), reportOf(bert, "c-report", at(0))
	createIncident(ctx, t, s, inc)
	createNotice(ctx, t, s, notice)
	createReport(ctx, t, s, report)
	list := pendingOf(ctx, t, s)
	same(t, "aggregates", []string{"a-incident", "b-notice", "c-report"}, mapped(list, func(p Pending) string { return p.ID }))
	for n, want := range [][]incidents.Event{inc.Outbox.Pending, notice.Outbox.Pending, report.Outbox.Pending} {
		same(t, "events", want, list[n].Events)
		ok(t, "mark published", s.MarkPublished(ctx, list[n]))
	}
	none, err := s.PendingEvents(ctx, 10)
	empty(t, "once marked", none, err)
	stored := answered[*incidents.Incident](t, "read")(s.Incident(ctx, anna, "a-incident"))
	same(t, "the numbers go on", inc.Outbox.Seq, stored.Outbox.Seq)
	same(t, "events left in the case", 0, len(stored.Outbox.Pending))
}

func markKeepsVersion(ctx context.Context, t *testing.T, s Store) {
	createIncident(ctx, t, s, incidentOf(anna, "incident-1", at(0)))
	reassess(ctx, t, s)
	ok(t, "mark", s.MarkPublished(ctx, pendingOf(ctx, t, s)[0]))
	same(t, "version", int64(2), answered[*incidents.Incident](t, "read")(s.Incident(ctx, anna, "incident-1")).Version)
}

func reassess(ctx context.Context, t testing.TB, s Store) {
	t.Helper()
	_, err := s.UpdateIncident(ctx, anna, "incident-1", func(i *incidents.Incident) error { i.Reassess(at(2), user()); return nil })
	ok(t, "update", err)
}

func markOnlyGiven(ctx context.Context, t *testing.T, s Store) {
	createIncident(ctx, t, s, incidentOf(anna, "incident-1", at(0)))
	reassess(ctx, t, s)
	seen := pendingOf(ctx, t, s)[0]
	same(t, "seen", []string{"incident-1-1", "incident-1-2"}, mapped(seen.Events, idOfEvent))
	reassess(ctx, t, s)
	ok(t, "mark", s.MarkPublished(ctx, seen))
	left := pendingOf(ctx, t, s)
	same(t, "left", []string{"incident-1-3"}, mapped(left[0].Events, idOfEvent))

	reassess(ctx, t, s)
	part := left[0]
	part.Events = []incidents.Event{{ID: "incident-1-4"}} // the newer before the older
	ok(t, "mark", s.MarkPublished(ctx, part))
	same(t, "left", []string{"incident-1-3"}, mapped(pendingOf(ctx, t, s)[0].Events, idOfEvent))
}

func markTwice(ctx context.Context, t *testing.T, s Store) {
	createIncident(ctx, t, s, incidentOf(anna, "incident-1", at(0)))
	seen := pendingOf(ctx, t, s)[0]
	ok(t, "mark", s.MarkPublished(ctx, seen))
	reassess(ctx, t, s)
	ok(t, "mark again", s.MarkPublished(ctx, seen))
	same(t, "left", []string{"incident-1-2"}, mapped(pendingOf(ctx, t, s)[0].Events, idOfEvent))
}

// markedStaysGone marks from within a change. A store may let the marking wait
// for the update and give up; one that acknowledges it must mean it.
func markedStaysGone(ctx context.Context, t *testing.T, s Store) {
	createIncident(ctx, t, s, incidentOf(anna, "incident-1", at(0)))
	seen := pendingOf(ctx, t, s)[0]
	marked := false
	var once sync.Once
	_, err := s.UpdateIncident(ctx, anna, "incident-1", func(i *incidents.Incident) error {
		once.Do(func() {
			short, cancel := context.WithTimeout(ctx, time.Second)
			defer cancel()
			marked = s.MarkPublished(short, seen) == nil
		})
		i.Reassess(at(2), user())
		return nil
	})
	ok(t, "update", err)
	if !marked {
		ok(t, "mark, now that nobody is in the way", s.MarkPublished(ctx, seen))
	}
	same(t, "left", []string{"incident-1-2"}, mapped(pendingOf(ctx, t, s)[0].Events, idOfEvent))
}

func updateRacesMark(ctx context.Context, t *testing.T, s Store) {
	const updates = 40
	createIncident(ctx, t, s, incidentOf(anna, "incident-1", at(0)))
	var mu sync.Mutex
	seen, done, failed := map[string]bool{}, 0, false
	relay := func() {
		for {
			mu.Lock()
			over := done == 2 || failed
			mu.Unlock()
			list, err := s.PendingEvents(ctx, 10)
			for _, p := range list {
				mu.Lock()
				for _, e := range p.Events {
					seen[e.ID] = true
				}
				mu.Unlock()
				if err == nil {
					err = s.MarkPublished(ctx, p)
				}
			}
			if err != nil {
				t.Errorf("relay: %v", err)
				return
			}
			if over && len(list) == 0 {
				return
			}
		}
	}
	race(4, func(worker int) {
		if worker < 2 {
			relay()
			return
		}
		err := reassessOften(ctx, s, updates)
		mu.Lock()
		defer mu.Unlock()
		done++
		if failed = failed || err != nil; err != nil {
			t.Errorf("update: %v", err)
		}
	})
	stored := answered[*incidents.Incident](t, "read")(s.Incident(ctx, anna, "incident-1"))
	same(t, "version: every update and no marking", int64(1+2*updates), stored.Version)
	same(t, "last number", int64(1+2*updates), stored.Outbox.Seq)
	same(t, "events that were handed out", 1+2*updates, len(seen))
	same(t, "events left", 0, len(stored.Outbox.Pending))
}

func reassessOften(ctx context.Context, s Store, times int) error {
	for range times {
		err := insist(func() error {
			_, err := s.UpdateIncident(ctx, anna, "incident-1", func(i *incidents.Incident) error { i.Reassess(at(2), user()); return nil })
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func pendingLimited(ctx context.Context, t *testing.T, s Store) {
	for _, id := range []string{"incident-1", "incident-2", "incident-3"} {
		createIncident(ctx, t, s, incidentOf(anna, id, at(0)))
	}
	createReport(ctx, t, s, reportOf(anna, "report-1", at(0)))
	for _, limit := range []int{2, 4} {
		list := answered[[]Pending](t, "pending")(s.PendingEvents(ctx, limit))
		same(t, "aggregates", limit, len(list))
	}
}

// practiceEvents changes a practice twice, with and without an event, beside a case
// of the same practice.
func practiceEvents(ctx context.Context, t *testing.T, s Store) {
	ok(t, "create", s.CreatePractice(ctx, practiceOf(anna)))
	ok(t, "create", s.CreatePractice(ctx, practiceOf(bert)))
	createIncident(ctx, t, s, incidentOf(anna, "incident-1", at(0)))
	change := func(hours int, event bool) registry.Practice {
		p, err := s.UpdatePractice(ctx, anna, func(p *registry.Practice) error {
			p.Policy.ClientHours = hours
			if event {
				p.Outbox.Put(string(p.ID), incidents.PolicyChange{After: p.Policy, Reason: "sooner", By: user()}.Event(p.ID, at(hours)))
			}
			return nil
		})
		ok(t, "change", err)
		return p
	}
	change(24, true)
	list := pendingOf(ctx, t, s)
	same(t, "aggregates", []string{"incident-1", anna}, mapped(list, func(p Pending) string { return p.ID }))
	mine := list[1]
	same(t, "whose", anna, mine.PracticeID)
	same(t, "events", []string{anna + "-1"}, mapped(mine.Events, idOfEvent))
	same(t, "words", "sooner", mine.Events[0].Words["reason"])

	change(12, false)
	same(t, "after another change", []string{anna + "-1"}, mapped(pendingOf(ctx, t, s)[1].Events, idOfEvent))
	ok(t, "mark", s.MarkPublished(ctx, mine))
	ok(t, "mark again", s.MarkPublished(ctx, mine))
	same(t, "left", []string{"incident-1"}, mapped(pendingOf(ctx, t, s), func(p Pending) string { return p.ID }))
	stored := change(6, true)
	same(t, "version: every change and no marking", int64(4), stored.Version)
	same(t, "the numbers go on", []string{anna + "-2"}, mapped(pendingOf(ctx, t, s)[1].Events, idOfEvent))
	same(t, "events of the other practice", 0, len(answered[registry.Practice](t, "read")(s.Practice(ctx, bert)).Outbox.Pending))
}
