package casework

import (
	"context"
	"fmt"

	"datalek/incidents"
	"datalek/incidents/tenant"
)

// stuckStore is what trying stuck work again reads and writes.
type stuckStore interface {
	Stuck(ctx context.Context, practice tenant.ID, id string) (incidents.Stuck, error)
	PutStuck(ctx context.Context, v incidents.Stuck) error
}

// TryAgain asks that work which got stuck is tried again; practice "" is the
// host's own. The workers see it in the store within seconds, wherever they run.
// It returns fault.NotFound for work that is not stuck, or not any more.
func (o *Office) TryAgain(ctx context.Context, practice tenant.ID, id string) (incidents.Stuck, error) {
	v, err := o.store.Stuck(ctx, practice, id)
	if err != nil {
		return v, fmt.Errorf("look up stuck work: %w", err)
	}
	v.Again(o.now())
	if err := o.store.PutStuck(ctx, v); err != nil {
		return v, fmt.Errorf("ask for stuck work again: %w", err)
	}
	o.nudge()
	return v, nil
}
