package mongostore

import (
	"context"
	"maps"
	"slices"

	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

func keysOf[K comparable, V any](m map[K]V) []K { return slices.Collect(maps.Keys(m)) }

// Client reads a client.
func (s *Store) Client(ctx context.Context, practice tenant.ID, id string) (registry.Client, error) {
	return read(ctx, s, clients().kind, "read client", owned(practice, id))
}

// Clients lists a practice's clients by id.
func (s *Store) Clients(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.Client, error) {
	return list(ctx, s, clients().kind, "list clients", page(practice, after, limit))
}

// ClientsByIDs reads those of the clients that are known.
func (s *Store) ClientsByIDs(ctx context.Context, practice tenant.ID, ids []string) ([]registry.Client, error) {
	return s.clientsBy(ctx, practice, "id", ids)
}

// ClientsByExternalIDs reads those who have one of the practice's own numbers.
func (s *Store) ClientsByExternalIDs(ctx context.Context, practice tenant.ID, externalIDs []string) ([]registry.Client, error) {
	return s.clientsByIndex(ctx, practice, "external_index", externalIDs, record.ExternalIndex)
}

// ClientsByEmails reads those who have one of the addresses, in any case.
func (s *Store) ClientsByEmails(ctx context.Context, practice tenant.ID, emails []string) ([]registry.Client, error) {
	return s.clientsByIndex(ctx, practice, "email_index", emails, record.EmailIndex)
}

type indexer func(ctx context.Context, s record.Sealer, practice tenant.ID, value string) (string, error)

func (s *Store) clientsByIndex(ctx context.Context, practice tenant.ID, field string, values []string, index indexer) ([]registry.Client, error) {
	wanted := map[string]bool{}
	for _, v := range values {
		hash, err := index(ctx, s.sealer, practice, v)
		if err != nil {
			return nil, failed("find clients", err)
		}
		if hash != "" {
			wanted[hash] = true
		}
	}
	return s.clientsBy(ctx, practice, field, keysOf(wanted))
}

func (s *Store) clientsBy(ctx context.Context, practice tenant.ID, field string, values []string) ([]registry.Client, error) {
	if len(values) == 0 {
		return nil, nil
	}
	q := query{filter: where("practice_id", practice, field, oneOf(values)), order: where("id", 1)}
	return list(ctx, s, clients().kind, "find clients", q)
}

// MatchableClients lists clients by id without the sealed Person.
func (s *Store) MatchableClients(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.Client, error) {
	const step = "list clients to match"
	q := page(practice, after, limit)
	q.fields = where("sealed", 0)
	docs, err := find[record.Client](ctx, s.in(record.Clients), q)
	if err != nil {
		return nil, failed(step, err)
	}
	found := make([]registry.Client, len(docs))
	for i, d := range docs {
		if found[i], err = d.ToMatchable(); err != nil {
			return nil, failed(step, err)
		}
	}
	return found, nil
}

// CountClients counts a practice's clients.
func (s *Store) CountClients(ctx context.Context, practice tenant.ID) (int64, error) {
	n, err := s.in(record.Clients).CountDocuments(ctx, where("practice_id", practice))
	return n, failed("count clients", err)
}
