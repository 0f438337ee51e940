package retention

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// Store is what recording a destruction reads and writes.
type Store interface {
	Reader
	Practice(ctx context.Context, id tenant.ID) (registry.Practice, error)
	UpdatePractice(ctx context.Context, id tenant.ID, change func(*registry.Practice) error) (registry.Practice, error)
	UpdateClient(ctx context.Context, practice tenant.ID, id string, change func(*registry.Client) error) (registry.Client, error)
	RemoveClients(ctx context.Context, practice tenant.ID, ids []string) error
	caseStore
}

// errUnchanged leaves an aggregate as it is.
var errUnchanged = errors.New("nothing to change")

func unlessUnchanged(err error) error {
	if errors.Is(err, errUnchanged) {
		return nil
	}
	return err
}

// Confirm records that what was due in a system is gone, and about whom it is not.
// The same confirmation, by its id, may come again: one that was cut off goes on,
// with the instant of the first, and one that is done changes nothing.
func Confirm(ctx context.Context, store Store, practice tenant.ID, c registry.Confirmation) (registry.Confirmation, error) {
	_, err := store.UpdatePractice(ctx, practice, func(p *registry.Practice) error {
		if known, some := p.Retained.Confirmation(c.ID); some {
			c = known
			return errUnchanged
		}
		p.Retained.Confirm(c)
		return nil
	})
	if err := unlessUnchanged(err); err != nil {
		return c, fmt.Errorf("note the confirmation: %w", err)
	}
	if !c.Open() {
		return c, nil
	}
	return Apply(ctx, store, practice, c.ID)
}

// Resume goes on with a practice's confirmations that were cut off.
func Resume(ctx context.Context, store Store, p registry.Practice) error {
	var held error
	for _, c := range p.Retained.Confirmed {
		if c.Open() {
			_, err := Apply(ctx, store, p.ID, c.ID)
			held = errors.Join(held, err)
		}
	}
	return held
}

// Apply records a confirmation at each person that it is about, and then once in
// the practice's register. It may run again, and twice at once.
func Apply(ctx context.Context, store Store, practice tenant.ID, id string) (registry.Confirmation, error) {
	p, err := store.Practice(ctx, practice)
	if err != nil {
		return registry.Confirmation{}, fmt.Errorf("read practice: %w", err)
	}
	c, some := p.Retained.Confirmation(id)
	if !some {
		return c, fault.NotFound
	}
	if !c.Open() {
		return c, nil
	}
	rules, err := ReadRules(ctx, store, p)
	if err != nil {
		return c, err
	}
	a := &applier{store: store, practice: p, rules: rules, c: c}
	if c.Here {
		err = a.destroyHere(ctx)
	} else {
		err = a.everybody(ctx)
	}
	if err != nil {
		return c, fmt.Errorf("record what is gone: %w", err)
	}
	return a.finish(ctx)
}

// applier brings one confirmation to the people that it is about.
type applier struct {
	store    Store
	practice registry.Practice
	rules    Rules
	c        registry.Confirmation

	people, spared int
}

// About reports whether a confirmation is about something that is due.
func About(c registry.Confirmation, d Due, zone *time.Location) bool {
	switch {
	case d.Exempt.Why != "" && c.Only == "":
		return false // it was said before that this is still there
	case d.System != c.System || d.Rolling != c.Rolling || !d.Ready(registry.DateOf(c.At, zone)):
		return false
	case c.Only != "":
		return d.Client == c.Only
	default:
		return c.Rolling || d.Month() == c.Month
	}
}

// atOnce is how many people are written at the same time; they share the store's commits.
const atOnce = 32

