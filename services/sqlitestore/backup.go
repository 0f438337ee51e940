package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"datalek/incidents/fault"
)

// Backup copies the database in dir into one new file, consistent as of one
// instant, also while a server writes to it. What is sealed stays sealed: the
// copy is of no use without the key file, which must be kept elsewhere.
func Backup(ctx context.Context, dir, target string) (err error) {
	source := filepath.Join(dir, fileName)
	if _, err := os.Stat(source); err != nil {
		return fmt.Errorf("back up: %w", err)
	}
	if _, err := os.Stat(target); err == nil {
		return fmt.Errorf("back up: %s exists already; name a new file", target)
	}
	made, err := os.OpenFile(target, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) // #nosec G304 -- the operator names the file
	if err != nil {
		return fmt.Errorf("back up: %w", err)
	}
	if err := made.Close(); err != nil {
		return fmt.Errorf("back up: %w", err)
	}
	db, err := readOnly(source)
	if err != nil {
		return failed("back up", err)
	}
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", target) // an empty file is filled
	if err := errors.Join(err, db.Close()); err != nil {
		return errors.Join(failed("back up", err), os.Remove(target))
	}
	return nil
}

// Restore puts a copy of a database into dir, which must be empty or missing but
// for a key file, after reading it whole. A damaged file is refused and nothing is
// left behind.
func Restore(ctx context.Context, source, dir string) error {
	in, err := os.Open(source) // #nosec G304 -- the operator names the file
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	defer func() { _ = in.Close() }() // read only
	return RestoreFrom(ctx, in, dir, nil)
}

// RestoreFrom is Restore from any reader. Counts are how many rows each table must
// have, nil when nobody knows.
func RestoreFrom(ctx context.Context, from io.Reader, dir string, counts map[string]int64) error {
	if err := emptyFolder(dir); err != nil {
		return err
	}
	// Under this name no server takes half a copy for its database.
	part := filepath.Join(dir, partName)
	err := writePart(from, part)
	if err == nil {
		err = readWhole(ctx, part, counts)
	}
	if err == nil {
		err = os.Rename(part, filepath.Join(dir, fileName))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("restore: %w", err), os.RemoveAll(part))
	}
	return nil
}

const (
	partName = "restoring.part"
	// keyName is the key file that an operator may have put back already.
	keyName = "datalek.key"
)

// emptyFolder makes the folder, or refuses one that holds more than a key file and
// what a restore that was cut off left.
func emptyFolder(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("restore: %w", err)
	}
	for _, e := range entries {
		if e.Name() != keyName && e.Name() != partName {
			return fmt.Errorf("restore: %s is not empty; name a new folder: %w", dir, fault.Conflict)
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	return nil
}

func writePart(from io.Reader, path string) error {
	out, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) // #nosec G304
	if err != nil {
		return err
	}
	if _, err = io.Copy(out, from); err != nil {
		err = fmt.Errorf("the backup is damaged: %w", err)
	}
	return errors.Join(err, out.Sync(), out.Close())
}

func readWhole(ctx context.Context, path string, counts map[string]int64) error {
	db, err := readOnly(path)
	if err != nil {
		return err
	}
	var finding string
	err = db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&finding)
	if err == nil && finding != "ok" {
		err = errors.New(finding)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("the backup is damaged: %w", err), db.Close())
	}
	if counts != nil {
		err = compare(ctx, db, counts)
	}
	return errors.Join(err, db.Close())
}

func compare(ctx context.Context, db *sql.DB, want map[string]int64) error {
	found, err := countRows(ctx, db)
	if err != nil {
		return fmt.Errorf("count rows: %w", err)
	}
	for table, n := range want {
		if found[table] != n {
			return fmt.Errorf("the backup is damaged: it has %d rows in %s, and had %d", found[table], table, n)
		}
	}
	return nil
}

// Count returns how many rows each table of a database has that nobody writes to.
func Count(ctx context.Context, path string) (map[string]int64, error) {
	db, err := readOnly(path)
	if err != nil {
		return nil, err
	}
	counts, err := countRows(ctx, db)
	return counts, errors.Join(failed("count rows", err), db.Close())
}

func countRows(ctx context.Context, db *sql.DB) (map[string]int64, error) {
	tables, err := tablesOf(ctx, db)
	if err != nil {
		return nil, err
	}
	counts := map[string]int64{}
	for _, table := range tables {
		var n int64
		if err := db.QueryRowContext(ctx, `SELECT count(*) FROM "`+table+`"`).Scan(&n); err != nil {
			return nil, err
		}
		counts[table] = n
	}
	return counts, nil
}

func tablesOf(ctx context.Context, db *sql.DB) (tables []string, err error) {
	rows, err := db.QueryContext(ctx, `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		tables = append(tables, name)
	}
	return tables, rows.Err()
}
