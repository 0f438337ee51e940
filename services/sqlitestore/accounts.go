package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

// CreateUser stores a new user; fault.Duplicate on a known login.
func (s *Store) CreateUser(ctx context.Context, u registry.User) error {
	const step = "create user"
	u.Version = 1
	r, row, err := sealedNoted(ctx, s, record.FromUser, userNotes, u)
	if err != nil {
		return failed(step, err)
	}
	return s.write(ctx, step, func(t *tx) error {
		return t.exec(`INSERT INTO users (id, version, login_index, doc, outbox) VALUES (?, ?, ?, ?, ?)`, r.ID, r.Version, r.LoginIndex, row.doc, row.outbox)
	})
}

func userNotes(r *record.User) *record.Noted { return &r.Noted }

// User returns a user, fault.NotFound for an unknown id.
func (s *Store) User(ctx context.Context, id string) (registry.User, error) {
	r, err := first(ctx, s, `SELECT doc FROM users WHERE id = ?`, []any{id}, doc[record.User])
	return single(ctx, s, "read user", r, err, record.User.ToUser)
}

// UserByLogin returns the user with this login, in any case.
func (s *Store) UserByLogin(ctx context.Context, login string) (registry.User, error) {
	const step = "read user by login"
	index, err := record.LoginIndex(ctx, s.sealer, login)
	if err != nil {
		return registry.User{}, failed(step, err)
	}
	r, err := first(ctx, s, `SELECT doc FROM users WHERE login_index = ?`, []any{index}, doc[record.User])
	return single(ctx, s, step, r, err, record.User.ToUser)
}

// UpdateUser changes a user under his version.
func (s *Store) UpdateUser(ctx context.Context, id string, change func(*registry.User) error) (registry.User, error) {
	load := func(ctx context.Context, _ tenant.ID, id string) (*registry.User, error) {
		u, err := s.User(ctx, id)
		return &u, err
	}
	ident := func(u *registry.User) identity { return identity{new(tenant.ID), &u.ID, &u.Version} }
	return updateValue(ctx, s, aggregate[*registry.User]{record.Users, load, ident, s.saveUser}, "", id, change)
}

func (s *Store) saveUser(ctx context.Context, u *registry.User) (func(*tx) (int64, error), error) {
	r, row, err := sealedNoted(ctx, s, record.FromUser, userNotes, *u)
	u.Notes = nil
	return func(t *tx) (int64, error) {
		return t.change(`UPDATE users SET version = ?1, login_index = ?2, doc = ?3, outbox = `+addNotes(`?4`)+` WHERE id = ?5 AND version = ?1 - 1`,
			r.Version, r.LoginIndex, row.doc, row.outbox, r.ID)
	}, err
}

// CountUsers counts the users of this host.
func (s *Store) CountUsers(ctx context.Context) (int64, error) {
	var n int64
	err := s.one(ctx, `SELECT count(*) FROM users`, nil, &n)
	return n, failed("count users", err)
}

// UsersOf lists the users who are members of a practice, by id.
func (s *Store) UsersOf(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.User, error) {
	r, err := many(ctx, s, `SELECT u.doc FROM members m JOIN users u ON u.id = m.user_id
		WHERE m.practice_id = ? AND m.user_id > ? ORDER BY m.user_id LIMIT ?`, []any{practice, after, atMost(limit)}, doc[record.User])
	return list(ctx, s, "list members", r, err, record.User.ToUser)
}

// Users lists the users of this host, by id.
func (s *Store) Users(ctx context.Context, after string, limit int) ([]registry.User, error) {
	r, err := many(ctx, s, `SELECT doc FROM users WHERE id > ? ORDER BY id LIMIT ?`, []any{after, atMost(limit)}, doc[record.User])
	return list(ctx, s, "list users", r, err, record.User.ToUser)
}

// CreateToken stores a machine's key; fault.Duplicate on a known hash.
func (s *Store) CreateToken(ctx context.Context, v registry.Token) error {
	const step = "create token"
	r, row, err := sealedNoted(ctx, s, record.FromToken, func(r *record.Token) *record.Noted { return &r.Noted }, v)
	if err != nil {
		return failed(step, err)
	}
	return s.write(ctx, step, func(t *tx) error {
		return t.exec(`INSERT INTO tokens (id, practice_id, hash, doc, outbox) VALUES (?, ?, ?, ?, ?)`, r.ID, r.PracticeID, r.Hash, row.doc, row.outbox)
	})
}

