package record

import (
	"context"
	"crypto/rand"
	"slices"

	"datalek/incidents/register"
	"datalek/incidents/tenant"
)

// Noted is the part of a record that holds the events of its own changes until they
// are published. The stores add to it and take out of it; no record reads it, and one
// to which nothing happened since carries none.
type Noted struct {
	Outbox *Outbox `json:"outbox,omitempty" bson:"outbox,omitempty"`
}

// noted returns the notes of a write, each with a new ID, and its words under the
// keys of a practice: the row's own, or the host's.
func noted(ctx context.Context, s Sealer, under tenant.ID, notes register.Notes) (Noted, error) {
	if len(notes) == 0 {
		return Noted{}, nil
	}
	pending, err := listOrErr([]register.Event(notes), func(e register.Event) (Event, error) {
		e.ID = rand.Text()
		return fromEventUnder(ctx, s, under, e)
	})
	return Noted{Outbox: &Outbox{Pending: pending}}, err
}

// FromNotes returns the records of notes, for a write that changes a row without
// reading it; under is whose keys seal their words.
func FromNotes(ctx context.Context, s Sealer, under string, notes register.Notes) ([]Event, error) {
	n, err := noted(ctx, s, tenant.ID(under), notes)
	return n.Events(), err
}

// TakeNotes takes the events out of a record and returns them.
func (n *Noted) TakeNotes() []Event {
	if n.Outbox == nil {
		return nil
	}
	taken := n.Outbox.Pending
	n.Outbox = nil
	return taken
}

// Noting is a record with events of its own changes.
type Noting interface{ Events() []Event }

// Events returns the events that the record brings.
func (n Noted) Events() []Event {
	if n.Outbox == nil {
		return nil
	}
	return n.Outbox.Pending
}

// Box returns the place of the record's events, made when there is none.
func (n *Noted) Box() *Outbox {
	if n.Outbox == nil {
		n.Outbox = &Outbox{}
	}
	return n.Outbox
}

// keeper is whose keys seal the words of events in a collection: those of an account
// are of several practices, and lie under the host's.
func keeper(collection string, practice tenant.ID) string {
	if collection == Users {
		return host
	}
	return string(practice)
}

// Waiting is what waits in one row for one practice's register.
type Waiting struct {
	PracticeID tenant.ID
	Events     []register.Event
}

// Open returns the events that wait in a row of a collection, those of each practice
// together.
func Open(ctx context.Context, s Sealer, collection string, events []Event) ([]Waiting, error) {
	var list []Waiting
	for _, r := range events {
		e, err := r.toEventUnder(ctx, s, tenant.ID(keeper(collection, r.PracticeID)))
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(list, func(w Waiting) bool { return w.PracticeID == r.PracticeID })
		if i < 0 {
			i = len(list)
			list = append(list, Waiting{PracticeID: r.PracticeID})
		}
		list[i].Events = append(list[i].Events, e)
	}
	return list, nil
}

// parts of the notes are the words of their events.
func (n *Noted) parts(under tenant.ID) []part {
	var list []part
	for i, e := range n.Events() {
		list = append(list, part{under, Events, e.ID, &n.Outbox.Pending[i].Sealed})
	}
	return list
}
