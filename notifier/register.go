package notifier

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/tenant"
)

// registerStore keeps the chained entries.
type registerStore interface {
	RegisterHead(ctx context.Context, practice tenant.ID) (register.Head, error)
	AppendEntries(ctx context.Context, practice tenant.ID, entries []register.Entry) error
	HasEvents(ctx context.Context, practice tenant.ID, eventIDs []string) (map[string]bool, error)
}

const (
	registerBatch = 200 // entries in one write
	registerTries = 20  // lost races before another pass must do it
)

// registrar writes events into the register: every event once, those of one
// aggregate in order. The relay calls it before it does anything else with an
// event. A queue between the two would let a lost bus hold the register up, and
// an event's words, which are personal, could not travel on it.
type registrar struct{ store registerStore }

// record appends the events that the practice's register does not hold yet.
func (r *registrar) record(ctx context.Context, practice tenant.ID, events []incidents.Event) error {
	for part := range slices.Chunk(events, registerBatch) {
		if err := r.append(ctx, practice, part); err != nil {
			return fmt.Errorf("register: %w", err)
		}
	}
	return nil
}

func (r *registrar) append(ctx context.Context, practice tenant.ID, events []incidents.Event) error {
	for range registerTries {
		head, err := r.store.RegisterHead(ctx, practice)
		if err != nil {
			return err
		}
		// After the head: what another worker appends from here on makes ours a conflict.
		fresh, err := r.missing(ctx, practice, events)
		if err != nil || len(fresh) == 0 {
			return err
		}
		err = r.store.AppendEntries(ctx, practice, chain(head, fresh))
		if !errors.Is(err, fault.Conflict) {
			return err
		}
	}
	return fmt.Errorf("append: %w: others were faster each time", fault.Conflict)
}

// missing returns the events that are not in the register, each once.
func (r *registrar) missing(ctx context.Context, practice tenant.ID, events []incidents.Event) ([]incidents.Event, error) {
	ids := make([]string, len(events))
	for i, e := range events {
		ids[i] = e.ID
	}
	known, err := r.store.HasEvents(ctx, practice, ids)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	var fresh []incidents.Event
	for _, e := range events {
		if !known[e.ID] && !seen[e.ID] {
			seen[e.ID] = true
			fresh = append(fresh, e)
		}
	}
	return fresh, nil
}

func chain(head register.Head, events []incidents.Event) []register.Entry {
	entries := make([]register.Entry, len(events))
	for i, e := range events {
		entries[i] = register.Next(head, e, newSalt())
		head = entries[i].Head()
	}
	return entries
}

// newSalt returns 16 random bytes in hex.
func newSalt() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: it ends the program instead
	return hex.EncodeToString(b[:])
}
