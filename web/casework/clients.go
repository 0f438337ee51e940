package casework

import (
	"context"
	"fmt"
	"slices"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// ClientInput is one client as a person or machine tells it: guardians are the
// practice's own numbers, and holdings left out follow the practice's rules.
type ClientInput struct {
	Client    registry.Client
	Guardians []string // external ids
	// Over lays the input over the client as he is stored, for what it does not say;
	// nil replaces him whole.
	Over func(known registry.Client, c *registry.Client)
}

// SaveClients creates or, by the practice's own number, replaces clients; all
// faults of all clients come at once and then nothing is stored.
func (o *Office) SaveClients(ctx context.Context, p registry.Practice, inputs []ClientInput) ([]registry.Client, []bool, error) {
	clients, stored, err := o.checkClients(ctx, p, inputs)
	if err != nil {
		return nil, nil, err
	}
	if err := o.keepConfirmed(ctx, p.ID, clients); err != nil {
		return nil, nil, err
	}
	act := o.act(ctx)
	for i, c := range clients {
		if before, known := stored[c.Person.ExternalID]; known {
			clients[i].Notes = act.Client(&before, c)
		} else {
			clients[i].Notes = act.Client(nil, c)
		}
	}
	created, err := o.store.PutClients(ctx, p.ID, clients)
	if err != nil {
		return nil, nil, fmt.Errorf("save clients: %w", err)
	}
	o.nudge()
	return clients, created, nil
}

// CheckClients returns the clients as they would be stored, or every fault.
func (o *Office) CheckClients(ctx context.Context, p registry.Practice, inputs []ClientInput) ([]registry.Client, error) {
	clients, _, err := o.checkClients(ctx, p, inputs)
	return clients, err
}

// checkClients also returns, by number, how those who are known are stored.
func (o *Office) checkClients(ctx context.Context, p registry.Practice, inputs []ClientInput) ([]registry.Client, map[string]registry.Client, error) {
	ids, stored, err := o.resolve(ctx, p.ID, inputs)
	if err != nil {
		return nil, nil, err
	}
	systems, err := o.systemIDs(ctx, p.ID)
	if err != nil {
		return nil, nil, err
	}
	var faults fault.List
	seen := map[string]bool{}
	clients := make([]registry.Client, len(inputs))
	for i, in := range inputs {
		prefix := ""
		if len(inputs) > 1 {
			prefix = fmt.Sprintf("clients[%d].", i)
		}
		c := o.fill(p, in.Client, ids)
		if known, some := stored[c.Person.ExternalID]; some && in.Over != nil {
			in.Over(known, &c)
		}
		faults = append(faults, fault.Fields(c.Validate(prefix))...)
		if seen[c.Person.ExternalID] {
			faults.Add(prefix+"external_id", "error.external_id_twice", "this number stands twice in the list")
		}
		seen[c.Person.ExternalID] = true
		o.checkOpenPGP(c, prefix, &faults)
		c.Guardians = guardians(in, ids, prefix, &faults)
		checkHoldingSystems(c, systems, prefix, &faults)
		clients[i] = c
	}
	return clients, stored, faults.Err()
}

// checkOpenPGP refuses a key that no mail can be encrypted with, before it is
// stored: it may be a private one.
func (o *Office) checkOpenPGP(c registry.Client, prefix string, faults *fault.List) {
	if o.checkKey == nil || c.Person.OpenPGPKey == "" {
		return
	}
	for _, f := range fault.Fields(o.checkKey(c.Person.OpenPGPKey, o.now())) {
		faults.Add(prefix+f.Field, f.Key, f.Message)
	}
}

func (o *Office) fill(p registry.Practice, c registry.Client, ids map[string]string) registry.Client {
	c.ID, c.PracticeID, c.UpdatedAt = ids[c.Person.ExternalID], p.ID, o.now()
	if c.Language == "" {
		c.Language = p.Language
	}
	if c.Relation == "" {
		c.Relation = registry.RelationClient
	}
	return c
}

// resolve maps every number in the list, guardians' too, to a client id: the
// stored one, or a new one for those the list itself brings; known holds, by
// number, who is stored.
func (o *Office) resolve(ctx context.Context, practice tenant.ID, inputs []ClientInput) (ids map[string]string, known map[string]registry.Client, err error) {
	var numbers []string
	for _, in := range inputs {
		numbers = append(append(numbers, in.Client.Person.ExternalID), in.Guardians...)
	}
	ids, known = map[string]string{}, map[string]registry.Client{}
	for part := range slices.Chunk(numbers, 500) {
		clients, err := o.store.ClientsByExternalIDs(ctx, practice, part)
		if err != nil {
			return nil, nil, fmt.Errorf("look up clients: %w", err)
		}
		for _, c := range clients {
			ids[c.Person.ExternalID], known[c.Person.ExternalID] = c.ID, c
		}
	}
	for _, in := range inputs {
		if n := in.Client.Person.ExternalID; ids[n] == "" {
			ids[n] = o.newID()
		}
	}
	return ids, known, nil
}

func guardians(in ClientInput, ids map[string]string, prefix string, faults *fault.List) []string {
	var out []string
	for _, n := range in.Guardians {
		switch {
		case n == in.Client.Person.ExternalID:
			faults.Add(prefix+"guardians", "error.guardian_self", "nobody is his own parent or guardian")
			return nil
		case ids[n] == "":
			faults.Add(prefix+"guardians", "error.guardian_unknown", "list the parent or guardian as a person first, or in the same list")
			return nil
		}
		out = append(out, ids[n])
	}
	return out
}

func checkHoldingSystems(c registry.Client, systems map[string]bool, prefix string, faults *fault.List) {
	for i, h := range c.Holdings {
		if !systems[h.System] {
			faults.Add(fmt.Sprintf("%s%s[%d].system", prefix, c.HoldingsField(), i), "error.system_unknown", "choose systems that the practice has listed")
		}
		if h.KeySystem != "" && !systems[h.KeySystem] {
			faults.Add(fmt.Sprintf("%s%s[%d].key_system", prefix, c.HoldingsField(), i), "error.system_unknown", "choose systems that the practice has listed")
		}
	}
	for i, id := range c.Without {
		if !systems[id] {
			faults.Add(fmt.Sprintf("%swithout[%d]", prefix, i), "error.system_unknown", "choose systems that the practice has listed")
		}
	}
}

func (o *Office) systemIDs(ctx context.Context, practice tenant.ID) (map[string]bool, error) {
	ids := map[string]bool{}
	systems, err := o.systems(ctx, practice)
	for _, s := range systems {
		ids[s.ID] = true
	}
	return ids, err
}
