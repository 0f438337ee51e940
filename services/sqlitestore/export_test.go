package sqlitestore

import (
	"context"
	"database/sql"
	"maps"
	"runtime"
	"strings"

	"datalek/incidents"
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
	var queries []string
	for asked := range maps.Keys(s.stmts) {
		queries = append(queries, asked.query)
	}
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

// Write runs something as a write of its own.
func (s *Store) Write(ctx context.Context, run func()) error {
	return s.write(ctx, "test", func(*tx) error { run(); return nil })
}

// AwaitWaiting returns once so many writes wait in the two lines.
func (s *Store) AwaitWaiting(ahead, behind int) {
	for len(s.w.jobs) < ahead || len(s.w.behind) < behind {
		runtime.Gosched()
	}
}

// HoldReaders takes every connection that reads in this context, until release.
func (s *Store) HoldReaders(ctx context.Context) (release func()) {
	db := s.readers
	if incidents.IsBehind(ctx) {
		db = s.behind
	}
	var held []*sql.Conn
	for range db.Stats().MaxOpenConnections {
		c, err := db.Conn(ctx)
		if err != nil {
			panic(err)
		}
		held = append(held, c)
	}
	return func() {
		for _, c := range held {
			_ = c.Close() // it goes back to the others
		}
	}
}
