package registry

import (
	"time"

	"datalek/incidents/register"
	"datalek/incidents/tenant"
)

// User is somebody who may log in.
type User struct {
	ID           string
	Version      int64
	Login        string // e-mail address, lower case; stored sealed, found by keyed hash
	Name         string // stored sealed
	PasswordHash string // argon2id, PHC string format
	Language     string // "nl" or "en"; "" follows the browser
	Memberships  []Membership
	CreatedAt    time.Time
	// Sessions are the browsers in which the user is logged in, Devices those in
	// which this happened before.
	Sessions []Session
	Devices  []Device
	// Reset is the link with which the host lets the user choose a new password;
	// zero for none.
	Reset   Reset
	Factors Factors // stored sealed
	// Notes are what happens to the account with the write under way: one event for
	// each practice whose register tells of it.
	Notes register.Notes
}

// Membership binds a user to a practice.
type Membership struct {
	PracticeID tenant.ID
	Role       Role
}

// Empty takes all that is personal out of an account that goes with its last practice:
// nobody can log in with it, and what is left waits for its last events to be told to
// the register of a practice that it left before.
func (u *User) Empty() {
	*u = User{ID: u.ID, Version: u.Version, Login: u.ID, CreatedAt: u.CreatedAt, Notes: u.Notes}
}

// In returns the user's role in a practice, false when he has none.
func (u User) In(practice tenant.ID) (Role, bool) {
	for _, m := range u.Memberships {
		if m.PracticeID == practice {
			return m.Role, true
		}
	}
	return "", false
}
