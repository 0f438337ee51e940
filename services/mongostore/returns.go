package mongostore

import (
	"context"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

func returns() kind[incidents.Return, record.Return] {
	return kind[incidents.Return, record.Return]{collection: record.Returns, record: record.FromReturn, value: record.Return.ToReturn,
		key: func(r record.Return) string { return r.ID }}
}

// SaveReturn stores mail that came back; the same message at the same place
// stores nothing and returns the first one's id and false.
func (s *Store) SaveReturn(ctx context.Context, v incidents.Return) (id string, fresh bool, err error) {
	const step = "save return"
	d, err := returns().file(ctx, s, v)
	if err != nil {
		return "", false, failed(step, err)
	}
	_, err = s.in(record.Returns).InsertOne(ctx, d)
	if !isDuplicate(err) {
		return v.ID, err == nil, failed(step, err)
	}
	first, err := findOne[record.Return](ctx, s.in(record.Returns), where("practice_id", v.PracticeID, "raw_hash", v.RawHash))
	if isNone(err) {
		err = fault.Duplicate // its id belongs to another message
	}
	return first.ID, false, failed(step, err)
}

// Return reads a returned message.
func (s *Store) Return(ctx context.Context, id string) (incidents.Return, error) {
	return read(ctx, s, returns(), "read return", where("_id", id))
}

// SettleReturn writes a returned message over what is stored of it.
func (s *Store) SettleReturn(ctx context.Context, v incidents.Return) error {
	const step = "settle return"
	d, err := returns().file(ctx, s, v)
	if err != nil {
		return failed(step, err)
	}
	change, err := writing(d, "_id")
	if err != nil {
		return failed(step, err)
	}
	result, err := s.in(record.Returns).UpdateOne(ctx, where("_id", v.ID, "practice_id", v.PracticeID, "raw_hash", v.RawHash), change)
	if err == nil && result.MatchedCount == 0 {
		err = fault.NotFound
	}
	return failed(step, err)
}

// WaitingReturns lists the ids of those not settled, oldest first.
func (s *Store) WaitingReturns(ctx context.Context, limit int) ([]string, error) {
	docs, err := find[record.Return](ctx, s.in(record.Returns), query{
		filter: where("state", string(incidents.ReturnWaits)), order: where("received_at", 1, "_id", 1), fields: where("id", 1), limit: limit})
	ids := make([]string, len(docs))
	for i, d := range docs {
		ids[i] = d.ID
	}
	return ids, failed("list waiting returns", err)
}

// UnmatchedReturns lists those of a practice that led to no mail, newest first.
func (s *Store) UnmatchedReturns(ctx context.Context, practice tenant.ID, limit int) ([]incidents.Return, error) {
	return list(ctx, s, returns(), "list unmatched returns", query{
		filter: where("practice_id", practice, "state", string(incidents.ReturnUnmatched)), order: where("received_at", -1, "_id", -1), limit: limit})
}

// CountUnmatchedReturns counts those of a practice that led to no mail.
func (s *Store) CountUnmatchedReturns(ctx context.Context, practice tenant.ID) (int64, error) {
	n, err := s.in(record.Returns).CountDocuments(ctx, where("practice_id", practice, "state", string(incidents.ReturnUnmatched)))
	return n, failed("count unmatched returns", err)
}

// DeliveriesNamed lists, over all practices, the deliveries with an id; there is
// at most one unless somebody made them alike.
func (s *Store) DeliveriesNamed(ctx context.Context, id string, limit int) ([]incidents.Key, error) {
	docs, err := find[record.Delivery](ctx, s.in(record.Deliveries), query{
		filter: where("id", id), order: where("practice_id", 1), fields: where("id", 1, "practice_id", 1), limit: limit})
	keys := make([]incidents.Key, len(docs))
	for i, d := range docs {
		keys[i] = incidents.Key{PracticeID: d.PracticeID, ID: d.ID}
	}
	return keys, failed("find delivery", err)
}
