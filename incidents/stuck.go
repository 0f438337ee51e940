package incidents

import (
	"time"

	"datalek/incidents/tenant"
)

// StuckCause is why work was given up, as far as it can be said in plain words.
type StuckCause string

// The causes.
const (
	StuckMissing     StuckCause = "missing"     // a record that it needs is not there
	StuckInvalid     StuckCause = "invalid"     // something in it cannot be
	StuckConflict    StuckCause = "conflict"    // others changed the same each time
	StuckUnavailable StuckCause = "unavailable" // the store or a server did not answer
	StuckCrash       StuckCause = "crash"       // a fault in the program
	StuckOther       StuckCause = "other"
)

// Stuck is work that no worker could do: it was tried, given up, and waits for a
// person. It stands until the work is done.
type Stuck struct {
	// ID follows from the work: what gets stuck again is the same entry.
	ID         string
	PracticeID tenant.ID // "" for work of the host's own
	IncidentID string    // "" when it is about none
	Queue      string    // which work: "assess", "draft", "mail", "warn", "intake"
	Job        []byte    // the message, which names records; stored sealed
	Cause      StuckCause
	Detail     string    // the error, for who mends it; no personal data; stored sealed
	At         time.Time // when it was last given up
	Attempts   int       // of the last time
	AgainAt    time.Time // when somebody asked to try it again; zero while it waits
}

// Again asks that the work is tried again. Asked once more within a minute it
// stays with the first.
func (s *Stuck) Again(now time.Time) {
	if s.AgainAt.IsZero() || now.Sub(s.AgainAt) >= time.Minute || now.Before(s.AgainAt) {
		s.AgainAt = now
	}
}
