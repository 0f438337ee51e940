package mongostore

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

func entries() kind[register.Entry, record.Entry] {
	return kind[register.Entry, record.Entry]{collection: record.Entries, record: record.FromEntry, value: record.Entry.ToEntry,
		key: func(r record.Entry) string { return entryKey(r.PracticeID, r.Seq) }}
}

// entryKey makes the number part of the key, so that a number is given once.
func entryKey(practice tenant.ID, seq int64) string {
	return keyOf(practice, fmt.Sprintf("%019d", seq))
}

// RegisterHead gives the newest entry's number and hash; zero for none.
func (s *Store) RegisterHead(ctx context.Context, practice tenant.ID) (register.Head, error) {
	newest, err := find[record.Entry](ctx, s.in(record.Entries), query{
		filter: where("practice_id", practice), order: where("seq", -1), fields: where("seq", 1, "hash", 1), limit: 1})
	if err != nil || len(newest) == 0 {
		return register.Head{}, failed("read register head", err)
	}
	return register.Head{Seq: newest[0].Seq, Hash: newest[0].Hash}, nil
}

// AppendEntries adds entries that follow the head; fault.Conflict when another
// worker was first. They are inserted in order and one by one their numbers and
// events are unique: when another comes in between, those before stand, those
// after are not written, and the chain holds.
func (s *Store) AppendEntries(ctx context.Context, practice tenant.ID, list []register.Entry) error {
	const step = "append entries"
	if len(list) == 0 {
		return nil
	}
	if err := s.follows(ctx, practice, list); err != nil {
		return failed(step, err)
	}
	branches, err := s.grown(ctx, practice, list)
	if err != nil {
		return failed(step, err)
	}
	docs := make([]filed[record.Entry], len(list))
	for i, e := range list {
		d, err := entries().file(ctx, s, e)
		if err != nil {
			return failed(step, err)
		}
		d.Aside.Tree = register.PackBranch(branches[i])
		docs[i] = d
	}
	_, err = s.in(record.Entries).InsertMany(ctx, docs) // ordered: it stops at the first refusal
	if isDuplicate(err) {
		err = fault.Conflict
	}
	return failed(step, err)
}

// follows checks that the entries are the practice's, chain onto one another and
// onto the stored one before the first. Entries are never removed, so what
// follows now still does when it is written.
func (s *Store) follows(ctx context.Context, practice tenant.ID, list []register.Entry) error {
	before := register.Head{Seq: list[0].Seq - 1, Hash: list[0].Prev}
	for _, e := range list {
		if e.Event.PracticeID != practice {
			return errors.New("an entry is of another practice")
		}
	}
	if _, err := register.Verify(before, list); err != nil {
		return fmt.Errorf("%w: %s", fault.Conflict, err.Error())
	}
	if before == (register.Head{}) {
		return nil
	}
	stored, err := findOne[record.Entry](ctx, s.in(record.Entries), where("_id", entryKey(practice, before.Seq), "practice_id", practice))
	if isNone(err) || err == nil && stored.Hash != before.Hash {
		return fmt.Errorf("%w: it does not follow what is stored", fault.Conflict)
	}
	return err
}

// HasEvents returns which of the event ids are in the register.
func (s *Store) HasEvents(ctx context.Context, practice tenant.ID, eventIDs []string) (map[string]bool, error) {
	known := map[string]bool{}
	if len(eventIDs) == 0 {
		return known, nil
	}
	stored, err := find[record.Entry](ctx, s.in(record.Entries), query{
		filter: where("practice_id", practice, "event_id", oneOf(eventIDs)), fields: where("event_id", 1)})
	for _, e := range stored {
		known[e.EventID] = true
	}
	return known, failed("find events", err)
}

// Entries lists a practice's entries by number.
func (s *Store) Entries(ctx context.Context, practice tenant.ID, after int64, limit int) ([]register.Entry, error) {
	q := query{filter: where("practice_id", practice, "seq", where("$gte", after+1)), order: where("seq", 1), limit: limit}
	return list(ctx, s, entries(), "list entries", q)
}

// EntriesOf lists one incident's entries newest first, before the number given
// (0: from the newest).
func (s *Store) EntriesOf(ctx context.Context, practice tenant.ID, incident string, before int64, limit int) ([]register.Entry, error) {
	filter := where("practice_id", practice, "incident_id", incident)
	if before > 0 {
		filter = append(filter, bson.E{Key: "seq", Value: where("$lt", before)})
	}
	return list(ctx, s, entries(), "list entries of incident", query{filter: filter, order: where("seq", -1), limit: limit})
}
