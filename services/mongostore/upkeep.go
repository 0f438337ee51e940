package mongostore

import (
	"context"
	"fmt"
	"time"

	"datalek/incidents"
	"datalek/incidents/access"
	"datalek/incidents/fault"
	"datalek/incidents/roster"
	"datalek/services/record"
)

// Setting reads a host-wide value; version 0 and no value when it is not there.
func (s *Store) Setting(ctx context.Context, key string) (value []byte, version int64, err error) {
	const step = "read setting"
	r, err := findOne[record.Setting](ctx, s.in(record.Settings), where("_id", key))
	if isNone(err) {
		return nil, 0, nil
	}
	if err == nil {
		value, err = r.Value(ctx, s.sealer)
	}
	return value, r.Version, failed(step, err)
}

// PutSetting writes it if version is still the stored one (0: not there yet),
// else fault.Conflict.
func (s *Store) PutSetting(ctx context.Context, key string, value []byte, version int64) error {
	const step = "put setting"
	r, err := record.FromSetting(ctx, s.sealer, key, value, version+1)
	if err != nil {
		return failed(step, err)
	}
	if version == 0 {
		_, err = s.in(record.Settings).InsertOne(ctx, filed[record.Setting]{Key: key, Record: r})
		if isDuplicate(err) {
			err = fault.Conflict
		}
		return failed(step, err)
	}
	result, err := s.in(record.Settings).UpdateOne(ctx, where("_id", key, "version", version),
		where("$set", where("sealed", r.Sealed, "schema", r.Schema), "$inc", where("version", int64(1))))
	if err == nil && result.MatchedCount == 0 {
		err = fault.Conflict
	}
	return failed(step, err)
}

// SettingKeys lists the keys that begin with a prefix, in order.
func (s *Store) SettingKeys(ctx context.Context, prefix string, limit int) ([]string, error) {
	docs, err := find[filed[record.Setting]](ctx, s.in(record.Settings), query{
		filter: where("_id", where("$gte", prefix, "$lt", prefix+lastRune)), order: where("_id", 1), fields: where("_id", 1), limit: limit})
	keys := make([]string, len(docs))
	for i, d := range docs {
		keys[i] = d.Key
	}
	return keys, failed("list settings", err)
}

// lastRune sorts after every character that a key has.
const lastRune = "\U0010FFFF"

// RemoveSetting removes it if version is still the stored one, else fault.Conflict.
func (s *Store) RemoveSetting(ctx context.Context, key string, version int64) error {
	result, err := s.in(record.Settings).DeleteOne(ctx, where("_id", key, "version", version))
	if err == nil && result.DeletedCount == 0 {
		err = fault.Conflict
	}
	return failed("remove setting", err)
}

// How long what runs out is kept.
const (
	keepRequests = 24 * time.Hour
	keepDrafts   = 30 * 24 * time.Hour
)

// Expire removes sessions, idempotency keys, drafts and returned mail that ran out.
func (s *Store) Expire(ctx context.Context, now time.Time) error {
	for _, old := range []struct {
		collection, field string
		at                time.Time
	}{
		{record.Sessions, "expires_at", now},
		{record.Requests, "at", now.Add(-keepRequests)},
		{record.Drafts, "updated_at", now.Add(-keepDrafts)},
		{record.Returns, "settled_at", now.Add(-incidents.KeepReturns)},
		{record.ImportParts, "created_at", now.Add(-roster.KeepImports)},
	} {
		if _, err := s.in(old.collection).DeleteMany(ctx, where(old.field, until(old.at))); err != nil {
			return failed("expire "+old.collection, err)
		}
	}
	_, err := s.in(record.Looks).DeleteMany(ctx, where("id", where("$gte", "", "$lt", access.Since(now.Add(-access.Keep)))))
	return failed("expire "+record.Looks, err)
}

// Check looks for damage: that the server answers and every index stands; full
// also reads every document and opens what is sealed in it. Damage is
// fault.Unavailable.
func (s *Store) Check(ctx context.Context, full bool) error {
	if err := s.Ping(ctx); err != nil {
		return err
	}
	if err := s.checkIndexes(ctx); err != nil || !full {
		return err
	}
	for _, open := range []func(context.Context, *Store) error{
		opens(practices().kind), opens(systems()), opens(processors()), opens(endpoints().kind), opens(clients().kind), opens(receipts()),
		opens(reports().kind), opens(cases().kind), opens(affected()), opens(notices().kind), opens(deliveries().kind), opens(entries()),
		opens(users().kind), opens(tokens()), opens(drafts()), opens(requests()), opens(returns()), opens(questions().kind), opens(rights().kind), opens(imports().kind), opens(parts()),
	} {
		if err := open(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// opens returns a check that every document of a kind can be read.
func opens[V, R any](k kind[V, R]) func(context.Context, *Store) error {
	return func(ctx context.Context, s *Store) error {
		step := "check " + k.collection
		cursor, err := s.in(k.collection).Find(ctx, where())
		if err != nil {
			return failed(step, err)
		}
		defer cursor.Close(ctx)
		for cursor.Next(ctx) {
			var d filed[R]
			err := cursor.Decode(&d)
			if err == nil {
				_, err = k.value(d.Record, ctx, s.sealer)
			}
			if err != nil && ctx.Err() == nil {
				return fmt.Errorf("%s: %w: document %q cannot be read: %s", step, fault.Unavailable, d.Key, err.Error())
			}
		}
		return failed(step, cursor.Err())
	}
}
