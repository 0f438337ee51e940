package mongostore

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/tenant"
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

// ReceiptByStatus returns the receipt whose sender's page has the token's hash.
func (s *Store) ReceiptByStatus(ctx context.Context, statusHash string) (incidents.Receipt, error) {
	const step = "find receipt"
	if statusHash == "" {
		return incidents.Receipt{}, failed(step, fault.NotFound)
	}
	return read(ctx, s, receipts(), step, where("status_hash", statusHash))
}

// FileReceipt records which of its sender's cases a message belongs to.
func (s *Store) FileReceipt(ctx context.Context, id, caseHash string) error {
	result, err := s.in(record.Receipts).UpdateOne(ctx, where("_id", id), where("$set", where("case_hash", caseHash)))
	if err == nil && result.MatchedCount == 0 {
		err = fault.NotFound
	}
	return failed("file receipt", err)
}

// ReceiptsOfCase lists the messages of a sender's case, oldest first; none for "".
func (s *Store) ReceiptsOfCase(ctx context.Context, caseHash string, limit int) ([]incidents.Receipt, error) {
	if caseHash == "" {
		return nil, nil
	}
	return list(ctx, s, receipts(), "list receipts of a case", query{filter: where("case_hash", caseHash), order: where("received_at", 1, "id", 1), limit: limit})
}

// Receipts lists what came for one practice, or with "" for all of the host, newest
// first; after is the last id of the page before.
func (s *Store) Receipts(ctx context.Context, practice tenant.ID, after string, limit int) ([]incidents.Receipt, error) {
	const step = "list receipts"
	filter := where("practice_id", practice)
	if after != "" {
		last, err := findOne[record.Receipt](ctx, s.in(record.Receipts), where("_id", after))
		if err != nil {
			return nil, failed(step, err)
		}
		filter = append(filter, olderThan("received_at", last.ReceivedAt, last.ID))
	}
	return list(ctx, s, receipts(), step, query{filter: filter, order: where("received_at", -1, "id", -1), limit: limit})
}

// CountReach counts the practices that have a report of one of the receipts.
func (s *Store) CountReach(ctx context.Context, ids []string) (incidents.Reached, error) {
	const step = "count whom a message reached"
	if len(ids) == 0 {
		return incidents.Reached{}, nil
	}
	practices, err := s.reached(ctx, ids, where())
	if err != nil {
		return incidents.Reached{}, failed(step, err)
	}
	cases, err := s.reached(ctx, ids, where("state", string(incidents.BecameIncident)))
	return incidents.Reached{Practices: practices, Cases: cases}, failed(step, err)
}

// reached counts the practices with a report of one of the receipts.
func (s *Store) reached(ctx context.Context, receipts []string, and bson.D) (int, error) {
	cursor, err := s.in(record.Reports).Aggregate(ctx, mongo.Pipeline{
		where("$match", append(where("receipt_id", where("$in", receipts, "$ne", "")), and...)),
		where("$group", where("_id", "$practice_id", "n", where("$sum", 1))),
	})
	if err != nil {
		return 0, err
	}
	var groups []bson.Raw
	err = cursor.All(ctx, &groups)
	return len(groups), err
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
