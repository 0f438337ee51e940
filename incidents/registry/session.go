package registry

import (
	"slices"
	"time"

	"datalek/incidents/tenant"
)

// Session is one browser in which a user is logged in.
type Session struct {
	ID         string    // random; it is not the cookie
	PracticeID tenant.ID // the practice it works for
	Device     string    // in words, "Firefox, Windows"; stored sealed
	FirstSeen  time.Time
	LastSeen   time.Time // to within a few minutes
	EndsAt     time.Time // when it ends by itself
}

// Device is a browser that a user has logged in with before.
type Device struct {
	Hash   string // hex SHA-256 of the mark in its cookie and the user's id
	SeenAt time.Time
}

// Reset is a link with which a user chooses a new password.
type Reset struct {
	Hash      string // hex SHA-256 of the link's secret; "" for no link
	ExpiresAt time.Time
}

const (
	// SessionSeen is how old the last noted moment of a session must be before
	// another is noted.
	SessionSeen = 5 * time.Minute
	// ResetLife is how long a link for a new password works.
	ResetLife = 24 * time.Hour
	// mostSessions and mostDevices bound what is kept of one user; the oldest go.
	mostSessions = 30
	mostDevices  = 20
)

// Open reports whether the link works at now.
func (r Reset) Open(now time.Time) bool { return r.Hash != "" && now.Before(r.ExpiresAt) }

// Session returns the user's session with this id.
func (u User) Session(id string) (Session, bool) {
	at := slices.IndexFunc(u.Sessions, func(s Session) bool { return s.ID == id })
	if at < 0 {
		return Session{}, false
	}
	return u.Sessions[at], true
}

// Enter adds a session, and forgets those that ended.
func (u *User) Enter(s Session, now time.Time) {
	kept := slices.DeleteFunc(slices.Clone(u.Sessions), func(old Session) bool { return old.ID == s.ID || !now.Before(old.EndsAt) })
	kept = append(kept, s)
	u.Sessions = kept[max(0, len(kept)-mostSessions):]
}

// Seen notes that a session was used. It reports whether there is such a session.
func (u *User) Seen(id string, now time.Time) bool {
	at := slices.IndexFunc(u.Sessions, func(s Session) bool { return s.ID == id })
	if at < 0 {
		return false
	}
	u.Sessions = slices.Clone(u.Sessions)
	u.Sessions[at].LastSeen = now
	return true
}

// Leave ends the sessions that match, and returns how many.
func (u *User) Leave(match func(Session) bool) int {
	before := len(u.Sessions)
	u.Sessions = slices.DeleteFunc(slices.Clone(u.Sessions), match)
	return before - len(u.Sessions)
}

// Recognise notes a device. It reports whether the user had used it before.
func (u *User) Recognise(hash string, now time.Time) bool {
	kept := slices.DeleteFunc(slices.Clone(u.Devices), func(d Device) bool { return d.Hash == hash })
	known := len(kept) < len(u.Devices)
	kept = append(kept, Device{Hash: hash, SeenAt: now})
	u.Devices = kept[max(0, len(kept)-mostDevices):]
	return known
}
