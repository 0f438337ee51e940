package incidents

import (
	"time"

	"datalek/incidents/registry"
)

// The events of the addresses at which processors report, after AddressOpened. They
// belong to no case.
const (
	AddressRotated    EventKind = "address.rotated"     // a new secret; the old one counts for a while
	AddressOldDropped EventKind = "address.old_dropped" // the old secret ended before its time
	AddressKeyAdded   EventKind = "address.key_added"
	AddressKeyRemoved EventKind = "address.key_removed"
	AddressRevoked    EventKind = "address.revoked"
	// AddressClaimsChanged: a sender's token must say something else there.
	AddressClaimsChanged EventKind = "address.claims_changed"
)

// NoteAddress notes what is done to an address with the write under way. The
// operator's addresses belong to no practice and stand in no register.
func NoteAddress(e *registry.Endpoint, kind EventKind, by Actor, now time.Time) {
	if e.PracticeID == "" {
		return
	}
	door := string(e.Door)
	if e.Door == registry.DoorSigned {
		door = "signed"
	}
	e.Notes.Add(Event{PracticeID: e.PracticeID, Subject: e.ID, Kind: kind, At: now, Actor: by,
		Facts: map[string]string{"processor": e.ProcessorID, "door": door}})
}
