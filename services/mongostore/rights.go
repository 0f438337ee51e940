package mongostore

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"datalek/incidents"
	"datalek/incidents/request"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

func rights() guarded[*request.Request, record.RightsRequest] {
	return guarded[*request.Request, record.RightsRequest]{
		kind: kind[*request.Request, record.RightsRequest]{collection: record.RightsRequests, record: record.FromRightsRequest,
			value: record.RightsRequest.ToRightsRequest,
			key:   func(r record.RightsRequest) string { return keyOf(r.PracticeID, r.ID) },
			aside: func(r record.RightsRequest) aside { return waitingAside(r.Outbox) }},
		version: func(v **request.Request) *int64 { return &(*v).Version },
		guard:   marked[record.RightsRequest],
	}
}

// CreateRightsRequest stores a new request; fault.Duplicate on a known id.
func (s *Store) CreateRightsRequest(ctx context.Context, r *request.Request) error {
	first := *r
	first.Version = 1
	err := create(ctx, s, rights().kind, "create rights request", &first)
	if err == nil {
		r.Version = first.Version
	}
	return err
}

// RightsRequest returns a request, fault.NotFound for an unknown id.
func (s *Store) RightsRequest(ctx context.Context, practice tenant.ID, id string) (*request.Request, error) {
	return read(ctx, s, rights().kind, "read rights request", owned(practice, id))
}

// UpdateRightsRequest changes a request under its version.
func (s *Store) UpdateRightsRequest(ctx context.Context, practice tenant.ID, id string, change func(*request.Request) error) (*request.Request, error) {
	return update(ctx, s, rights(), "update rights request", owned(practice, id), func(v **request.Request) error { return change(*v) })
}

// OpenRightsRequests lists those that wait for an answer, the nearest last day first.
func (s *Store) OpenRightsRequests(ctx context.Context, practice tenant.ID, after string, limit int) ([]*request.Request, error) {
	return s.rightsPage(ctx, practice, after, query{filter: openRights(practice), order: where("due_at", 1, "id", 1), limit: limit},
		func(last record.RightsRequest) bson.E { return newerThan("due_at", last.DueAt, last.ID) })
}

func openRights(practice tenant.ID) bson.D {
	return where("practice_id", practice, "state", string(request.Open))
}

// RightsRequests lists all, newest first.
func (s *Store) RightsRequests(ctx context.Context, practice tenant.ID, after string, limit int) ([]*request.Request, error) {
	return s.rightsPage(ctx, practice, after, query{filter: where("practice_id", practice), order: where("received_at", -1, "id", -1), limit: limit},
		func(last record.RightsRequest) bson.E { return olderThan("received_at", last.ReceivedAt, last.ID) })
}

// rightsPage lists what comes after one; beyond says which that is.
func (s *Store) rightsPage(ctx context.Context, practice tenant.ID, after string, q query, beyond func(record.RightsRequest) bson.E) ([]*request.Request, error) {
	const step = "list rights requests"
	if after != "" {
		last, err := findOne[record.RightsRequest](ctx, s.in(record.RightsRequests), owned(practice, after))
		if isNone(err) {
			return nil, nil
		}
		if err != nil {
			return nil, failed(step, err)
		}
		q.filter = append(q.filter, beyond(last))
	}
	return list(ctx, s, rights().kind, step, q)
}

// CountOpenRightsRequests counts those that wait for an answer.
func (s *Store) CountOpenRightsRequests(ctx context.Context, practice tenant.ID) (int64, error) {
	n, err := s.in(record.RightsRequests).CountDocuments(ctx, openRights(practice))
	return n, failed("count rights requests", err)
}

// DueRightsRequests lists those that a worker must look at by the instant.
func (s *Store) DueRightsRequests(ctx context.Context, at time.Time, limit int) ([]incidents.Key, error) {
	return s.keys(ctx, record.RightsRequests, "list due rights requests",
		query{filter: where("next_at", until(at)), order: where("next_at", 1), limit: limit})
}
