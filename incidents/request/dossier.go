package request

import (
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
)

// Dossier is all that datalek holds about one person, for his request for access or
// portability. It holds nothing about other people: who else was affected by a
// breach, and what the practice decided about them, is not his.
type Dossier struct {
	Practice registry.Practice
	Asked    *Request
	MadeAt   time.Time
	MadeBy   string           // whoever had it made; "" for a program
	Client   *registry.Client // nil for somebody who is no client
	// Guardians and Children are those whom the list ties to him, by name.
	Guardians []string
	Holdings  []registry.Holding
	ByRule    bool
	Systems   map[string]string // names by id
	Cases     []CaseOf
	Requests  []*Request // his, this one too
	Imports   []time.Time
	Reports   []*incidents.Report // that he wrote, by his address
}

// CaseOf is one breach as far as it is about him.
type CaseOf struct {
	Reference  string
	AwareAt    time.Time
	Closed     bool
	Finding    *incidents.Affected // nil: he only got, or was to get, a message
	Categories []registry.Category // what was breached; nil: not known
	Decisions  []incidents.PersonDecision
	Overrides  []incidents.Override
	Messages   []MessageTo
	Questions  []incidents.ReaderQuestion
	Words      []string // of the register about him: reasons
}

// MessageTo is one message about him, to him or to somebody who hears for him.
type MessageTo struct {
	Delivery incidents.Delivery
	Text     incidents.Text // as it was approved for him; empty while it is a draft
	ToOther  bool           // it went to a parent or guardian
}

// Paper is a dossier in words, for a page, a printer or a file.
type Paper struct {
	Language string
	Title    string
	Head     []string
	Parts    []PaperPart
}

// PaperPart is one part of a Paper.
type PaperPart struct {
	Title string
	Text  string // before the rows; stands alone when there are none
	Rows  []PaperRow
}

// PaperRow is a label with what stands behind it; Break sets it apart from the one
// above it.
type PaperRow struct {
	Label string
	Value string
	Break bool
}
