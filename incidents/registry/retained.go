package registry

import (
	"slices"
	"time"

	"datalek/incidents/register"
)

// Retained is what a practice noted about destroying data that is past its term.
type Retained struct {
	// Digest is the month, "2027-03", of the last mail about what is to be destroyed.
	Digest string
	// Cleared are the last confirmations that old entries of a system with a rolling
	// term were cleared, one for each system.
	Cleared []Clearing
	// Confirmed are the newest confirmations, oldest first; the register has them all.
	Confirmed []Confirmation
}

// Clearing is that a system's entries that are past a rolling term are cleared.
type Clearing struct {
	System string
	Month  string // "2027-03"
	At     time.Time
}

// Confirmation is somebody's word that what a system kept past its term is gone. It
// is applied person by person, and may be cut off: it is done once DoneAt is set.
type Confirmation struct {
	ID     string
	System string
	Month  string // of the task, "2027-03"
	// Rolling: the task is to clear old entries of the system, whomever they are about.
	Rolling bool
	// Pseudonymised: what named somebody was taken out, where the rule lets the rest stay.
	Pseudonymised bool
	Only          string // id of the one person that it is about; "" for all of the task
	Except        []Spared
	At            time.Time // UTC; everything it says is gone is gone at this instant
	By            register.Actor
	DoneAt        time.Time // zero while it is under way
	People        int       // of how many it holds, once done
	// Here: the rows of this program itself were destroyed with it.
	Here     bool
	UndoneAt time.Time // zero: it stands
}

// Spared is somebody whose data a confirmation says is still there.
type Spared struct {
	Client string
	Why    ExemptReason
}

// Spares reports why a confirmation leaves somebody out.
func (c Confirmation) Spares(client string) (ExemptReason, bool) {
	i := slices.IndexFunc(c.Except, func(s Spared) bool { return s.Client == client })
	if i < 0 {
		return "", false
	}
	return c.Except[i].Why, true
}

// Open reports whether the confirmation is not applied to everybody yet.
func (c Confirmation) Open() bool { return c.DoneAt.IsZero() && c.UndoneAt.IsZero() }

// mostConfirmed is how many confirmations are kept that are done.
const mostConfirmed = 30

// Confirm adds a confirmation, or replaces the one of its id.
func (r *Retained) Confirm(c Confirmation) {
	r.Confirmed = slices.Clone(r.Confirmed)
	if i := slices.IndexFunc(r.Confirmed, func(x Confirmation) bool { return x.ID == c.ID }); i >= 0 {
		r.Confirmed[i] = c
		return
	}
	r.Confirmed = append(r.Confirmed, c)
	for len(r.Confirmed) > mostConfirmed {
		i := slices.IndexFunc(r.Confirmed, func(x Confirmation) bool { return !x.Open() })
		if i < 0 {
			return
		}
		r.Confirmed = slices.Delete(r.Confirmed, i, i+1)
	}
}

// Confirmation returns a confirmation by its id.
func (r Retained) Confirmation(id string) (Confirmation, bool) {
	i := slices.IndexFunc(r.Confirmed, func(x Confirmation) bool { return x.ID == id })
	if i < 0 {
		return Confirmation{}, false
	}
	return r.Confirmed[i], true
}

// Clear notes the last month of which a system's old entries are cleared; month ""
// takes the note away.
func (r *Retained) Clear(system, month string, at time.Time) {
	r.Cleared = slices.DeleteFunc(slices.Clone(r.Cleared), func(c Clearing) bool { return c.System == system })
	if month != "" {
		r.Cleared = append(r.Cleared, Clearing{System: system, Month: month, At: at})
	}
}

// ClearedMonth returns the last month of which a system's old entries are cleared,
// "" for none.
func (r Retained) ClearedMonth(system string) string {
	for _, c := range r.Cleared {
		if c.System == system {
			return c.Month
		}
	}
	return ""
}
