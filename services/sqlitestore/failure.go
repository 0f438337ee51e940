package sqlitestore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"datalek/incidents/fault"
)

// failed names the step and the kind of a failure. No driver's error leaves the
// package: what callers tell apart is a fault.Code, and the driver's words,
// which hold no stored values, stay as text.
func failed(step string, err error) error {
	if err == nil {
		return nil
	}
	var code fault.Code
	var engine *sqlite.Error
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("%s: %w", step, fault.NotFound)
	case errors.As(err, &code):
		return fmt.Errorf("%s: %w", step, err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s: %w: %w", step, fault.Unavailable, err)
	case errors.As(err, &engine):
		return engineFailed(step, engine)
	case errors.Is(err, errClosed), errors.Is(err, sql.ErrConnDone), errors.Is(err, sql.ErrTxDone), errors.Is(err, driver.ErrBadConn):
		return fmt.Errorf("%s: %w: %w", step, fault.Unavailable, errClosed)
	default:
		return fmt.Errorf("%s: %w", step, err)
	}
}

func engineFailed(step string, err *sqlite.Error) error {
	switch err.Code() {
	case lib.SQLITE_CONSTRAINT_UNIQUE, lib.SQLITE_CONSTRAINT_PRIMARYKEY, lib.SQLITE_CONSTRAINT_ROWID:
		return fmt.Errorf("%s: %w", step, fault.Duplicate)
	}
	const primary = 0xff
	switch err.Code() & primary {
	case lib.SQLITE_FULL:
		return fmt.Errorf("%s: %w: the disk is full; make room", step, fault.Unavailable)
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return fmt.Errorf("%s: %w: the database is locked by another program", step, fault.Unavailable)
	case lib.SQLITE_READONLY, lib.SQLITE_PERM, lib.SQLITE_CANTOPEN, lib.SQLITE_AUTH:
		return fmt.Errorf("%s: %w: the data folder cannot be written or read; look at its rights and its disk", step, fault.Unavailable)
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return fmt.Errorf("%s: %w: the database file is damaged; stop datalek and restore a backup", step, fault.Unavailable)
	case lib.SQLITE_IOERR, lib.SQLITE_NOMEM, lib.SQLITE_INTERRUPT, lib.SQLITE_PROTOCOL, lib.SQLITE_NOLFS:
		return fmt.Errorf("%s: %w: the disk does not do as told; look at it (sqlite code %d)", step, fault.Unavailable, err.Code())
	default:
		return fmt.Errorf("%s: sqlite code %d: %s", step, err.Code(), err.Error())
	}
}

// isDuplicate reports whether a unique index refused an insert.
func isDuplicate(err error) bool { return errors.Is(failed("", err), fault.Duplicate) }

// isDamage reports whether the engine says that the file is not what it wrote.
func isDamage(err error) bool {
	const primary = 0xff
	var engine *sqlite.Error
	if !errors.As(err, &engine) {
		return false
	}
	code := engine.Code() & primary
	return code == lib.SQLITE_CORRUPT || code == lib.SQLITE_NOTADB
}
