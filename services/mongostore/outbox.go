package mongostore

import (
	"context"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

// outboxes are the collections whose records have one.
func outboxes() []string {
	return []string{record.Incidents, record.Notices, record.Reports, record.Practices, record.RightsRequests,
		record.Systems, record.Processors, record.Endpoints, record.Clients, record.Imports, record.Tokens, record.Feeds, record.Users}
}

// notesOf returns the events of its own changes that a record brings.
func notesOf(r any) []record.Event {
	if n, some := r.(record.Noting); some {
		return n.Events()
	}
	return nil
}

// besideNotes names what an update of a record with notes leaves as it is: they are
// added to what waits, which it has not read.
func besideNotes(r any) []string {
	if _, some := r.(record.Noting); some {
		return []string{"outbox", "waiting"}
	}
	return nil
}

// waitingAside is what stands beside a record with an outbox. Marks is written
// by its first insert and by MarkPublished alone.
func waitingAside(o record.Outbox) aside {
	return aside{Waiting: pointer(len(o.Pending) > 0), Marks: pointer(int64(0))}
}

// marked guards an update against MarkPublished, which raises no version: an
// update that read events which were taken out since would put them back.
func marked[R any](d filed[R]) bson.D {
	if d.Aside.Marks == nil {
		return marks(0)
	}
	return marks(*d.Aside.Marks)
}

// marks is the condition on that count. A practice from before it had an outbox
// carries none.
func marks(n int64) bson.D { return counted("marks", n) }

// counted is the condition on a count, which may be left out while it is 0.
func counted(field string, n int64) bson.D {
	if n == 0 {
		return where(field, where("$in", bson.A{int64(0), nil}))
	}
	return where(field, n)
}

// owner is the filter of one aggregate with an outbox. A practice is its own, and an
// account is the host's: its events name their practices.
func owner(collection string, practice tenant.ID, id string) bson.D {
	if collection == record.Practices || collection == record.Users {
		return where("_id", id)
	}
	return owned(practice, id)
}

// outboxDoc is the part of a document that the relay reads.
type outboxDoc struct {
	PracticeID tenant.ID     `bson:"practice_id"`
	ID         string        `bson:"id"`
	Version    int64         `bson:"version"`
	Marks      int64         `bson:"marks"`
	Outbox     record.Outbox `bson:"outbox"`
}

func outboxFields() bson.D {
	return where("practice_id", 1, "id", 1, "version", 1, "marks", 1, "outbox", 1)
}

// PendingEvents lists aggregates with events not yet published.
func (s *Store) PendingEvents(ctx context.Context, limit int) ([]incidents.Pending, error) {
	const step = "list pending events"
	var pending []incidents.Pending
	for _, collection := range outboxes() {
		if len(pending) >= limit {
			break
		}
		docs, err := find[outboxDoc](ctx, s.in(collection), query{filter: where("waiting", true), fields: outboxFields(), limit: limit - len(pending)})
		if err != nil {
			return nil, failed(step, err)
		}
		for _, d := range docs {
			waiting, err := record.Open(ctx, s.sealer, collection, d.Outbox.Pending)
			if err != nil {
				return nil, failed(step, err)
			}
			for _, w := range waiting {
				pending = append(pending, incidents.Pending{Collection: collection, PracticeID: w.PracticeID, ID: d.ID, Events: w.Events})
			}
		}
	}
	return pending, nil
}

// MarkPublished removes published events from an aggregate's outbox. It does not
// raise its Version, and never removes an event it was not given.
func (s *Store) MarkPublished(ctx context.Context, p incidents.Pending) error {
	const step = "mark published"
	if !slices.Contains(outboxes(), p.Collection) {
		return fmt.Errorf("%s: no aggregates with events lie in %q", step, p.Collection)
	}
	for try := range tries {
		done, err := s.takeOut(ctx, p)
		if err == nil && done {
			err = s.removeShell(ctx, p)
		}
		if err == nil && !done {
			err = rest(ctx, try)
		}
		if err != nil || done {
			return failed(step, err)
		}
	}
	return fmt.Errorf("%s: %w: others were faster %d times", step, fault.Conflict, tries)
}

// removeShell removes a document that stayed for its events alone: that of a token
// that was revoked, or of an account that was emptied.
func (s *Store) removeShell(ctx context.Context, p incidents.Pending) error {
	switch p.Collection {
	case record.Tokens:
		return s.dropRevoked(ctx, p.PracticeID, p.ID)
	case record.Users:
		emptied, err := record.LoginIndex(ctx, s.sealer, p.ID) // that of an account without its person
		if err == nil {
			_, err = s.in(record.Users).DeleteOne(ctx, waitless(where("_id", p.ID, "login_index", emptied)))
		}
		return err
	}
	return nil
}

// waitless adds the condition that no events wait in a document.
func waitless(filter bson.D) bson.D {
	return append(filter, bson.E{Key: "waiting", Value: where("$in", bson.A{false, nil})})
}

// takeOut makes one try and reports whether nothing is left to do.
func (s *Store) takeOut(ctx context.Context, p incidents.Pending) (bool, error) {
	d, err := findOne[outboxDoc](ctx, s.in(p.Collection), owner(p.Collection, p.PracticeID, p.ID))
	if isNone(err) {
		return true, nil // an aggregate that is gone has nothing to publish
	}
	if err != nil {
		return false, err
	}
	published := map[string]bool{}
	for _, e := range p.Events {
		published[e.ID] = true
	}
	left := slices.DeleteFunc(slices.Clone(d.Outbox.Pending), func(e record.Event) bool { return published[e.ID] })
	if len(left) == len(d.Outbox.Pending) {
		return true, nil
	}
	still := append(append(owner(p.Collection, p.PracticeID, p.ID), counted("version", d.Version)...), marks(d.Marks)...)
	result, err := s.in(p.Collection).UpdateOne(ctx, still,
		where("$set", where("outbox.pending", left, "waiting", len(left) > 0), "$inc", where("marks", int64(1))))
	return err == nil && result.MatchedCount > 0, err
}
