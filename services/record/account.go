package record

import (
	"context"
	"fmt"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// User is the stored form of registry.User, sealed with the host's keys.
type User struct {
	Schema       int          `json:"schema" bson:"schema"`
	ID           string       `json:"id" bson:"id"`
	Version      int64        `json:"version" bson:"version"`
	LoginIndex   string       `json:"login_index" bson:"login_index"`
	PasswordHash string       `json:"password_hash" bson:"password_hash"`
	Language     string       `json:"language" bson:"language"`
	Memberships  []Membership `json:"memberships" bson:"memberships"`
	CreatedAt    time.Time    `json:"created_at" bson:"created_at"`
	// Absent from what was stored before logins were listed.
	Sessions []UserSession `json:"sessions" bson:"sessions"`
	Devices  []Device      `json:"devices" bson:"devices"`
	Reset    Reset         `json:"reset" bson:"reset"`
	Sealed   []byte        `json:"sealed" bson:"sealed"` // login, name, the sessions' devices, factors
	Noted    `bson:",inline"`
}

// UserSession is the stored form of registry.Session; its device is sealed with
// the user.
type UserSession struct {
	ID         string    `json:"id" bson:"id"`
	PracticeID tenant.ID `json:"practice_id" bson:"practice_id"`
	FirstSeen  time.Time `json:"first_seen" bson:"first_seen"`
	LastSeen   time.Time `json:"last_seen" bson:"last_seen"`
	EndsAt     time.Time `json:"ends_at" bson:"ends_at"`
}

// Device is the stored form of registry.Device.
type Device struct {
	Hash   string    `json:"hash" bson:"hash"`
	SeenAt time.Time `json:"seen_at" bson:"seen_at"`
}

// Reset is the stored form of registry.Reset.
type Reset struct {
	Hash      string    `json:"hash" bson:"hash"`
	ExpiresAt time.Time `json:"expires_at" bson:"expires_at"`
}

func fromDevice(v registry.Device) Device { return Device{Hash: v.Hash, SeenAt: cut(v.SeenAt)} }

func (r Device) toDevice() registry.Device {
	return registry.Device{Hash: r.Hash, SeenAt: cut(r.SeenAt)}
}

func fromUserSession(v registry.Session) UserSession {
	return UserSession{ID: v.ID, PracticeID: v.PracticeID, FirstSeen: cut(v.FirstSeen), LastSeen: cut(v.LastSeen), EndsAt: cut(v.EndsAt)}
}

// sessionsOf returns the sessions with their devices, by number.
func (r User) sessionsOf(devices []string) []registry.Session {
	if r.Sessions == nil {
		return nil
	}
	out := make([]registry.Session, len(r.Sessions))
	for i, v := range r.Sessions {
		out[i] = registry.Session{ID: v.ID, PracticeID: v.PracticeID, FirstSeen: cut(v.FirstSeen), LastSeen: cut(v.LastSeen), EndsAt: cut(v.EndsAt)}
		if i < len(devices) {
			out[i].Device = devices[i]
		}
	}
	return out
}

// Membership is the stored form of registry.Membership, field for field.
type Membership struct {
	PracticeID tenant.ID     `json:"practice_id" bson:"practice_id"`
	Role       registry.Role `json:"role" bson:"role"`
}

type userSecret struct {
	Login   string   `json:"login"`
	Name    string   `json:"name"`
	Devices []string `json:"devices"` // of the sessions, in their order
	Factors factors  `json:"factors"`
}

// host is the practice id of the host's own keys.
const host = ""

// LoginIndex returns the keyed hash under which a user is found, in any case.
func LoginIndex(ctx context.Context, s Sealer, login string) (string, error) {
	return index(ctx, s, host, "user.login", registry.NormalEmail(login))
}

// FromUser returns the record of u.
func FromUser(ctx context.Context, s Sealer, u registry.User) (User, error) {
	login, err := LoginIndex(ctx, s, u.Login)
	if err != nil {
		return User{}, err
	}
	sealed, err := seal(ctx, s, host, Users, u.ID, userSecret{Login: u.Login, Name: u.Name, Devices: list(u.Sessions, func(v registry.Session) string { return v.Device }), Factors: fromFactors(u.Factors)})
	if err != nil {
		return User{}, err
	}
	notes, err := noted(ctx, s, host, u.Notes)
	return User{
		Schema: Schema, ID: u.ID, Version: u.Version, LoginIndex: login, PasswordHash: u.PasswordHash, Language: u.Language,
		Memberships: list(u.Memberships, func(m registry.Membership) Membership { return Membership(m) }),
		CreatedAt:   cut(u.CreatedAt), Sealed: sealed, Noted: notes,
		Sessions: list(u.Sessions, fromUserSession), Devices: list(u.Devices, fromDevice),
		Reset: Reset{Hash: u.Reset.Hash, ExpiresAt: cut(u.Reset.ExpiresAt)},
	}, err
}

// ToUser returns the user that the record keeps.
func (r User) ToUser(ctx context.Context, s Sealer) (registry.User, error) {
	var secret userSecret
	if err := checkSchema(Users, r.Schema); err != nil {
		return registry.User{}, err
	}
	if err := unseal(ctx, s, host, Users, r.ID, r.Sealed, &secret); err != nil {
		return registry.User{}, err
	}
	return registry.User{
		ID: r.ID, Version: r.Version, Login: secret.Login, Name: secret.Name, PasswordHash: r.PasswordHash, Language: r.Language,
		Memberships: list(r.Memberships, func(m Membership) registry.Membership { return registry.Membership(m) }),
		CreatedAt:   cut(r.CreatedAt),
		Sessions:    r.sessionsOf(secret.Devices), Devices: list(r.Devices, Device.toDevice),
		Reset:   registry.Reset{Hash: r.Reset.Hash, ExpiresAt: cut(r.Reset.ExpiresAt)},
		Factors: secret.Factors.value(),
	}, nil
}

// Token is the stored form of registry.Token.
type Token struct {
	Schema     int       `json:"schema" bson:"schema"`
	ID         string    `json:"id" bson:"id"`
	PracticeID tenant.ID `json:"practice_id" bson:"practice_id"`
	Hash       string    `json:"hash" bson:"hash"`
	CreatedAt  time.Time `json:"created_at" bson:"created_at"`
	// Absent from what was stored before tokens had scopes and an end.
	Scopes     []registry.Scope `json:"scopes" bson:"scopes"`
	CreatedBy  string           `json:"created_by" bson:"created_by"`
	ExpiresAt  time.Time        `json:"expires_at" bson:"expires_at"`
	LastUsedAt time.Time        `json:"last_used_at" bson:"last_used_at"`
	Sealed     []byte           `json:"sealed" bson:"sealed"` // name
	// Revoked is set when only the events of the row are waited for: nobody reads the
	// token any more, and the row goes once they are published.
	Revoked bool `json:"revoked,omitempty" bson:"revoked,omitempty"`
	Noted   `bson:",inline"`
}

type tokenSecret struct {
	Name string `json:"name"`
}

// FromToken returns the record of t.
func FromToken(ctx context.Context, s Sealer, t registry.Token) (Token, error) {
	sealed, err := seal(ctx, s, t.PracticeID, Tokens, t.ID, tokenSecret{Name: t.Name})
	if err != nil {
		return Token{}, err
	}
	notes, err := noted(ctx, s, t.PracticeID, t.Notes)
	return Token{
		Schema: Schema, ID: t.ID, PracticeID: t.PracticeID, Hash: t.Hash, CreatedAt: cut(t.CreatedAt), Scopes: copyOf(t.Scopes),
		CreatedBy: t.CreatedBy, ExpiresAt: cut(t.ExpiresAt), LastUsedAt: cut(t.LastUsedAt), Sealed: sealed, Noted: notes,
	}, err
}

// ToToken returns the token that the record keeps.
func (r Token) ToToken(ctx context.Context, s Sealer) (registry.Token, error) {
	var secret tokenSecret
	if err := checkSchema(Tokens, r.Schema); err != nil {
		return registry.Token{}, err
	}
	err := unseal(ctx, s, r.PracticeID, Tokens, r.ID, r.Sealed, &secret)
	return registry.Token{
		ID: r.ID, PracticeID: r.PracticeID, Hash: r.Hash, Name: secret.Name, CreatedAt: cut(r.CreatedAt), Scopes: r.Scopes,
		CreatedBy: r.CreatedBy, ExpiresAt: cut(r.ExpiresAt), LastUsedAt: cut(r.LastUsedAt),
	}, err
}

// Session is a browser's session, sealed with the host's keys.
type Session struct {
	Schema    int       `json:"schema" bson:"schema"`
	TokenHash string    `json:"token_hash" bson:"token_hash"`
	ExpiresAt time.Time `json:"expires_at" bson:"expires_at"`
	Sealed    []byte    `json:"sealed" bson:"sealed"` // data
}

// FromSession returns the record of a session's data.
func FromSession(ctx context.Context, s Sealer, tokenHash string, data []byte, expiry time.Time) (Session, error) {
	sealed, err := s.Seal(ctx, host, Sessions, sealedField, tokenHash, data)
	if err != nil {
		return Session{}, fmt.Errorf("seal %s: %w", Sessions, err)
	}
	return Session{Schema: Schema, TokenHash: tokenHash, ExpiresAt: cut(expiry), Sealed: sealed}, nil
}

// Data returns the session's data.
func (r Session) Data(ctx context.Context, s Sealer) ([]byte, error) {
	if err := checkSchema(Sessions, r.Schema); err != nil {
		return nil, err
	}
	data, err := s.Open(ctx, host, Sessions, sealedField, r.TokenHash, r.Sealed)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", Sessions, err)
	}
	return data, nil
}

