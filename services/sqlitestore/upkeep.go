package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"

	"datalek/incidents"
	"datalek/incidents/access"
	"datalek/incidents/fault"
	"datalek/incidents/roster"
	"datalek/services/record"
)

// Setting reads a host-wide value; version 0 and no value when it is not there.
func (s *Store) Setting(ctx context.Context, key string) (value []byte, version int64, err error) {
	const step = "read setting"
	r, err := first(ctx, s, `SELECT doc FROM settings WHERE key = ?`, []any{key}, doc[record.Setting])
	if errors.Is(err, sql.ErrNoRows) {
		return nil, 0, nil
	}
	value, err = single(ctx, s, step, r, err, record.Setting.Value)
	return value, r.Version, err
}

// PutSetting writes a value if version is still the stored one (0: not there
// yet), else fault.Conflict.
func (s *Store) PutSetting(ctx context.Context, key string, value []byte, version int64) error {
	const step = "put setting"
	r, err := record.FromSetting(ctx, s.sealer, key, value, version+1)
	if err != nil {
		return failed(step, err)
	}
	raw, err := format(r)
	if err != nil {
		return failed(step, err)
	}
	query := `UPDATE settings SET version = ?2, doc = ?3 WHERE key = ?1 AND version = ?2 - 1`
	if version == 0 {
		query = `INSERT INTO settings (key, version, doc) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING`
	}
	return s.write(ctx, step, func(t *tx) error {
		n, err := t.change(query, r.Key, r.Version, raw)
		if err == nil && n == 0 {
			err = fault.Conflict
		}
		return err
	})
}

// SettingKeys lists the keys that begin with a prefix, in order.
func (s *Store) SettingKeys(ctx context.Context, prefix string, limit int) ([]string, error) {
	found, err := many(ctx, s, `SELECT key FROM settings WHERE key >= ?1 AND key < ?2 ORDER BY key LIMIT ?3`,
		[]any{prefix, prefix + lastRune, atMost(limit)}, text)
	return found, failed("list settings", err)
}

// lastRune sorts after every character that a key has.
const lastRune = "\U0010FFFF"

// RemoveSetting removes a value if version is still the stored one, else
// fault.Conflict.
func (s *Store) RemoveSetting(ctx context.Context, key string, version int64) error {
	return s.write(ctx, "remove setting", func(t *tx) error {
		n, err := t.change(`DELETE FROM settings WHERE key = ? AND version = ?`, key, version)
		if err == nil && n == 0 {
			err = fault.Conflict
		}
		return err
	})
}

// How long what runs out is kept.
const (
	keepRequests = 24 * time.Hour
	keepDrafts   = 30 * 24 * time.Hour
)

// Expire removes sessions, idempotency keys, drafts and returned mail that ran out.
func (s *Store) Expire(ctx context.Context, now time.Time) error {
	return s.write(ctx, "expire", func(t *tx) error {
		return errors.Join(
			t.exec(`DELETE FROM sessions WHERE expires_at <= ?`, millis(now)),
			t.exec(`DELETE FROM requests WHERE at <= ?`, millis(now.Add(-keepRequests))),
			t.exec(`DELETE FROM drafts WHERE updated_at <= ?`, millis(now.Add(-keepDrafts))),
			t.exec(`DELETE FROM returns WHERE settled_at <= ?`, millis(now.Add(-incidents.KeepReturns))),
			t.exec(`DELETE FROM looks WHERE id < ?`, access.Since(now.Add(-access.Keep))),
			t.exec(`DELETE FROM import_parts WHERE created_at <= ?`, millis(now.Add(-roster.KeepImports))),
		)
	})
}

// Ping reports whether the store can answer and keep. It fails, too, once damage
// was met, when the files are not the opened ones any more, and from a refused
// write (a full disk, say) until the next one that is kept.
func (s *Store) Ping(ctx context.Context) error {
	const step = "ping"
	if err := s.harm(); err != nil {
		return err
	}
	if err := s.files.check(); err != nil {
		return failed(step, err)
	}
	if refused := s.w.refused.Load(); refused != nil {
		return failed("last write", *refused)
	}
	var one int
	return failed(step, s.one(ctx, `SELECT 1`, nil, &one))
}

// harm returns the damage that was met, nil for none. Files that were removed or cut
// off explain it best.
func (s *Store) harm() error {
	damage := s.damage.Load()
	if damage == nil {
		return nil
	}
	if err := s.files.check(); err != nil {
		return err
	}
	return *damage
}

// Check looks for damage: quick compares the tables' pages, full the indexes
// too. Damage is fault.Unavailable, with the engine's findings.
func (s *Store) Check(ctx context.Context, full bool) error {
	query := `PRAGMA quick_check(20)`
	if full {
		query = `PRAGMA integrity_check(20)`
	}
	findings, err := many(ctx, s, query, nil, text)
	if err != nil {
		return failed("check database", err)
	}
	if len(findings) == 1 && findings[0] == "ok" {
		return nil
	}
	return fmt.Errorf("check database: %w: the file is damaged, restore a backup: %q", fault.Unavailable, findings)
}

// soonChecked is the size in bytes up to which the quick check takes a moment.
const soonChecked = 256 << 20

// checkAtStart runs the quick check beside the work; Ping tells of damage. A large
// database that was closed well is left to the full check of a backup and of the
// doctor: reading gigabytes at the start makes every deadline late that
// falls due meanwhile.
func (s *Store) checkAtStart(ctx context.Context) {
	defer close(s.checked)
	if info, err := os.Stat(s.files.path); !s.cutOff && err == nil && info.Size() > soonChecked {
		return
	}
	if err := s.Check(ctx, false); err != nil && ctx.Err() == nil {
		s.damage.Store(&err)
	}
}

// leftOver reports whether a process that was cut off left writes in the log file:
// closing the database removes it.
func leftOver(log string) bool {
	info, err := os.Stat(log)
	return err == nil && info.Size() > 0
}

// awaitCheck returns the damage that the check at the start finds within the time.
func (s *Store) awaitCheck(within time.Duration) error {
	if within <= 0 {
		return nil
	}
	patience := time.NewTimer(within)
	defer patience.Stop()
	select {
	case <-s.checked:
	case <-patience.C:
	}
	if damage := s.damage.Load(); damage != nil {
		return *damage
	}
	return nil
}

// noting remembers damage that a call met, and hands the error on.
func (s *Store) noting(err error) error {
	if isDamage(err) {
		found := failed("database", err)
		s.damage.CompareAndSwap(nil, &found)
	}
	return err
}
