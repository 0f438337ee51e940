// Package checkup looks whether what the program stands on is well: mail server,
// the records in DNS that make its mail believed, clock, disk, and whatever its
// caller adds. Each finding is a code that the pages have words for, in each
// language, with what to do about it.
package checkup

import (
	"context"
	"sync"
	"time"
)

// State says how a check ended.
type State string

// The states.
const (
	Well      State = "well"
	Note      State = "note"      // it works, and could be better
	Unwell    State = "unwell"    // it does not work, or will not soon
	Unchecked State = "unchecked" // nothing could be said
)

// Finding is what one check found.
type Finding struct {
	// Check is what was looked at: "mail", "spf", "disk".
	Check string
	// Subject is which of several, such as a domain; empty for the program itself.
	Subject string
	State   State
	// Code names the words: the pages have "doctor.CODE" and, unless all is well,
	// "doctor.CODE_do" with what to do.
	Code string
	// Blanks are names and values of the blanks in the words.
	Blanks []any
	// Detail is what a server or the system said, in its own words.
	Detail string
}

// Check is one thing to look at.
type Check struct {
	Name    string // goes into Finding.Check
	Subject string
	Run     func(ctx context.Context) Finding
}

// within bounds each check; one that does not end by itself is left behind.
const within = 10 * time.Second

// Run does all checks at the same time and returns the findings in their order,
// after ten seconds at the latest.
func Run(ctx context.Context, checks []Check) []Finding {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	found := make([]Finding, len(checks))
	var running sync.WaitGroup
	for n, check := range checks {
		running.Go(func() { found[n] = one(ctx, check) })
	}
	running.Wait()
	return found
}

func one(ctx context.Context, check Check) Finding {
	done := make(chan Finding, 1)
	go func() { done <- check.Run(ctx) }()
	var f Finding
	select {
	case f = <-done:
	case <-ctx.Done():
		f = Finding{State: Unwell, Code: "slow", Blanks: []any{"seconds", int(within.Seconds())}}
	}
	f.Check, f.Subject = check.Name, check.Subject
	return f
}

// Worst returns whether any finding is unwell.
func Worst(found []Finding) State {
	worst := Well
	for _, f := range found {
		switch f.State {
		case Unwell:
			return Unwell
		case Note:
			worst = Note
		}
	}
	return worst
}
