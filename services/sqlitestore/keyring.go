package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"datalek/incidents/fault"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

// Keyring is the keys of a folder whose data another process has open: a command
// beside a running server reaches no more than these.
type Keyring struct{ db *sql.DB }

// OpenKeys opens the keys in dir. A newer program's database is refused.
func OpenKeys(ctx context.Context, dir string) (*Keyring, error) {
	const step = "open keys"
	path, err := filepath.Abs(filepath.Join(dir, fileName))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", step, err)
	}
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("%s: %w", step, err)
	}
	pragmas := []string{"busy_timeout(10000)", "synchronous(full)", "secure_delete(1)"}
	db, err := sql.Open("sqlite", fileAddress(path, url.Values{"mode": {"rw"}, "_txlock": {"immediate"}, "_pragma": pragmas}))
	if err != nil {
		return nil, failed(step, err)
	}
	db.SetMaxOpenConns(1)
	if err := expectForm(ctx, db); err != nil {
		return nil, errors.Join(failed(step, err), db.Close())
	}
	return &Keyring{db}, nil
}

func expectForm(ctx context.Context, db *sql.DB) error {
	names, err := steps.ReadDir("schema")
	if err != nil {
		return err
	}
	var form int
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&form); err != nil {
		return err
	}
	if form < 1 || form > len(names) {
		return fmt.Errorf("this database has form %d and this program knows 1 to %d; use the datalek that serves it", form, len(names))
	}
	return nil
}

// Close ends the connection.
func (k *Keyring) Close() error { return k.db.Close() }

// LoadKeys is Store.LoadKeys.
func (k *Keyring) LoadKeys(ctx context.Context, practice tenant.ID) ([]byte, error) {
	var wrapped []byte
	err := k.db.QueryRowContext(ctx, selectKeys, practice).Scan(&wrapped)
	return wrapped, failed("load keys", err)
}

// SaveKeys is Store.SaveKeys.
func (k *Keyring) SaveKeys(ctx context.Context, practice tenant.ID, wrapped []byte) error {
	_, err := k.db.ExecContext(ctx, insertKeys, practice, wrapped)
	return failed("save keys", err)
}

// ReplaceKeys is Store.ReplaceKeys.
func (k *Keyring) ReplaceKeys(ctx context.Context, sets []record.KeyChange) error {
	const step = "replace keys"
	t, err := k.db.BeginTx(ctx, nil)
	if err != nil {
		return failed(step, err)
	}
	defer func() { _ = t.Rollback() }() // after the commit it does nothing
	for _, c := range sets {
		result, err := t.ExecContext(ctx, replaceKeys, c.New, c.Practice, c.Old)
		if err != nil {
			return failed(step, err)
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return failed(step, errors.Join(err, fault.Conflict))
		}
	}
	return failed(step, t.Commit())
}

// KeySets is Store.KeySets.
func (k *Keyring) KeySets(ctx context.Context, after string, limit int) (list []record.KeySet, err error) {
	const step = "list keys"
	rows, err := k.db.QueryContext(ctx, listKeys, after, atMost(limit))
	if err != nil {
		return nil, failed(step, err)
	}
	defer func() { err = errors.Join(err, failed(step, rows.Close())) }()
	for rows.Next() {
		set, err := keySet(rows)
		if err != nil {
			return nil, failed(step, err)
		}
		list = append(list, set)
	}
	return list, failed(step, rows.Err())
}