func (a *applier) everybody(ctx context.Context) error {
	var waiting []string
	flush := func() error {
		err := inParallel(waiting, atOnce, func(id string) error { return a.note(ctx, id) })
		waiting = waiting[:0]
		return err
	}
	err := EachDue(ctx, a.store, a.practice.ID, a.rules, func(c registry.Client, due []Due) error {
		if gone, exempt := a.marked(c); gone || exempt {
			a.count(gone)
			return nil
		}
		if !slices.ContainsFunc(due, a.about) {
			return nil
		}
		_, spares := a.c.Spares(c.ID)
		a.count(!spares)
		if waiting = append(waiting, c.ID); len(waiting) == perRead {
			return flush()
		}
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}

func (a *applier) about(d Due) bool { return About(a.c, d, a.rules.Zone) }

func (a *applier) count(gone bool) {
	if gone {
		a.people++
	} else {
		a.spared++
	}
}

// marked reports whether this confirmation stands at somebody already.
func (a *applier) marked(c registry.Client) (gone, exempt bool) {
	gone = slices.ContainsFunc(c.Gone, func(g registry.Gone) bool { return g.System == a.c.System && g.At.Equal(a.c.At) }) ||
		slices.ContainsFunc(c.Holdings, func(h registry.Holding) bool {
			return h.System == a.c.System && h.DestroyedAt != nil && h.DestroyedAt.Equal(a.c.At)
		})
	e, some := c.ExemptionFrom(a.c.System)
	return gone, some && e.At.Equal(a.c.At)
}

// note writes the confirmation down at one person, if it is still due then.
func (a *applier) note(ctx context.Context, id string) error {
	_, err := a.store.UpdateClient(ctx, a.practice.ID, id, func(c *registry.Client) error {
		due := a.rules.Of(*c)
		i := slices.IndexFunc(due, a.about)
		if gone, exempt := a.marked(*c); i < 0 || gone || exempt {
			return errUnchanged
		}
		if why, spares := a.c.Spares(id); spares {
			exempt(c, registry.Exemption{System: a.c.System, Why: why, At: a.c.At})
			return nil
		}
		a.destroyed(c, due[i])
		return nil
	})
	if errors.Is(err, fault.NotFound) {
		return nil // taken off the list meanwhile
	}
	return unlessUnchanged(err)
}

// destroyed notes at somebody that what was due is gone: beside the rules, or at
// what was noted for him alone.
func (a *applier) destroyed(c *registry.Client, d Due) {
	at := a.c.At
	unexempt(c, d.System)
	if c.HoldingsByRule && !c.Excepted(d.System) {
		c.Gone = append(slices.Clone(c.Gone), registry.Gone{System: d.System, At: at, Kept: d.Stays, Pseudonymised: a.c.Pseudonymised && d.Rule.Pseudonymises()})
		return
	}
	c.Holdings = slices.Clone(c.Holdings)
	for i := range c.Holdings {
		h := &c.Holdings[i]
		if h.System == d.System && h.DestroyedAt == nil && (h.From == nil || h.From.Before(at)) {
			h.DestroyedAt = &at
		}
	}
}

func exempt(c *registry.Client, e registry.Exemption) {
	unexempt(c, e.System)
	c.Exemptions = append(c.Exemptions, e)
}

func unexempt(c *registry.Client, system string) {
	c.Exemptions = slices.DeleteFunc(slices.Clone(c.Exemptions), func(e registry.Exemption) bool { return e.System == system })
	if len(c.Exemptions) == 0 {
		c.Exemptions = nil
	}
}

// finish notes that the confirmation is done, with one event, whoever comes first.
func (a *applier) finish(ctx context.Context) (registry.Confirmation, error) {
	done := a.c
	_, err := a.store.UpdatePractice(ctx, a.practice.ID, func(p *registry.Practice) error {
		c, some := p.Retained.Confirmation(a.c.ID)
		if done = c; !some || !c.Open() {
			return errUnchanged
		}
		c.DoneAt, c.People = c.At, a.people
		p.Retained.Confirm(c)
		if c.Rolling {
			p.Retained.Clear(c.System, c.Month, c.At)
		}
		p.Outbox.Put(string(p.ID), eventOf(p.ID, Confirmed, c, a.spared))
		done = c
		return nil
	})
	if err := unlessUnchanged(err); err != nil {
		return done, fmt.Errorf("note that it is recorded: %w", err)
	}
	return done, nil
}

func eventOf(practice tenant.ID, kind register.Kind, c registry.Confirmation, spared int) register.Event {
	facts := map[string]string{"system": c.System, "people": strconv.Itoa(c.People), "confirmed_at": c.At.UTC().Format(time.RFC3339)}
	if c.Month != "" {
		facts["month"] = c.Month
	}
	if spared > 0 {
		facts["except"] = strconv.Itoa(spared)
	}
	for name, on := range map[string]bool{"rolling": c.Rolling, "pseudonymised": c.Pseudonymised, "here": c.Here} {
		if on {
			facts[name] = "yes"
		}
	}
	return register.Event{PracticeID: practice, Kind: kind, At: c.At, Actor: c.By, Facts: facts}
}

// inParallel runs do for each item, a few at once, and returns the first error.
func inParallel[T any](items []T, limit int, do func(T) error) error {
	var all sync.WaitGroup
	turn, errs := make(chan struct{}, limit), make([]error, len(items))
	for i, v := range items {
		turn <- struct{}{}
		all.Go(func() {
			errs[i] = do(v)
			<-turn
		})
	}
	all.Wait()
	return errors.Join(errs...)
}
