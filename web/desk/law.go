package desk

import (
	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/law"
	"datalek/incidents/registry"
	"datalek/web/page"
	"datalek/web/parts"
)

// lawRows lists the rules of law of a case: those of the day on which the practice
// became aware, and the edition of the form that counts today.
func (a *Area) lawRows(c echo.Context, inc *incidents.Incident) []parts.Row {
	practice := page.Practice(c)
	rules := inc.Law
	if len(rules) == 0 { // from before cases kept their rules
		rules = a.book.LawOf(practice, inc.AwareAt())
	}
	today := a.book.Law().On(practice.Authority, registry.DateOf(page.Now(c), page.Zone(c)))
	if form, some := today.Of(law.FormEdition); some {
		rules = append(rules[:len(rules):len(rules)], form)
	}
	var rows []parts.Row
	for _, topic := range law.Topics() {
		if r, some := rules.Of(topic); some {
			rows = append(rows, parts.Row{Key: page.T(c, "law.topic."+string(topic), "authority", string(practice.Authority)), Value: r.Words(page.Lang(c)), Lines: lawLines(c, r)})
		}
	}
	return rows
}

// lawLines says where a rule stands and when it holds.
func lawLines(c echo.Context, r law.Rule) []string {
	day := func(d registry.Date) string { return page.FormatDay(page.Lang(c), d) }
	lines := []string{page.T(c, "law.source", "document", r.Source.Document, "article", r.Source.Article)}
	if r.Until.IsZero() {
		return append(lines, page.T(c, "law.since", "from", day(r.From)))
	}
	return append(lines, page.T(c, "law.span", "from", day(r.From), "until", day(r.Until)))
}
