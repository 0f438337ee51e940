package record

import (
	"context"
	"errors"
	"fmt"

	"datalek/incidents/tenant"
)

// Resealer is a Sealer whose keys can be changed while they are in use.
type Resealer interface {
	Sealer
	// Reseal returns what the practice's newest key makes of a sealed part, and
	// false, with the part as it is, when that key sealed it.
	Reseal(ctx context.Context, practice tenant.ID, collection, field, id string, sealed []byte) ([]byte, bool, error)
}

// Resealable is a record with sealed parts: a pointer to each record type but
// those without any.
type Resealable interface{ parts() []part }

// part is one sealed blob and the place that it is bound to.
type part struct {
	practice       tenant.ID
	collection, id string
	sealed         *[]byte
}

// Reseal puts every part of a record under the practice's newest key, and
// reports whether any lay under an older one.
func Reseal(ctx context.Context, s Resealer, r Resealable) (changed bool, err error) {
	for _, p := range r.parts() {
		if len(*p.sealed) == 0 {
			continue
		}
		fresh, older, err := s.Reseal(ctx, p.practice, p.collection, sealedField, p.id, *p.sealed)
		if err != nil {
			return false, fmt.Errorf("seal %s anew: %w", p.collection, err)
		}
		*p.sealed, changed = fresh, changed || older
	}
	return changed, nil
}

// ResealerOf returns the sealer as one whose keys can be changed.
func ResealerOf(s Sealer) (Resealer, error) {
	if r, ok := s.(Resealer); ok {
		return r, nil
	}
	return nil, errors.New("this sealer's keys cannot be changed")
}

// SealedCollections are the collections in which a practice, or the host (""),
// has sealed parts.
func SealedCollections(practice tenant.ID) []string {
	shared := []string{Endpoints, Receipts, Returns, StuckWork, Feeds}
	if practice == host {
		return append(shared, Users, Sessions, Settings)
	}
	return append(shared, Practices, Systems, Processors, Clients, Reports, Incidents, AffectedPersons, Notices, Deliveries,
		Entries, Tokens, Drafts, Requests, Questions, Imports, ImportParts, RightsRequests)
}

func one(practice tenant.ID, collection, id string, sealed *[]byte) []part {
	return []part{{practice, collection, id, sealed}}
}

// parts of an outbox are the words of its events.
func (r *Outbox) parts() []part {
	var list []part
	for i := range r.Pending {
		e := &r.Pending[i]
		list = append(list, part{e.PracticeID, Events, e.ID, &e.Sealed})
	}
	return list
}

func (r *Practice) parts() []part {
	return append(r.Outbox.parts(), one(r.ID, Practices, string(r.ID), &r.Sealed)...)
}

func (r *Report) parts() []part {
	return append(r.Outbox.parts(), one(r.PracticeID, Reports, r.ID, &r.Sealed)...)
}

func (r *Incident) parts() []part {
	return append(r.Outbox.parts(), one(r.PracticeID, Incidents, r.ID, &r.Sealed)...)
}

func (r *Notice) parts() []part {
	return append(r.Outbox.parts(), one(r.PracticeID, Notices, r.ID, &r.Sealed)...)
}

func (r *System) parts() []part {
	return append(r.Noted.parts(r.PracticeID), one(r.PracticeID, Systems, r.ID, &r.Sealed)...)
}
func (r *Processor) parts() []part {
	return append(r.Noted.parts(r.PracticeID), one(r.PracticeID, Processors, r.ID, &r.Sealed)...)
}
func (r *Endpoint) parts() []part {
	return append(r.Noted.parts(r.PracticeID), one(r.PracticeID, Endpoints, r.ID, &r.Sealed)...)
}
func (r *Client) parts() []part {
	return append(r.Noted.parts(r.PracticeID), one(r.PracticeID, Clients, r.ID, &r.Sealed)...)
}
func (r *Feed) parts() []part {
	return append(r.Noted.parts(r.PracticeID), one(r.PracticeID, Feeds, r.ID, &r.Sealed)...)
}
func (r *Receipt) parts() []part  { return one(r.PracticeID, Receipts, r.ID, &r.Sealed) }
func (r *Affected) parts() []part { return one(r.PracticeID, AffectedPersons, r.place(), &r.Sealed) }
func (r *Delivery) parts() []part { return one(r.PracticeID, Deliveries, r.ID, &r.Sealed) }
func (r *Entry) parts() []part    { return one(r.PracticeID, Entries, r.EventID, &r.Sealed) }
func (r *User) parts() []part {
	return append(r.Noted.parts(host), one(host, Users, r.ID, &r.Sealed)...)
}
func (r *Token) parts() []part {
	return append(r.Noted.parts(r.PracticeID), one(r.PracticeID, Tokens, r.ID, &r.Sealed)...)
}
func (r *Session) parts() []part  { return one(host, Sessions, r.TokenHash, &r.Sealed) }
func (r *Setting) parts() []part  { return one(host, Settings, r.Key, &r.Sealed) }
func (r *Draft) parts() []part    { return one(r.PracticeID, Drafts, r.ID, &r.Sealed) }
func (r *Request) parts() []part  { return one(r.PracticeID, Requests, r.Key, &r.Sealed) }
func (r *Return) parts() []part   { return one(r.PracticeID, Returns, r.ID, &r.Sealed) }
func (r *Question) parts() []part { return one(r.PracticeID, Questions, r.ID, &r.Sealed) }
func (r *Stuck) parts() []part    { return one(r.PracticeID, StuckWork, r.ID, &r.Sealed) }
func (r *Import) parts() []part {
	return append(r.Noted.parts(r.PracticeID), one(r.PracticeID, Imports, r.ID, &r.Sealed)...)
}
func (r *ImportPart) parts() []part { return one(r.PracticeID, ImportParts, r.place(), &r.Sealed) }
