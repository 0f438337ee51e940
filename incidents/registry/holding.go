package registry

import (
	"fmt"
	"slices"
	"time"

	"datalek/incidents/fault"
)

// HoldingRule is what a system keeps about some of the people the practice knows,
// so that nobody keeps a list by hand: "the mailbox holds name and contact of
// clients", "the notes are nameless".
type HoldingRule struct {
	Relations       []Relation      // none: everyone
	Categories      []Category      // none: all that the system holds
	Identifiability Identifiability // "": the system's
	KeySystem       string          // pseudonymised: the system with the key; "" not known
	Note            string          // in the practice's own words; "" for none
}

// Fits reports whether the rule is about a relation.
func (r HoldingRule) Fits(relation Relation) bool {
	return len(r.Relations) == 0 || slices.Contains(r.Relations, relation)
}

// Gone is a confirmed destruction of what a system kept about somebody.
type Gone struct {
	System string
	At     time.Time
	// Pseudonymised: what identifies him was taken out, and the rest was kept.
	Pseudonymised bool
	// Kept are the kinds that stayed by his permission.
	Kept []Category
}

// mostHoldingRules bounds the rules of one system.
const mostHoldingRules = 30

// RuleFor returns what a system keeps about people of a relation, and false when
// it keeps nothing about them. A system without rules keeps all its categories
// about everyone.
func (s System) RuleFor(relation Relation) (HoldingRule, bool) {
	if len(s.Rules) == 0 {
		return HoldingRule{Categories: s.Categories, Identifiability: s.Identifiability}, true
	}
	i := slices.IndexFunc(s.Rules, func(r HoldingRule) bool { return r.Fits(relation) })
	if i < 0 {
		return HoldingRule{}, false
	}
	r := s.Rules[i]
	if len(r.Categories) == 0 {
		r.Categories = s.Categories
	}
	if r.Identifiability == "" {
		r.Identifiability = s.Identifiability
	}
	return r, true
}

func (s System) checkRules(faults *fault.List) {
	tooMany(faults, "rules", len(s.Rules), mostHoldingRules)
	for i, r := range s.Rules {
		field := fmt.Sprintf("rules.%d.", i)
		r.check(faults, field)
		if slices.ContainsFunc(s.Rules[:i], func(before HoldingRule) bool { return len(before.Relations) == 0 }) {
			faults.Add(field+"relations", "error.holding_rule_hidden", "a rule for everyone stands before this one, so this one never holds; put that one last")
		}
	}
}

func (r HoldingRule) check(faults *fault.List, field string) {
	for n, relation := range r.Relations {
		if !slices.Contains(Relations(), relation) {
			faults.Add(fmt.Sprintf("%srelations.%d", field, n), "error.relation", "choose a relation from the list")
		}
	}
	if len(r.Categories) > 0 {
		CheckCategories(faults, field+"categories", r.Categories)
	}
	if r.Identifiability != "" && !r.Identifiability.Valid() {
		faults.Add(field+"identifiability", "error.identifiability", "choose identified, pseudonymised or anonymous")
	}
	if r.KeySystem != "" {
		checkSlug(faults, field+"key_system", r.KeySystem)
	}
	CheckLine(faults, field+"note", r.Note, 0, 300)
}

// RuleHoldings returns what is held about somebody by the practice's rules and his
// exceptions. A system in use keeps what its rule says from his first day until the
// term of the retention rule that fits, counted from his last. A term ends a
// holding only in the sense of Holding.Until: from then on the data may be there
// still, until its destruction is confirmed. The time that a rule allows for
// destroying comes after that end.
//
// His own Holdings stand in place of the rule of their system, and Without names
// systems that keep nothing about him.
func RuleHoldings(c Client, systems []System, policy Policy, zone *time.Location) []Holding {
	span := c.span()
	var holdings []Holding
	for _, s := range systems {
		if slices.Contains(c.Without, s.ID) || c.Excepted(s.ID) {
			continue
		}
		if rule, some := s.RuleFor(c.Relation); some {
			holdings = append(holdings, span.held(c, s, rule, policy, zone)...)
		}
	}
	return append(holdings, c.Holdings...)
}

// Excepted reports whether a holding of his own stands in place of a system's rule.
func (c Client) Excepted(system string) bool {
	return slices.ContainsFunc(c.Holdings, func(h Holding) bool { return h.System == system })
}

// clientSpan is from when until when somebody was known to the practice.
type clientSpan struct {
	first, last Date // zero: not known
	open        bool // still a client, or nobody noted that it ended
}

// held returns what one system keeps by its rule: one holding, and a second one for
// somebody who came back after what was kept about him had been destroyed.
func (span clientSpan) held(c Client, s System, rule HoldingRule, policy Policy, zone *time.Location) []Holding {
	h := Holding{System: s.ID, Categories: rule.Categories, Identifiability: rule.Identifiability, KeySystem: rule.KeySystem}
	if !span.first.IsZero() {
		from := span.first.Start(zone)
		h.From = &from
	}
	h.Until = policy.until(s.ID, c, zone)
	if stay := policy.Retains(s.ID, c.Relation).staysFor(c, h.Categories); len(stay) > 0 && len(stay) == len(h.Categories) {
		h.Until = nil // he agreed that all of it stays
	}
	if ended := s.EndedAt; !ended.IsZero() && (h.Until == nil || ended.Before(*h.Until)) {
		h.Until = &ended // no longer in use; what it held is not thereby destroyed
	}
	if c.Exempted(s.ID) {
		h.Until = nil
	}
	gone, some := c.LastGone(s.ID)
	if !some {
		return []Holding{h}
	}
	first := h
	first.DestroyedAt = &gone.At
	all := append([]Holding{first}, c.leftBy(gone, h)...)
	if back, again := c.backAfter(DateOf(gone.At, zone)); again {
		from := back.Start(zone)
		if from.Before(gone.At) {
			from = gone.At
		}
		h.From = &from
		all = append(all, h)
	}
	return all
}

