package mongostore

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

func clients() guarded[registry.Client, record.Client] {
	return guarded[registry.Client, record.Client]{
		kind: kind[registry.Client, record.Client]{collection: record.Clients, record: record.FromClient, value: record.Client.ToClient,
			key: func(r record.Client) string { return keyOf(r.PracticeID, r.ID) }},
		version: func(v *registry.Client) *int64 { return &v.Version },
	}
}

// clientWriter is one call that writes clients of a practice, each with the
// call's name in it.
type clientWriter struct {
	*Store
	practice tenant.ID
	kind     guarded[registry.Client, record.Client]
}

// writingClients runs a call that writes clients, and marks the practice's cases.
func (s *Store) writingClients(ctx context.Context, practice tenant.ID, write func(clientWriter) error) error {
	return s.following(ctx, record.Clients, practice, func(name string) error {
		w := clientWriter{s, practice, clients()}
		w.kind.aside = leaving[record.Client](name)
		return write(w)
	})
}

// CreateClient saves a new client; fault.Duplicate on a known id or external id.
func (s *Store) CreateClient(ctx context.Context, c registry.Client) (registry.Client, error) {
	c.Version = 1
	err := s.writingClients(ctx, c.PracticeID, func(w clientWriter) error {
		return create(ctx, s, w.kind.kind, "create client", c)
	})
	c.Notes = nil
	return c, err
}

