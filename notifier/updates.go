package notifier

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/tenant"
)

// updatesStore is what keeping a promised update reads and writes.
type updatesStore interface {
	Notice(ctx context.Context, practice tenant.ID, id string) (*incidents.Notice, error)
	UpdateIncident(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Incident) error) (*incidents.Incident, error)
}

// updates tells a case that a notice went out, which keeps a promise of more
// news. It may run twice.
type updates struct {
	store updatesStore
	now   func() time.Time
	nudge func()
}

// decided handles the event that a notice was approved: by a person, it goes in
// the place of one that would go by itself.
func (u *updates) decided(ctx context.Context, e incidents.Event) error {
	audience := incidents.Audience(e.Facts["audience"])
	if !slices.Contains(incidents.PreliminaryAudiences(), audience) {
		return nil
	}
	_, err := u.store.UpdateIncident(ctx, e.PracticeID, e.IncidentID, func(i *incidents.Incident) error {
		if !i.Decided(audience, e.Actor, u.now()) {
			return errUnchanged
		}
		return nil
	})
	if err = unlessUnchanged(err); err != nil && !errors.Is(err, fault.NotFound) {
		return fmt.Errorf("note that a person decided: %w", err)
	}
	return nil
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

// approved handles the event that a notice to clients was approved: they know what
// happened up to then. When a person did it he is at work on that duty, so nobody
// needs to be asked any more. Neither a notice that went by itself nor one to
// anybody else quiets an alarm.
func (u *updates) approved(ctx context.Context, e incidents.Event) error {
	n, err := u.store.Notice(ctx, e.PracticeID, e.Subject)
	if errors.Is(err, fault.NotFound) || err == nil && n.Audience != incidents.ToClients {
		return nil
	}
	if err != nil {
		return fmt.Errorf("quiet the alarms of an approved notice: read notice: %w", err)
	}
	_, err = u.store.UpdateIncident(ctx, e.PracticeID, n.IncidentID, func(i *incidents.Incident) error {
		told := i.Tells(n)
		byPerson := e.Actor.Kind == register.ActorUser || e.Actor.Kind == register.ActorAPI
		if quiet := byPerson && i.SeeAlarms(incidents.ClientClock, u.now(), e.Actor); !quiet && !told {
			return errUnchanged
		}
		return nil
	})
	if err := unlessUnchanged(err); err != nil && !errors.Is(err, fault.NotFound) {
		return fmt.Errorf("quiet the alarms of an approved notice: %w", err)
	}
	u.nudge()
	return nil
}
