package notifier

import (
	"context"
	"fmt"
	"strings"
	"time"

	"datalek/incidents"
	"datalek/incidents/tenant"
)

// clockBus wakes the clocks. A tick is a hint; the store's row decides.
type clockBus interface {
	Arm(ctx context.Context, incident, clock, mark string, version int64, due time.Time) error
	Cancel(ctx context.Context, incident, clock, mark string) error
}

// clockReader reads the clocks of a case.
type clockReader interface {
	Incident(ctx context.Context, practice tenant.ID, id string) (*incidents.Incident, error)
}

// armAhead is how near a threshold must be to be armed on the bus. The repairer
// arms the others when they come near, so that a million cases burden no bus.
const armAhead = 2 * repairEvery

// armer keeps the bus's schedules in step with the clocks: one for the next
// threshold of each clock that runs, once it is near. Whatever it misses the
// keeper's sweep fires.
type armer struct {
	store clockReader
	bus   clockBus
	near  *nearest
	jobs  *dispatcher // knows whether the bus is away
	now   func() time.Time
}

// follow arms the schedules of a case after its clocks changed.
func (a *armer) follow(ctx context.Context, practice tenant.ID, incident string) {
	inc, err := a.store.Incident(ctx, practice, incident)
	if err != nil {
		a.jobs.log.Warn("clocks not armed", "practice", practice, "incident", incident, "error", err)
		return
	}
	a.arm(ctx, inc)
}

// arm arms or takes back one schedule for each clock, and tells the watch.
func (a *armer) arm(ctx context.Context, inc *incidents.Incident) {
	at, _ := inc.NextAt()
	a.near.put(incidents.Key{PracticeID: inc.PracticeID, ID: inc.ID}, at)
	for _, c := range inc.Clocks {
		next, some := nextThreshold(c)
		if !some || next.At.Sub(a.now()) > armAhead || a.jobs.down.Load() {
			continue
		}
		if err := a.set(ctx, inc, c, next); err != nil {
			a.jobs.failed("arm a clock", err)
			return
		}
	}
}

func (a *armer) set(ctx context.Context, inc *incidents.Incident, c incidents.Clock, next incidents.Threshold) error {
	ctx, cancel := context.WithTimeout(ctx, publishWait)
	defer cancel()
	token := clockToken(inc.PracticeID, inc.ID)
	if standing(c) {
		return a.bus.Arm(ctx, token, string(c.Kind), next.Mark, inc.Version, next.At)
	}
	return a.bus.Cancel(ctx, token, string(c.Kind), next.Mark)
}

// standing reports whether the clock's duty is still undone.
func standing(c incidents.Clock) bool { return c.MetAt.IsZero() && c.EndedAt.IsZero() }

// nextThreshold returns the first threshold that has not fired, or step of an
// alarm that was not taken: the one that is, or was, armed.
func nextThreshold(c incidents.Clock) (incidents.Threshold, bool) {
	if name, at, some := c.Coming(); some {
		return incidents.Threshold{Mark: name, At: at}, true
	}
	var next incidents.Threshold
	for _, t := range c.Thresholds {
		if t.FiredAt.IsZero() && (next.Mark == "" || t.At.Before(next.At)) {
			next = t
		}
	}
	return next, next.Mark != ""
}

// clockToken names a case on the bus; ids hold no underscore.
func clockToken(practice tenant.ID, incident string) string { return string(practice) + "_" + incident }

func readClockToken(token string) (practice tenant.ID, incident string, err error) {
	before, incident, found := strings.Cut(token, "_")
	if !found {
		return "", "", fmt.Errorf("read tick: %w", ErrGiveUp)
	}
	return tenant.ID(before), incident, nil
}
