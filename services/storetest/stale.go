package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

func staleTests() []test {
	return []test{
		{"every write of a client or system marks the open cases", writesMark},
		{"nothing else of a case changes, and its events stay", markChangesNothingElse},
		{"closed cases and another practice's stay as they are", markStaysWithin},
		{"a case that is marked is not written again", markedOnce},
		{"a mark that was taken is set anew by the next write", markedAgain},
		{"a write that is refused marks nothing", refusedMarksNothing},
		{"an update under way keeps a mark that comes in between", updateKeepsMark},
		{"more cases than lie on a page are all marked", manyMarked},
		{"finishing marks nothing that is marked", finishedAlready},
		{"whoever assesses after a mark sees the write that set it", markComesAfterWrite},
	}
}

// assessed creates cases whose assessment is complete.
func assessed(ctx context.Context, t testing.TB, s Store, practice tenant.ID, ids ...string) {
	t.Helper()
	for _, id := range ids {
		inc := incidentOf(practice, id, at(0))
		inc.Assessed(1, incidents.Counts{InGuidance: 1, Certain: 1, InScope: 1}, 1, 0, at(1))
		createIncident(ctx, t, s, inc)
	}
}

func caseOf(ctx context.Context, t testing.TB, s Store, practice tenant.ID, id string) *incidents.Incident {
	t.Helper()
	return answered[*incidents.Incident](t, "read case")(s.Incident(ctx, practice, id))
}

// renew takes the mark of a case, as the workers do, and completes the
// assessment that was asked for. Its events count as published.
func renew(ctx context.Context, t testing.TB, s Store, practice tenant.ID, id string) {
	t.Helper()
	_, err := s.UpdateIncident(ctx, practice, id, func(i *incidents.Incident) error {
		i.Renew(at(5))
		i.Assessed(i.Assessment.Wanted, i.Assessment.Counts, 0, 0, at(6))
		i.Outbox.Pending = nil
		return nil
	})
	ok(t, "renew", err)
}

func staleKeys(ctx context.Context, t testing.TB, s Store) []string {
	t.Helper()
	list := mapped(answered[[]Key](t, "stale")(s.StaleIncidents(ctx, 5_000)), func(k Key) string { return string(k.PracticeID) + " " + k.ID })
	slices.Sort(list)
	return list
}

func writesMark(ctx context.Context, t *testing.T, s Store) {
	assessed(ctx, t, s, anna, "incident-1")
	putErr := func(_ any, err error) error { return err }
	for _, write := range []struct {
		name string
		do   func() error
	}{
		{"a new client", func() error { return putErr(s.CreateClient(ctx, clientOf(anna, "client-1", "c-1"))) }},
		{"a client put", func() error {
			return putErr(s.PutClients(ctx, anna, []registry.Client{clientOf(anna, "client-2", "c-2")}))
		}},
		{"a client put again", func() error {
			return putErr(s.PutClients(ctx, anna, []registry.Client{clientOf(anna, "client-2", "c-2")}))
		}},
		{"a client updated", func() error {
			return putErr(s.UpdateClient(ctx, anna, "client-1", func(c *registry.Client) error { c.BirthYear++; return nil }))
		}},
		{"a new system", func() error { return putErr(s.PutSystem(ctx, systemOf(anna, "mailbox"))) }},
		{"a system replaced", func() error { return putErr(s.PutSystem(ctx, systemOf(anna, "mailbox"))) }},
	} {
		if before := caseOf(ctx, t, s, anna, "incident-1"); !before.Assessment.Complete() {
			t.Fatalf("%s: the case is not assessed to begin with", write.name)
		}
		ok(t, write.name, write.do())
		if got := caseOf(ctx, t, s, anna, "incident-1").Assessment; !got.Stale || got.Complete() {
			t.Errorf("%s: assessment %+v is not stale", write.name, got)
		}
		same(t, write.name+": stale", []string{anna + " incident-1"}, staleKeys(ctx, t, s))
		same(t, write.name+": unassessed", 1, len(answered[[]Key](t, "unassessed")(s.UnassessedIncidents(ctx, 10))))
		renew(ctx, t, s, anna, "incident-1")
		same(t, write.name+": stale after it was assessed", 0, len(staleKeys(ctx, t, s)))
		same(t, write.name+": unassessed then", 0, len(answered[[]Key](t, "unassessed")(s.UnassessedIncidents(ctx, 10))))
	}
}

func markChangesNothingElse(ctx context.Context, t *testing.T, s Store) {
	createIncident(ctx, t, s, busyIncident(anna, "incident-1"))
	want, pending := caseOf(ctx, t, s, anna, "incident-1"), pendingOf(ctx, t, s)
	answered[bool](t, "put system")(s.PutSystem(ctx, systemOf(anna, "mailbox")))
	want.Assessment.Stale = true
	want.Version++
	same(t, "case", want, caseOf(ctx, t, s, anna, "incident-1"))
	same(t, "events", pending, pendingOf(ctx, t, s))
	ok(t, "mark published", s.MarkPublished(ctx, pending[0]))
	same(t, "stale after its events are published", true, caseOf(ctx, t, s, anna, "incident-1").Assessment.Stale)
}

