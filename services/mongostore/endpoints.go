package mongostore

import (
	"context"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

func endpoints() guarded[registry.Endpoint, record.Endpoint] {
	return guarded[registry.Endpoint, record.Endpoint]{
		kind: kind[registry.Endpoint, record.Endpoint]{collection: record.Endpoints, record: record.FromEndpoint, value: record.Endpoint.ToEndpoint,
			key: func(r record.Endpoint) string { return keyOf(r.PracticeID, r.ID) }},
		version: func(v *registry.Endpoint) *int64 { return &v.Version },
		apart:   []string{"last_at"},
	}
}

// CreateEndpoint saves a new address; fault.Duplicate on a known token hash.
func (s *Store) CreateEndpoint(ctx context.Context, e registry.Endpoint) error {
	e.Version = 1
	return create(ctx, s, endpoints().kind, "create endpoint", e)
}

// EndpointByToken reads the address with this token.
func (s *Store) EndpointByToken(ctx context.Context, tokenHash string) (registry.Endpoint, error) {
	return read(ctx, s, endpoints().kind, "read endpoint", where("token_hash", tokenHash))
}

// Endpoints lists a practice's own addresses for a processor; practice "" the operator's.
func (s *Store) Endpoints(ctx context.Context, practice tenant.ID, processor string) ([]registry.Endpoint, error) {
	q := query{filter: where("practice_id", practice, "processor_id", processor), order: where("id", 1)}
	return list(ctx, s, endpoints().kind, "list endpoints", q)
}

// UpdateEndpoint changes an address under its version; practice "" for the
// operator's. What was saved before addresses could change gets a version first.
func (s *Store) UpdateEndpoint(ctx context.Context, practice tenant.ID, id string, change func(*registry.Endpoint) error) (registry.Endpoint, error) {
	const step = "update endpoint"
	old := append(owned(practice, id), where("version", where("$exists", false))...)
	if _, err := s.in(record.Endpoints).UpdateOne(ctx, old, where("$set", where("version", int64(0)))); err != nil {
		return registry.Endpoint{}, failed(step, err)
	}
	return update(ctx, s, endpoints(), step, owned(practice, id), change)
}

// TouchEndpoint notes an address's last message.
func (s *Store) TouchEndpoint(ctx context.Context, practice tenant.ID, id string, at time.Time) error {
	result, err := s.in(record.Endpoints).UpdateOne(ctx, owned(practice, id), where("$set", where("last_at", at.UTC().Truncate(time.Millisecond))))
	if err == nil && result.MatchedCount == 0 {
		err = fault.NotFound
	}
	return failed("note message at endpoint", err)
}
