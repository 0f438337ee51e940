package mongostore

import (
	"context"
	"errors"
	"slices"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

// ErasePractice removes all documents of a practice but the mark in the place of
// its keys, and the accounts that belong to no other practice. It may be called
// again after it was cut off.
func (s *Store) ErasePractice(ctx context.Context, practice tenant.ID, now time.Time) error {
	const step = "erase practice"
	if err := s.mayErase(ctx, practice, now); err != nil {
		return failed(step, err)
	}
	if err := s.eraseMembers(ctx, practice); err != nil {
		return failed(step, err)
	}
	own := slices.DeleteFunc(append(record.SealedCollections(practice), record.Counters, record.TreeHeads, record.Looks), func(c string) bool { return c == record.Practices })
	for _, collection := range append(own, record.Practices) { // it last: by it one sees that there is more
		if _, err := s.in(collection).DeleteMany(ctx, ofPractice(collection, practice)); err != nil {
			return failed(step, err)
		}
	}
	return nil
}

// mayErase refuses while a case of the practice must be kept. A drill is made up, and
// of a practice whose keys are gone nothing can be read that could be kept.
func (s *Store) mayErase(ctx context.Context, practice tenant.ID, now time.Time) error {
	p, err := s.Practice(ctx, practice)
	if errors.Is(err, fault.NotFound) || err == nil && p.IsDrill() {
		return nil
	}
	if err == nil {
		_, err = incidents.MayDestroy(ctx, s, practice, now)
	}
	return err
}

// eraseMembers removes the accounts that belong to this practice alone, and the
// membership of the others.
func (s *Store) eraseMembers(ctx context.Context, practice tenant.ID) error {
	if err := s.forget(ctx, practice); err != nil {
		return err
	}
	docs, err := find[filed[record.User]](ctx, s.in(record.Users), query{filter: where("memberships.practice_id", practice)})
	if err != nil {
		return err
	}
	for _, d := range docs {
		if len(d.Record.Memberships) == 1 {
			if err := s.eraseAccount(ctx, d.Record.ID); err != nil {
				return err
			}
			continue
		}
		_, err := s.UpdateUser(ctx, d.Record.ID, func(u *registry.User) error {
			u.Memberships = slices.DeleteFunc(u.Memberships, func(m registry.Membership) bool { return m.PracticeID == practice })
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// eraseAccount removes an account. One with events for the register of a practice that
// it left is emptied, and goes once they are published.
func (s *Store) eraseAccount(ctx context.Context, id string) error {
	result, err := s.in(record.Users).DeleteOne(ctx, waitless(where("_id", id)))
	if err != nil || result.DeletedCount > 0 {
		return err
	}
	_, err = s.UpdateUser(ctx, id, func(u *registry.User) error {
		u.Empty()
		return nil
	})
	return err
}

// forget takes out of every account what waits there for a practice's register: of
// those too who belong to it no more.
func (s *Store) forget(ctx context.Context, practice tenant.ID) error {
	docs, err := find[filed[record.User]](ctx, s.in(record.Users), query{filter: where("waiting", true, "outbox.pending.practice_id", practice)})
	if err != nil {
		return err
	}
	for _, d := range docs {
		waiting := incidents.Pending{Collection: record.Users, PracticeID: practice, ID: d.Record.ID}
		for _, e := range d.Record.Events() {
			if e.PracticeID == practice {
				waiting.Events = append(waiting.Events, incidents.Event{ID: e.ID})
			}
		}
		if err := s.MarkPublished(ctx, waiting); err != nil {
			return err
		}
	}
	return nil
}
