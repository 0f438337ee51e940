package incidents

import (
	"time"

	"datalek/incidents/registry"
)

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

// PostedAt reports whether the reader was told by a letter posted at that time.
func (d Delivery) PostedAt(at time.Time) bool {
	return d.State == ToldByPerson && d.To.By == "letter" && d.ToldAt.Equal(at.Truncate(time.Millisecond))
}

// Posted notes in the case's log that a letter to one reader went to the post.
// Noted twice it stands there once.
func (n *Notice) Posted(d Delivery, now time.Time, by Actor) {
	n.noteOnce(Event{Kind: ToldOtherwise, At: now, Actor: by, Facts: map[string]string{"delivery": d.ID, "by": d.To.By,
		"told_at": d.ToldAt.Format(time.RFC3339)}, Words: map[string]string{"note": d.To.Word}})
}
