package law

import (
	"cmp"
	"maps"
	"slices"

	"datalek/incidents/registry"
)

// Law is every rule over time. The zero value knows none.
type Law struct{ rules []Rule }

// New returns the law that the rules make, and what is wrong with them over time.
// It is whole when there is no flaw.
func New(rules []Rule) (Law, []Flaw) {
	l := Law{rules: slices.Clone(rules)}
	slices.SortStableFunc(l.rules, func(a, b Rule) int {
		return cmp.Or(cmp.Compare(slices.Index(Topics(), a.Topic), slices.Index(Topics(), b.Topic)), a.From.Compare(b.From))
	})
	return l, l.flaws()
}

// On returns the rules that hold under an authority on a day, one for each topic.
func (l Law) On(a registry.Authority, day registry.Date) Set {
	var set Set
	for _, r := range l.rules {
		if r.under(a) && r.On(day) {
			r.Says = maps.Clone(r.Says)
			set = append(set, r)
		}
	}
	return set
}

// Flaw is what is wrong with the rules of one topic over time.
type Flaw struct {
	Kind  FlawKind
	Topic Topic
	// Authority is the one for which it is wrong.
	Authority registry.Authority
	Rule      string        // id of the rule after which, or over which, it is wrong; "" for none
	Other     string        // id of the rule it meets
	Day       registry.Date // the first day on which it is wrong
}

// FlawKind is a kind of flaw.
type FlawKind string

// The kinds.
const (
	Overlap FlawKind = "overlap" // two rules hold on the day
	Gap     FlawKind = "gap"     // none does
)

// Of returns every rule of a topic under an authority, the oldest first.
func (l Law) Of(topic Topic, a registry.Authority) []Rule { return l.about(topic, a) }

// FirstDay is the day from which breaches must be reported (GDPR Art. 99(2)), and
// the earliest on which a practice can have become aware of one.
func FirstDay() registry.Date { return registry.Date{Year: 2018, Month: 5, Day: 25} }

func (l Law) flaws() []Flaw {
	var found []Flaw
	for _, a := range []registry.Authority{registry.AP, registry.GBA} {
		for _, topic := range Topics() {
			rules, first := l.about(topic, a), FirstDay()
			if topic == FormEdition && len(rules) > 0 {
				first = rules[0].From // older editions are of no use: the authority's site has one
			}
			for _, flaw := range flawsOf(rules, first) {
				flaw.Topic, flaw.Authority = topic, a
				found = append(found, flaw)
			}
		}
	}
	return found
}

// about lists the rules of a topic under an authority, the oldest first.
func (l Law) about(topic Topic, a registry.Authority) []Rule {
	var list []Rule
	for _, r := range l.rules {
		if r.Topic == topic && r.under(a) {
			list = append(list, r)
		}
	}
	return list
}

// flawsOf follows the rules of one topic from the wanted day on: each must begin on
// the day after the one before has ended, and the last must not end.
func flawsOf(rules []Rule, wanted registry.Date) []Flaw {
	var found []Flaw
	last, open := "", false
	for n, r := range rules {
		switch {
		case open:
			found = append(found, Flaw{Kind: Overlap, Rule: r.ID, Other: last, Day: r.From})
		case r.From.Compare(wanted) > 0:
			found = append(found, Flaw{Kind: Gap, Rule: r.ID, Other: last, Day: wanted})
		case r.From.Compare(wanted) < 0 && n > 0:
			found = append(found, Flaw{Kind: Overlap, Rule: r.ID, Other: last, Day: r.From})
		}
		if open = open || r.Until.IsZero(); !open && r.Until.AddDays(1).Compare(wanted) > 0 {
			wanted = r.Until.AddDays(1)
		}
		last = r.ID
	}
	if !open {
		found = append(found, Flaw{Kind: Gap, Rule: last, Day: wanted})
	}
	return found
}
