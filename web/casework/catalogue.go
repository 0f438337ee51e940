package casework

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
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

// Secret returns n random bytes as URL-safe text.
func Secret(n int) string { return base64.RawURLEncoding.EncodeToString(randomBytes(n)) }

// NewToken returns a new key to the API. It begins in a way by which programs that
// look for leaked secrets know it.
func NewToken() string { return "dlk_" + Secret(24) }

// HashToken returns the hex SHA-256 under which a token is kept and found.
func HashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails (crypto/rand, Go 1.24)
	return b
}