// Setting is a host-wide value, sealed with the host's keys: it may be a key.
type Setting struct {
	Schema  int    `json:"schema" bson:"schema"`
	Key     string `json:"key" bson:"key"`
	Version int64  `json:"version" bson:"version"`
	Sealed  []byte `json:"sealed" bson:"sealed"` // value
}

// FromSetting returns the record of a value.
func FromSetting(ctx context.Context, s Sealer, key string, value []byte, version int64) (Setting, error) {
	sealed, err := s.Seal(ctx, host, Settings, sealedField, key, value)
	if err != nil {
		return Setting{}, fmt.Errorf("seal %s: %w", Settings, err)
	}
	return Setting{Schema: Schema, Key: key, Version: version, Sealed: sealed}, nil
}

// Value returns the setting's value.
func (r Setting) Value(ctx context.Context, s Sealer) ([]byte, error) {
	if err := checkSchema(Settings, r.Schema); err != nil {
		return nil, err
	}
	value, err := s.Open(ctx, host, Settings, sealedField, r.Key, r.Sealed)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", Settings, err)
	}
	return value, nil
}

// Draft is the stored form of incidents.Draft.
type Draft struct {
	Schema     int       `json:"schema" bson:"schema"`
	ID         string    `json:"id" bson:"id"`
	PracticeID tenant.ID `json:"practice_id" bson:"practice_id"`
	UserID     string    `json:"user_id" bson:"user_id"`
	Version    int64     `json:"version" bson:"version"`
	Kind       string    `json:"kind" bson:"kind"`
	UpdatedAt  time.Time `json:"updated_at" bson:"updated_at"`
	Sealed     []byte    `json:"sealed" bson:"sealed"` // answers
}

