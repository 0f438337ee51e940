package sqlitestore

import (
	"context"

	"datalek/incidents"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

// CreateQuestion stores what a reader asks, fault.Duplicate on a known id.
func (s *Store) CreateQuestion(ctx context.Context, q incidents.ReaderQuestion) error {
	const step = "create question"
	q.Version = 1
	r, raw, err := sealed(ctx, s, record.FromQuestion, q)
	if err != nil {
		return failed(step, err)
	}
	return s.write(ctx, step, func(t *tx) error {
		return t.exec(`INSERT INTO questions (practice_id, id, version, incident_id, reader, asked_at, open, doc) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			r.PracticeID, r.ID, r.Version, r.IncidentID, r.Reader, millis(r.AskedAt), r.Open, raw)
	})
}

// Question returns a question, fault.NotFound for an unknown id.
func (s *Store) Question(ctx context.Context, practice tenant.ID, id string) (incidents.ReaderQuestion, error) {
	r, err := first(ctx, s, `SELECT doc FROM questions WHERE practice_id = ? AND id = ?`, []any{practice, id}, doc[record.Question])
	return single(ctx, s, "read question", r, err, record.Question.ToQuestion)
}

// UpdateQuestion changes a question under its version.
func (s *Store) UpdateQuestion(ctx context.Context, practice tenant.ID, id string, change func(*incidents.ReaderQuestion) error) (incidents.ReaderQuestion, error) {
	load := func(ctx context.Context, practice tenant.ID, id string) (*incidents.ReaderQuestion, error) {
		q, err := s.Question(ctx, practice, id)
		return &q, err
	}
	ident := func(q *incidents.ReaderQuestion) identity { return identity{&q.PracticeID, &q.ID, &q.Version} }
	save := func(ctx context.Context, q *incidents.ReaderQuestion) (func(*tx) (int64, error), error) {
		r, raw, err := sealed(ctx, s, record.FromQuestion, *q)
		return func(t *tx) (int64, error) {
			return t.change(`UPDATE questions SET version = ?, open = ?, doc = ? WHERE practice_id = ? AND id = ? AND version = ?`,
				r.Version, r.Open, raw, r.PracticeID, r.ID, r.Version-1)
		}, err
	}
	return updateValue(ctx, s, aggregate[*incidents.ReaderQuestion]{record.Questions, load, ident, save}, practice, id, change)
}

// Questions lists a practice's, oldest first; open leaves out the answered ones.
func (s *Store) Questions(ctx context.Context, practice tenant.ID, open bool, after string, limit int) ([]incidents.ReaderQuestion, error) {
	which := ""
	if open {
		which = ` AND open = 1`
	}
	return s.questions(ctx, which, after, practice, "", "", limit)
}

// QuestionsOf lists those about a case, oldest first; reader "" is everybody's.
func (s *Store) QuestionsOf(ctx context.Context, practice tenant.ID, incident, reader, after string, limit int) ([]incidents.ReaderQuestion, error) {
	which := ` AND incident_id = ?2`
	if reader != "" {
		which += ` AND reader = ?3`
	}
	return s.questions(ctx, which, after, practice, incident, reader, limit)
}

func (s *Store) questions(ctx context.Context, which, after string, practice tenant.ID, incident, reader string, limit int) ([]incidents.ReaderQuestion, error) {
	query := `SELECT doc FROM questions WHERE practice_id = ?1` + which
	if after != "" {
		query += ` AND (asked_at, id) > (SELECT asked_at, id FROM questions WHERE practice_id = ?1 AND id = ?4)`
	}
	r, err := many(ctx, s, query+` ORDER BY asked_at, id LIMIT ?5`, []any{practice, incident, reader, after, atMost(limit)}, doc[record.Question])
	return list(ctx, s, "list questions", r, err, record.Question.ToQuestion)
}

// CountOpenQuestions counts those of a case, or of the practice for incident "",
// that wait for an answer.
func (s *Store) CountOpenQuestions(ctx context.Context, practice tenant.ID, incident string) (int64, error) {
	query, args := `SELECT count(*) FROM questions WHERE practice_id = ? AND open = 1`, []any{practice}
	if incident != "" {
		query, args = query+` AND incident_id = ?`, append(args, incident)
	}
	var n int64
	err := s.one(ctx, query, args, &n)
	return n, failed("count open questions", err)
}

// DeliveriesByCode lists a practice's rows with a reader's code.
func (s *Store) DeliveriesByCode(ctx context.Context, practice tenant.ID, code string, limit int) ([]incidents.Delivery, error) {
	const step = "find delivery by code"
	if err := s.brought(ctx, practice); err != nil {
		return nil, err
	}
	index, err := record.CodeIndex(ctx, s.sealer, practice, code)
	if err != nil {
		return nil, failed(step, err)
	}
	r, err := many(ctx, s, selectDelivery+` AND code_index = ? ORDER BY id LIMIT ?`, []any{practice, index, atMost(limit)}, delivery)
	return list(ctx, s, step, r, err, record.Delivery.ToDelivery)
}
