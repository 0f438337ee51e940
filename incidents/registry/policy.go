package registry

import (
	"slices"
	"strconv"
	"time"

	"datalek/incidents/fault"
)

// Policy is one practice's promises and retention rules as data, copied into the
// practice when it chooses one, so that a later edition changes nothing unseen.
type Policy struct {
	ID string // "refleact-48"
	// ClientHours is the promise to clients in elapsed hours; 0 promises no hours
	// and the client clock reads "as soon as possible".
	ClientHours int
	// ClientThresholds are the shares of the client clock, in percent, at which
	// the practitioner is warned. The deadline itself always warns.
	ClientThresholds []int
	// AuthorityHours is the law's term (GDPR Art. 33(1)), 72.
	AuthorityHours int
	// AuthorityThresholds are hours after awareness at which warnings go out.
	AuthorityThresholds []int
	// NameInMail allows the client's name in a salutation.
	NameInMail bool
	// Formal addresses Dutch readers as "u"; false says "je".
	Formal bool
	// RetainMonths is how long data is kept after the last day of guidance by the
	// practice's rules; 0: gone on the day after.
	RetainMonths int
	// Source names the document and place each promise comes from.
	Source string
	// ClientAlarms and AuthorityAlarms are those of the thresholds that need a
	// person: when they fire, one person after the other is asked until somebody
	// has seen it. Nil takes DefaultClientAlarms and DefaultAuthorityAlarms; the
	// deadline itself always alarms.
	ClientAlarms    []int
	AuthorityAlarms []int
	// EscalateMinutes and EscalateShare are the pace of Escalation; 0 takes the usual one.
	EscalateMinutes int
	EscalateShare   int
	// PreliminaryLeadHours is how long before the client deadline a preliminary
	// notice goes by itself when nobody has decided; 0: never.
	PreliminaryLeadHours int
	// PreliminaryUpdateHours is how long after that its readers hear more, as it
	// says; 0 takes three days.
	PreliminaryUpdateHours int
}

// defaultUpdateHours is by when the readers of a preliminary notice hear more.
const defaultUpdateHours = 72

// PreliminaryLead returns how long before the client deadline a notice goes by
// itself, 0 for never: no policy without promised hours has one.
func (p Policy) PreliminaryLead() time.Duration {
	if p.PreliminaryLeadHours <= 0 || p.PreliminaryLeadHours >= p.ClientHours {
		return 0
	}
	return time.Duration(p.PreliminaryLeadHours) * time.Hour
}

// PreliminaryUpdate returns how long after a preliminary notice its readers hear more.
func (p Policy) PreliminaryUpdate() time.Duration {
	if p.PreliminaryUpdateHours <= 0 {
		return defaultUpdateHours * time.Hour
	}
	return time.Duration(p.PreliminaryUpdateHours) * time.Hour
}

// CheckPreliminary adds a fault at field for a lead that cannot be.
func (p Policy) CheckPreliminary(faults *fault.List, field string) {
	switch {
	case p.PreliminaryLeadHours == 0:
	case p.ClientHours == 0:
		faults.Add(field, "error.preliminary_no_promise", "this policy promises no hours, so there is no deadline to go by; leave this empty")
	case p.PreliminaryLeadHours < 0 || p.PreliminaryLeadHours >= p.ClientHours:
		faults.Add(field, "error.preliminary_lead", "give whole hours, at least 1 and fewer than the promise to clients has")
	}
}

// Term is the span of a clock and the offsets from its start at which it warns.
type Term struct {
	Within     time.Duration // 0: as soon as possible, no deadline
	Warn       []Mark
	Escalation Escalation
}

// Mark is one threshold of a clock: its short name and its offset from the start.
type Mark struct {
	Name  string // "w50", "h24", "due"
	After time.Duration
	Alarm bool // needs a person; the deadline itself always does
}

