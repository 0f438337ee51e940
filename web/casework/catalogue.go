package casework

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// catalogueStore is what keeping systems, processors and clients reads and writes.
type catalogueStore interface {
	importStore
	Setting(ctx context.Context, key string) (value []byte, version int64, err error)
	PutSetting(ctx context.Context, key string, value []byte, version int64) error
	PutSystem(ctx context.Context, s registry.System) (bool, error)
	Systems(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.System, error)
	Processor(ctx context.Context, practice tenant.ID, id string) (registry.Processor, error)
	Processors(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.Processor, error)
	PutProcessor(ctx context.Context, p registry.Processor) (bool, error)
	CreateEndpoint(ctx context.Context, e registry.Endpoint) error
	Endpoints(ctx context.Context, practice tenant.ID, processor string) ([]registry.Endpoint, error)
	UpdateEndpoint(ctx context.Context, practice tenant.ID, id string, change func(*registry.Endpoint) error) (registry.Endpoint, error)
	CreateClient(ctx context.Context, c registry.Client) (registry.Client, error)
	PutClients(ctx context.Context, practice tenant.ID, clients []registry.Client) ([]bool, error)
	UpdateClient(ctx context.Context, practice tenant.ID, id string, change func(*registry.Client) error) (registry.Client, error)
	ClientsByIDs(ctx context.Context, practice tenant.ID, ids []string) ([]registry.Client, error)
}

// SaveSystem creates or replaces a system and says whether it is new. A Version
// replaces that version alone; another one that stands is fault.Conflict. The
// practice's open cases are assessed anew, which the store sees to.
func (o *Office) SaveSystem(ctx context.Context, s registry.System) (registry.System, bool, error) {
	faults := fault.Fields(s.Validate())
	if s.ProcessorID != "" && len(faults) == 0 {
		if _, err := o.store.Processor(ctx, s.PracticeID, s.ProcessorID); isNotFound(err) {
			faults.Add("processor", "error.processor_unknown", "list the processor first")
		} else if err != nil {
			return s, false, fmt.Errorf("look up processor: %w", err)
		}
	}
	known, err := o.systemIDs(ctx, s.PracticeID)
	if err != nil {
		return s, false, err
	}
	for n, r := range s.Rules {
		if r.KeySystem != "" && r.KeySystem != s.ID && !known[r.KeySystem] {
			faults.Add(fmt.Sprintf("rules.%d.key_system", n), "error.system_unknown", "choose systems that the practice has listed")
		}
	}
	if err := faults.Err(); err != nil {
		return s, false, err
	}
	if s.ProcessorID != "" {
		if err := o.lookBack(ctx, s.PracticeID); err != nil {
			return s, false, err
		}
	}
	s.UpdatedAt = o.now()
	created, err := over(s.Version, func(version int64) (bool, error) {
		before, err := found(o.store.System(ctx, s.PracticeID, s.ID))
		if err != nil {
			return false, fmt.Errorf("look up system: %w", err)
		}
		next := s
		if next.Version = version; before != nil && version == 0 {
			next.Version = before.Version
		}
		next.Notes = o.act(ctx).System(before, next)
		return o.store.PutSystem(ctx, next)
	})
	if err != nil {
		return s, false, fmt.Errorf("save system: %w", overtaken(err))
	}
	o.nudge()
	return s, created, nil
}

// lookBack notes that a practice says more of what it uses, so that workers tell it
// of earlier reports that concern it. It is noted before the write that it is about:
// nobody looks for some minutes.
func (o *Office) lookBack(ctx context.Context, practice tenant.ID) error {
	key := incidents.LookBackPrefix + practice
	for range overTries {
		raw, version, err := o.store.Setting(ctx, string(key))
		if err == nil {
			err = o.store.PutSetting(ctx, string(key), incidents.ReadLookBack(raw).Again(o.now()), version)
		}
		if !errors.Is(err, fault.Conflict) {
			if err != nil {
				err = fmt.Errorf("note that earlier reports may concern the practice: %w", err)
			}
			return err
		}
	}
	return nil // others note it this very moment
}

// act is who does something now, as the request says.
func (o *Office) act(ctx context.Context) incidents.Act {
	return incidents.Act{By: register.ActorIn(ctx), At: o.now()}
}

// found gives what was looked up, nil for what is not there.
func found[T any](v T, err error) (*T, error) {
	if isNotFound(err) {
		return nil, nil
	}
	return &v, err
}

// overTries bounds how often a write over whatever stands begins anew.
const overTries = 5

