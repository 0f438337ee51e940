package casework

import (
	"context"
	"fmt"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/tenant"
)

// AlarmOf returns the case and the alarm that the token of a mailed link leads
// to; fault.NotFound for a token that leads nowhere.
func (o *Office) AlarmOf(ctx context.Context, token string) (*incidents.Incident, incidents.AlarmLink, error) {
	key, ok := incidents.ReadAlarmToken(token)
	if !ok {
		return nil, incidents.AlarmLink{}, fault.NotFound
	}
	inc, err := o.store.Incident(ctx, key.PracticeID, key.ID)
	if err != nil {
		return nil, incidents.AlarmLink{}, fmt.Errorf("look up an alarm: %w", err)
	}
	link, err := inc.AlarmOf(token)
	return inc, link, err
}

// Acknowledge ends the alarm that a token leads to, once: fault.Conflict when it
// has ended already, fault.NotFound for a token that leads nowhere.
func (o *Office) Acknowledge(ctx context.Context, token string) error {
	key, ok := incidents.ReadAlarmToken(token)
	if !ok {
		return fault.NotFound
	}
	_, err := o.change(ctx, key.PracticeID, key.ID, func(i *incidents.Incident) error {
		_, err := i.Acknowledge(token, o.now())
		return err
	})
	return err
}

// SeeAlarms records that somebody who is logged in has seen the alarms of a case.
// Doing it again changes nothing.
func (o *Office) SeeAlarms(ctx context.Context, practice tenant.ID, id string, by incidents.Actor) error {
	_, err := o.change(ctx, practice, id, func(i *incidents.Incident) error {
		i.SeeAlarms("", o.now(), by)
		return nil
	})
	return err
}