// Escalation is the pace at which an alarm goes from one person to the next.
type Escalation struct {
	After time.Duration // at most this long for each; 0 takes two hours
	Share int           // and at most this share, in percent, of what is left until the deadline; 0 takes half
}

// OrDefault fills in the usual pace.
func (e Escalation) OrDefault() Escalation {
	if e.After <= 0 {
		e.After = 2 * time.Hour
	}
	if e.Share <= 0 || e.Share > 100 {
		e.Share = 50
	}
	return e
}

func (p Policy) escalation() Escalation {
	return Escalation{After: time.Duration(p.EscalateMinutes) * time.Minute, Share: p.EscalateShare}
}

// DefaultClientAlarms are the shares of the client clock, in percent, at which a
// person is needed.
func DefaultClientAlarms() []int { return []int{75, 90} }

// DefaultAuthorityAlarms are the hours after awareness at which one is.
func DefaultAuthorityAlarms() []int { return []int{60, 68, 71} }

// orDefault returns the numbers, or the usual ones when none were ever set.
func orDefault(numbers, usual []int) []int {
	if numbers == nil {
		return usual
	}
	return numbers
}

// ClientTerm returns the promise to clients and its warnings.
func (p Policy) ClientTerm() Term {
	within := time.Duration(p.ClientHours) * time.Hour
	if within == 0 {
		return Term{}
	}
	term := Term{Within: within, Escalation: p.escalation()}
	alarms := orDefault(p.ClientAlarms, DefaultClientAlarms())
	for _, percent := range p.ClientThresholds {
		term.Warn = append(term.Warn, Mark{Name: "w" + strconv.Itoa(percent), After: within * time.Duration(percent) / 100, Alarm: slices.Contains(alarms, percent)})
	}
	term.Warn = append(term.Warn, Mark{Name: "due", After: within})
	return term
}

// AuthorityTerm returns the law's term and its warnings.
func (p Policy) AuthorityTerm() Term {
	within := time.Duration(p.AuthorityHours) * time.Hour
	term := Term{Within: within, Escalation: p.escalation()}
	alarms := orDefault(p.AuthorityAlarms, DefaultAuthorityAlarms())
	for _, hours := range p.AuthorityThresholds {
		term.Warn = append(term.Warn, Mark{Name: "h" + strconv.Itoa(hours), After: time.Duration(hours) * time.Hour, Alarm: slices.Contains(alarms, hours)})
	}
	term.Warn = append(term.Warn, Mark{Name: "due", After: within})
	return term
}

// RuleHoldings returns what the practice's rules say is held about a client
// whose holdings were never listed: every system in use holds its categories
// from the first day of guidance until the retention after the last.
func RuleHoldings(c Client, systems []System, policy Policy, zone *time.Location) []Holding {
	first, last, open := guidanceSpan(c.Guidance)
	if first.IsZero() {
		return ruleFor(systems, nil, nil)
	}
	from := first.Start(zone)
	if open {
		return ruleFor(systems, &from, nil)
	}
	until := last.AddDays(1).AddMonths(policy.RetainMonths).Start(zone)
	return ruleFor(systems, &from, &until)
}

func ruleFor(systems []System, from, until *time.Time) []Holding {
	var holdings []Holding
	for _, s := range systems {
		h := Holding{System: s.ID, Categories: s.Categories, Identifiability: s.Identifiability, From: from, Until: until}
		if ended := s.EndedAt; !ended.IsZero() && (until == nil || ended.Before(*until)) {
			h.Until = &ended // no longer in use; what it held is not thereby destroyed
		}
		holdings = append(holdings, h)
	}
	return holdings
}

func guidanceSpan(spans []Guidance) (first, last Date, open bool) {
	for _, g := range spans {
		if first.IsZero() || g.From.Compare(first) < 0 {
			first = g.From
		}
		if g.Until.IsZero() {
			open = true
		} else if last.IsZero() || g.Until.Compare(last) > 0 {
			last = g.Until
		}
	}
	return first, last, open
}
