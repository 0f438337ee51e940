package storetest

import (
	"context"
	"slices"
	"sync"
	"testing"

	"datalek/incidents"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/roster"
	"datalek/incidents/tenant"
)

func noteTests() []test {
	return []test{
		{"what happened to a row waits there from the write that did it, words and all, until it is marked", notesWait},
		{"a write that is refused leaves no event", refusedNotes},
		{"an event that was marked does not come back by a later write of its row", notesStayGone},
		{"those who write one row at once lose no event, and marking takes each out once", notesRaced},
		{"a note whose relay is cut off before it is marked comes again under its own id, and stands in the register once", notesCutOff},
		{"what happened to an account waits for the register of each of its practices", accountNotes},
		{"clients that are saved together have each his own events", clientNotes},
		{"a practice that is erased waits for nothing of an account that stays", erasedNotes},
		{"a practice that is erased waits for nothing of an account that left it", leftNotes},
		{"an account that goes with a practice leaves what waits for another", lastNotes},
		{"a token that ends leaves its event, and its row goes with it", droppedToken},
		{"who joins, leaves or is logged out is an event of the same write", memberNotes},
	}
}

// noteOf is an event about a row that a write brings.
func noteOf(practice tenant.ID, what string) register.Notes {
	return register.Notes{{PracticeID: practice, Subject: "row-1", Kind: "row.changed", At: at(1), Actor: user(),
		Facts: map[string]string{"what": what}, Words: map[string]string{"name": "Naam van iemand"}}}
}

// noting is a kind of row that carries events of its own changes: make writes it for
// the first time, and change, nil where nothing changes it, again.
type noting struct {
	make, change func(context.Context, Store, register.Notes) (back register.Notes, err error)
}

func notings() map[string]noting {
	return map[string]noting{
		"systems":    {putSystemNoting, putSystemNoting},
		"processors": {putProcessorNoting, putProcessorNoting},
		"endpoints": {
			make: func(ctx context.Context, s Store, n register.Notes) (register.Notes, error) {
				e := endpointOf(anna, "row-1")
				e.Notes = n
				return nil, s.CreateEndpoint(ctx, e)
			},
			change: func(ctx context.Context, s Store, n register.Notes) (register.Notes, error) {
				e, err := s.UpdateEndpoint(ctx, anna, "row-1", func(e *registry.Endpoint) error { e.Notes = append(e.Notes, n...); return nil })
				return e.Notes, err
			},
		},
		"tokens": {make: func(ctx context.Context, s Store, n register.Notes) (register.Notes, error) {
			return nil, s.CreateToken(ctx, registry.Token{ID: "row-1", PracticeID: anna, Hash: "hash-1", Name: "Programma", CreatedAt: at(0), Notes: n})
		}},
		"feeds": {
			make: func(ctx context.Context, s Store, n register.Notes) (register.Notes, error) {
				f := feedOf(anna, "row-1", 5)
				f.Notes = n
				return nil, s.CreateFeed(ctx, f)
			},
			change: func(ctx context.Context, s Store, n register.Notes) (register.Notes, error) {
				f, err := s.UpdateFeed(ctx, anna, "row-1", func(f *registry.Feed) error { f.Notes = append(f.Notes, n...); return nil })
				return f.Notes, err
			},
		},
		"clients": {
			make: func(ctx context.Context, s Store, n register.Notes) (register.Notes, error) {
				c := clientOf(anna, "row-1", "c-1")
				c.Notes = n
				c, err := s.CreateClient(ctx, c)
				return c.Notes, err
			},
			change: func(ctx context.Context, s Store, n register.Notes) (register.Notes, error) {
				c, err := s.UpdateClient(ctx, anna, "row-1", func(c *registry.Client) error { c.Notes = append(c.Notes, n...); return nil })
				return c.Notes, err
			},
		},
		"imports": {
			make: func(ctx context.Context, s Store, n register.Notes) (register.Notes, error) {
				v := importOf(anna, "row-1", 0)
				v.Notes = n
				return nil, s.CreateImport(ctx, v)
			},
			change: func(ctx context.Context, s Store, n register.Notes) (register.Notes, error) {
				v, err := s.UpdateImport(ctx, anna, "row-1", func(v *roster.Import) error { v.Notes = append(v.Notes, n...); return nil })
				return v.Notes, err
			},
		},
		"users": {
			make: func(ctx context.Context, s Store, n register.Notes) (register.Notes, error) {
				u := userOf("row-1", "anna@example.org")
				u.Notes = n
				return nil, s.CreateUser(ctx, u)
			},
			change: func(ctx context.Context, s Store, n register.Notes) (register.Notes, error) {
				u, err := s.UpdateUser(ctx, "row-1", func(u *registry.User) error { u.Notes = append(u.Notes, n...); return nil })
				return u.Notes, err
			},
		},
	}
}

func putSystemNoting(ctx context.Context, s Store, n register.Notes) (register.Notes, error) {
	v := systemOf(anna, "row-1")
	v.Notes = n
	_, err := s.PutSystem(ctx, v)
	return nil, err
}

func putProcessorNoting(ctx context.Context, s Store, n register.Notes) (register.Notes, error) {
	v := processorOf(anna, "row-1")
	v.Notes = n
	_, err := s.PutProcessor(ctx, v)
	return nil, err
}

// whats returns what the events of a row say, in their order.
func whats(p Pending) []string {
	return mapped(p.Events, func(e incidents.Event) string { return e.Facts["what"] })
}

