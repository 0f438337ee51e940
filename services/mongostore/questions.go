package mongostore

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"datalek/incidents"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

func questions() guarded[incidents.ReaderQuestion, record.Question] {
	return guarded[incidents.ReaderQuestion, record.Question]{
		kind: kind[incidents.ReaderQuestion, record.Question]{collection: record.Questions, record: record.FromQuestion, value: record.Question.ToQuestion,
			key: func(r record.Question) string { return keyOf(r.PracticeID, r.ID) }},
		version: func(v *incidents.ReaderQuestion) *int64 { return &v.Version },
	}
}

// CreateQuestion stores what a reader asks, fault.Duplicate on a known id.
func (s *Store) CreateQuestion(ctx context.Context, q incidents.ReaderQuestion) error {
	q.Version = 1
	return create(ctx, s, questions().kind, "create question", q)
}

// Question returns a question, fault.NotFound for an unknown id.
func (s *Store) Question(ctx context.Context, practice tenant.ID, id string) (incidents.ReaderQuestion, error) {
	return read(ctx, s, questions().kind, "read question", owned(practice, id))
}

// UpdateQuestion changes a question under its version.
func (s *Store) UpdateQuestion(ctx context.Context, practice tenant.ID, id string, change func(*incidents.ReaderQuestion) error) (incidents.ReaderQuestion, error) {
	return update(ctx, s, questions(), "update question", owned(practice, id), change)
}

// Questions lists a practice's, oldest first; open leaves out the answered ones.
func (s *Store) Questions(ctx context.Context, practice tenant.ID, open bool, after string, limit int) ([]incidents.ReaderQuestion, error) {
	filter := where("practice_id", practice)
	if open {
		filter = where("practice_id", practice, "open", true)
	}
	return s.questionPage(ctx, practice, filter, after, limit)
}

// QuestionsOf lists those about a case, oldest first; reader "" is everybody's.
func (s *Store) QuestionsOf(ctx context.Context, practice tenant.ID, incident, reader, after string, limit int) ([]incidents.ReaderQuestion, error) {
	filter := where("practice_id", practice, "incident_id", incident)
	if reader != "" {
		filter = where("practice_id", practice, "incident_id", incident, "reader", reader)
	}
	return s.questionPage(ctx, practice, filter, after, limit)
}

func (s *Store) questionPage(ctx context.Context, practice tenant.ID, filter bson.D, after string, limit int) ([]incidents.ReaderQuestion, error) {
	const step = "list questions"
	if after != "" {
		last, err := findOne[record.Question](ctx, s.in(record.Questions), owned(practice, after))
		if isNone(err) {
			return nil, nil
		}
		if err != nil {
			return nil, failed(step, err)
		}
		filter = append(filter, newerThan("asked_at", last.AskedAt, last.ID))
	}
	return list(ctx, s, questions().kind, step, query{filter: filter, order: where("asked_at", 1, "id", 1), limit: limit})
}

// newerThan is the condition of those that come after one in a list that begins
// with the oldest.
func newerThan(field string, at time.Time, id string) bson.E {
	return bson.E{Key: "$or", Value: bson.A{
		where(field, where("$gte", at.Add(time.Millisecond))),
		where(field, at, "id", beyond(id)),
	}}
}

// CountOpenQuestions counts those of a case, or of the practice for incident "",
// that wait for an answer.
func (s *Store) CountOpenQuestions(ctx context.Context, practice tenant.ID, incident string) (int64, error) {
	filter := where("practice_id", practice, "open", true)
	if incident != "" {
		filter = where("practice_id", practice, "incident_id", incident, "open", true)
	}
	n, err := s.in(record.Questions).CountDocuments(ctx, filter)
	return n, failed("count open questions", err)
}

// DeliveriesByCode lists a practice's rows with a reader's code.
func (s *Store) DeliveriesByCode(ctx context.Context, practice tenant.ID, code string, limit int) ([]incidents.Delivery, error) {
	const step = "find delivery by code"
	index, err := record.CodeIndex(ctx, s.sealer, practice, code)
	if err != nil {
		return nil, failed(step, err)
	}
	if index == nil {
		return nil, nil
	}
	return list(ctx, s, deliveries().kind, step, query{filter: where("practice_id", practice, "code_index", *index), order: where("id", 1), limit: limit})
}
