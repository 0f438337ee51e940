package sqlitestore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"datalek/incidents"
	"datalek/incidents/tenant"
)

// scanner is a row to be read.
type scanner interface{ Scan(dest ...any) error }

// prepared is a statement that Close closes, and nobody before.
type prepared interface {
	ExecContext(ctx context.Context, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, args ...any) *sql.Row
	Close() error
}

// stmt returns query prepared, once for the life of the store.
func (s *Store) stmt(ctx context.Context, query string) (prepared, error) {
	if s.gone.Load() {
		return nil, errClosed
	}
	readers := s.readers
	if incidents.IsBehind(ctx) {
		readers = s.behind
	}
	s.preparing.Lock()
	defer s.preparing.Unlock()
	if known, found := s.stmts[reading{readers, query}]; found {
		return known, nil
	}
	fresh, err := readers.PrepareContext(ctx, query)
	if err != nil {
		return nil, s.noting(err)
	}
	s.stmts[reading{readers, query}] = fresh
	return fresh, nil
}

// reading is a query on some connections.
type reading struct {
	readers *sql.DB
	query   string
}

// one reads a single row into dest; sql.ErrNoRows when there is none.
func (s *Store) one(ctx context.Context, query string, args []any, dest ...any) error {
	stmt, err := s.stmt(ctx, query)
	if err != nil {
		return err
	}
	return s.noting(stmt.QueryRowContext(ctx, args...).Scan(dest...))
}

// each visits every row.
func each(ctx context.Context, s *Store, query string, args []any, visit func(scanner) error) (err error) {
	stmt, err := s.stmt(ctx, query)
	if err != nil {
		return err
	}
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return s.noting(err)
	}
	defer func() { err = s.noting(errors.Join(err, rows.Close())) }()
	for rows.Next() {
		if err := visit(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// many reads every row with scan.
func many[R any](ctx context.Context, s *Store, query string, args []any, scan func(scanner) (R, error)) ([]R, error) {
	var found []R
	err := each(ctx, s, query, args, func(row scanner) error {
		r, err := scan(row)
		found = append(found, r)
		return err
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// first reads one row with scan; sql.ErrNoRows when there is none.
func first[R any](ctx context.Context, s *Store, query string, args []any, scan func(scanner) (R, error)) (R, error) {
	var none R
	stmt, err := s.stmt(ctx, query)
	if err != nil {
		return none, err
	}
	r, err := scan(stmt.QueryRowContext(ctx, args...))
	return r, s.noting(err)
}

// doc reads a row that is one record as JSON.
func doc[R any](row scanner) (R, error) {
	var r R
	var raw string
	if err := row.Scan(&raw); err != nil {
		return r, err
	}
	err := parse(raw, &r)
	return r, err
}

func parse(raw string, into any) error {
	if err := json.Unmarshal([]byte(raw), into); err != nil {
		return fmt.Errorf("read stored record: %w", err)
	}
	return nil
}

// format returns the record as JSON.
func format(r any) (string, error) {
	raw, err := json.Marshal(r)
	if err != nil {
		return "", fmt.Errorf("write record: %w", err)
	}
	return string(raw), nil
}

// text reads a row that is one text.
func text(row scanner) (string, error) {
	var v string
	err := row.Scan(&v)
	return v, err
}

func tenantID(row scanner) (tenant.ID, error) {
	id, err := text(row)
	return tenant.ID(id), err
}

// list turns records into what they keep.
func list[R, D any](ctx context.Context, s *Store, step string, records []R, err error, to openFunc[R, D]) ([]D, error) {
	if err != nil {
		return nil, failed(step, err)
	}
	found := make([]D, len(records))
	for i, r := range records {
		if found[i], err = to(r, ctx, s.sealer); err != nil {
			return nil, failed(step, err)
		}
	}
	return found, nil
}

// single turns a record into what it keeps.
func single[R, D any](ctx context.Context, s *Store, step string, r R, err error, to openFunc[R, D]) (D, error) {
	var none D
	if err != nil {
		return none, failed(step, err)
	}
	d, err := to(r, ctx, s.sealer)
	return d, failed(step, err)
}

// millis is how a time lies in a column.
func millis(t time.Time) int64 { return t.UnixMilli() }

// millisOrNull is millis, NULL for no time.
func millisOrNull(t *time.Time) any {
	if t == nil || t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// atMost keeps a limit from meaning "all", as a negative one does in SQL.
func atMost(limit int) int { return max(limit, 0) }

// asList passes a list of texts as one argument, for json_each.
func asList[T ~string](texts []T) (string, error) {
	if texts == nil {
		texts = []T{}
	}
	return format(texts)
}