// TokenByHash returns the key with this hash.
func (s *Store) TokenByHash(ctx context.Context, hash string) (registry.Token, error) {
	r, err := first(ctx, s, `SELECT doc FROM tokens WHERE hash = ? AND `+unrevoked, []any{hash}, doc[record.Token])
	return single(ctx, s, "read token", r, err, record.Token.ToToken)
}

// Tokens lists a practice's keys by id.
func (s *Store) Tokens(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.Token, error) {
	r, err := many(ctx, s, `SELECT doc FROM tokens WHERE practice_id = ? AND id > ? AND `+unrevoked+` ORDER BY id LIMIT ?`, []any{practice, after, atMost(limit)}, doc[record.Token])
	return list(ctx, s, "list tokens", r, err, record.Token.ToToken)
}

// TouchToken notes a key's last use.
func (s *Store) TouchToken(ctx context.Context, practice tenant.ID, id string, at time.Time) error {
	const step = "note use of token"
	return s.write(ctx, step, func(t *tx) error {
		n, err := t.change(`UPDATE tokens SET doc = json_set(doc, '$.last_used_at', ?) WHERE practice_id = ? AND id = ? AND `+unrevoked,
			at.UTC().Truncate(time.Millisecond).Format(time.RFC3339Nano), practice, id)
		return unlessNone(n, err)
	})
}

// unrevoked is the condition on a key that somebody may use.
const unrevoked = `json_extract(doc, '$.revoked') IS NULL`

// DropToken ends a key, with the events of that in the same write. The row stays,
// read by nobody, as long as they wait in it.
func (s *Store) DropToken(ctx context.Context, practice tenant.ID, id string, notes register.Notes) error {
	const step = "drop token"
	events, err := record.FromNotes(ctx, s.sealer, string(practice), notes)
	if err != nil {
		return failed(step, err)
	}
	outbox := takeOutbox(&record.Outbox{Pending: events})
	return s.write(ctx, step, func(t *tx) error {
		n, err := t.change(`UPDATE tokens SET doc = json_set(doc, '$.revoked', json('true')), outbox = `+addNotes(`?1`)+
			` WHERE practice_id = ?2 AND id = ?3 AND `+unrevoked, outbox, practice, id)
		if err := unlessNone(n, err); err != nil {
			return err
		}
		return t.dropRevoked(practice, id)
	})
}

// dropRevoked removes a key that was revoked, unless events wait in its row.
func (t *tx) dropRevoked(practice tenant.ID, id string) error {
	return t.exec(`DELETE FROM tokens WHERE practice_id = ? AND id = ? AND outbox IS NULL AND NOT `+unrevoked, practice, id)
}

// unlessNone is fault.NotFound for a write that met no row.
func unlessNone(rows int64, err error) error {
	if err == nil && rows == 0 {
		return fault.NotFound
	}
	return err
}

// Session returns a browser session's data; not found when it ran out.
func (s *Store) Session(ctx context.Context, tokenHash string, now time.Time) (data []byte, found bool, err error) {
	const step = "read session"
	r, err := first(ctx, s, `SELECT doc FROM sessions WHERE token_hash = ? AND expires_at > ?`, []any{tokenHash, millis(now)}, doc[record.Session])
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	data, err = single(ctx, s, step, r, err, record.Session.Data)
	return data, err == nil, err
}

// SaveSession stores or replaces a browser session.
func (s *Store) SaveSession(ctx context.Context, tokenHash string, data []byte, expiry time.Time) error {
	const step = "save session"
	r, err := record.FromSession(ctx, s.sealer, tokenHash, data, expiry)
	if err != nil {
		return failed(step, err)
	}
	raw, err := format(r)
	if err != nil {
		return failed(step, err)
	}
	return s.write(ctx, step, func(t *tx) error {
		return t.exec(`INSERT INTO sessions (token_hash, expires_at, doc) VALUES (?1, ?2, ?3)
			ON CONFLICT (token_hash) DO UPDATE SET expires_at = ?2, doc = ?3`, r.TokenHash, millis(r.ExpiresAt), raw)
	})
}

// DropSession removes a browser session; one that is gone already is no failure.
func (s *Store) DropSession(ctx context.Context, tokenHash string) error {
	return s.write(ctx, "drop session", func(t *tx) error {
		return t.exec(`DELETE FROM sessions WHERE token_hash = ?`, tokenHash)
	})
}
