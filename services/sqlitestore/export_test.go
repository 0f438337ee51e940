package sqlitestore

import (
	"context"
	"strings"

	"datalek/incidents/registry"
)

// AppendMatching and ReadMatching are the terse form of a client.
func AppendMatching(b []byte, c registry.Client) []byte { return appendMatching(b, c) }

// ReadMatching reads the terse form as one of many clients.
func ReadMatching(b []byte) (registry.Client, error) {
	m := matchingReader{many: true}
	return m.read("p1", b)
}

// Plans returns the engine's plan for every query that was asked so far.
func (s *Store) Plans(ctx context.Context) (map[string][]string, error) {
	plans := map[string][]string{}
	var failure error
	s.stmts.Range(func(query, _ any) bool {
		if q := query.(string); !strings.HasPrefix(q, "EXPLAIN") && !strings.HasPrefix(q, "PRAGMA") {
			plans[q], failure = s.plan(ctx, q)
		}
		return failure == nil
	})
	return plans, failure
}

// plan asks for the plan with as many arguments as the query takes.
func (s *Store) plan(ctx context.Context, query string) (steps []string, err error) {
	const most = 8
	for n := range most {
		steps, err = many(ctx, s, "EXPLAIN QUERY PLAN "+query, make([]any, n), func(row scanner) (string, error) {
			var id, parent, unused int
			var step string
			err := row.Scan(&id, &parent, &unused, &step)
			return step, err
		})
		if err == nil {
			return steps, nil
		}
	}
	return nil, err
}
