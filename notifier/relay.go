package notifier

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/tenant"
)

// relayStore hands out saved events.
type relayStore interface {
	PendingEvents(ctx context.Context, limit int) ([]incidents.Pending, error)
	MarkPublished(ctx context.Context, p incidents.Pending) error
}

const (
	relayPage     = 256 // aggregates in one pass
	relayParallel = 32  // practices at once; they share the store's commits
)

// relay takes saved events out of the outboxes: into the register first, then
// on to whoever has work from them. Two relays at once do no harm.
type relay struct {
	store    relayStore
	register *registrar
	follow   *follower
	log      *slog.Logger
	// held is how many aggregates the last pass could not finish. The next page
	// is that much larger, so that they never keep others out.
	held int
}

// step makes one pass. again says that more is waiting.
func (r *relay) step(ctx context.Context) (bool, error) {
	limit := relayPage + r.held
	pending, err := r.store.PendingEvents(ctx, limit)
	if err != nil {
		return false, fmt.Errorf("read the outboxes: %w", err)
	}
	wrong := &complaints{log: r.log}
	defer wrong.end()
	var done atomic.Int64
	inParallel(byPractice(pending), relayParallel, func(list []incidents.Pending) {
		done.Add(int64(r.practice(ctx, list, wrong)))
	})
	r.held = len(pending) - int(done.Load())
	if done.Load() == 0 && wrong.down.Load() {
		return false, fmt.Errorf("hand events on: %w", fault.Unavailable) // looking again at once gains nothing
	}
	return done.Load() > 0 && len(pending) >= limit, nil
}

// byPractice keeps the order within each practice.
func byPractice(pending []incidents.Pending) [][]incidents.Pending {
	place := map[tenant.ID]int{}
	var groups [][]incidents.Pending
	for _, p := range pending {
		n, known := place[p.PracticeID]
		if !known {
			n = len(groups)
			place[p.PracticeID] = n
			groups = append(groups, nil)
		}
		groups[n] = append(groups[n], p)
	}
	return groups
}

// practice relays the events of one practice and returns how many aggregates it
// finished.
func (r *relay) practice(ctx context.Context, list []incidents.Pending, wrong *complaints) int {
	var events []incidents.Event
	for _, p := range list {
		events = append(events, p.Events...)
	}
	if err := r.register.record(ctx, list[0].PracticeID, events); err != nil {
		wrong.tell(err, "events wait for the register", "practice", list[0].PracticeID)
		return 0
	}
	done := 0
	for _, p := range list {
		if err := r.finish(ctx, p); err != nil {
			wrong.tell(err, "events wait in the outbox", "practice", p.PracticeID, "collection", p.Collection, "id", p.ID)
			continue
		}
		done++
	}
	return done
}

func (r *relay) finish(ctx context.Context, p incidents.Pending) error {
	if err := r.follow.up(ctx, p); err != nil {
		return err
	}
	if err := r.store.MarkPublished(ctx, p); err != nil {
		return fmt.Errorf("mark as published: %w", err)
	}
	return nil
}
