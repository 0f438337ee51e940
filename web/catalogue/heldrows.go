package catalogue

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents/registry"
	"datalek/web/casework"
	"datalek/web/page"
	"datalek/web/rules"
)

// holdingRow is what one system keeps about the client, and how that is known.
type holdingRow struct {
	System          string
	SystemID        string
	Nothing         bool // the system keeps nothing about him
	Categories      string
	Identifiability string
	Span            string
	Destroyed       string // empty: not confirmed
	Maybe           bool   // should be gone, and nobody confirmed that it is
	Why             string // the rule or the exception
	Exception       bool
	Edit            string // empty: a rule, which is changed at its system
	Except          string // where an exception is made; empty for one that is one
}

// holdingRows lists system by system what is kept about somebody. Where the rules
// hold, a system that keeps nothing has a line that says why.
func holdingRows(c echo.Context, x registry.Client, systems []registry.System) []holdingRow {
	names := systemNames(systems)
	var rows []holdingRow
	if x.HoldingsByRule {
		for _, s := range systems {
			rows = append(rows, ruleRowsFor(c, x, s, names)...)
		}
	}
	for i, h := range x.Holdings {
		row := heldRow(c, h, names)
		row.Edit, row.Exception = fmt.Sprintf("%s/holdings/%d", homeOf(x), i+1), x.HoldingsByRule
		if x.HoldingsByRule {
			row.Why = page.T(c, "catalogue.exception.held")
		}
		rows = append(rows, row)
	}
	return rows
}

// ruleRowsFor says what one system keeps by its rule, if no exception stands there.
func ruleRowsFor(c echo.Context, x registry.Client, s registry.System, names map[string]string) []holdingRow {
	row := holdingRow{System: s.Name, SystemID: s.ID, Nothing: true, Except: homeOf(x) + "/holdings/new?system=" + s.ID}
	rule, some := s.RuleFor(x.Relation)
	who := page.RelationText(c, x.Relation)
	switch {
	case slices.Contains(x.Without, s.ID):
		row.Why, row.Exception, row.Except = page.T(c, "catalogue.exception.without"), true, ""
		return []holdingRow{row}
	case x.Excepted(s.ID):
		return nil
	case !some:
		row.Why = page.T(c, "catalogue.held.no_rule", "who", who)
		return []holdingRow{row}
	}
	policy := page.Practice(c).Policy
	term := policy.Retains(s.ID, x.Relation)
	row.Why = page.T(c, "catalogue.held.by_rule", "who", who, "term", rules.Term(page.WordsOf(c), page.Lang(c), term))
	if rule.Note != "" {
		row.Why += " " + page.T(c, "reason.by_rule.note", "note", strings.TrimRight(rule.Note, "."))
	}
	x.Holdings = nil
	var rows []holdingRow
	for _, h := range registry.RuleHoldings(x, []registry.System{s}, policy, page.Zone(c)) {
		held := heldRow(c, h, names)
		held.Why, held.Except = row.Why, row.Except
		rows = append(rows, held)
	}
	return rows
}

func heldRow(c echo.Context, h registry.Holding, names map[string]string) holdingRow {
	row := holdingRow{System: cmp.Or(names[h.System], h.System), SystemID: h.System, Categories: categoryNames(c, h.Categories), Span: heldText(c, h),
		Identifiability: page.IdentifiabilityText(c, h.Identifiability)}
	if h.KeySystem != "" && h.Identifiability == registry.Pseudonymised {
		row.Identifiability += ": " + strings.TrimSpace(names[h.KeySystem])
	}
	if h.DestroyedAt != nil {
		row.Destroyed = page.FormatDay(page.Lang(c), registry.DateOf(*h.DestroyedAt, page.Zone(c)))
	}
	row.Maybe = h.DestroyedAt == nil && h.Until != nil && !h.Until.After(page.Now(c))
	return row
}

// holdsNothing notes that a system keeps nothing about somebody although its rule
// says so.
func (a *Area) holdsNothing(c echo.Context) error {
	return a.except(c, "catalogue.exception.without_done", func(x *registry.Client, system string) {
		x.Without = append(x.Without, system)
	})
}

// endExceptions lets a system's rule hold again for somebody.
func (a *Area) endExceptions(c echo.Context) error {
	return a.except(c, "catalogue.exception.ended", func(*registry.Client, string) {})
}

// except takes every exception of one system away, and then lets set make another.
func (a *Area) except(c echo.Context, done string, set func(x *registry.Client, system string)) error {
	return a.press(c, done, func(in *casework.ClientInput) error {
		x := &in.Client
		if !x.HoldingsByRule {
			return changed()
		}
		system := c.FormValue("system")
		x.Holdings = slices.DeleteFunc(x.Holdings, func(h registry.Holding) bool { return h.System == system })
		x.Without = slices.DeleteFunc(x.Without, func(id string) bool { return id == system })
		set(x, system)
		return nil
	})
}
