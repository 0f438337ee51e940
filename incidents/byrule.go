package incidents

import (
	"slices"
	"strings"

	"datalek/incidents/registry"
)

// HeldRule is a rule of the practice by which an assessment found what a system
// keeps about people of one relation. The case keeps those that counted, so that a
// rule that changes later changes no ground that was given.
type HeldRule struct {
	System          string
	Relation        registry.Relation
	Categories      []registry.Category
	Identifiability registry.Identifiability
	KeySystem       string
	Note            string              // the practice's own words; "" for none
	From            registry.RetainFrom // what the term of keeping counts from
	Months          int
	Source          string // document and place of that term; "" for none
}

// heldKey names a rule: one system and one relation.
type heldKey struct {
	system   string
	relation registry.Relation
}

// HeldRules returns the rules that counted so far, by system and relation.
func (a *Assessor) HeldRules() []HeldRule {
	var rules []HeldRule
	for key := range a.used {
		rules = append(rules, a.heldRule(key))
	}
	slices.SortFunc(rules, func(x, y HeldRule) int {
		if x.System != y.System {
			return strings.Compare(x.System, y.System)
		}
		return strings.Compare(string(x.Relation), string(y.Relation))
	})
	return rules
}

func (a *Assessor) heldRule(key heldKey) HeldRule {
	n := slices.IndexFunc(a.systems, func(s registry.System) bool { return s.ID == key.system })
	rule, _ := a.systems[n].RuleFor(key.relation)
	retain := a.policy.Retains(key.system, key.relation)
	return HeldRule{System: key.system, Relation: key.relation, Categories: rule.Categories, Identifiability: rule.Identifiability,
		KeySystem: rule.KeySystem, Note: rule.Note, From: retain.From, Months: retain.Months, Source: retain.Source}
}

// HeldBy returns the kept rule that a ground speaks of.
func (i *Incident) HeldBy(r Reason) (HeldRule, bool) {
	n := slices.IndexFunc(i.HeldRules, func(h HeldRule) bool { return h.System == r.System && h.Relation == r.Relation })
	if r.Code != ReasonByRule || n < 0 {
		return HeldRule{}, false
	}
	return i.HeldRules[n], true
}

// byRule finds somebody of whom the practice's rules say what is held, and names the
// rule or the exception behind each ground.
func (a *Assessor) byRule(c registry.Client) (Certainty, []Reason) {
	holdings := registry.RuleHoldings(c, a.systems, a.policy, a.zone)
	certainty, reasons := a.scope.matchAll(holdings)
	a.allowDestroying(c.Relation, reasons)
	reasons = a.sayCleared(c, reasons)
	if certainty == None {
		return None, a.unheld(c, holdings, reasons)
	}
	return certainty, a.nameRules(c, reasons)
}

// nameRules adds to each holding of the grounds where it comes from.
func (a *Assessor) nameRules(c registry.Client, reasons []Reason) []Reason {
	named := make([]Reason, 0, len(reasons)+2)
	for _, r := range reasons {
		named = append(named, r)
		switch {
		case r.Code != ReasonHeld:
		case c.Excepted(r.System):
			named = append(named, Reason{Code: ReasonByException, System: r.System})
		default:
			a.used[heldKey{r.System, c.Relation}] = true
			named = append(named, Reason{Code: ReasonByRule, System: r.System, Relation: c.Relation})
		}
	}
	return named
}

// unheld adds which of the breached systems keep nothing about somebody, by a rule
// or by an exception, to the grounds why he is not affected.
func (a *Assessor) unheld(c registry.Client, holdings []registry.Holding, reasons []Reason) []Reason {
	var why []Reason
	for _, s := range a.systems {
		if a.scope.systems != nil && !a.scope.systems[s.ID] || slices.ContainsFunc(holdings, func(h registry.Holding) bool { return h.System == s.ID }) {
			continue
		}
		if slices.Contains(c.Without, s.ID) {
			why = append(why, Reason{Code: ReasonWithout, System: s.ID})
		} else {
			why = append(why, Reason{Code: ReasonNotKept, System: s.ID, Relation: c.Relation})
		}
	}
	if len(why) == 0 {
		return reasons
	}
	if len(holdings) == 0 {
		return why
	}
	return append(why, reasons...)
}
