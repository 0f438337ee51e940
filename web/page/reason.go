package page

import (
	"strings"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/risk"
	"datalek/web/rules"
)

// Reason returns one ground of an assessment as a sentence. system is the name
// of the system it is about, "" when it is about none.
func (w *Words) Reason(lang string, r incidents.Reason, system string, zone *time.Location) string {
	when := ""
	switch {
	case r.At != nil:
		when = FormatDay(lang, registry.DateOf(*r.At, zone))
	case !r.Day.IsZero():
		when = FormatDay(lang, r.Day)
	}
	key := "reason." + string(r.Code)
	if when == "" {
		if text, some := w.Lookup(lang, key+".undated", "system", system); some {
			return text
		}
	}
	if r.At != nil && !r.Day.IsZero() {
		return w.T(lang, key+".by", "system", system, "when", when, "by", FormatDay(lang, r.Day))
	}
	if r.Relation != "" {
		return w.T(lang, key, "system", system, "who", w.who(lang, r.Relation))
	}
	return w.T(lang, key, "system", system, "when", when)
}

// CaseReason is Reason with the rule that the case keeps behind it.
func (w *Words) CaseReason(lang string, inc *incidents.Incident, r incidents.Reason, system string, zone *time.Location) string {
	rule, some := inc.HeldBy(r)
	if !some {
		return w.Reason(lang, r, system, zone)
	}
	return w.HeldRule(lang, rule, system)
}

// HeldRule says a rule that counted: what the system keeps about whom, how long, and
// by which document.
func (w *Words) HeldRule(lang string, rule incidents.HeldRule, system string) string {
	kinds := make([]string, len(rule.Categories))
	for i, category := range rule.Categories {
		kinds[i] = rules.LowerFirst(w.T(lang, "choice.category."+string(category)))
	}
	text := w.T(lang, "reason.by_rule.kinds", "system", system, "who", w.who(lang, rule.Relation), "kinds", strings.Join(kinds, ", "))
	if rule.From != "" {
		text += " " + w.T(lang, "reason.by_rule.term", "term", rules.LowerFirst(rules.Term(w, lang, registry.RetentionRule{From: rule.From, Months: rule.Months})))
	}
	if rule.Source != "" {
		text += " " + w.T(lang, "reason.by_rule.source", "source", rule.Source)
	}
	if rule.Note != "" {
		text += " " + w.T(lang, "reason.by_rule.note", "note", strings.TrimRight(rule.Note, "."))
	}
	return text
}

func (w *Words) who(lang string, r registry.Relation) string {
	return rules.LowerFirst(w.T(lang, "choice.relation."+string(r)))
}

// RiskReason returns one ground of a risk assessment as a sentence.
func (w *Words) RiskReason(lang string, r risk.Reason) string {
	category := ""
	if r.Category != "" {
		category = rules.LowerFirst(w.T(lang, "choice.category."+string(r.Category)))
	}
	return w.T(lang, "risk.reason."+string(r.Code), "category", category)
}
