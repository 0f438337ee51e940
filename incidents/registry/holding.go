package registry

import "time"

// RuleHoldings returns what the practice's rules say is held about a client
// whose holdings were never listed: every system in use holds its categories
// from the first day of guidance until the term of the rule that fits, counted
// from the last. A term ends a holding only in the sense of Holding.Until: from
// then on the data may be there still, since nobody confirmed its destruction.
// The time that a rule allows for destroying comes after that end.
func RuleHoldings(c Client, systems []System, policy Policy, zone *time.Location) []Holding {
	first, last, open := guidanceSpan(c.Guidance)
	var holdings []Holding
	for _, s := range systems {
		h := Holding{System: s.ID, Categories: s.Categories, Identifiability: s.Identifiability}
		if !first.IsZero() {
			from := first.Start(zone)
			h.From = &from
		}
		if !first.IsZero() && !open {
			h.Until = policy.until(s.ID, c.Relation, last, zone)
		}
		if ended := s.EndedAt; !ended.IsZero() && (h.Until == nil || ended.Before(*h.Until)) {
			h.Until = &ended // no longer in use; what it held is not thereby destroyed
		}
		holdings = append(holdings, h)
	}
	return holdings
}

// until returns the instant at which a system should hold nothing more, nil for never.
func (p Policy) until(system string, relation Relation, last Date, zone *time.Location) *time.Time {
	day, ends := p.RetainedUntil(system, relation, last)
	if !ends {
		return nil
	}
	at := day.Start(zone)
	return &at
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
