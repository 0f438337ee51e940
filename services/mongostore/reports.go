package mongostore

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"datalek/incidents"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

func reports() guarded[*incidents.Report, record.Report] {
	return guarded[*incidents.Report, record.Report]{
		kind: kind[*incidents.Report, record.Report]{collection: record.Reports, record: record.FromReport, value: record.Report.ToReport,
			key:   func(r record.Report) string { return keyOf(r.PracticeID, r.ID) },
			aside: func(r record.Report) aside { return waitingAside(r.Outbox) }},
		version: func(v **incidents.Report) *int64 { return &(*v).Version },
		guard:   marked[record.Report],
	}
}

// CreateReport saves a new report; fault.Duplicate on a known id.
func (s *Store) CreateReport(ctx context.Context, r *incidents.Report) error {
	first := *r
	first.Version = 1
	err := create(ctx, s, reports().kind, "create report", &first)
	if err == nil {
		r.Version = first.Version
	}
	return err
}

// Report reads a report.
func (s *Store) Report(ctx context.Context, practice tenant.ID, id string) (*incidents.Report, error) {
	return read(ctx, s, reports().kind, "read report", owned(practice, id))
}

// UpdateReport changes a report under its version.
func (s *Store) UpdateReport(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Report) error) (*incidents.Report, error) {
	return update(ctx, s, reports(), "update report", owned(practice, id), func(v **incidents.Report) error { return change(*v) })
}

// Reports lists newest first; state "" is all; after is the last id of the page before.
func (s *Store) Reports(ctx context.Context, practice tenant.ID, state incidents.ReportState, after string, limit int) ([]*incidents.Report, error) {
	const step = "list reports"
	filter := where("practice_id", practice)
	if state != "" {
		filter = append(filter, bson.E{Key: "state", Value: string(state)})
	}
	if after != "" {
		last, err := findOne[record.Report](ctx, s.in(record.Reports), owned(practice, after))
		if err != nil {
			return nil, failed(step, err)
		}
		filter = append(filter, olderThan("received_at", last.ReceivedAt, last.ID))
	}
	q := query{filter: filter, order: where("received_at", -1, "id", -1), limit: limit}
	return list(ctx, s, reports().kind, step, q)
}

// ReportsOf lists what one processor reported to a practice, newest first; after is
// the last id of the page before.
func (s *Store) ReportsOf(ctx context.Context, practice tenant.ID, processor, after string, limit int) ([]*incidents.Report, error) {
	const step = "list reports of a processor"
	if processor == "" {
		return nil, nil
	}
	filter := where("practice_id", practice, "processor_id", processor)
	if after != "" {
		last, err := findOne[record.Report](ctx, s.in(record.Reports), owned(practice, after))
		if err != nil {
			return nil, failed(step, err)
		}
		filter = append(filter, olderThan("received_at", last.ReceivedAt, last.ID))
	}
	return list(ctx, s, reports().kind, step, query{filter: filter, order: where("received_at", -1, "id", -1), limit: limit})
}

// olderThan is the condition of those that come after one in a list that begins
// with the newest.
func olderThan(field string, at time.Time, id string) bson.E {
	return bson.E{Key: "$or", Value: bson.A{
		where(field, where("$lt", at)),
		where(field, at, "id", where("$lt", id)),
	}}
}

// place is where an aggregate stands; sweeps read no more of it.
type place struct {
	PracticeID tenant.ID `bson:"practice_id"`
	ID         string    `bson:"id"`
}

// keys lists the keys of what a sweep finds.
func (s *Store) keys(ctx context.Context, collection, step string, q query) ([]incidents.Key, error) {
	q.fields = where("practice_id", 1, "id", 1)
	docs, err := find[place](ctx, s.in(collection), q)
	keys := make([]incidents.Key, len(docs))
	for i, d := range docs {
		keys[i] = incidents.Key(d)
	}
	return keys, failed(step, err)
}

// DueReports lists reports whose next threshold is due at the instant, the
// longest due first.
func (s *Store) DueReports(ctx context.Context, at time.Time, limit int) ([]incidents.Key, error) {
	q := query{filter: where("next_at", until(at)), order: where("next_at", 1), limit: limit}
	return s.keys(ctx, record.Reports, "list due reports", q)
}
