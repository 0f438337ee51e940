package mongostore

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

func cases() guarded[*incidents.Incident, record.Incident] {
	return guarded[*incidents.Incident, record.Incident]{
		kind: kind[*incidents.Incident, record.Incident]{collection: record.Incidents, record: record.FromIncident, value: record.Incident.ToIncident,
			key: func(r record.Incident) string { return keyOf(r.PracticeID, r.ID) }, aside: caseAside},
		version: func(v **incidents.Incident) *int64 { return &(*v).Version },
		guard:   marked[record.Incident],
	}
}

// noDeadline stands where there is none, so that such cases come last.
func noDeadline() time.Time { return time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC) }

func caseAside(r record.Incident) aside {
	a := waitingAside(r.Outbox)
	a.DueOrder = pointer(noDeadline())
	if r.DueAt != nil {
		a.DueOrder = r.DueAt
	}
	return a
}

// CreateIncident saves a new case; fault.Duplicate on a known id, reference or case key.
func (s *Store) CreateIncident(ctx context.Context, i *incidents.Incident) error {
	first := *i
	first.Version = 1
	err := create(ctx, s, cases().kind, "create incident", &first)
	if err == nil {
		i.Version = first.Version
	}
	return err
}

// Incident reads a case.
func (s *Store) Incident(ctx context.Context, practice tenant.ID, id string) (*incidents.Incident, error) {
	return read(ctx, s, cases().kind, "read incident", owned(practice, id))
}

// IncidentByCase reads the case of a processor's report.
func (s *Store) IncidentByCase(ctx context.Context, practice tenant.ID, caseKey string) (*incidents.Incident, error) {
	const step = "read incident by case"
	if caseKey == "" {
		return nil, failed(step, fault.NotFound)
	}
	index, err := record.CaseIndex(ctx, s.sealer, practice, caseKey)
	if err != nil {
		return nil, failed(step, err)
	}
	return read(ctx, s, cases().kind, step, where("practice_id", practice, "case_index", index))
}

// UpdateIncident changes a case under its version.
func (s *Store) UpdateIncident(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Incident) error) (*incidents.Incident, error) {
	return update(ctx, s, cases(), "update incident", owned(practice, id), func(v **incidents.Incident) error { return change(*v) })
}

// Incidents lists newest first; after is the last id of the page before.
func (s *Store) Incidents(ctx context.Context, practice tenant.ID, after string, limit int) ([]*incidents.Incident, error) {
	const step = "list incidents"
	filter := where("practice_id", practice)
	if after != "" {
		last, err := findOne[record.Incident](ctx, s.in(record.Incidents), owned(practice, after))
		if err != nil {
			return nil, failed(step, err)
		}
		filter = append(filter, olderThan("created_at", last.CreatedAt, last.ID))
	}
	return list(ctx, s, cases().kind, step, query{filter: filter, order: where("created_at", -1, "id", -1), limit: limit})
}

// OpenIncidents lists open cases, nearest undone deadline first, those without
// one after; after is the last id of the page before.
func (s *Store) OpenIncidents(ctx context.Context, practice tenant.ID, after string, limit int) ([]*incidents.Incident, error) {
	const step = "list open incidents"
	filter := where("practice_id", practice, "state", string(incidents.StateOpen))
	if after != "" {
		last, err := findOne[aside](ctx, s.in(record.Incidents), owned(practice, after))
		if err != nil {
			return nil, failed(step, err)
		}
		filter = append(filter, bson.E{Key: "$or", Value: bson.A{
			where("due_order", where("$gte", last.DueOrder.Add(time.Millisecond))),
			where("due_order", *last.DueOrder, "id", beyond(after)),
		}})
	}
	return list(ctx, s, cases().kind, step, query{filter: filter, order: where("due_order", 1, "id", 1), limit: limit})
}

// MeasuredIncidents lists cases with measures still to be done, closed ones too,
// the earliest last day first; after is the last id of the page before.
func (s *Store) MeasuredIncidents(ctx context.Context, practice tenant.ID, after string, limit int) ([]*incidents.Incident, error) {
	const step = "list cases with measures"
	filter := where("practice_id", practice, "measure_at", where("$gte", time.Time{}))
	if after != "" {
		last, err := findOne[record.Incident](ctx, s.in(record.Incidents), owned(practice, after))
		if err != nil {
			return nil, failed(step, err)
		}
		if last.MeasureAt != nil { // else its last measure was done meanwhile: begin again
			filter = append(filter, bson.E{Key: "$or", Value: bson.A{
				where("measure_at", where("$gte", last.MeasureAt.Add(time.Millisecond))),
				where("measure_at", *last.MeasureAt, "id", beyond(after)),
			}})
		}
	}
	return list(ctx, s, cases().kind, step, query{filter: filter, order: where("measure_at", 1, "id", 1), limit: limit})
}

// DueIncidents lists cases whose next threshold is due at the instant, the
// longest due first.
func (s *Store) DueIncidents(ctx context.Context, at time.Time, limit int) ([]incidents.Key, error) {
	q := query{filter: where("next_at", until(at)), order: where("next_at", 1), limit: limit}
	return s.keys(ctx, record.Incidents, "list due incidents", q)
}

// UpcomingIncidents lists cases whose next threshold falls at the instant or
// before, the earliest first.
func (s *Store) UpcomingIncidents(ctx context.Context, at time.Time, after incidents.Upcoming, limit int) ([]incidents.Upcoming, error) {
	filter := where("next_at", until(at))
	if !after.At.IsZero() {
		filter = append(filter, bson.E{Key: "$or", Value: bson.A{
			where("next_at", where("$gte", after.At.Add(time.Millisecond))), where("next_at", after.At, "_id", beyond(keyOf(after.PracticeID, after.ID))),
		}})
	}
	docs, err := find[record.Incident](ctx, s.in(record.Incidents), query{
		filter: filter, order: where("next_at", 1, "_id", 1), fields: where("practice_id", 1, "id", 1, "next_at", 1), limit: limit})
	list := make([]incidents.Upcoming, len(docs))
	for i, r := range docs {
		list[i] = incidents.Upcoming{Key: incidents.Key{PracticeID: r.PracticeID, ID: r.ID}, At: r.NextAt.UTC()}
	}
	return list, failed("list upcoming incidents", err)
}

// UnassessedIncidents lists cases whose wanted assessment is not done.
func (s *Store) UnassessedIncidents(ctx context.Context, limit int) ([]incidents.Key, error) {
	return s.keys(ctx, record.Incidents, "list unassessed incidents", query{filter: where("unassessed", true), limit: limit})
}

// ArmedIncidents lists cases with a threshold still to fire, by key.
func (s *Store) ArmedIncidents(ctx context.Context, after incidents.Key, limit int) ([]incidents.Key, error) {
	q := query{
		filter: where("$or", bson.A{
			where("practice_id", beyond(string(after.PracticeID))),
			where("practice_id", after.PracticeID, "id", beyond(after.ID)),
		}, "next_at", where("$gte", time.Time{})),
		order: where("practice_id", 1, "id", 1), limit: limit,
	}
	return s.keys(ctx, record.Incidents, "list armed incidents", q)
}
