package retention

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// Undo takes a confirmation back that was a mistake, on the day on which it was
// made. Cut off, it is asked for again. What was destroyed in this program itself
// does not come back.
func Undo(ctx context.Context, store Store, practice tenant.ID, id string, by register.Actor, now time.Time) (registry.Confirmation, error) {
	p, err := store.Practice(ctx, practice)
	if err != nil {
		return registry.Confirmation{}, fmt.Errorf("read practice: %w", err)
	}
	rules, err := ReadRules(ctx, store, p)
	if err != nil {
		return registry.Confirmation{}, err
	}
	c, some := p.Retained.Confirmation(id)
	if err := mayUndo(c, some, rules.Zone, now); err != nil || !c.UndoneAt.IsZero() {
		return c, err
	}
	a := &applier{store: store, practice: p, rules: rules, c: c}
	if err := a.takeBack(ctx); err != nil {
		return c, fmt.Errorf("take a confirmation back: %w", err)
	}
	_, err = store.UpdatePractice(ctx, practice, func(p *registry.Practice) error {
		stored, some := p.Retained.Confirmation(id)
		if c = stored; !some || !stored.UndoneAt.IsZero() {
			return errUnchanged
		}
		c.UndoneAt = now
		p.Retained.Confirm(c)
		if c.Rolling && p.Retained.ClearedMonth(c.System) == c.Month {
			p.Retained.Clear(c.System, "", now)
		}
		e := eventOf(p.ID, Undone, c, 0)
		e.At, e.Actor = now, by
		p.Outbox.Put(string(p.ID), e)
		return nil
	})
	return c, unlessUnchanged(err)
}

// MayUndo reports whether a confirmation can still be taken back.
func MayUndo(c registry.Confirmation, zone *time.Location, now time.Time) bool {
	return c.UndoneAt.IsZero() && mayUndo(c, true, zone, now) == nil
}

func mayUndo(c registry.Confirmation, known bool, zone *time.Location, now time.Time) error {
	switch {
	case !known:
		return fault.NotFound
	case c.Open():
		return fault.New(fault.Conflict, "error.retention_under_way", "this is still being recorded; wait a moment")
	case c.Here:
		return fault.New(fault.Conflict, "error.retention_for_good", "what was destroyed here does not come back")
	case registry.DateOf(c.At, zone) != registry.DateOf(now, zone):
		return fault.New(fault.Conflict, "error.retention_undo_day", "a confirmation can be taken back on its own day only")
	}
	return nil
}

func (a *applier) takeBack(ctx context.Context) error {
	var ids []string
	err := EachDue(ctx, a.store, a.practice.ID, a.rules, func(c registry.Client, _ []Due) error {
		if gone, exempt := a.marked(c); gone || exempt {
			ids = append(ids, c.ID)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return inParallel(ids, atOnce, func(id string) error {
		_, err := a.store.UpdateClient(ctx, a.practice.ID, id, func(c *registry.Client) error {
			if gone, exempt := a.marked(*c); !gone && !exempt {
				return errUnchanged
			}
			a.unmark(c)
			return nil
		})
		if errors.Is(err, fault.NotFound) {
			return nil
		}
		return unlessUnchanged(err)
	})
}

func (a *applier) unmark(c *registry.Client) {
	c.Gone = slices.DeleteFunc(slices.Clone(c.Gone), func(g registry.Gone) bool { return g.System == a.c.System && g.At.Equal(a.c.At) })
	c.Holdings = slices.Clone(c.Holdings)
	for i := range c.Holdings {
		if h := &c.Holdings[i]; h.System == a.c.System && h.DestroyedAt != nil && h.DestroyedAt.Equal(a.c.At) {
			h.DestroyedAt = nil
		}
	}
	if e, some := c.ExemptionFrom(a.c.System); some && e.At.Equal(a.c.At) {
		unexempt(c, a.c.System)
	}
}

// Exempt notes that what a system keeps about somebody stays beyond its term.
func Exempt(ctx context.Context, store Store, practice tenant.ID, client string, e registry.Exemption, by register.Actor) error {
	_, err := store.UpdateClient(ctx, practice, client, func(c *registry.Client) error {
		if known, some := c.ExemptionFrom(e.System); some && known.Why == e.Why {
			return errUnchanged
		}
		exempt(c, e)
		return nil
	})
	return noteExemption(ctx, store, practice, Exempted, e.System, string(e.Why), by, e.At, err)
}

// Lift ends an exemption: what was kept for a reason is due again.
func Lift(ctx context.Context, store Store, practice tenant.ID, client, system string, by register.Actor, now time.Time) error {
	_, err := store.UpdateClient(ctx, practice, client, func(c *registry.Client) error {
		if _, some := c.ExemptionFrom(system); !some {
			return errUnchanged
		}
		unexempt(c, system)
		return nil
	})
	return noteExemption(ctx, store, practice, Lifted, system, "", by, now, err)
}

// noteExemption tells the register; a change that was made before needs no second entry.
func noteExemption(ctx context.Context, store Store, practice tenant.ID, kind register.Kind, system, why string, by register.Actor, at time.Time, err error) error {
	if errors.Is(err, errUnchanged) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("change an exemption: %w", err)
	}
	facts := map[string]string{"system": system, "people": "1"}
	if why != "" {
		facts["why"] = why
	}
	_, err = store.UpdatePractice(ctx, practice, func(p *registry.Practice) error {
		p.Outbox.Put(string(p.ID), register.Event{PracticeID: p.ID, Kind: kind, At: at, Actor: by, Facts: facts})
		return nil
	})
	if err != nil {
		return fmt.Errorf("note an exemption: %w", err)
	}
	return nil
}
