package record

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"datalek/incidents/tenant"
)

// Schema is the number of the records' form. A record with a higher one was
// written by a newer program and is refused.
const Schema = 1

// The collections: SQLite's tables and MongoDB's collections have these names,
// and they are part of what a sealed blob is bound to.
const (
	Practices       = "practices"
	Systems         = "systems"
	Processors      = "processors"
	Endpoints       = "endpoints"
	Clients         = "clients"
	Receipts        = "receipts"
	Reports         = "reports"
	Incidents       = "incidents"
	AffectedPersons = "affected"
	Notices         = "notices"
	Deliveries      = "deliveries"
	Entries         = "entries"
	Events          = "events" // not a collection of its own: events lie in outboxes
	Users           = "users"
	Tokens          = "tokens"
	Sessions        = "sessions"
	Drafts          = "drafts"
	Requests        = "requests"
	Settings        = "settings"
	Keys            = "keys"
	Counters        = "counters"
	Returns         = "returns"
	Questions       = "questions"
	StuckWork       = "stuck"
)

// Sealer encrypts with the keys of one practice; practice "" is the host's own.
// It is safe for use by several goroutines.
type Sealer interface {
	// Seal encrypts plain and binds it to its place: it opens only there.
	Seal(ctx context.Context, practice tenant.ID, collection, field, id string, plain []byte) ([]byte, error)
	Open(ctx context.Context, practice tenant.ID, collection, field, id string, sealed []byte) ([]byte, error)
	// Index returns the keyed hash under which a normalised value is looked up.
	Index(ctx context.Context, practice tenant.ID, field, normalised string) (string, error)
}

// Keyring keeps wrapped keys; both stores are one.
type Keyring interface {
	// LoadKeys returns a practice's wrapped keys ("" the host's), fault.NotFound when there are none.
	LoadKeys(ctx context.Context, practice tenant.ID) ([]byte, error)
	// SaveKeys stores them once: fault.Duplicate when there are some already.
	SaveKeys(ctx context.Context, practice tenant.ID, wrapped []byte) error
	// ReplaceKeys writes over sets of keys that are still as they were read, else
	// fault.Conflict. The default store does all or none.
	ReplaceKeys(ctx context.Context, sets []KeyChange) error
	// KeySets lists the practices' sets, without the host's, after the one given.
	KeySets(ctx context.Context, after string, limit int) ([]KeySet, error)
}

// KeySet is a practice's wrapped keys.
type KeySet struct {
	Practice tenant.ID
	Wrapped  []byte
}

// KeyChange puts New in the place of Old.
type KeyChange struct {
	Practice tenant.ID
	Old, New []byte
}

// sealedField is the one sealed blob of an aggregate.
const sealedField = "sealed"

// seal encrypts v as JSON, bound to the aggregate it belongs to.
func seal(ctx context.Context, s Sealer, practice tenant.ID, collection, id string, v any) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("marshal sealed part of %s: %w", collection, err)
	}
	sealed, err := s.Seal(ctx, practice, collection, sealedField, id, raw)
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", collection, err)
	}
	return sealed, nil
}

// unseal decrypts what seal made of v.
func unseal(ctx context.Context, s Sealer, practice tenant.ID, collection, id string, sealed []byte, v any) error {
	raw, err := s.Open(ctx, practice, collection, sealedField, id, sealed)
	if err != nil {
		return fmt.Errorf("open %s: %w", collection, err)
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return fmt.Errorf("read sealed part of %s: not the form it was written in", collection)
	}
	return nil
}

// checkSchema refuses a record that a newer program wrote.
func checkSchema(collection string, schema int) error {
	if schema < 1 || schema > Schema {
		return fmt.Errorf("record in %s has form %d; this program knows 1 to %d", collection, schema, Schema)
	}
	return nil
}

// cut returns t as both engines keep it: UTC, whole milliseconds.
func cut(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

func cutOrNil(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	short := cut(*t)
	return &short
}

// instant returns t cut, or nil for the zero time.
func instant(t time.Time, some bool) *time.Time {
	if !some || t.IsZero() {
		return nil
	}
	return cutOrNil(&t)
}

// list maps a list and keeps nil apart from empty.
func list[A, B any](in []A, form func(A) B) []B {
	if in == nil {
		return nil
	}
	out := make([]B, len(in))
	for i, v := range in {
		out[i] = form(v)
	}
	return out
}

// copyOf returns a list that shares nothing with in.
func copyOf[A any](in []A) []A { return list(in, func(v A) A { return v }) }

// listOrErr is list for a form that can fail.
func listOrErr[A, B any](in []A, form func(A) (B, error)) ([]B, error) {
	if in == nil {
		return nil, nil
	}
	out := make([]B, len(in))
	for i, v := range in {
		var err error
		if out[i], err = form(v); err != nil {
			return nil, err
		}
	}
	return out, nil
}
