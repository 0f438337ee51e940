package sqlitestore

import (
	"context"
	"database/sql"
	"errors"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/request"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

// updateTries bounds how often an update that lost a race is tried again.
const updateTries = 20

// openFunc gives the domain value that a record keeps.
type openFunc[R, D any] func(R, context.Context, record.Sealer) (D, error)

// identity points at what only the store sets.
type identity struct {
	practice *tenant.ID
	id       *string
	version  *int64
}

// aggregate is what an update needs to know of one kind of aggregate. D is a
// pointer type.
type aggregate[D any] struct {
	table string
	load  func(ctx context.Context, practice tenant.ID, id string) (D, error)
	ident func(D) identity
	// save seals d, whose Version is already one higher, and returns the write
	// that replaces the row of the version before; it says whether it did.
	save func(ctx context.Context, d D) (func(*tx) (int64, error), error)
}

// update changes one aggregate under its version. An error of change is
// returned as it is.
func update[D any](ctx context.Context, s *Store, a aggregate[D], practice tenant.ID, id string, change func(D) error) (D, error) {
	var nothing D
	step := "update " + a.table
	release, err := s.locks.acquire(ctx, a.table+"\x00"+string(practice)+"\x00"+id)
	if err != nil {
		return nothing, failed(step, err)
	}
	defer release()
	for range updateTries {
		d, err := a.load(ctx, practice, id)
		if err != nil {
			return nothing, err
		}
		before := a.ident(d)
		p, i, version := *before.practice, *before.id, *before.version
		events := eventsIn(d)
		if err := change(d); err != nil {
			return nothing, err
		}
		after := a.ident(d)
		*after.practice, *after.id, *after.version = p, i, version+1
		won, err := s.replace(ctx, step, func() (func(*tx) (int64, error), error) {
			run, err := a.save(ctx, d)
			return unlessMarked(a.table, p, i, events, run), err
		})
		if err != nil {
			return nothing, err
		}
		if won {
			return d, nil
		}
	}
	return nothing, failed(step, fault.Conflict)
}

// updateValue is update for what callers know as a value.
func updateValue[D any](ctx context.Context, s *Store, a aggregate[*D], practice tenant.ID, id string, change func(*D) error) (D, error) {
	d, err := update(ctx, s, a, practice, id, change)
	if err != nil {
		var nothing D
		return nothing, err
	}
	return *d, nil
}

// none is the number of events of what has no outbox.
const none = -1

// eventsIn counts the events in an aggregate's outbox.
func eventsIn(aggregate any) int {
	switch v := aggregate.(type) {
	case *incidents.Incident:
		return len(v.Outbox.Pending)
	case *incidents.Notice:
		return len(v.Outbox.Pending)
	case *incidents.Report:
		return len(v.Outbox.Pending)
	case *registry.Practice:
		return len(v.Outbox.Pending)
	case *request.Request:
		return len(v.Outbox.Pending)
	default:
		return none
	}
}

// unlessMarked lets a write lose its race when events were taken out of the
// outbox since it was read: MarkPublished raises no version, and writing them
// back would publish them again. Under one version it only ever removes, so
// their number tells.
func unlessMarked(table string, practice tenant.ID, id string, events int, run func(*tx) (int64, error)) func(*tx) (int64, error) {
	if events == none || run == nil {
		return run
	}
	return func(t *tx) (int64, error) {
		var left int
		err := t.one(`SELECT coalesce(json_array_length(outbox), 0) FROM `+table+` WHERE practice_id = ? AND id = ?`, []any{practice, id}, &left)
		if errors.Is(err, sql.ErrNoRows) || err == nil && left != events {
			return 0, nil
		}
		if err != nil {
			return 0, err
		}
		return run(t)
	}
}

// replace seals and writes, and says whether the guard held.
func (s *Store) replace(ctx context.Context, step string, save func() (func(*tx) (int64, error), error)) (bool, error) {
	run, err := save()
	if err != nil {
		return false, failed(step, err)
	}
	var written int64
	err = s.write(ctx, step, func(t *tx) (err error) {
		written, err = run(t)
		return err
	})
	return written == 1, err
}