// over runs a write that says what it changed: over one version, or, for version 0,
// over whatever stands, anew when somebody else wrote meanwhile.
func over(version int64, write func(version int64) (bool, error)) (created bool, err error) {
	for range overTries {
		created, err = write(version)
		if version != 0 || !errors.Is(err, fault.Conflict) {
			break
		}
	}
	return created, err
}

// overtaken gives a lost race of writers its words; other errors stay as they are.
func overtaken(err error) error {
	if errors.Is(err, fault.Conflict) {
		return fault.New(fault.Conflict, "error.changed_meanwhile", "somebody else changed this meanwhile; load it again")
	}
	return err
}

// SaveProcessor creates or replaces a processor, as SaveSystem does. The
// practice's own address for its reports is made with it, once.
func (o *Office) SaveProcessor(ctx context.Context, p registry.Processor) (registry.Endpoint, bool, error) {
	if err := p.Validate(); err != nil {
		return registry.Endpoint{}, false, err
	}
	if len(p.SubProcessors) > 0 {
		others, err := o.processors(ctx, p.PracticeID)
		if err == nil {
			err = p.CheckBelow(others)
		}
		if err != nil {
			return registry.Endpoint{}, false, err
		}
	}
	if err := o.lookBack(ctx, p.PracticeID); err != nil {
		return registry.Endpoint{}, false, err
	}
	p.UpdatedAt = o.now()
	created, err := over(p.Version, func(version int64) (bool, error) {
		before, err := found(o.store.Processor(ctx, p.PracticeID, p.ID))
		if err != nil {
			return false, fmt.Errorf("look up processor: %w", err)
		}
		next := p
		if next.Version = version; before != nil && version == 0 {
			next.Version = before.Version
		}
		next.Notes = o.act(ctx).Processor(before, next)
		return o.store.PutProcessor(ctx, next)
	})
	if err != nil {
		return registry.Endpoint{}, false, fmt.Errorf("save processor: %w", overtaken(err))
	}
	endpoint, err := o.firstAddress(ctx, p.PracticeID, p.ID)
	return endpoint, created, err
}

// firstAddress is the processor's open signed address. It is made when there never
// was an address; who revoked the last one makes another himself.
func (o *Office) firstAddress(ctx context.Context, practice tenant.ID, processor string) (registry.Endpoint, error) {
	known, found, err := o.DoorOf(ctx, practice, processor, registry.DoorSigned)
	if err != nil || found {
		return known, err
	}
	list, err := o.store.Endpoints(ctx, practice, processor)
	if err != nil {
		return known, fmt.Errorf("look up address: %w", err)
	}
	if slices.ContainsFunc(list, registry.Endpoint.Revoked) {
		return registry.Endpoint{}, nil
	}
	return o.Endpoint(ctx, practice, processor)
}

// processors returns every processor of the practice, ended ones too.
func (o *Office) processors(ctx context.Context, practice tenant.ID) ([]registry.Processor, error) {
	const page = 200
	var all []registry.Processor
	for after := ""; ; after = all[len(all)-1].ID {
		some, err := o.store.Processors(ctx, practice, after, page)
		if err != nil {
			return nil, fmt.Errorf("list processors: %w", err)
		}
		if all = append(all, some...); len(some) < page {
			return all, nil
		}
	}
}

// Endpoint returns the address at which a processor reports, signed, to this practice
// alone (practice "": to every practice that uses it), made when there is none.
func (o *Office) Endpoint(ctx context.Context, practice tenant.ID, processor string) (registry.Endpoint, error) {
	return o.OpenDoor(ctx, practice, processor, registry.DoorSigned)
}

// OpenDoor returns a processor's address with a door, made when there is none.
func (o *Office) OpenDoor(ctx context.Context, practice tenant.ID, processor string, door registry.Door) (registry.Endpoint, error) {
	known, found, err := o.DoorOf(ctx, practice, processor, door)
	if err != nil || found {
		return known, err
	}
	e := o.newAddress(practice, processor, door)
	e.Notes = o.act(ctx).Opened(e)
	if err := o.store.CreateEndpoint(ctx, e); err != nil {
		return e, fmt.Errorf("save address: %w", err)
	}
	return e, nil
}

// DoorOf returns a processor's open address with a door, and whether there is one.
func (o *Office) DoorOf(ctx context.Context, practice tenant.ID, processor string, door registry.Door) (registry.Endpoint, bool, error) {
	known, err := o.store.Endpoints(ctx, practice, processor)
	if err != nil {
		return registry.Endpoint{}, false, fmt.Errorf("look up address: %w", err)
	}
	for _, e := range known {
		if e.Door == door && !e.Revoked() {
			return e, true, nil
		}
	}
	return registry.Endpoint{}, false, nil
}
