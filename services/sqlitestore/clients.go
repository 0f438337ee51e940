package sqlitestore

import (
	"context"
	"database/sql"
	"errors"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

// CreateClient stores a new client; fault.Duplicate on a known id or external id.
func (s *Store) CreateClient(ctx context.Context, c registry.Client) (registry.Client, error) {
	c.Version = 1
	err := s.writeClients(ctx, "create client", c.PracticeID, []registry.Client{c})
	c.Notes = nil
	return c, err
}

// PutClients creates or, by external id, replaces. An update keeps the stored
// ID, which is written back into the slice with the new Version.
func (s *Store) PutClients(ctx context.Context, practice tenant.ID, clients []registry.Client) (created []bool, err error) {
	release, err := s.locks.acquire(ctx, record.Clients+"\x00"+string(practice))
	if err != nil {
		return nil, failed("put clients", err)
	}
	defer release()
	for range updateTries {
		created, err = s.putClients(ctx, practice, clients)
		// A duplicate may be a client whom another writer stored under the same
		// number a moment ago: looked up again, he is an update.
		if !errors.Is(err, fault.Conflict) && !errors.Is(err, fault.Duplicate) {
			break
		}
	}
	return created, err
}

// putClients answers fault.Conflict when a client was changed meanwhile.
func (s *Store) putClients(ctx context.Context, practice tenant.ID, clients []registry.Client) ([]bool, error) {
	const step = "put clients"
	indexes, err := inParallel(clients, func(c registry.Client) (string, error) {
		return record.ExternalIndex(ctx, s.sealer, practice, c.Person.ExternalID)
	})
	if err != nil {
		return nil, failed(step, err)
	}
	known, err := s.knownClients(ctx, practice, indexes)
	if err != nil {
		return nil, failed(step, err)
	}
	put := make([]registry.Client, len(clients))
	created := make([]bool, len(clients))
	for i, c := range clients {
		before, some := known[indexes[i]]
		if some {
			c.ID = before.id
		}
		c.PracticeID, c.Version, created[i] = practice, before.version+1, !some
		known[indexes[i]] = knownClient{index: indexes[i], id: c.ID, version: c.Version}
		put[i] = c
	}
	if err := s.writeClients(ctx, step, practice, put); err != nil {
		return nil, err
	}
	copy(clients, put)
	for i := range clients {
		clients[i].Notes = nil
	}
	return created, nil
}

// knownClient is what is stored under an external id.
type knownClient struct {
	index, id string
	version   int64
}

func (s *Store) knownClients(ctx context.Context, practice tenant.ID, indexes []string) (map[string]knownClient, error) {
	chosen, err := asList(indexes)
	if err != nil {
		return nil, err
	}
	rows, err := many(ctx, s, `SELECT external_index, id, version FROM clients INDEXED BY clients_by_number WHERE practice_id = ? AND external_index IN (SELECT value FROM json_each(?))`,
		[]any{practice, chosen}, func(row scanner) (k knownClient, err error) {
			err = row.Scan(&k.index, &k.id, &k.version)
			return k, err
		})
	known := make(map[string]knownClient, len(rows))
	for _, k := range rows {
		known[k.index] = k
	}
	return known, err
}

const insertClient = `INSERT INTO clients (practice_id, id, version, matching, external_index, email_index, sealed, outbox) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`

func updateClient() string {
	return `UPDATE clients SET version = ?3, matching = ?4, external_index = ?5, email_index = ?6, sealed = ?7, outbox = ` + addNotes(`?8`) + `
		WHERE practice_id = ?1 AND id = ?2 AND version = ?3 - 1`
}

// writeClients writes each client under the version before its own, and marks
// the practice's open cases in the same transaction.
func (s *Store) writeClients(ctx context.Context, step string, practice tenant.ID, clients []registry.Client) error {
	cells, err := inParallel(clients, func(c registry.Client) ([]any, error) { return s.clientRow(ctx, c) })
	if err != nil {
		return failed(step, err)
	}
	update := updateClient()
	return s.write(ctx, step, func(t *tx) error {
		for i, row := range cells {
			query := insertClient
			if clients[i].Version > 1 {
				query = update
			}
			n, err := t.change(query, row...)
			if err != nil {
				return err
			}
			if n == 0 {
				return fault.Conflict
			}
		}
		if len(cells) == 0 {
			return nil
		}
		return t.markOpen(practice)
	})
}

// clientRow returns the cells of the clients table, in its order.
func (s *Store) clientRow(ctx context.Context, c registry.Client) ([]any, error) {
	r, err := record.FromClient(ctx, s.sealer, c)
	if err != nil {
		return nil, err
	}
	notes, err := noted(&r.Noted)
	return []any{c.PracticeID, c.ID, c.Version, appendMatching(nil, c), r.ExternalIndex, r.EmailIndex, r.Sealed, notes}, err
}

// clientRecord is a client as it lies in the table.
type clientRecord struct {
	practice tenant.ID
	matching []byte
	sealed   []byte
}

func clientOf(practice tenant.ID) func(scanner) (clientRecord, error) {
	return func(row scanner) (clientRecord, error) {
		r := clientRecord{practice: practice}
		err := row.Scan(&r.matching, &r.sealed)
		return r, err
	}
}

func (r clientRecord) toClient(ctx context.Context, s record.Sealer) (registry.Client, error) {
	return r.readWith(ctx, s, &matchingReader{})
}

// opened opens a list of clients with one reader, which keeps what repeats.
func (s *Store) opened(ctx context.Context, step string, records []clientRecord, err error) ([]registry.Client, error) {
	m := &matchingReader{many: len(records) >= worthSharing}
	return list(ctx, s, step, records, err, func(r clientRecord, ctx context.Context, sealer record.Sealer) (registry.Client, error) {
		return r.readWith(ctx, sealer, m)
	})
}

func (r clientRecord) readWith(ctx context.Context, s record.Sealer, m *matchingReader) (registry.Client, error) {
	c, err := m.read(r.practice, r.matching)
	if err != nil {
		return registry.Client{}, err
	}
	person, err := record.Client{Schema: record.Schema, ID: c.ID, PracticeID: r.practice, Sealed: r.sealed}.ToClient(ctx, s)
	c.Person = person.Person
	return c, err
}

const selectClient = `SELECT matching, sealed FROM clients WHERE practice_id = ?`

// UpdateClient changes a client under its version.
func (s *Store) UpdateClient(ctx context.Context, practice tenant.ID, id string, change func(*registry.Client) error) (registry.Client, error) {
	load := func(ctx context.Context, practice tenant.ID, id string) (*registry.Client, error) {
		c, err := s.Client(ctx, practice, id)
		return &c, err
	}
	ident := func(c *registry.Client) identity { return identity{&c.PracticeID, &c.ID, &c.Version} }
	return updateValue(ctx, s, aggregate[*registry.Client]{record.Clients, load, ident, s.saveClient}, practice, id, change)
}

func (s *Store) saveClient(ctx context.Context, c *registry.Client) (func(*tx) (int64, error), error) {
	row, err := s.clientRow(ctx, *c)
	c.Notes = nil
	return marking(c.PracticeID, func(t *tx) (int64, error) {
		return t.change(updateClient(), row...)
	}), err
}

// Client returns a client, fault.NotFound for an unknown id.
func (s *Store) Client(ctx context.Context, practice tenant.ID, id string) (registry.Client, error) {
	r, err := first(ctx, s, selectClient+` AND id = ?`, []any{practice, id}, clientOf(practice))
	return single(ctx, s, "read client", r, err, clientRecord.toClient)
}

// Clients lists a practice's clients by id.
func (s *Store) Clients(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.Client, error) {
	r, err := many(ctx, s, selectClient+` AND id > ? ORDER BY id LIMIT ?`, []any{practice, after, atMost(limit)}, clientOf(practice))
	return s.opened(ctx, "list clients", r, err)
}

// ClientsByIDs returns the clients with these ids; unknown ids are left out.
func (s *Store) ClientsByIDs(ctx context.Context, practice tenant.ID, ids []string) ([]registry.Client, error) {
	return s.clientsWhere(ctx, "read clients by id", selectClient+` AND id`, practice, ids)
}

// ClientsByExternalIDs returns the clients with these numbers.
func (s *Store) ClientsByExternalIDs(ctx context.Context, practice tenant.ID, externalIDs []string) ([]registry.Client, error) {
	const step = "read clients by external id"
	indexes, err := inParallel(externalIDs, func(id string) (string, error) {
		return record.ExternalIndex(ctx, s.sealer, practice, id)
	})
	if err != nil {
		return nil, failed(step, err)
	}
	query := `SELECT matching, sealed FROM clients INDEXED BY clients_by_number WHERE practice_id = ? AND external_index`
	return s.clientsWhere(ctx, step, query, practice, indexes)
}

// ClientsByEmails returns the clients with these addresses, in any case.
func (s *Store) ClientsByEmails(ctx context.Context, practice tenant.ID, emails []string) ([]registry.Client, error) {
	const step = "read clients by email"
	var indexes []string
	for _, e := range emails {
		index, err := record.EmailIndex(ctx, s.sealer, practice, e)
		if err != nil {
			return nil, failed(step, err)
		}
		if index != "" {
			indexes = append(indexes, index)
		}
	}
	query := `SELECT matching, sealed FROM clients INDEXED BY clients_by_email WHERE practice_id = ? AND email_index <> '' AND email_index`
	return s.clientsWhere(ctx, step, query, practice, indexes)
}

// clientsWhere lists by id the clients whose column, the last word of query, is
// among values.
func (s *Store) clientsWhere(ctx context.Context, step, query string, practice tenant.ID, values []string) ([]registry.Client, error) {
	chosen, err := asList(values)
	if err != nil {
		return nil, failed(step, err)
	}
	r, err := many(ctx, s, query+` IN (SELECT value FROM json_each(?)) ORDER BY id`, []any{practice, chosen}, clientOf(practice))
	return s.opened(ctx, step, r, err)
}

// MatchableClients is Clients without the sealed Person.
func (s *Store) MatchableClients(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.Client, error) {
	d := newDecoding(practice)
	err := each(ctx, s, `SELECT matching FROM clients WHERE practice_id = ? AND id > ? ORDER BY id LIMIT ?`,
		[]any{practice, after, atMost(limit)}, func(row scanner) error {
			var b sql.RawBytes
			if err := row.Scan(&b); err != nil {
				return err
			}
			d.add(b)
			return nil
		})
	found, decodeErr := d.clients()
	if err == nil {
		err = decodeErr
	}
	if err != nil {
		return nil, failed("list matchable clients", err)
	}
	return found, nil
}

// CountClients counts a practice's clients.
func (s *Store) CountClients(ctx context.Context, practice tenant.ID) (int64, error) {
	var n int64
	err := s.one(ctx, `SELECT count(*) FROM clients WHERE practice_id = ?`, []any{practice}, &n)
	return n, failed("count clients", err)
}
