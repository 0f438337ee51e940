package sqlitestore

import (
	"context"
	"maps"
	"slices"
	"strings"

	"datalek/incidents/registry"
)

// Failed maps an error of the engine.
func Failed(step string, err error) error { return failed(step, err) }

// AppendMatching and ReadMatching are the terse form of a client.
func AppendMatching(b []byte, c registry.Client) []byte { return appendMatching(b, c) }

// ReadMatching reads the terse form as one of many clients.
func ReadMatching(b []byte) (registry.Client, error) {
	m := matchingReader{many: true}
	return m.read("p1", b)
}

// Plans returns the engine's plan for every query that was asked so far.
func (s *Store) Plans(ctx context.Context) (map[string][]string, error) {
	s.preparing.Lock()
	queries := slices.Collect(maps.Keys(s.stmts))
	s.preparing.Unlock()
	plans := map[string][]string{}
	for _, query := range queries {
		if strings.HasPrefix(query, "PRAGMA") {
			continue
		}
		steps, err := s.plan(ctx, query)
		if err != nil {
			return nil, err
		}
		plans[query] = steps
	}
	return plans, nil
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

// Tables lists the tables of the database.
func (s *Store) Tables(ctx context.Context) ([]string, error) {
	return many(ctx, s, `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name`, nil, text)
}
