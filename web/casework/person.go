package casework

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// AddClient keeps a person whose number nobody else has; SaveClients would
// replace who has it.
func (o *Office) AddClient(ctx context.Context, p registry.Practice, in ClientInput) (registry.Client, error) {
	checked, err := o.CheckClients(ctx, p, []ClientInput{in})
	faults := fault.Fields(err)
	if err != nil && faults == nil {
		return registry.Client{}, err
	}
	taken, err := o.numberTaken(ctx, p.ID, in.Client.Person.ExternalID, "")
	if err != nil {
		return registry.Client{}, err
	}
	if taken {
		addTaken(&faults)
	}
	if err := faults.Err(); err != nil {
		return registry.Client{}, err
	}
	checked[0].Notes = o.act(ctx).Client(nil, checked[0])
	added, err := o.store.CreateClient(ctx, checked[0])
	if errors.Is(err, fault.Duplicate) { // somebody took the number a moment ago
		addTaken(&faults)
		return registry.Client{}, faults.Err()
	}
	if err != nil {
		return registry.Client{}, fmt.Errorf("save client: %w", err)
	}
	o.nudge()
	return added, nil
}

// ChangeClient changes a person whom the practice knows, his number too. change
// gets him as he is stored, so that what it does not touch stays. version is
// the one that the reader saw; another one is fault.Conflict.
func (o *Office) ChangeClient(ctx context.Context, p registry.Practice, id string, version int64, change func(*ClientInput) error) (registry.Client, error) {
	changed, err := o.store.UpdateClient(ctx, p.ID, id, func(c *registry.Client) error {
		if c.Version != version {
			return fault.New(fault.Conflict, "error.changed_meanwhile", "this client was changed meanwhile; load him again")
		}
		next, err := o.changed(ctx, p, *c, change)
		if err != nil {
			return err
		}
		next.Notes = o.act(ctx).Client(c, next)
		*c = next
		return nil
	})
	if errors.Is(err, fault.Duplicate) {
		var faults fault.List
		addTaken(&faults)
		return changed, faults.Err()
	}
	if err != nil {
		return changed, err
	}
	o.nudge()
	return changed, nil
}

func (o *Office) changed(ctx context.Context, p registry.Practice, c registry.Client, change func(*ClientInput) error) (registry.Client, error) {
	numbers, err := o.numbersOf(ctx, p.ID, c.Guardians)
	if err != nil {
		return c, err
	}
	in := ClientInput{Client: c, Guardians: numbers}
	in.Client.Guidance, in.Client.Holdings = slices.Clone(c.Guidance), slices.Clone(c.Holdings)
	in.Client.Without = slices.Clone(c.Without)
	if err := change(&in); err != nil {
		return c, err
	}
	sameGuardians := slices.Equal(in.Guardians, numbers)
	checked, err := o.CheckClients(ctx, p, []ClientInput{in})
	faults := fault.Fields(err)
	if err != nil && faults == nil {
		return c, err
	}
	taken, err := o.numberTaken(ctx, p.ID, in.Client.Person.ExternalID, c.ID)
	if err != nil {
		return c, err
	}
	if taken {
		addTaken(&faults)
	}
	if err := faults.Err(); err != nil {
		return c, err
	}
	next := checked[0]
	next.ID, next.Version = c.ID, c.Version
	if sameGuardians {
		next.Guardians = c.Guardians
	}
	return next, nil
}

// numbersOf returns the practice's own numbers of clients, in the order of ids.
func (o *Office) numbersOf(ctx context.Context, practice tenant.ID, ids []string) ([]string, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	known, err := o.store.ClientsByIDs(ctx, practice, ids)
	if err != nil {
		return nil, fmt.Errorf("look up guardians: %w", err)
	}
	byID := map[string]string{}
	for _, c := range known {
		byID[c.ID] = c.Person.ExternalID
	}
	var numbers []string
	for _, id := range ids {
		if n, some := byID[id]; some {
			numbers = append(numbers, n)
		}
	}
	return numbers, nil
}

// numberTaken reports whether a number is that of another client than self.
func (o *Office) numberTaken(ctx context.Context, practice tenant.ID, number, self string) (bool, error) {
	if number == "" {
		return false, nil
	}
	known, err := o.store.ClientsByExternalIDs(ctx, practice, []string{number})
	if err != nil {
		return false, fmt.Errorf("look up number: %w", err)
	}
	return slices.ContainsFunc(known, func(c registry.Client) bool { return c.ID != self }), nil
}

const numberTaken = "error.external_id_taken"

// IsNumberTaken reports whether err says that another client has the number.
func IsNumberTaken(err error) bool {
	return slices.ContainsFunc(fault.Fields(err), func(f *fault.Error) bool { return f.Key == numberTaken })
}

func addTaken(faults *fault.List) {
	faults.Add("external_id", numberTaken, "another client has this number; choose another number")
}
