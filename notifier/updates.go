package notifier

import (
	"context"
	"errors"
	"fmt"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
)

// updatesStore is what keeping a promised update reads and writes.
type updatesStore interface {
	Notice(ctx context.Context, practice, id string) (*incidents.Notice, error)
	UpdateIncident(ctx context.Context, practice, id string, change func(*incidents.Incident) error) (*incidents.Incident, error)
}

// updates tells a case that a notice went out, which keeps a promise of more
// news. It may run twice.
type updates struct {
	store updatesStore
	now   func() time.Time
	nudge func()
}

// sent handles the event that the last mail of a notice was answered.
func (u *updates) sent(ctx context.Context, e incidents.Event) error {
	n, err := u.store.Notice(ctx, e.PracticeID, e.Subject)
	if err != nil {
		return fmt.Errorf("keep a promised update: read notice: %w", err)
	}
	_, err = u.store.UpdateIncident(ctx, e.PracticeID, n.IncidentID, func(i *incidents.Incident) error {
		if !i.Sent(n, u.now()) {
			return errUnchanged
		}
		return nil
	})
	if err := unlessUnchanged(err); err != nil && !errors.Is(err, fault.NotFound) {
		return fmt.Errorf("keep a promised update: %w", err)
	}
	if err == nil {
		u.nudge()
	}
	return nil
}