// LastGone returns the last confirmation that a system keeps nothing more about him,
// and false when there is none.
func (c Client) LastGone(system string) (Gone, bool) {
	var last Gone
	for _, g := range c.Gone {
		if g.System == system && g.At.After(last.At) {
			last = g
		}
	}
	return last, !last.At.IsZero()
}

// leftBy returns what a destruction left: what no longer names him, and what he
// agreed to. Once he takes his word back that should be gone at once.
func (c Client) leftBy(g Gone, h Holding) []Holding {
	var left []Holding
	h.From, h.Until = &g.At, nil
	if rest := withoutNaming(h.Categories); g.Pseudonymised && h.Identifiability == Identified && len(rest) > 0 {
		nameless := h
		nameless.Identifiability, nameless.Categories = Pseudonymised, rest
		left = append(left, nameless)
	}
	if len(g.Kept) > 0 {
		h.Categories = g.Kept
		if c.KeepAgreed.IsZero() {
			h.Until = &g.At
		}
		left = append(left, h)
	}
	return left
}

func withoutNaming(categories []Category) []Category {
	var rest []Category
	for _, k := range categories {
		if !k.Names() {
			rest = append(rest, k)
		}
	}
	return rest
}

// backAfter returns the first day since which he has been known again after day,
// and false when nothing of his is later.
func (c Client) backAfter(day Date) (Date, bool) {
	var back Date
	for _, g := range c.Guidance {
		if !g.Until.IsZero() && g.Until.Compare(day) <= 0 {
			continue
		}
		if back.IsZero() || g.From.Compare(back) < 0 {
			back = g.From
		}
	}
	if back.IsZero() && c.LastContact.Compare(day) > 0 {
		back = c.LastContact
	}
	return back, !back.IsZero()
}

// TermEnds returns the first day on which a system should no longer hold data about
// somebody, and false where that has no end or is not known yet: he is still a
// client, or nobody noted his last contact.
func (p Policy) TermEnds(system string, c Client) (Date, bool) {
	span := c.span()
	if span.open || span.last.IsZero() {
		return Date{}, false
	}
	rule, last := p.Retains(system, c.Relation), span.last
	if rule.countsContact() && c.LastContact.Compare(last) > 0 {
		last = c.LastContact
	}
	return rule.endsFor(c, last)
}

// Stays returns which kinds of what a system keeps about somebody stay after their
// term by his permission; none without it.
func (p Policy) Stays(system string, c Client, categories []Category) []Category {
	return p.Retains(system, c.Relation).staysFor(c, categories)
}

// AsksToKeep reports whether the rules let something be kept after its term about
// people of a relation who agree to it.
func (p Policy) AsksToKeep(relation Relation) bool {
	return slices.ContainsFunc(p.Retention, func(r RetentionRule) bool {
		return r.Asks() && (len(r.Relations) == 0 || slices.Contains(r.Relations, relation))
	})
}

// MayStay returns the kinds of data that the rules let stay about people of a relation
// who agree to it.
func (p Policy) MayStay(relation Relation) []Category {
	var kinds []Category
	for _, r := range p.Retention {
		if len(r.Relations) > 0 && !slices.Contains(r.Relations, relation) {
			continue
		}
		for _, k := range r.WithPermission {
			if !slices.Contains(kinds, k) {
				kinds = append(kinds, k)
			}
		}
	}
	return kinds
}

// until is TermEnds as an instant, nil for never.
func (p Policy) until(system string, c Client, zone *time.Location) *time.Time {
	day, ends := p.TermEnds(system, c)
	if !ends {
		return nil
	}
	at := day.Start(zone)
	return &at
}

// countsContact reports whether a contact after guidance moves the term's end.
func (r RetentionRule) countsContact() bool {
	return r.From == FromLastContact || r.From == FromEntry // the last entry was made at the last contact
}

// span returns from when until when somebody was known: by his guidance, and by
// his contacts where he had none.
func (c Client) span() clientSpan {
	var span clientSpan
	for _, g := range c.Guidance {
		if span.first.IsZero() || g.From.Compare(span.first) < 0 {
			span.first = g.From
		}
		if g.Until.IsZero() {
			span.open = true
		} else if g.Until.Compare(span.last) > 0 {
			span.last = g.Until
		}
	}
	if !c.FirstContact.IsZero() && (span.first.IsZero() || c.FirstContact.Compare(span.first) < 0) {
		span.first = c.FirstContact
	}
	if len(c.Guidance) == 0 {
		span.last, span.open = c.LastContact, c.LastContact.IsZero()
	}
	return span
}
