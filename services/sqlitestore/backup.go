package sqlitestore

import (
	"context"
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

// Restore puts a backup into dir, which must be empty or missing, after reading
// it whole. A damaged file is refused and nothing is left behind.
func Restore(ctx context.Context, source, dir string) error {
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) > 0 {
		return fmt.Errorf("restore: %s is not empty; name a new folder: %w", dir, fault.Conflict)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("restore: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	target := filepath.Join(dir, fileName)
	if err := copyFile(source, target); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if err := readWhole(ctx, target); err != nil {
		return errors.Join(fmt.Errorf("restore: the backup is damaged: %w", err), os.Remove(target))
	}
	return nil
}

func readWhole(ctx context.Context, path string) error {
	db, err := readOnly(path)
	if err != nil {
		return err
	}
	var finding string
	err = db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&finding)
	if err == nil && finding != "ok" {
		err = errors.New(finding)
	}
	return errors.Join(err, db.Close())
}

func copyFile(source, target string) error {
	in, err := os.Open(source) // #nosec G304 -- the operator names the file
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()                                         // read only
	out, err := os.OpenFile(target, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) // #nosec G304
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}
