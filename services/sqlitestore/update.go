package sqlitestore

import (
	"context"

	"datalek/incidents/fault"
	"datalek/services/record"
)

// updateTries bounds how often an update that lost a race is tried again.
const updateTries = 20

// openFunc gives the domain value that a record keeps.
type openFunc[R, D any] func(R, context.Context, record.Sealer) (D, error)

// identity points at what only the store sets.
type identity struct {
	practice, id *string
	version      *int64
}

// aggregate is what an update needs to know of one kind of aggregate. D is a
// pointer type.
type aggregate[D any] struct {
	table string
	load  func(ctx context.Context, practice, id string) (D, error)
	ident func(D) identity
	// save seals d, whose Version is already one higher, and returns the write
	// that replaces the row of the version before; it says whether it did.
	save func(ctx context.Context, d D) (func(*tx) (int64, error), error)
}

// update changes one aggregate under its version. An error of change is
// returned as it is.
func update[D any](ctx context.Context, s *Store, a aggregate[D], practice, id string, change func(D) error) (D, error) {
	var none D
	step := "update " + a.table
	release, err := s.locks.acquire(ctx, a.table+"\x00"+practice+"\x00"+id)
	if err != nil {
		return none, failed(step, err)
	}
	defer release()
	for range updateTries {
		d, err := a.load(ctx, practice, id)
		if err != nil {
			return none, err
		}
		before := a.ident(d)
		p, i, version := *before.practice, *before.id, *before.version
		if err := change(d); err != nil {
			return none, err
		}
		after := a.ident(d)
		*after.practice, *after.id, *after.version = p, i, version+1
		won, err := s.replace(ctx, step, func() (func(*tx) (int64, error), error) { return a.save(ctx, d) })
		if err != nil {
			return none, err
		}
		if won {
			return d, nil
		}
	}
	return none, failed(step, fault.Conflict)
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
