package casework

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/tenant"
)

// Promise records that clients or the authority were promised more by a set time.
func (o *Office) Promise(ctx context.Context, practice tenant.ID, id string, n incidents.NewUpdate) (*incidents.Incident, error) {
	return o.change(ctx, practice, id, func(i *incidents.Incident) error { return i.Promise(n, o.now()) })
}

// MoveUpdate sets another time for a promise, with a reason.
func (o *Office) MoveUpdate(ctx context.Context, practice tenant.ID, id, update string, at time.Time, reason string, by incidents.Actor) (*incidents.Incident, error) {
	return o.change(ctx, practice, id, func(i *incidents.Incident) error { return i.MoveUpdate(update, at, reason, o.now(), by) })
}

// KeepUpdate records a person's word that a promise is kept or no longer owed.
func (o *Office) KeepUpdate(ctx context.Context, practice tenant.ID, id, update, reason string, by incidents.Actor) (*incidents.Incident, error) {
	return o.change(ctx, practice, id, func(i *incidents.Incident) error { return i.KeepUpdate(update, reason, o.now(), by) })
}

// promiseOf is what a notice's approval promises, false when it promises nothing.
func promiseOf(n *incidents.Notice, a Approval) (incidents.NewUpdate, bool) {
	if a.UpdateAt == nil || !n.ToPersons() {
		return incidents.NewUpdate{}, false
	}
	return incidents.NewUpdate{Audience: incidents.UpdateToClients, PromisedAt: *a.UpdateAt, By: a.By}, true
}

// checkPromise refuses an approval whose promise could not be recorded after it.
func (o *Office) checkPromise(n *incidents.Notice, inc *incidents.Incident, a Approval) error {
	p, some := promiseOf(n, a)
	if !some {
		return nil
	}
	probe := *inc
	probe.Clocks, probe.Updates = slices.Clone(inc.Clocks), slices.Clone(inc.Updates)
	return probe.Promise(p, o.now())
}

// notePromise records what the approved notice promises. It comes after the
// approval, so that the notice does not keep its own promise.
func (o *Office) notePromise(ctx context.Context, n *incidents.Notice, a Approval) error {
	p, some := promiseOf(n, a)
	if !some {
		return nil
	}
	_, err := o.Promise(ctx, n.PracticeID, n.IncidentID, p)
	if err != nil && !errors.Is(err, fault.Conflict) { // somebody else promised it a moment ago
		return fmt.Errorf("record what the notice promises: %w", err)
	}
	return nil
}
