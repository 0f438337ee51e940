// Package access is the log of who looked at the data of which people, and when
// (GDPR Art. 5(2) and 32(1)). It stands apart from the register: looks are many,
// and need not be kept for ever. The package is pure: standard library only.
package access

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"datalek/incidents/register"
	"datalek/incidents/tenant"
)

// Keep is how long a look is kept.
const Keep = 2 * 365 * 24 * time.Hour

// What was looked at.
type What string

// What can be looked at.
const (
	Client   What = "client"   // one person's page
	Clients  What = "clients"  // the list of people
	Affected What = "affected" // who a breach touches
	Message  What = "message"  // the readers of a notice, or one of them
	Calls    What = "calls"    // whom to phone or write
	Report   What = "report"   // what came in from outside
	Question What = "question" // what readers asked
	Request  What = "request"  // what somebody asked about his own data
	Case     What = "case"     // a breach's own file
	Register What = "register" // the register's words
	Import   What = "import"   // a list of people on its way in
	Export   What = "export"   // a file with people in it
)

// Look is one look: by whom, at what, when first within the hour. Further looks of
// the same kind within that hour are the same one.
type Look struct {
	ID         string // sorts by hour, and names the same look again
	PracticeID tenant.ID
	At         time.Time // UTC
	By         register.Actor
	What       What
	// Client is whose data it was, "" for a list.
	Client string
	// Place is the id of the case, notice or other thing it was looked at through, or "".
	Place string
}

// New returns the look with its id. Times must be later than 1970.
func New(practice tenant.ID, by register.Actor, what What, client, place string, at time.Time) Look {
	at = at.UTC().Truncate(time.Millisecond)
	sum := sha256.Sum256([]byte(strings.Join([]string{string(practice), string(by.Kind), by.ID, string(what), client, place}, "\x00")))
	return Look{ID: Since(at) + hex.EncodeToString(sum[:12]), PracticeID: practice, At: at, By: by, What: what, Client: client, Place: place}
}

// Since is what the ids of looks from an hour on are not smaller than.
func Since(at time.Time) string { return fmt.Sprintf("%08d-", at.Unix()/3600) }