func markStaysWithin(ctx context.Context, t *testing.T, s Store) {
	closed := busyIncident(anna, "closed")
	closed.Clock(incidents.ClientClock).EndedAt = at(8)
	ok(t, "close", closed.Close("klaar", at(9), user()))
	createIncident(ctx, t, s, closed)
	assessed(ctx, t, s, anna, "open")
	assessed(ctx, t, s, bert, "theirs")
	putClients(ctx, t, s, anna, clientOf(anna, "client-1", "c-1"))
	same(t, "stale", []string{anna + " open"}, staleKeys(ctx, t, s))
	same(t, "the closed one's version", int64(1), caseOf(ctx, t, s, anna, "closed").Version)
	same(t, "the other practice's version", int64(1), caseOf(ctx, t, s, bert, "theirs").Version)
}

func markedOnce(ctx context.Context, t *testing.T, s Store) {
	assessed(ctx, t, s, anna, "incident-1")
	for n := range 5 {
		putClients(ctx, t, s, anna, clientOf(anna, fmt.Sprintf("client-%d", n), fmt.Sprintf("c-%d", n)))
	}
	same(t, "version", int64(2), caseOf(ctx, t, s, anna, "incident-1").Version)
}

func markedAgain(ctx context.Context, t *testing.T, s Store) {
	assessed(ctx, t, s, anna, "incident-1")
	for n := range 3 {
		putClients(ctx, t, s, anna, clientOf(anna, "client-1", "c-1"))
		renew(ctx, t, s, anna, "incident-1")
		same(t, "done", int64(n)+2, caseOf(ctx, t, s, anna, "incident-1").Assessment.Done)
	}
}

func refusedMarksNothing(ctx context.Context, t *testing.T, s Store) {
	answered[bool](t, "put system")(s.PutSystem(ctx, systemOf(anna, "mailbox")))
	putClients(ctx, t, s, anna, clientOf(anna, "client-1", "c-1"))
	assessed(ctx, t, s, anna, "incident-1")
	_, err := s.CreateClient(ctx, clientOf(anna, "client-2", "c-1"))
	refused(t, "a known number", err, fault.Duplicate)
	old := systemOf(anna, "mailbox")
	old.Version = 7
	_, err = s.PutSystem(ctx, old)
	refused(t, "another version", err, fault.Conflict)
	reason := errors.New("the change's own reason")
	if _, err = s.UpdateClient(ctx, anna, "client-1", func(*registry.Client) error { return reason }); !errors.Is(err, reason) {
		t.Errorf("got error %v, want the change's own", err)
	}
	putClients(ctx, t, s, anna)
	answered[bool](t, "put processor")(s.PutProcessor(ctx, processorOf(anna, "microsoft-365")))
	same(t, "stale", 0, len(staleKeys(ctx, t, s)))
}

// updateKeepsMark writes a client from within the change of a case: the update
// that read the case before must not write the mark away.
func updateKeepsMark(ctx context.Context, t *testing.T, s Store) {
	assessed(ctx, t, s, anna, "incident-1")
	var once sync.Once
	got, err := s.UpdateIncident(ctx, anna, "incident-1", func(i *incidents.Incident) error {
		once.Do(func() { putClients(ctx, t, s, anna, clientOf(anna, "client-1", "c-1")) })
		i.Assessment.Came++
		return nil
	})
	ok(t, "update", err)
	same(t, "stale, as returned", true, got.Assessment.Stale)
	stored := caseOf(ctx, t, s, anna, "incident-1")
	same(t, "stale, as stored", true, stored.Assessment.Stale)
	same(t, "the update's own", 2, stored.Assessment.Came)
	same(t, "version", int64(3), stored.Version)
}

func manyMarked(ctx context.Context, t *testing.T, s Store) {
	var ids []string
	for n := range 130 {
		ids = append(ids, fmt.Sprintf("incident-%03d", n))
	}
	assessed(ctx, t, s, anna, ids...)
	putClients(ctx, t, s, anna, clientOf(anna, "client-1", "c-1"))
	same(t, "stale", len(ids), len(staleKeys(ctx, t, s)))
	same(t, "at most 10", 10, len(answered[[]Key](t, "stale")(s.StaleIncidents(ctx, 10))))
}

func finishedAlready(ctx context.Context, t *testing.T, s Store) {
	assessed(ctx, t, s, anna, "incident-1")
	putClients(ctx, t, s, anna, clientOf(anna, "client-1", "c-1"))
	answered[bool](t, "put system")(s.PutSystem(ctx, systemOf(anna, "mailbox")))
	renew(ctx, t, s, anna, "incident-1")
	ok(t, "finish", s.FinishMarking(ctx))
	same(t, "stale", 0, len(staleKeys(ctx, t, s)))
}

// markComesAfterWrite lets writers add clients while a worker takes marks and
// counts. Once all are added and no mark stands, the last count must be right.
func markComesAfterWrite(ctx context.Context, t *testing.T, s Store) {
	const each = 10
	assessed(ctx, t, s, anna, "incident-1")
	var counted int64
	assess := func() bool {
		if !caseOf(ctx, t, s, anna, "incident-1").Assessment.Stale {
			return false
		}
		renew(ctx, t, s, anna, "incident-1")
		counted = answered[int64](t, "count")(s.CountClients(ctx, anna))
		return true
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		race(writers, func(worker int) {
			for n := range each {
				id := fmt.Sprintf("%d-%d", worker, n)
				if _, err := s.CreateClient(ctx, clientOf(anna, "client-"+id, "c-"+id)); err != nil {
					t.Errorf("create: %v", err)
				}
			}
		})
	}()
	for open := true; open; {
		select {
		case <-done:
			open = false
		default:
			assess()
			ok(t, "finish", s.FinishMarking(ctx))
		}
	}
	for assess() {
	}
	same(t, "clients that the last one saw", int64(writers*each), counted)
}
