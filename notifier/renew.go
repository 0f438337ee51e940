package notifier

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"datalek/incidents"
	"datalek/incidents/tenant"
)

// renewStore finds the cases under which a client or system changed.
type renewStore interface {
	FinishMarking(ctx context.Context) error
	StaleIncidents(ctx context.Context, limit int) ([]incidents.Key, error)
	UpdateIncident(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Incident) error) (*incidents.Incident, error)
}

const renewParallel = 8 // cases at once

// renewer asks for a new assessment of cases that a write of a client or system
// marked stale. However many writes come, it asks about once a second for each
// case, and not before the assessment that runs is done.
type renewer struct {
	store renewStore
	now   func() time.Time
	nudge func()
	log   *slog.Logger
	asked map[incidents.Key]bool // since the last round
}

// round begins anew, and finishes the marks that a writer was cut off from.
func (r *renewer) round(ctx context.Context, limit int) error {
	r.asked = map[incidents.Key]bool{}
	if err := r.store.FinishMarking(ctx); err != nil {
		return fmt.Errorf("finish marking: %w", err)
	}
	return r.fresh(ctx, limit)
}

// fresh looks for marks of cases that this round has not asked for yet.
func (r *renewer) fresh(ctx context.Context, limit int) error {
	keys, err := r.store.StaleIncidents(ctx, limit)
	if err != nil {
		return fmt.Errorf("find stale incidents: %w", err)
	}
	var list []incidents.Key
	for _, k := range keys {
		if !r.asked[k] {
			r.asked[k] = true
			list = append(list, k)
		}
	}
	var asked atomic.Int64
	inParallel(list, renewParallel, func(k incidents.Key) {
		if r.ask(ctx, k) {
			asked.Add(1)
		}
	})
	if asked.Load() > 0 {
		r.nudge()
	}
	return nil
}

// ask reports whether it asked. A case that cannot be written keeps its mark.
func (r *renewer) ask(ctx context.Context, key incidents.Key) bool {
	_, err := r.store.UpdateIncident(ctx, key.PracticeID, key.ID, func(i *incidents.Incident) error {
		if !i.Renew(r.now()) {
			return errUnchanged
		}
		return nil
	})
	if unlessUnchanged(err) != nil {
		r.log.Warn("case not assessed anew", "practice", key.PracticeID, "incident", key.ID, "error", err)
	}
	return err == nil
}
