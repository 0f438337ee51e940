package mongostore

import (
	"context"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/services/record"
)

func receipts() kind[incidents.Receipt, record.Receipt] {
	return kind[incidents.Receipt, record.Receipt]{collection: record.Receipts, record: record.FromReceipt, value: record.Receipt.ToReceipt,
		key: func(r record.Receipt) string { return r.ID }}
}

// SaveReceipt stores a processor's message before it is answered. A replay (same
// DedupeKey) stores nothing and returns the first one's id and false.
func (s *Store) SaveReceipt(ctx context.Context, r incidents.Receipt) (id string, fresh bool, err error) {
	const step = "save receipt"
	d, err := receipts().file(ctx, s, r)
	if err != nil {
		return "", false, failed(step, err)
	}
	_, err = s.in(record.Receipts).InsertOne(ctx, d)
	if !isDuplicate(err) {
		return r.ID, err == nil, failed(step, err)
	}
	first, err := findOne[record.Receipt](ctx, s.in(record.Receipts), where("dedupe_key", r.DedupeKey))
	if isNone(err) {
		err = fault.Duplicate // its id belongs to another message
	}
	return first.ID, false, failed(step, err)
}

// Receipt reads a receipt.
func (s *Store) Receipt(ctx context.Context, id string) (incidents.Receipt, error) {
	return read(ctx, s, receipts(), "read receipt", where("_id", id))
}

// AdvanceReceipt records how far fanning out has come; doneAt ends it.
func (s *Store) AdvanceReceipt(ctx context.Context, id, reached string, doneAt time.Time) error {
	const step = "advance receipt"
	doneAt = doneAt.UTC().Truncate(time.Millisecond)
	result, err := s.in(record.Receipts).UpdateOne(ctx, where("_id", id),
		where("$set", where("reached", reached, "done", !doneAt.IsZero(), "done_at", doneAt)))
	if err == nil && result.MatchedCount == 0 {
		err = fault.NotFound
	}
	return failed(step, err)
}

// PendingReceipts lists ids not fanned out, received before the instant, oldest first.
func (s *Store) PendingReceipts(ctx context.Context, before time.Time, limit int) ([]string, error) {
	docs, err := find[record.Receipt](ctx, s.in(record.Receipts), query{
		filter: where("done", false, "received_at", where("$lt", before)),
		order:  where("received_at", 1, "_id", 1), fields: where("id", 1), limit: limit,
	})
	ids := make([]string, len(docs))
	for i, d := range docs {
		ids[i] = d.ID
	}
	return ids, failed("list pending receipts", err)
}
