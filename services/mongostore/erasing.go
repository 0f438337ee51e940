package mongostore

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"datalek/incidents"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

// DeliveriesAbout lists by id a practice's rows about, or to, one of the persons.
func (s *Store) DeliveriesAbout(ctx context.Context, practice tenant.ID, persons []string, after string, limit int) ([]incidents.Delivery, error) {
	filter := append(where("practice_id", practice, "id", beyond(after)), bson.E{Key: "$or", Value: bson.A{
		where("person", oneOf(persons)), where("reader", oneOf(persons))}})
	return list(ctx, s, deliveries().kind, "list deliveries about a person", query{filter: filter, order: where("id", 1), limit: limit})
}

// ForgetAffected takes the address from a person's rows of a case.
func (s *Store) ForgetAffected(ctx context.Context, practice tenant.ID, incident, id string) error {
	_, err := s.in(record.AffectedPersons).UpdateMany(ctx, where("practice_id", practice, "incident_id", incident, "id", id),
		where("$set", where("sealed", nil)))
	return failed("forget an affected person", err)
}

// DropQuestion removes a question; one that is gone already is no failure.
func (s *Store) DropQuestion(ctx context.Context, practice tenant.ID, id string) error {
	_, err := s.in(record.Questions).DeleteOne(ctx, owned(practice, id))
	return failed("drop question", err)
}

// EmptyReceipt takes a processor's message from its receipt.
func (s *Store) EmptyReceipt(ctx context.Context, id string) error {
	const step = "empty receipt"
	v, err := s.Receipt(ctx, id)
	if err != nil {
		return err
	}
	v.Raw, v.Headers = nil, nil
	d, err := receipts().file(ctx, s, v)
	if err != nil {
		return failed(step, err)
	}
	_, err = s.in(record.Receipts).UpdateOne(ctx, where("_id", d.Key), where("$set", where("sealed", d.Record.Sealed, "packed", d.Record.Packed)))
	return failed(step, err)
}

// DropReturn removes a returned message; practice "" is the host's.
func (s *Store) DropReturn(ctx context.Context, practice tenant.ID, id string) error {
	_, err := s.in(record.Returns).DeleteOne(ctx, where("_id", id, "practice_id", practice))
	return failed("drop return", err)
}

// PracticeDrafts lists by id the half-filled forms of everybody in a practice.
func (s *Store) PracticeDrafts(ctx context.Context, practice tenant.ID, after string, limit int) ([]incidents.Draft, error) {
	return list(ctx, s, drafts(), "list a practice's drafts",
		query{filter: where("practice_id", practice, "id", beyond(after)), order: where("id", 1), limit: limit})
}

// KeptAnswers lists by key what is kept for those who ask the same twice.
func (s *Store) KeptAnswers(ctx context.Context, practice tenant.ID, after string, limit int) ([]incidents.Request, error) {
	return list(ctx, s, requests(), "list kept answers",
		query{filter: where("practice_id", practice, "key", beyond(after)), order: where("key", 1), limit: limit})
}

// EraseWords takes the words, and the salt of their hash, from entries of the register.
func (s *Store) EraseWords(ctx context.Context, practice tenant.ID, seqs []int64) error {
	const step = "erase words of the register"
	for _, seq := range seqs {
		place := where("_id", entryKey(practice, seq), "practice_id", practice)
		entry, err := read(ctx, s, entries(), step, place)
		if err != nil {
			return err
		}
		entry.Event.Words, entry.Salt = nil, ""
		d, err := entries().file(ctx, s, entry)
		if err != nil {
			return failed(step, err)
		}
		if _, err := s.in(record.Entries).UpdateOne(ctx, place, where("$set", where("sealed", d.Record.Sealed))); err != nil {
			return failed(step, err)
		}
	}
	return nil
}

// Scrub has nothing to do: what the server keeps of removed documents on its disk,
// and in its log of operations until that has turned over, is sealed.
func (s *Store) Scrub(ctx context.Context) error { return failed("scrub", ctx.Err()) }
