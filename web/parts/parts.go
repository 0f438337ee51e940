// Package parts holds the plain values that the partial templates under
// templates/parts take. They carry words that are already translated, and no
// rules: a page fills them, a partial draws them.
//
// Every partial's first comment lists the keys it reads; partials that take
// several values are called with dict, and lists inside are slices of the
// types below.
package parts

import "time"

// Fault is one thing the reader can mend. Field is the Name of the control at
// fault and becomes the link's target; an empty Field gives plain text.
type Fault struct {
	Field, Message string
}

// Option is one choice of radios, checkboxes or a select.
type Option struct {
	Value, Text, Hint string
	Checked           bool
	Or                bool // draws the word "of" above it, for "weet ik niet"
}

// Row is one line of a summary list. Without Value and Lines it reads
// "Niet opgegeven"; without Href it has no change link.
type Row struct {
	Key    string
	Value  string
	Lines  []string // more lines, each its own paragraph
	Href   string
	Change string // what the change link changes, for screen readers; empty takes Key
}

// Task is one line of a task list. Without Href it cannot be started yet.
type Task struct {
	Href, Text, Hint string
	Status           string // "todo", "busy", "done", "blocked", "soon" or "late"
	StatusText       string // empty takes the word of Status
}

// Event is one point on a timeline.
type Event struct {
	Kind   string // "report", "decision", "mail", "clock" or "filing": the shape on the rail
	At     time.Time
	Title  string
	Who    string   // who or what did it; empty leaves the line out
	Lines  []string // always shown
	Detail []string // shown when opened
	Link   Link     // zero means no link
	// Own are the words of a mail server as it wrote them, in whatever language;
	// shown with Detail.
	Own string
}
