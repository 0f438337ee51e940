package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/tenant"
)

func registerTests() []test {
	return []test{
		{"an empty register has no head", registerEmpty},
		{"entries come back as they were chained, and still verify", entriesComeBack},
		{"what does not follow the head is a conflict and writes nothing", entriesConflict},
		{"an event is in the register once", eventTwice},
		{"known events are told from unknown ones", eventsKnown},
		{"a case's entries come newest first, in pages", entriesOfCase},
		{"each practice has its own chain", chainsApart},
		{"registrars that race leave neither gap nor double", registrarsRaced},
	}
}

func appendEntries(ctx context.Context, t testing.TB, s Store, practice tenant.ID, entries []register.Entry) {
	t.Helper()
	ok(t, "append entries", s.AppendEntries(ctx, practice, entries))
}

func headOf(ctx context.Context, t testing.TB, s Store, practice tenant.ID) register.Head {
	t.Helper()
	return answered[register.Head](t, "read head")(s.RegisterHead(ctx, practice))
}

// allEntries reads a practice's register page by page and verifies the chain.
func allEntries(ctx context.Context, t testing.TB, s Store, practice tenant.ID) []register.Entry {
	t.Helper()
	var all []register.Entry
	head := register.Head{}
	for {
		page := answered[[]register.Entry](t, "read entries")(s.Entries(ctx, practice, head.Seq, 50))
		next, err := register.Verify(head, page)
		ok(t, "verify the chain", err)
		if all = append(all, page...); len(page) < 50 {
			return all
		}
		head = next
	}
}

func seqOf(e register.Entry) int64 { return e.Seq }

func registerEmpty(ctx context.Context, t *testing.T, s Store) {
	same(t, "head", register.Head{}, headOf(ctx, t, s, anna))
	none, err := s.Entries(ctx, anna, 0, 10)
	empty(t, "entries", none, err)
}

func entriesComeBack(ctx context.Context, t *testing.T, s Store) {
	events := eventsOf(anna, "incident-1", 5)
	events[1].Words, events[2].Facts, events[3].IncidentID = nil, nil, ""
	entries := chainOf(register.Head{}, events)
	appendEntries(ctx, t, s, anna, entries[:2])
	appendEntries(ctx, t, s, anna, entries[2:])
	same(t, "entries", entries, allEntries(ctx, t, s, anna))
	same(t, "head", entries[4].Head(), headOf(ctx, t, s, anna))
	page := answered[[]register.Entry](t, "a page")(s.Entries(ctx, anna, 2, 2))
	same(t, "two after the second", []int64{3, 4}, mapped(page, seqOf))
}

func entriesConflict(ctx context.Context, t *testing.T, s Store) {
	events := eventsOf(anna, "incident-1", 6)
	chain := chainOf(register.Head{}, events)
	refused(t, "a chain that begins with its second entry", s.AppendEntries(ctx, anna, chain[1:2]), fault.Conflict)
	same(t, "head", register.Head{}, headOf(ctx, t, s, anna))
	appendEntries(ctx, t, s, anna, chain[:3])
	for _, tt := range []struct {
		name    string
		entries []register.Entry
	}{
		{"a number that stands already", chainOf(chain[1].Head(), events[5:])},
		{"the first number again", chainOf(register.Head{}, events[5:])},
		{"a gap", chain[4:]},
		{"another's hash before it", chainOf(register.Head{Seq: 3, Hash: chain[0].Hash}, events[5:])},
	} {
		refused(t, tt.name, s.AppendEntries(ctx, anna, tt.entries), fault.Conflict)
	}
	same(t, "entries", chain[:3], allEntries(ctx, t, s, anna))
}

func eventTwice(ctx context.Context, t *testing.T, s Store) {
	events := eventsOf(anna, "incident-1", 3)
	chain := chainOf(register.Head{}, events[:2])
	appendEntries(ctx, t, s, anna, chain)
	again := chainOf(chain[1].Head(), events[1:]) // a registrar that read the events before the other wrote
	refused(t, "a known event", s.AppendEntries(ctx, anna, again), fault.Conflict)
	same(t, "entries", chain, allEntries(ctx, t, s, anna))
}

