package mongostore

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

func users() guarded[registry.User, record.User] {
	return guarded[registry.User, record.User]{
		kind: kind[registry.User, record.User]{collection: record.Users, record: record.FromUser, value: record.User.ToUser,
			key: func(r record.User) string { return r.ID }},
		version: func(v *registry.User) *int64 { return &v.Version },
	}
}

func tokens() kind[registry.Token, record.Token] {
	return kind[registry.Token, record.Token]{collection: record.Tokens, record: record.FromToken, value: record.Token.ToToken,
		key: func(r record.Token) string { return keyOf(r.PracticeID, r.ID) }}
}

// CreateUser saves a new user; fault.Duplicate on a known login.
func (s *Store) CreateUser(ctx context.Context, u registry.User) error {
	u.Version = 1
	return create(ctx, s, users().kind, "create user", u)
}

// User reads a user.
func (s *Store) User(ctx context.Context, id string) (registry.User, error) {
	return read(ctx, s, users().kind, "read user", where("_id", id))
}

// UserByLogin reads the user with this login, in any case.
func (s *Store) UserByLogin(ctx context.Context, login string) (registry.User, error) {
	const step = "read user by login"
	index, err := record.LoginIndex(ctx, s.sealer, login)
	if err != nil {
		return registry.User{}, failed(step, err)
	}
	return read(ctx, s, users().kind, step, where("login_index", index))
}

// UpdateUser changes a user under his version; fault.Duplicate when his new
// login is another's.
func (s *Store) UpdateUser(ctx context.Context, id string, change func(*registry.User) error) (registry.User, error) {
	const step = "update user"
	return update(ctx, s, users(), step, where("_id", id), func(u *registry.User) error {
		before := u.Login
		if err := change(u); err != nil || u.Login == before {
			return err
		}
		index, err := record.LoginIndex(ctx, s.sealer, u.Login)
		if err != nil {
			return failed(step, err)
		}
		owner, err := findOne[record.User](ctx, s.in(record.Users), where("login_index", index))
		switch {
		case isNone(err):
			return nil
		case err == nil && owner.ID != id:
			err = fault.Duplicate
		}
		return failed(step, err)
	})
}

// CountUsers counts those who may log in.
func (s *Store) CountUsers(ctx context.Context) (int64, error) {
	n, err := s.in(record.Users).CountDocuments(ctx, where())
	return n, failed("count users", err)
}

// UsersOf lists the users who are members of a practice, by id.
func (s *Store) UsersOf(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.User, error) {
	return list(ctx, s, users().kind, "list members",
		query{filter: where("memberships.practice_id", practice, "id", beyond(after)), order: where("id", 1), limit: limit})
}

// Users lists the users of this host, by id.
func (s *Store) Users(ctx context.Context, after string, limit int) ([]registry.User, error) {
	return list(ctx, s, users().kind, "list users", query{filter: where("_id", beyond(after)), order: where("_id", 1), limit: limit})
}

// CreateToken saves a new token; fault.Duplicate on a known hash.
func (s *Store) CreateToken(ctx context.Context, t registry.Token) error {
	return create(ctx, s, tokens(), "create token", t)
}

// TokenByHash reads the token with this hash.
func (s *Store) TokenByHash(ctx context.Context, hash string) (registry.Token, error) {
	return read(ctx, s, tokens(), "read token", unrevoked(where("hash", hash)))
}

// Tokens lists a practice's tokens by id.
func (s *Store) Tokens(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.Token, error) {
	return list(ctx, s, tokens(), "list tokens", query{filter: unrevoked(where("practice_id", practice, "id", beyond(after))), order: where("id", 1), limit: limit})
}

// TouchToken notes a token's last use.
func (s *Store) TouchToken(ctx context.Context, practice tenant.ID, id string, at time.Time) error {
	result, err := s.in(record.Tokens).UpdateOne(ctx, unrevoked(owned(practice, id)), where("$set", where("last_used_at", at.UTC().Truncate(time.Millisecond))))
	if err == nil && result.MatchedCount == 0 {
		err = fault.NotFound
	}
	return failed("note use of token", err)
}

// unrevoked adds the condition on a token that somebody may use.
func unrevoked(filter bson.D) bson.D {
	return append(filter, bson.E{Key: "revoked", Value: where("$in", bson.A{false, nil})})
}

// DropToken ends a token, with the events of that in the same write. The document
// stays, read by nobody, as long as they wait in it.
func (s *Store) DropToken(ctx context.Context, practice tenant.ID, id string, notes register.Notes) error {
	const step = "drop token"
	events, err := record.FromNotes(ctx, s.sealer, string(practice), notes)
	if err != nil {
		return failed(step, err)
	}
	change := where("$set", where("revoked", true))
	if len(events) > 0 {
		change = where("$set", where("revoked", true, "waiting", true), "$push", where("outbox.pending", where("$each", events)))
	}
	result, err := s.in(record.Tokens).UpdateOne(ctx, unrevoked(owned(practice, id)), change)
	if err == nil && result.MatchedCount == 0 {
		err = fault.NotFound
	}
	if err == nil {
		err = s.dropRevoked(ctx, practice, id)
	}
	return failed(step, err)
}

// dropRevoked removes a token that was revoked, unless events wait in its document.
func (s *Store) dropRevoked(ctx context.Context, practice tenant.ID, id string) error {
	_, err := s.in(record.Tokens).DeleteOne(ctx, waitless(append(owned(practice, id), bson.E{Key: "revoked", Value: true})))
	return err
}

// Session gives the data of a session that has not run out.
func (s *Store) Session(ctx context.Context, tokenHash string, now time.Time) (data []byte, found bool, err error) {
	const step = "read session"
	r, err := findOne[record.Session](ctx, s.in(record.Sessions), where("_id", tokenHash))
	if isNone(err) || err == nil && !now.Before(r.ExpiresAt) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, failed(step, err)
	}
	data, err = r.Data(ctx, s.sealer)
	return data, err == nil, failed(step, err)
}

// SaveSession creates or replaces a session.
func (s *Store) SaveSession(ctx context.Context, tokenHash string, data []byte, expiry time.Time) error {
	const step = "save session"
	r, err := record.FromSession(ctx, s.sealer, tokenHash, data, expiry)
	if err != nil {
		return failed(step, err)
	}
	set, err := setting(r)
	if err != nil {
		return failed(step, err)
	}
	return failed(step, upsert(ctx, s.in(record.Sessions), where("_id", tokenHash), set))
}

// DropSession removes a session, if it is there.
func (s *Store) DropSession(ctx context.Context, tokenHash string) error {
	_, err := s.in(record.Sessions).DeleteOne(ctx, where("_id", tokenHash))
	return failed("drop session", err)
}
