package casework

import (
	"context"
	"fmt"
	"slices"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/retention"
	"datalek/incidents/tenant"
)

// Retention computes what the practice must destroy, and when.
func (o *Office) Retention(ctx context.Context, p registry.Practice) (retention.Calendar, error) {
	cal, err := retention.Read(ctx, o.store, p, o.now())
	if err != nil {
		return cal, fmt.Errorf("compute the retention calendar: %w", err)
	}
	return cal, nil
}

// PersonDue is somebody with what must be gone about him.
type PersonDue struct {
	Client registry.Client
	Due    retention.Due
}

// RetentionPeople lists by id the people of a task, after one of them; a task about
// old entries has none.
func (o *Office) RetentionPeople(ctx context.Context, p registry.Practice, k retention.Key, after string, limit int) ([]PersonDue, error) {
	rules, err := retention.ReadRules(ctx, o.store, p)
	if err != nil {
		return nil, err
	}
	due := map[string]retention.Due{}
	var ids []string
	err = retention.EachDue(ctx, o.store, p.ID, rules, func(c registry.Client, all []retention.Due) error {
		i := slices.IndexFunc(all, func(d retention.Due) bool {
			return !d.Rolling && !k.Rolling && d.System == k.System && d.Month() == k.Month
		})
		if i >= 0 && c.ID > after && len(ids) < limit {
			ids, due[c.ID] = append(ids, c.ID), all[i]
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	clients, err := o.store.ClientsByIDs(ctx, p.ID, ids)
	if err != nil {
		return nil, fmt.Errorf("read the people of a task: %w", err)
	}
	people := make([]PersonDue, len(clients))
	for i, c := range clients {
		people[i] = PersonDue{c, due[c.ID]}
	}
	return people, nil
}

// RetentionOf returns what must be gone about one person, by system.
func (o *Office) RetentionOf(ctx context.Context, p registry.Practice, c registry.Client) ([]retention.Due, error) {
	rules, err := retention.ReadRules(ctx, o.store, p)
	if err != nil {
		return nil, err
	}
	return rules.Of(c), nil
}

// Gone is somebody's word that data past its term is gone.
type Gone struct {
	ID   string // sent again, it is the same word
	Task retention.Key
	// Only is the one person that it is about, whatever the task's month; "" for all.
	Only   string
	Except []registry.Spared
	// Pseudonymised: what names somebody was taken out, where the rule lets the rest stay.
	Pseudonymised bool
	// Here destroys what this program itself keeps.
	Here bool
}

// mostSpared is how many people one confirmation may leave out by name.
const mostSpared = 500

// ConfirmGone records that what was due is gone, at each person and once in the
// register, or destroys it where this program itself keeps it.
func (o *Office) ConfirmGone(ctx context.Context, practice tenant.ID, g Gone, by incidents.Actor) (registry.Confirmation, error) {
	p, err := o.store.Practice(ctx, practice)
	if err != nil {
		return registry.Confirmation{}, fmt.Errorf("look up practice: %w", err)
	}
	if _, known := p.Retained.Confirmation(g.ID); !known {
		if err := o.checkGone(ctx, p, g); err != nil {
			return registry.Confirmation{}, err
		}
	}
	done, err := retention.Confirm(ctx, o.store, p.ID, registry.Confirmation{ID: g.ID, System: g.Task.System, Month: g.Task.Month, Rolling: g.Task.Rolling, Only: g.Only,
		Except: g.Except, Pseudonymised: g.Pseudonymised, Here: g.Here, At: o.now(), By: by})
	if err != nil {
		return done, fmt.Errorf("confirm what is gone: %w", err)
	}
	o.nudge()
	return done, nil
}

// checkGone refuses a word about nothing that is due now.
func (o *Office) checkGone(ctx context.Context, p registry.Practice, g Gone) error {
	var faults fault.List
	if g.Here != (g.Task.System == retention.OwnSystem) {
		faults.Add("here", "error.retention_here", "what this program itself keeps is destroyed here, and not only confirmed")
	}
	if len(g.Except) > mostSpared {
		faults.Add("except", "error.retention_except", "leave out at most 500 people at a time")
	}
	for _, s := range g.Except {
		if !s.Why.Valid() {
			faults.Add("except", "error.exempt_reason", "choose law, dispute, request or later")
			break
		}
	}
	if err := faults.Err(); err != nil {
		return err
	}
	if g.Only != "" {
		return o.checkOne(ctx, p, g)
	}
	cal, err := o.Retention(ctx, p)
	if err != nil {
		return err
	}
	task, some := cal.Task(g.Task)
	switch {
	case !some:
		return fault.New(fault.Conflict, "error.retention_task", "there is nothing to destroy here, or not any more")
	case task.State == retention.Coming:
		return fault.New(fault.Conflict, "error.retention_coming", "the term is not over yet")
	}
	return nil
}

// checkOne refuses a word about one person of whom nothing is due now.
func (o *Office) checkOne(ctx context.Context, p registry.Practice, g Gone) error {
	c, err := o.store.Client(ctx, p.ID, g.Only)
	if err != nil {
		return fmt.Errorf("look up client: %w", err)
	}
	rules, err := retention.ReadRules(ctx, o.store, p)
	if err != nil {
		return err
	}
	word := registry.Confirmation{System: g.Task.System, Rolling: g.Task.Rolling, Only: g.Only, At: o.now()}
	if !slices.ContainsFunc(rules.Of(c), func(d retention.Due) bool { return retention.About(word, d, rules.Zone) }) {
		return fault.New(fault.Conflict, "error.retention_task", "there is nothing to destroy here, or not any more")
	}
	return nil
}

// UndoGone takes a confirmation back that was a mistake, on its own day.
func (o *Office) UndoGone(ctx context.Context, practice tenant.ID, id string, by incidents.Actor) (registry.Confirmation, error) {
	c, err := retention.Undo(ctx, o.store, practice, id, by, o.now())
	if err == nil {
		o.nudge()
	}
	return c, err
}

// KeepLonger notes that data about somebody stays in a system beyond its term; why
// "" ends that.
func (o *Office) KeepLonger(ctx context.Context, practice tenant.ID, client, system string, why registry.ExemptReason, by register.Actor) error {
	if _, err := o.store.System(ctx, practice, system); err != nil {
		return fmt.Errorf("look up system: %w", err)
	}
	var err error
	switch {
	case why == "":
		err = retention.Lift(ctx, o.store, practice, client, system, by, o.now())
	case !why.Valid():
		var faults fault.List
		faults.Add("why", "error.exempt_reason", "choose law, dispute, request or later")
		return faults.Err()
	default:
		err = retention.Exempt(ctx, o.store, practice, client, registry.Exemption{System: system, Why: why, At: o.now()}, by)
	}
	if err == nil {
		o.nudge()
	}
	return err
}

// keepConfirmed carries over what was confirmed about people whom a list replaces:
// no list says it.
func (o *Office) keepConfirmed(ctx context.Context, practice tenant.ID, clients []registry.Client) error {
	known := map[string]registry.Client{}
	for part := range slices.Chunk(clients, 500) {
		var ids []string
		for _, c := range part {
			ids = append(ids, c.ID)
		}
		stored, err := o.store.ClientsByIDs(ctx, practice, ids)
		if err != nil {
			return fmt.Errorf("look up what was confirmed: %w", err)
		}
		for _, c := range stored {
			known[c.ID] = c
		}
	}
	for i := range clients {
		if c, some := known[clients[i].ID]; some {
			clients[i].Gone, clients[i].Exemptions = c.Gone, c.Exemptions
		}
	}
	return nil
}