func notesWait(ctx context.Context, t *testing.T, s Store) {
	for collection, row := range notings() {
		back, err := row.make(ctx, s, noteOf(anna, "made"))
		ok(t, "make one of "+collection, err)
		same(t, "notes that come back", 0, len(back))
		want := []string{"made"}
		if row.change != nil {
			for _, n := range []register.Notes{nil, noteOf(anna, "changed"), nil} {
				back, err = row.change(ctx, s, n)
				ok(t, "change one of "+collection, err)
				same(t, "notes that come back", 0, len(back))
			}
			want = append(want, "changed")
		}
		list := pendingOf(ctx, t, s)
		same(t, "rows with events", 1, len(list))
		p := list[0]
		same(t, "where", collection, p.Collection)
		same(t, "whose", anna, p.PracticeID)
		same(t, "which", "row-1", p.ID)
		same(t, "events of "+collection, want, whats(p))
		for _, e := range p.Events {
			same(t, "words", "Naam van iemand", e.Words["name"])
			same(t, "by", user(), e.Actor)
			same(t, "has an id", true, e.ID != "")
		}
		same(t, "ids that differ", len(p.Events), len(slices.Compact(mapped(p.Events, idOfEvent))))
		ok(t, "mark", s.MarkPublished(ctx, p))
		ok(t, "mark again", s.MarkPublished(ctx, p))
		none, err := s.PendingEvents(ctx, 10)
		empty(t, "once marked", none, err)
	}
}

func refusedNotes(ctx context.Context, t *testing.T, s Store) {
	for _, row := range notings() {
		_, err := row.make(ctx, s, nil)
		ok(t, "make", err)
	}
	v := systemOf(anna, "row-1")
	v.Version, v.Notes = 7, noteOf(anna, "never")
	if _, err := s.PutSystem(ctx, v); err == nil {
		t.Error("a version to come was replaced")
	}
	for _, collection := range []string{"endpoints", "tokens", "feeds", "clients", "imports", "users"} {
		if _, err := notings()[collection].make(ctx, s, noteOf(anna, "never")); err == nil {
			t.Errorf("%s: the same row was made twice", collection)
		}
	}
	list, err := s.PendingEvents(ctx, 10)
	empty(t, "events of what was refused", list, err)
}

// notesCutOff is a program killed twice with each kind of row: after the row's write,
// and after the register's, before the note is taken out.
func notesCutOff(ctx context.Context, t *testing.T, s Store) {
	for collection, row := range notings() {
		_, err := row.make(ctx, s, noteOf(anna, "made"))
		ok(t, "make one of "+collection, err)
		seen := pendingOf(ctx, t, s)[0]
		appendEntries(ctx, t, s, anna, chainOf(headOf(ctx, t, s, anna), seen.Events))
		again := pendingOf(ctx, t, s)
		same(t, "rows with events", 1, len(again))
		same(t, "ids of "+collection, mapped(seen.Events, idOfEvent), mapped(again[0].Events, idOfEvent))
		known := answered[map[string]bool](t, "known")(s.HasEvents(ctx, anna, mapped(again[0].Events, idOfEvent)))
		same(t, "known to the register", true, known[seen.Events[0].ID])
		ok(t, "mark", s.MarkPublished(ctx, again[0]))
	}
	same(t, "entries", len(notings()), len(allEntries(ctx, t, s, anna)))
	none, err := s.PendingEvents(ctx, 10)
	empty(t, "once marked", none, err)
}

func notesStayGone(ctx context.Context, t *testing.T, s Store) {
	for collection, row := range notings() {
		if row.change == nil {
			continue
		}
		_, err := row.make(ctx, s, noteOf(anna, "made"))
		ok(t, "make one of "+collection, err)
		seen := pendingOf(ctx, t, s)[0]
		_, err = row.change(ctx, s, noteOf(anna, "changed"))
		ok(t, "change", err)
		ok(t, "mark what was seen", s.MarkPublished(ctx, seen))
		same(t, "left in "+collection, []string{"changed"}, whats(pendingOf(ctx, t, s)[0]))
		_, err = row.change(ctx, s, noteOf(anna, "again"))
		ok(t, "change again", err)
		left := pendingOf(ctx, t, s)[0]
		same(t, "left in "+collection, []string{"changed", "again"}, whats(left))
		ok(t, "mark all", s.MarkPublished(ctx, left))
	}
}

func notesRaced(ctx context.Context, t *testing.T, s Store) {
	const each = 15
	answered[bool](t, "put")(s.PutSystem(ctx, systemOf(anna, "row-1")))
	var mu sync.Mutex
	seen := map[string]int{}
	relay := func() {
		list, err := s.PendingEvents(ctx, 10)
		for _, p := range list {
			if err == nil {
				err = insist(func() error { return s.MarkPublished(ctx, p) })
			}
			mu.Lock()
			for _, e := range p.Events {
				seen[e.ID]++
			}
			mu.Unlock()
		}
		if err != nil {
			t.Errorf("relay: %v", err)
		}
	}
	race(4, func(worker int) {
		for range each {
			if worker == 0 {
				relay()
				continue
			}
			if err := insist(func() error { _, err := putSystemNoting(ctx, s, noteOf(anna, "raced")); return err }); err != nil {
				t.Errorf("put: %v", err)
			}
		}
	})
	relay()
	same(t, "events that were handed out", 3*each, len(seen))
	for id, times := range seen {
		same(t, "times that "+id+" was handed out to the one relay", 1, times)
	}
	none, err := s.PendingEvents(ctx, 10)
	empty(t, "left", none, err)
}
