package sqlitestore

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
)

// steps are the numbered forms of the database: step n brings form n-1 to n.
//
//go:embed schema/*.sql
var steps embed.FS

// migrate brings the database to the newest form, each step in one transaction.
// An existing database's keys are tried before anything is changed.
func (s *Store) migrate(ctx context.Context, o Options) error {
	names, err := fs.Glob(steps, "schema/*.sql") // sorted
	if err != nil {
		return fmt.Errorf("list migrations: %w", err)
	}
	var form int
	if err := s.readers.QueryRowContext(ctx, "PRAGMA user_version").Scan(&form); err != nil {
		return err
	}
	if form > len(names) {
		return fmt.Errorf("this database has form %d and this program knows up to %d: a newer datalek wrote it, use that one", form, len(names))
	}
	if form > 0 {
		if s.sealer, err = o.Seal(ctx, s); err != nil {
			return err
		}
	}
	for n := form; n < len(names); n++ {
		if err := s.step(ctx, names[n], n+1); err != nil {
			return fmt.Errorf("bring database to form %d: %w", n+1, err)
		}
	}
	if s.sealer == nil {
		s.sealer, err = o.Seal(ctx, s)
	}
	return err
}

func (s *Store) step(ctx context.Context, name string, form int) error {
	script, err := steps.ReadFile(name)
	if err != nil {
		return err
	}
	return s.w.write(ctx, func(t *tx) error {
		// A script of several statements cannot be kept prepared.
		if _, err := t.w.conn.ExecContext(ctx, string(script)); err != nil {
			return err
		}
		_, err := t.w.conn.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", form))
		return err
	})
}
