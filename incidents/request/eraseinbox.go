package request

import (
	"context"
	"errors"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/tenant"
)

func (e *eraser) reports(ctx context.Context) error {
	return pages(func(r *incidents.Report) string { return r.ID }, func(after string, limit int) ([]*incidents.Report, error) {
		return e.store.Reports(ctx, e.practice.ID, "", after, limit)
	}, func(r *incidents.Report) error {
		named := false
		_, err := e.store.UpdateReport(ctx, e.practice.ID, r.ID, func(r *incidents.Report) error {
			if named = e.find.Clean(&r.Words); !named {
				return errSame
			}
			e.removed["reports"]++
			return nil
		})
		if err = unlessSame(err); err != nil || r.ReceiptID == "" {
			return err
		}
		return e.receipt(ctx, r.ReceiptID, named)
	})
}

// receipt empties a processor's message that names him, once it was handed on. In
// an envelope his name may be encoded; then what was read from it tells.
func (e *eraser) receipt(ctx context.Context, id string, named bool) error {
	v, err := e.store.Receipt(ctx, id)
	if errors.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil || v.DoneAt.IsZero() || len(v.Raw) == 0 || !named && !e.find.In(string(v.Raw)) {
		return err
	}
	e.removed["receipts"]++
	return e.store.EmptyReceipt(ctx, id)
}

// returns drops returned mail that leads to no message and names him, the host's too.
func (e *eraser) returns(ctx context.Context) error {
	for _, practice := range []string{string(e.practice.ID), ""} {
		list, err := e.store.UnmatchedReturns(ctx, tenant.ID(practice), mostReturns)
		if err != nil {
			return err
		}
		for _, v := range list {
			if !e.find.In(string(v.Raw)) {
				continue
			}
			e.removed["returns"]++
			if err := e.store.DropReturn(ctx, tenant.ID(practice), v.ID); err != nil {
				return err
			}
		}
	}
	return nil
}
