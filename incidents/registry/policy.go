package registry

import (
	"strconv"
	"time"
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
}

// Term is the span of a clock and the offsets from its start at which it warns.
type Term struct {
	Within time.Duration // 0: as soon as possible, no deadline
	Warn   []Mark
}

// Mark is one threshold of a clock: its short name and its offset from the start.
type Mark struct {
	Name  string // "w50", "h24", "due"
	After time.Duration
}

// ClientTerm returns the promise to clients and its warnings.
func (p Policy) ClientTerm() Term {
	within := time.Duration(p.ClientHours) * time.Hour
	if within == 0 {
		return Term{}
	}
	term := Term{Within: within}
	for _, percent := range p.ClientThresholds {
		term.Warn = append(term.Warn, Mark{Name: "w" + strconv.Itoa(percent), After: within * time.Duration(percent) / 100})
	}
	term.Warn = append(term.Warn, Mark{Name: "due", After: within})
	return term
}

// AuthorityTerm returns the law's term and its warnings.
func (p Policy) AuthorityTerm() Term {
	within := time.Duration(p.AuthorityHours) * time.Hour
	term := Term{Within: within}
	for _, hours := range p.AuthorityThresholds {
		term.Warn = append(term.Warn, Mark{Name: "h" + strconv.Itoa(hours), After: time.Duration(hours) * time.Hour})
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