// FromDraft returns the record of d.
func FromDraft(ctx context.Context, s Sealer, d incidents.Draft) (Draft, error) {
	sealed, err := seal(ctx, s, d.PracticeID, Drafts, d.ID, d.Answers)
	return Draft{
		Schema: Schema, ID: d.ID, PracticeID: d.PracticeID, UserID: d.UserID, Version: d.Version, Kind: d.Kind,
		UpdatedAt: cut(d.UpdatedAt), Sealed: sealed,
	}, err
}

// ToDraft returns the draft that the record keeps.
func (r Draft) ToDraft(ctx context.Context, s Sealer) (incidents.Draft, error) {
	if err := checkSchema(Drafts, r.Schema); err != nil {
		return incidents.Draft{}, err
	}
	d := incidents.Draft{ID: r.ID, PracticeID: r.PracticeID, UserID: r.UserID, Version: r.Version, Kind: r.Kind, UpdatedAt: cut(r.UpdatedAt)}
	err := unseal(ctx, s, r.PracticeID, Drafts, r.ID, r.Sealed, &d.Answers)
	return d, err
}

// Request is the stored form of incidents.Request.
type Request struct {
	Schema     int       `json:"schema" bson:"schema"`
	PracticeID tenant.ID `json:"practice_id" bson:"practice_id"`
	Key        string    `json:"key" bson:"key"`
	BodyHash   string    `json:"body_hash" bson:"body_hash"`
	At         time.Time `json:"at" bson:"at"`
	Status     int       `json:"status" bson:"status"`
	Sealed     []byte    `json:"sealed" bson:"sealed"` // body, location
}

type requestSecret struct {
	Body     []byte `json:"body"`
	Location string `json:"location"`
}

// FromRequest returns the record of q.
func FromRequest(ctx context.Context, s Sealer, q incidents.Request) (Request, error) {
	sealed, err := seal(ctx, s, q.PracticeID, Requests, q.Key, requestSecret{Body: q.Body, Location: q.Location})
	return Request{
		Schema: Schema, PracticeID: q.PracticeID, Key: q.Key, BodyHash: q.BodyHash, At: cut(q.At), Status: q.Status, Sealed: sealed,
	}, err
}

// ToRequest returns the request that the record keeps.
func (r Request) ToRequest(ctx context.Context, s Sealer) (incidents.Request, error) {
	var secret requestSecret
	if err := checkSchema(Requests, r.Schema); err != nil {
		return incidents.Request{}, err
	}
	err := unseal(ctx, s, r.PracticeID, Requests, r.Key, r.Sealed, &secret)
	return incidents.Request{
		PracticeID: r.PracticeID, Key: r.Key, BodyHash: r.BodyHash, At: cut(r.At), Status: r.Status, Body: secret.Body, Location: secret.Location,
	}, err
}