func eventsKnown(ctx context.Context, t *testing.T, s Store) {
	appendEntries(ctx, t, s, anna, chainOf(register.Head{}, eventsOf(anna, "incident-1", 2)))
	appendEntries(ctx, t, s, bert, chainOf(register.Head{}, eventsOf(bert, "incident-b", 1)))
	known := answered[map[string]bool](t, "has events")(s.HasEvents(ctx, anna, []string{"incident-1-1", "incident-1-2", "incident-1-3", "incident-b-1"}))
	for id, want := range map[string]bool{"incident-1-1": true, "incident-1-2": true, "incident-1-3": false, "incident-b-1": false} {
		same(t, id, want, known[id])
	}
	none := answered[map[string]bool](t, "has none")(s.HasEvents(ctx, anna, nil))
	same(t, "no events asked", 0, len(none))
}

func entriesOfCase(ctx context.Context, t *testing.T, s Store) {
	var events []register.Event
	for n := range 10 {
		events = append(events, eventOf(anna, fmt.Sprintf("incident-%d", n%2), n))
	}
	appendEntries(ctx, t, s, anna, chainOf(register.Head{}, events))
	var got []int64
	for before := int64(0); ; {
		page := answered[[]register.Entry](t, "page")(s.EntriesOf(ctx, anna, "incident-0", before, 2))
		got = append(got, mapped(page, seqOf)...)
		if len(page) < 2 {
			break
		}
		before = page[1].Seq
	}
	same(t, "numbers", []int64{9, 7, 5, 3, 1}, got)
	none, err := s.EntriesOf(ctx, anna, "incident-9", 0, 10)
	empty(t, "of an unknown case", none, err)
}

func chainsApart(ctx context.Context, t *testing.T, s Store) {
	mine, theirs := chainOf(register.Head{}, eventsOf(anna, "incident-1", 3)), chainOf(register.Head{}, eventsOf(bert, "incident-1", 2))
	appendEntries(ctx, t, s, anna, mine)
	appendEntries(ctx, t, s, bert, theirs)
	same(t, "anna's", mine, allEntries(ctx, t, s, anna))
	same(t, "bert's", theirs, allEntries(ctx, t, s, bert))
}

func registrarsRaced(ctx context.Context, t *testing.T, s Store) {
	events := eventsOf(anna, "incident-1", 45)
	race(3, func(worker int) {
		for part := range slices.Chunk(events, 5+2*worker) {
			if err := enter(ctx, s, part); err != nil {
				t.Errorf("enter: %v", err)
			}
		}
	})
	got := map[string]int{}
	for _, e := range allEntries(ctx, t, s, anna) {
		got[e.Event.ID]++
	}
	for _, e := range events {
		if got[e.ID] != 1 {
			t.Errorf("event %s stands in the register %d times, want once", e.ID, got[e.ID])
		}
	}
	same(t, "last number", int64(len(events)), headOf(ctx, t, s, anna).Seq)
}

// enter is what a registrar does with events: what is missing is chained to the
// head, and all begins anew when another was first.
func enter(ctx context.Context, s Store, events []register.Event) error {
	ids := mapped(events, func(e register.Event) string { return e.ID })
	for {
		known, err := s.HasEvents(ctx, anna, ids)
		if err != nil {
			return err
		}
		missing := slices.DeleteFunc(slices.Clone(events), func(e register.Event) bool { return known[e.ID] })
		if len(missing) == 0 {
			return nil
		}
		head, err := s.RegisterHead(ctx, anna)
		if err != nil {
			return err
		}
		if err := s.AppendEntries(ctx, anna, chainOf(head, missing)); err != nil && !errors.Is(err, fault.Conflict) {
			return err
		}
	}
}
