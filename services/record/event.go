package record

import (
	"context"
	"maps"
	"time"

	"datalek/incidents"
	"datalek/incidents/register"
	"datalek/incidents/tenant"
)

// Actor is the stored form of register.Actor, field for field.
type Actor struct {
	Kind register.ActorKind `json:"kind" bson:"kind"`
	ID   string             `json:"id" bson:"id"`
}

// Event is the stored form of register.Event. Words are sealed apart, so that
// the relay need not open the aggregate the event lies in.
type Event struct {
	ID         string            `json:"id" bson:"id"`
	PracticeID tenant.ID         `json:"practice_id" bson:"practice_id"`
	IncidentID string            `json:"incident_id" bson:"incident_id"`
	Subject    string            `json:"subject" bson:"subject"`
	Kind       string            `json:"kind" bson:"kind"`
	At         time.Time         `json:"at" bson:"at"`
	Actor      Actor             `json:"actor" bson:"actor"`
	Facts      map[string]string `json:"facts" bson:"facts"`
	Sealed     []byte            `json:"sealed" bson:"sealed"` // words, nil for none
}

// FromEvent returns the record of e.
func FromEvent(ctx context.Context, s Sealer, e register.Event) (Event, error) {
	return fromEventUnder(ctx, s, e.PracticeID, e)
}

// fromEventUnder seals the words with the keys of a practice, "" the host's.
func fromEventUnder(ctx context.Context, s Sealer, practice tenant.ID, e register.Event) (Event, error) {
	r := plainEvent(e)
	if e.Words == nil {
		return r, nil
	}
	var err error
	r.Sealed, err = seal(ctx, s, practice, Events, e.ID, e.Words)
	return r, err
}

func plainEvent(e register.Event) Event {
	return Event{
		ID: e.ID, PracticeID: e.PracticeID, IncidentID: e.IncidentID, Subject: e.Subject, Kind: string(e.Kind),
		At: cut(e.At), Actor: Actor(e.Actor), Facts: maps.Clone(e.Facts),
	}
}

// ToEvent returns the event that the record keeps.
func (r Event) ToEvent(ctx context.Context, s Sealer) (register.Event, error) {
	return r.toEventUnder(ctx, s, r.PracticeID)
}

func (r Event) toEventUnder(ctx context.Context, s Sealer, practice tenant.ID) (register.Event, error) {
	e := r.toPlain()
	if r.Sealed == nil {
		return e, nil
	}
	err := unseal(ctx, s, practice, Events, r.ID, r.Sealed, &e.Words)
	return e, err
}

func (r Event) toPlain() register.Event {
	return register.Event{
		ID: r.ID, PracticeID: r.PracticeID, IncidentID: r.IncidentID, Subject: r.Subject, Kind: register.Kind(r.Kind),
		At: cut(r.At), Actor: register.Actor(r.Actor), Facts: r.Facts,
	}
}

// Outbox is the stored form of incidents.Outbox.
type Outbox struct {
	Seq     int64   `json:"seq" bson:"seq"`
	Pending []Event `json:"pending" bson:"pending"`
}

// FromOutbox returns the record of o.
func FromOutbox(ctx context.Context, s Sealer, o incidents.Outbox) (Outbox, error) {
	pending, err := listOrErr(o.Pending, func(e register.Event) (Event, error) { return FromEvent(ctx, s, e) })
	return Outbox{Seq: o.Seq, Pending: pending}, err
}

// ToOutbox returns the outbox that the record keeps.
func (r Outbox) ToOutbox(ctx context.Context, s Sealer) (incidents.Outbox, error) {
	pending, err := listOrErr(r.Pending, func(e Event) (register.Event, error) { return e.ToEvent(ctx, s) })
	return incidents.Outbox{Seq: r.Seq, Pending: pending}, err
}

// Entry is the stored form of register.Entry. Salt and words are sealed, and
// erased, together.
type Entry struct {
	Schema     int       `json:"schema" bson:"schema"`
	PracticeID tenant.ID `json:"practice_id" bson:"practice_id"`
	Seq        int64     `json:"seq" bson:"seq"`
	EventID    string    `json:"event_id" bson:"event_id"`
	IncidentID string    `json:"incident_id" bson:"incident_id"`
	Event      Event     `json:"event" bson:"event"` // its own Sealed is nil here
	WordsHash  string    `json:"words_hash" bson:"words_hash"`
	Prev       string    `json:"prev" bson:"prev"`
	Hash       string    `json:"hash" bson:"hash"`
	Sealed     []byte    `json:"sealed" bson:"sealed"` // salt, words
}

type entrySecret struct {
	Salt  string            `json:"salt"`
	Words map[string]string `json:"words"`
}

// FromEntry returns the record of e.
func FromEntry(ctx context.Context, s Sealer, e register.Entry) (Entry, error) {
	secret := entrySecret{Salt: e.Salt, Words: e.Event.Words}
	sealed, err := seal(ctx, s, e.Event.PracticeID, Entries, e.Event.ID, secret)
	return Entry{
		Schema: Schema, PracticeID: e.Event.PracticeID, Seq: e.Seq, EventID: e.Event.ID, IncidentID: e.Event.IncidentID,
		Event: plainEvent(e.Event), WordsHash: e.WordsHash, Prev: e.Prev, Hash: e.Hash, Sealed: sealed,
	}, err
}

// ToEntry returns the entry that the record keeps.
func (r Entry) ToEntry(ctx context.Context, s Sealer) (register.Entry, error) {
	var secret entrySecret
	if err := checkSchema(Entries, r.Schema); err != nil {
		return register.Entry{}, err
	}
	if err := unseal(ctx, s, r.PracticeID, Entries, r.EventID, r.Sealed, &secret); err != nil {
		return register.Entry{}, err
	}
	e := register.Entry{Seq: r.Seq, Event: r.Event.toPlain(), Salt: secret.Salt, WordsHash: r.WordsHash, Prev: r.Prev, Hash: r.Hash}
	e.Event.Words = secret.Words
	return e, nil
}
