package incidents

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"datalek/incidents/tenant"
)

// approvalStore is what writing the rows of a notice reads and writes.
type approvalStore interface {
	PutDeliveries(ctx context.Context, practice tenant.ID, rows []Delivery) error
	DropQueued(ctx context.Context, practice tenant.ID, notice string) error
	DeliveriesOf(ctx context.Context, practice tenant.ID, notice string, states []DeliveryState, after string, limit int) ([]Delivery, error)
}

// WriteDeliveries writes the rows of a notice that is being approved. Rows that an
// approval left behind which was cut off go, when they differ; rows that stand
// already are left alone, since a second press of the button may come while the
// mails of the first are going out.
func WriteDeliveries(ctx context.Context, store approvalStore, n *Notice, recipients []Recipiency) error {
	rows := make([]Delivery, len(recipients))
	for i, r := range recipients {
		rows[i] = NewDelivery(n, r)
	}
	// In the order in which they go out, so that the store finds them side by side.
	slices.SortFunc(rows, func(a, b Delivery) int { return strings.Compare(a.ID, b.ID) })
	stale, err := anyStale(ctx, store, n, rows)
	if err != nil {
		return err
	}
	if stale {
		if err := store.DropQueued(ctx, n.PracticeID, n.ID); err != nil {
			return fmt.Errorf("clear an earlier approval: %w", err)
		}
	}
	for part := range slices.Chunk(rows, 500) {
		if err := store.PutDeliveries(ctx, n.PracticeID, part); err != nil {
			return fmt.Errorf("save deliveries: %w", err)
		}
	}
	return nil
}

// anyStale reports whether a row is stored for the notice that is not one of rows.
func anyStale(ctx context.Context, store approvalStore, n *Notice, rows []Delivery) (bool, error) {
	wanted := make(map[string]Delivery, len(rows))
	for _, d := range rows {
		wanted[d.ID] = d
	}
	for after := ""; ; {
		stored, err := store.DeliveriesOf(ctx, n.PracticeID, n.ID, nil, after, page)
		if err != nil {
			return false, fmt.Errorf("list deliveries: %w", err)
		}
		for _, d := range stored {
			after = d.ID
			w, some := wanted[d.ID]
			if !some || d.State == Queued && (d.To != w.To || d.Channel != w.Channel || d.Voice() != w.Voice() || d.Why != w.Why) {
				return true, nil
			}
		}
		if len(stored) < page {
			return false, nil
		}
	}
}
