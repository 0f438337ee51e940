package incidents

import "datalek/incidents/registry"

// Letter is one notice to one reader on paper. It is made anew each time from
// the notice's pinned text, and kept nowhere.
type Letter struct {
	Language string // of Body: "nl", "en", "fr" or "de"
	// Sender is who writes: the discreet name, street and place, one a line.
	Sender  []string
	Address []string // of the reader, as it stands on an envelope; his name first
	Place   string   // where it is written, without postal code; "" leaves it out
	Day     registry.Date
	Subject string
	Body    string // plain text, paragraphs divided by an empty line
}
