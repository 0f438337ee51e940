package registry

import "time"

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
}

// Membership binds a user to a practice.
type Membership struct {
	PracticeID string
	Role       Role
}

// In returns the user's role in a practice, false when he has none.
func (u User) In(practice string) (Role, bool) {
	for _, m := range u.Memberships {
		if m.PracticeID == practice {
			return m.Role, true
		}
	}
	return "", false
}

// ReturnedMail stands in an Endpoint's ProcessorID when the address takes mail
// that came back; no processor can have this id.
const ReturnedMail = "~returned-mail"

// Endpoint is an address at which a processor reports breaches. With a
// PracticeID it reaches that practice alone; without, it is the operator's and
// reaches every practice linked to the processor.
type Endpoint struct {
	ID          string
	TokenHash   string // hex SHA-256 of the token in the address
	ProcessorID string
	PracticeID  string // "" for the operator's
	Token       string // stored sealed, so that the practice can see its address again
	Secrets     []string
	// Door is how a sender proves himself there.
	Door      Door
	CreatedAt time.Time
}

// Door is how a sender proves himself at an address.
type Door string

// The doors.
const (
	DoorSigned Door = "" // he signs each message with the address's secret (Standard Webhooks)
	// DoorAddress lets in who knows the address: for senders that cannot sign, such
	// as an Azure action group or a Pub/Sub push.
	DoorAddress Door = "address"
)
