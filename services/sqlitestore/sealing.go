package sqlitestore

import (
	"context"
	"encoding/json"

	"datalek/services/record"
)

// keepFunc gives the record that keeps a domain value.
type keepFunc[R, D any] func(context.Context, record.Sealer, D) (R, error)

// sealed returns the record that keeps v, and the record as JSON.
func sealed[R, D any](ctx context.Context, s *Store, keep keepFunc[R, D], v D) (R, string, error) {
	r, err := keep(ctx, s.sealer, v)
	if err != nil {
		return r, "", err
	}
	raw, err := format(r)
	return r, raw, err
}

// apart is an aggregate as its row has it: the events lie in a column of their
// own, so that the relay finds and removes them alone.
type apart struct {
	outbox any    // JSON; NULL for no event
	doc    string // the record as JSON, without its events
}

// sealedApart returns the record that keeps v, and how its row has it. The
// function outbox gives the place of the record's events.
func sealedApart[R, D any](ctx context.Context, s *Store, keep keepFunc[R, D], outbox func(*R) *record.Outbox, v D) (R, apart, error) {
	r, err := keep(ctx, s.sealer, v)
	if err != nil {
		return r, apart{}, err
	}
	a := apart{outbox: takeOutbox(outbox(&r))}
	a.doc, err = format(r)
	return r, a, err
}

// sealedNoted returns the record that keeps v, and how its row has it: the events of
// this write go to those that wait in the row's outbox.
func sealedNoted[R, D any](ctx context.Context, s *Store, keep keepFunc[R, D], notes func(*R) *record.Noted, v D) (R, apart, error) {
	r, err := keep(ctx, s.sealer, v)
	if err != nil {
		return r, apart{}, err
	}
	var a apart
	if a.outbox, err = noted(notes(&r)); err != nil {
		return r, apart{}, err
	}
	a.doc, err = format(r)
	return r, a, err
}

// noted takes the events of a write out of a record, for their column; nil for none.
func noted(n *record.Noted) (any, error) {
	events := n.TakeNotes()
	if len(events) == 0 {
		return nil, nil
	}
	return format(events)
}

// addNotes gives, within an update, the outbox with the events of a parameter at its end.
func addNotes(parameter string) string {
	return `CASE WHEN ` + parameter + ` IS NULL THEN outbox WHEN outbox IS NULL THEN ` + parameter +
		` ELSE substr(outbox, 1, length(outbox) - 1) || ',' || substr(` + parameter + `, 2) END`
}

// takeOutbox takes the events out of a record and returns them for their column.
func takeOutbox(o *record.Outbox) any {
	if len(o.Pending) == 0 {
		return nil
	}
	raw, err := json.Marshal(o.Pending)
	if err != nil {
		panic("sqlitestore: event is not JSON: " + err.Error()) // texts and times only
	}
	o.Pending = nil
	return string(raw)
}

// whole reads a row that sealedApart made.
func whole[R any](outbox func(*R) *record.Outbox) func(scanner) (R, error) {
	return func(row scanner) (R, error) {
		var r R
		var raw string
		var pending *string
		if err := row.Scan(&raw, &pending); err != nil {
			return r, err
		}
		err := parse(raw, &r)
		if err == nil && pending != nil {
			err = parse(*pending, &outbox(&r).Pending)
		}
		return r, err
	}
}
