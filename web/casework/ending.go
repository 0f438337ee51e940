package casework

import (
	"context"
	"fmt"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// EndSystem notes that the practice stopped using a system now. It stays for
// old incidents: what it held is not thereby destroyed.
func (o *Office) EndSystem(ctx context.Context, practice tenant.ID, id string) error {
	if id == registry.OwnSystem {
		return fault.New(fault.Conflict, "error.own_system", "datalek itself is a system of every practice: it knows who is in guidance")
	}
	return o.setSystemEnd(ctx, practice, id, o.now())
}

// KeepOwnSystem puts datalek itself among the systems of a practice, unless it is
// there.
func (o *Office) KeepOwnSystem(ctx context.Context, p registry.Practice) error {
	_, err := o.store.System(ctx, p.ID, registry.OwnSystem)
	if !isNotFound(err) {
		return err
	}
	_, _, err = o.SaveSystem(ctx, o.book.OwnSystem(p.ID, p.Language))
	return err
}

// ResumeSystem takes the end of a system back.
func (o *Office) ResumeSystem(ctx context.Context, practice tenant.ID, id string) error {
	return o.setSystemEnd(ctx, practice, id, time.Time{})
}

func (o *Office) setSystemEnd(ctx context.Context, practice tenant.ID, id string, at time.Time) error {
	s, err := o.store.System(ctx, practice, id)
	if err != nil {
		return fmt.Errorf("look up system: %w", err)
	}
	if s.EndedAt.IsZero() == at.IsZero() {
		return nil // a second press of the button changes nothing
	}
	s.EndedAt = at
	_, _, err = o.SaveSystem(ctx, s)
	return err
}

// EndProcessor notes that a firm stopped working for the practice. As long as
// one of its systems is in use it cannot: its reports would reach nobody.
func (o *Office) EndProcessor(ctx context.Context, practice tenant.ID, id string) error {
	p, err := o.store.Processor(ctx, practice, id)
	if err != nil {
		return fmt.Errorf("look up processor: %w", err)
	}
	if !p.EndedAt.IsZero() {
		return nil
	}
	used, err := o.inUse(ctx, practice, id)
	if err != nil {
		return err
	}
	if used {
		return fault.New(fault.Conflict, "error.processor_in_use", "end the processor's systems first, or say who holds them now")
	}
	p.EndedAt = o.now()
	_, _, err = o.SaveProcessor(ctx, p)
	return err
}

// ResumeProcessor takes the end of a processor back.
func (o *Office) ResumeProcessor(ctx context.Context, practice tenant.ID, id string) error {
	p, err := o.store.Processor(ctx, practice, id)
	if err != nil {
		return fmt.Errorf("look up processor: %w", err)
	}
	p.EndedAt = time.Time{}
	_, _, err = o.SaveProcessor(ctx, p)
	return err
}

// inUse reports whether a processor holds a system that has not ended.
func (o *Office) inUse(ctx context.Context, practice tenant.ID, processor string) (bool, error) {
	systems, err := o.systems(ctx, practice)
	for _, s := range systems {
		if s.ProcessorID == processor && s.EndedAt.IsZero() {
			return true, nil
		}
	}
	return false, err
}

// systems returns every system of a practice, ended ones too.
func (o *Office) systems(ctx context.Context, practice tenant.ID) ([]registry.System, error) {
	var all []registry.System
	after := ""
	for {
		some, err := o.store.Systems(ctx, practice, after, 200)
		if err != nil {
			return nil, fmt.Errorf("list systems: %w", err)
		}
		if len(some) == 0 {
			return all, nil
		}
		all = append(all, some...)
		after = some[len(some)-1].ID
	}
}
