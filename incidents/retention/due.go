package retention

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"datalek/incidents/registry"
)

// OwnSystem is the id of the system that this program itself is.
const OwnSystem = registry.OwnSystem

// Why says what makes an end of keeping.
type Why string

// The reasons.
const (
	ByRule      Why = "rule"      // the term of a rule of the practice
	SystemEnded Why = "ended"     // the system is no longer in use
	TookBack    Why = "took_back" // he took his permission back
	ByHand      Why = "own"       // a day noted for him alone
)

// Due is what one system keeps about one person and must be gone.
type Due struct {
	Client string
	System string
	// Day is the first day on which it should not be there, and Before the first on
	// which destroying it is late: later only where the rule leaves time for that.
	Day, Before registry.Date
	Why         Why
	Rule        registry.RetentionRule
	// Rolling: the system's old entries are cleared month by month, whoever they are about.
	Rolling bool
	// Exempt is why it is still there, zero when nobody said so.
	Exempt registry.Exemption
	// Stays are the kinds of data that stay by his permission.
	Stays []registry.Category
}

// Ready reports whether it may be destroyed on a day: his last day is over, or is today.
func (d Due) Ready(today registry.Date) bool { return d.Day.Compare(today.AddDays(1)) <= 0 }

// Month is the month of the day, "2027-03".
func (d Due) Month() string { return monthOf(d.Day) }

func monthOf(d registry.Date) string { return fmt.Sprintf("%04d-%02d", d.Year, int(d.Month)) }

// Rules is what ends are computed from.
type Rules struct {
	Policy  registry.Policy
	Systems []registry.System
	Zone    *time.Location
}

// RulesOf returns those of a practice.
func RulesOf(p registry.Practice, systems []registry.System) (Rules, error) {
	zone, err := p.Zone()
	if err != nil {
		return Rules{}, fmt.Errorf("time zone of the practice: %w", err)
	}
	return Rules{Policy: p.Policy, Systems: systems, Zone: zone}, nil
}

// Holdings returns what is held about somebody, by the rules or as it was noted.
func (r Rules) Holdings(c registry.Client) []registry.Holding {
	if !c.HoldingsByRule {
		return c.Holdings
	}
	return registry.RuleHoldings(c, r.Systems, r.Policy, r.Zone)
}

// Of returns what must be gone about somebody, one for each system, by system. What
// has no end yet, is confirmed to be gone, or names nobody, is not in it.
func (r Rules) Of(c registry.Client) []Due {
	bare := c
	bare.Exemptions = nil // whose data is kept for a reason is not forgotten
	var all []Due
	for _, h := range r.Holdings(bare) {
		d, ends := r.due(c, h)
		if !ends {
			continue
		}
		i := slices.IndexFunc(all, func(x Due) bool { return x.System == d.System })
		switch {
		case i < 0:
			all = append(all, d)
		case d.Day.Compare(all[i].Day) < 0:
			all[i] = d
		}
	}
	slices.SortFunc(all, func(a, b Due) int { return strings.Compare(a.System, b.System) })
	return all
}

func (r Rules) due(c registry.Client, h registry.Holding) (Due, bool) {
	if h.DestroyedAt != nil || h.Identifiability == registry.Anonymous {
		return Due{}, false
	}
	own := !c.HoldingsByRule || c.Excepted(h.System)
	d := Due{Client: c.ID, System: h.System, Why: ByRule, Rule: r.Policy.Retains(h.System, c.Relation), Stays: r.Policy.Stays(h.System, c, h.Categories)}
	switch {
	case h.Until != nil:
		d.Day, d.Why = registry.DateOf(*h.Until, r.Zone), r.why(c, h, own)
	case own:
		day, ends := r.Policy.TermEnds(h.System, c)
		if !ends || len(d.Stays) > 0 && len(d.Stays) == len(h.Categories) {
			return Due{}, false
		}
		d.Day = day
	default:
		return Due{}, false
	}
	d.Before = d.Day.AddDays(1)
	if d.Why == ByRule && d.Rule.WithinMonths > 0 {
		d.Before = d.Day.AddMonths(d.Rule.WithinMonths)
	}
	d.Rolling = d.Why == ByRule && d.Rule.From == registry.FromEntry
	d.Exempt, _ = c.ExemptionFrom(h.System)
	return d, true
}

// why says what ended a holding whose end is known.
func (r Rules) why(c registry.Client, h registry.Holding, own bool) Why {
	if own {
		return ByHand
	}
	if gone, some := c.LastGone(h.System); some && len(gone.Kept) > 0 && gone.At.Equal(*h.Until) {
		return TookBack
	}
	i := slices.IndexFunc(r.Systems, func(s registry.System) bool { return s.ID == h.System })
	if i >= 0 && !r.Systems[i].EndedAt.IsZero() && r.Systems[i].EndedAt.Equal(*h.Until) {
		return SystemEnded
	}
	return ByRule
}

// rolls returns the systems whose entries about somebody are cleared month by month.
func (r Rules) rolls(c registry.Client) []string {
	if !slices.ContainsFunc(r.Policy.Retention, func(rule registry.RetentionRule) bool { return rule.From == registry.FromEntry }) {
		return nil
	}
	var systems []string
	for _, h := range r.Holdings(c) {
		own := !c.HoldingsByRule || c.Excepted(h.System)
		if !own && h.DestroyedAt == nil && h.Identifiability != registry.Anonymous && r.Policy.Retains(h.System, c.Relation).From == registry.FromEntry {
			systems = append(systems, h.System)
		}
	}
	return systems
}
