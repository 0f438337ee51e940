package catalogue

import (
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents/registry"
	"datalek/web/page"
	"datalek/web/parts"
	"datalek/web/rules"
)

// The rules of a system in its form. Rows are numbered from 0; ruleCount says how
// many there are.
const (
	ruleCount = "rules.n"
	// mostRuleRows is how many rules the form takes, as the domain does.
	mostRuleRows = 30
	// keepPage is where the rules of keeping are changed.
	keepPage = "/settings/policy/edit#part-keep"
)

func ruleField(n int, part string) string { return "rules." + strconv.Itoa(n) + "." + part }

// ruleRows returns how many rules the form has.
func ruleRows(f *page.Form) int {
	n, err := strconv.Atoi(f.Get(ruleCount))
	if err != nil || n < 0 {
		return 0
	}
	return min(n, mostRuleRows)
}

// fillRules shows the rules of a system in the form.
func fillRules(f *page.Form, rules []registry.HoldingRule) {
	f.Set(ruleCount, strconv.Itoa(len(rules)))
	for n, r := range rules {
		for _, v := range r.Relations {
			f.Values.Add(ruleField(n, "relations"), string(v))
		}
		for _, v := range r.Categories {
			f.Values.Add(ruleField(n, "categories"), string(v))
		}
		f.Set(ruleField(n, "identifiability"), string(r.Identifiability))
		f.Set(ruleField(n, "key_system"), r.KeySystem)
		f.Set(ruleField(n, "note"), r.Note)
	}
}

// readRules returns the rules that the form says.
func readRules(f *page.Form) []registry.HoldingRule {
	var rules []registry.HoldingRule
	for n := range ruleRows(f) {
		r := registry.HoldingRule{Identifiability: registry.Identifiability(f.Get(ruleField(n, "identifiability"))), Note: f.Get(ruleField(n, "note"))}
		for _, v := range f.All(ruleField(n, "relations")) {
			r.Relations = append(r.Relations, registry.Relation(v))
		}
		for _, v := range f.All(ruleField(n, "categories")) {
			r.Categories = append(r.Categories, registry.Category(v))
		}
		if r.Identifiability == registry.Pseudonymised {
			r.KeySystem = f.Get(ruleField(n, "key_system"))
		}
		rules = append(rules, r)
	}
	return rules
}

// arrangeRules adds a rule or takes one away, as a button asks: "add", "drop.2". It
// reports whether the button was one of these.
func arrangeRules(f *page.Form) bool {
	what, at, _ := strings.Cut(f.Get("act"), ".")
	n := ruleRows(f)
	switch what {
	case "add":
		f.Set(ruleCount, strconv.Itoa(min(n+1, mostRuleRows)))
	case "drop":
		if gone, err := strconv.Atoi(at); err == nil && gone >= 0 && gone < n {
			dropRule(f, gone, n)
		}
	default:
		return false
	}
	return true
}

// dropRule takes a rule away and moves those behind it up.
func dropRule(f *page.Form, gone, n int) {
	for row := gone; row < n; row++ {
		for _, part := range []string{"relations", "categories", "identifiability", "key_system", "note"} {
			f.Values[ruleField(row, part)] = f.Values[ruleField(row+1, part)]
		}
	}
	f.Set(ruleCount, strconv.Itoa(n-1))
}

// fieldOfSystem names the field of the form that shows a fault of a system: the
// choices of one rule are one field.
func fieldOfSystem(field string) string {
	for _, list := range []string{"relations", "categories"} {
		if at := strings.Index(field, list+"."); at >= 0 && strings.HasPrefix(field, "rules.") {
			return field[:at+len(list)]
		}
	}
	return field
}

// ruleRow is one rule in the form: its place, and what can be chosen.
type ruleRow struct {
	N          int
	At         string // "rules.0"
	Drop       string
	Open       bool // the kinds of data are unfolded
	Relations  []parts.Option
	Categories []parts.Option
	Degrees    []parts.Option
}

func ruleRowsOf(c echo.Context, f *page.Form) []ruleRow {
	var out []ruleRow
	for n := range ruleRows(f) {
		out = append(out, ruleRow{N: n + 1, At: "rules." + strconv.Itoa(n), Drop: "drop." + strconv.Itoa(n),
			Open:       len(f.All(ruleField(n, "categories"))) > 0,
			Relations:  f.Options(ruleField(n, "relations"), page.RelationOptions(c)),
			Categories: f.Options(ruleField(n, "categories"), page.CategoryOptions(c)), Degrees: page.IdentifiabilityOptions(c)})
	}
	return out
}

// nameRuleFaults lets each fault of a rule say which rule it is about: a list of
// faults must be understood by itself.
func nameRuleFaults(c echo.Context, f *page.Form) {
	for i, x := range f.Faults {
		parts := strings.Split(x.Field, ".")
		if n, err := strconv.Atoi(parts[min(1, len(parts)-1)]); err == nil && parts[0] == "rules" {
			f.Faults[i].Message = page.T(c, "catalogue.rule.legend", "number", n+1) + ": " + x.Message
		}
	}
}

// keptRow says how long a system keeps what it holds about some people.
type keptRow struct {
	Who    string
	Term   string
	Source string
}

// keptRows are the rules of keeping that hold for a system, each with the people
// whose data is in it.
func keptRows(c echo.Context, s registry.System) []keptRow {
	policy := page.Practice(c).Policy
	var terms []registry.RetentionRule
	var who [][]string
	for _, relation := range registry.Relations() {
		if _, some := s.RuleFor(relation); !some {
			continue
		}
		r := policy.Retains(s.ID, relation)
		same := func(x registry.RetentionRule) bool { return sameTerm(x, r) }
		at := slices.IndexFunc(terms, same)
		if at < 0 {
			at, terms, who = len(terms), append(terms, r), append(who, nil)
		}
		who[at] = append(who[at], page.RelationText(c, relation))
	}
	out := make([]keptRow, len(terms))
	for i, r := range terms {
		out[i] = keptRow{Who: strings.Join(who[i], "; "), Term: rules.Term(page.WordsOf(c), page.Lang(c), r), Source: r.Source}
		if len(terms) == 1 {
			out[i].Who = page.T(c, "catalogue.rule.all_in_it")
		}
	}
	return out
}

func sameTerm(a, b registry.RetentionRule) bool {
	return a.From == b.From && a.Months == b.Months && a.WithinMonths == b.WithinMonths && a.Source == b.Source
}

// whoText says in a line whose data a system holds.
func whoText(c echo.Context, s registry.System) string {
	var who []string
	for _, relation := range registry.Relations() {
		if _, some := s.RuleFor(relation); some {
			who = append(who, page.RelationText(c, relation))
		}
	}
	if len(who) == len(registry.Relations()) {
		return page.T(c, "catalogue.rule.everyone")
	}
	return strings.Join(who, "; ")
}