// PutClients creates or, by external id, replaces; each client is one atomic
// write. An update keeps the stored ID, which is written back into the slice
// with the new Version.
func (s *Store) PutClients(ctx context.Context, practice tenant.ID, list []registry.Client) ([]bool, error) {
	const step = "put clients"
	turns, err := s.turns(ctx, practice, list)
	if err != nil || len(turns) == 0 {
		return nil, failed(step, err)
	}
	created := make([]bool, len(list))
	err = s.writingClients(ctx, practice, func(w clientWriter) error {
		for _, turn := range turns {
			if err := w.putTurn(ctx, list, turn, created); err != nil {
				return failed(step, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return created, nil
}

// turns groups the places of the list so that no number stands twice in one
// group: the first writes of all numbers, then the second, and so on.
func (s *Store) turns(ctx context.Context, practice tenant.ID, list []registry.Client) ([][]int, error) {
	var turns [][]int
	seen := map[string]int{}
	for i, c := range list {
		index, err := record.ExternalIndex(ctx, s.sealer, practice, c.Person.ExternalID)
		if err != nil {
			return nil, err
		}
		turn := seen[index]
		seen[index]++
		if turn == len(turns) {
			turns = append(turns, nil)
		}
		turns[turn] = append(turns[turn], i)
	}
	return turns, nil
}

// putTurn writes clients with different numbers: those whose number is known one
// by one, the new ones together.
func (w clientWriter) putTurn(ctx context.Context, list []registry.Client, turn []int, created []bool) error {
	numbers := make([]string, len(turn))
	for n, i := range turn {
		numbers[n] = list[i].Person.ExternalID
	}
	ids, err := w.clientIDs(ctx, w.practice, numbers)
	if err != nil {
		return err
	}
	var known, fresh []int
	for _, i := range turn {
		if _, some := ids[list[i].Person.ExternalID]; some {
			known = append(known, i)
		} else {
			fresh = append(fresh, i)
		}
	}
	beaten, err := w.addClients(ctx, list, fresh, created)
	if err != nil {
		return err
	}
	known = append(known, beaten...)
	return each(len(known), func(n int) error {
		i := known[n]
		var err error
		created[i], err = w.putClient(ctx, &list[i], ids[list[i].Person.ExternalID])
		return err
	})
}

// addClients inserts new clients together and returns the places of those that
// another worker made meanwhile.
func (w clientWriter) addClients(ctx context.Context, list []registry.Client, fresh []int, created []bool) ([]int, error) {
	docs := make([]filed[record.Client], len(fresh))
	for n, i := range fresh {
		c := list[i]
		c.PracticeID, c.Version = w.practice, 1
		d, err := w.kind.file(ctx, w.Store, c)
		if err != nil {
			return nil, err
		}
		docs[n] = d
		created[i] = true
	}
	if len(docs) == 0 {
		return nil, nil
	}
	refused, err := addMissing(ctx, w.in(record.Clients), docs)
	var beaten []int
	for _, n := range refused {
		created[fresh[n]] = false
		beaten = append(beaten, fresh[n])
	}
	for _, i := range fresh {
		if created[i] {
			list[i].PracticeID, list[i].Version, list[i].Notes = w.practice, 1, nil
		}
	}
	return beaten, err
}

// putClient writes one client under the id that is stored for his number; "" asks
// for it first.
func (w clientWriter) putClient(ctx context.Context, c *registry.Client, id string) (created bool, err error) {
	for try := range tries {
		if id == "" {
			ids, err := w.clientIDs(ctx, w.practice, []string{c.Person.ExternalID})
			if err != nil {
				return false, err
			}
			id = ids[c.Person.ExternalID]
		}
		if id == "" {
			one := []registry.Client{*c}
			beaten, err := w.addClients(ctx, one, []int{0}, []bool{false})
			if err != nil || len(beaten) == 0 {
				*c = one[0]
				return err == nil, err
			}
		} else if done, err := w.replaceClient(ctx, c, id); err != nil || done {
			return false, err
		}
		id = ""
		if err := rest(ctx, try); err != nil {
			return false, err
		}
	}
	return false, fmt.Errorf("%w: the client's id belongs to another number, or others were faster", fault.Conflict)
}

// replaceClient writes over the client with this id while he still has the
// number, and sets his new version.
func (w clientWriter) replaceClient(ctx context.Context, c *registry.Client, id string) (bool, error) {
	next := *c
	next.ID, next.PracticeID = id, w.practice
	d, err := w.kind.file(ctx, w.Store, next)
	if err != nil {
		return false, err
	}
	change, err := writing(d, "_id", "version")
	if err != nil {
		return false, err
	}
	var before record.Client
	filter := append(owned(w.practice, id), bson.E{Key: "external_index", Value: d.Record.ExternalIndex})
	err = w.in(record.Clients).FindOneAndUpdate(ctx, filter, append(change, oneHigher())).Decode(&before)
	if isNone(err) {
		return false, nil
	}
	if err == nil {
		c.ID, c.PracticeID, c.Version, c.Notes = id, w.practice, before.Version+1, nil
	}
	return err == nil, err
}

// clientIDs returns the stored ids of those numbers that are known.
func (s *Store) clientIDs(ctx context.Context, practice tenant.ID, numbers []string) (map[string]string, error) {
	byIndex := map[string]string{}
	for _, number := range numbers {
		index, err := record.ExternalIndex(ctx, s.sealer, practice, number)
		if err != nil {
			return nil, err
		}
		byIndex[index] = number
	}
	docs, err := find[record.Client](ctx, s.in(record.Clients), query{
		filter: where("practice_id", practice, "external_index", oneOf(keysOf(byIndex))), fields: where("id", 1, "external_index", 1)})
	ids := map[string]string{}
	for _, d := range docs {
		ids[byIndex[d.ExternalIndex]] = d.ID
	}
	return ids, err
}

// UpdateClient changes a client under his version; fault.Duplicate when his new
// number is another's. It marks the practice's open cases.
func (s *Store) UpdateClient(ctx context.Context, practice tenant.ID, id string, change func(*registry.Client) error) (changed registry.Client, err error) {
	const step = "update client"
	err = s.writingClients(ctx, practice, func(w clientWriter) error {
		changed, err = update(ctx, s, w.kind, step, owned(practice, id), func(c *registry.Client) error {
			before := c.Person.ExternalID
			if err := change(c); err != nil || c.Person.ExternalID == before {
				return err
			}
			ids, err := s.clientIDs(ctx, practice, []string{c.Person.ExternalID})
			if owner, taken := ids[c.Person.ExternalID]; err == nil && taken && owner != id {
				err = fault.Duplicate
			}
			return failed(step, err)
		})
		return err
	})
	return changed, err
}
