package mongostore

import (
	"context"
	"fmt"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

func drafts() kind[incidents.Draft, record.Draft] {
	return kind[incidents.Draft, record.Draft]{collection: record.Drafts, record: record.FromDraft, value: record.Draft.ToDraft,
		key: func(r record.Draft) string { return keyOf(r.PracticeID, r.ID) }}
}

// SaveDraft saves a step of a form: Version 0 creates it; fault.Conflict on a
// stale one.
func (s *Store) SaveDraft(ctx context.Context, d incidents.Draft) (incidents.Draft, error) {
	const step = "save draft"
	read := d.Version
	d.Version++
	doc, err := drafts().file(ctx, s, d)
	if err != nil {
		return incidents.Draft{}, failed(step, err)
	}
	if read == 0 {
		if _, err = s.in(record.Drafts).InsertOne(ctx, doc); isDuplicate(err) {
			err = fault.Conflict
		}
	} else {
		err = s.replaceDraft(ctx, doc, read)
	}
	if err != nil {
		return incidents.Draft{}, failed(step, err)
	}
	saved, err := doc.Record.ToDraft(ctx, s.sealer)
	return saved, failed(step, err)
}

func (s *Store) replaceDraft(ctx context.Context, doc filed[record.Draft], version int64) error {
	change, err := writing(doc, "_id", "version")
	if err != nil {
		return err
	}
	filter := where("_id", doc.Key, "practice_id", doc.Record.PracticeID, "version", version)
	result, err := s.in(record.Drafts).UpdateOne(ctx, filter, append(change, oneHigher()))
	if err == nil && result.MatchedCount == 0 {
		err = fault.Conflict
	}
	return err
}

// Draft reads a half-filled form.
func (s *Store) Draft(ctx context.Context, practice tenant.ID, id string) (incidents.Draft, error) {
	return read(ctx, s, drafts(), "read draft", owned(practice, id))
}

// Drafts lists a user's half-filled forms, newest first.
func (s *Store) Drafts(ctx context.Context, practice tenant.ID, user string, limit int) ([]incidents.Draft, error) {
	q := query{filter: where("practice_id", practice, "user_id", user), order: where("updated_at", -1, "_id", -1), limit: limit}
	return list(ctx, s, drafts(), "list drafts", q)
}

// DropDraft removes a half-filled form, if it is there.
func (s *Store) DropDraft(ctx context.Context, practice tenant.ID, id string) error {
	_, err := s.in(record.Drafts).DeleteOne(ctx, owned(practice, id))
	return failed("drop draft", err)
}

func requests() kind[incidents.Request, record.Request] {
	return kind[incidents.Request, record.Request]{collection: record.Requests, record: record.FromRequest, value: record.Request.ToRequest,
		key: func(r record.Request) string { return keyOf(r.PracticeID, r.Key) }}
}

// BeginRequest claims an Idempotency-Key. A known key returns the first request
// as stored; Status 0 means that it is still running.
func (s *Store) BeginRequest(ctx context.Context, r incidents.Request) (stored incidents.Request, fresh bool, err error) {
	const step = "begin request"
	doc, err := requests().file(ctx, s, r)
	if err != nil {
		return stored, false, failed(step, err)
	}
	for range tries {
		if _, err = s.in(record.Requests).InsertOne(ctx, doc); !isDuplicate(err) {
			return r, err == nil, failed(step, err)
		}
		first, err := findOne[record.Request](ctx, s.in(record.Requests), owned(r.PracticeID, r.Key))
		if isNone(err) {
			continue // dropped meanwhile
		}
		if err == nil {
			stored, err = first.ToRequest(ctx, s.sealer)
		}
		return stored, false, failed(step, err)
	}
	return stored, false, fmt.Errorf("%s: %w", step, fault.Conflict)
}

// FinishRequest keeps the answer of a request that was begun.
func (s *Store) FinishRequest(ctx context.Context, r incidents.Request) error {
	const step = "finish request"
	doc, err := requests().file(ctx, s, r)
	if err != nil {
		return failed(step, err)
	}
	result, err := s.in(record.Requests).UpdateOne(ctx, owned(r.PracticeID, r.Key),
		where("$set", where("status", doc.Record.Status, "sealed", doc.Record.Sealed)))
	if err == nil && result.MatchedCount == 0 {
		err = fault.NotFound
	}
	return failed(step, err)
}

// DropRequest lets a request run again that ended without an answer.
func (s *Store) DropRequest(ctx context.Context, practice tenant.ID, key string) error {
	_, err := s.in(record.Requests).DeleteOne(ctx, owned(practice, key))
	return failed("drop request", err)
}
