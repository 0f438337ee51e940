package desk

import (
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/web/kindform"
	"datalek/web/page"
	"datalek/web/parts"
)

// known lists the facts of a case as questions and answers. With links each
// row leads to where it can be changed.
func (a *Area) known(c echo.Context, inc *incidents.Incident, systems map[string]string, links bool) []parts.Row {
	f, s := inc.Facts, inc.Story
	whose := whoseRow(c, inc)
	rows := []parts.Row{
		whose,
		row(c, "playbook", a.kindOf(c, inc)),
		row(c, "summary", s.Summary),
		row(c, "occurred_from", orUnknown(c, f.OccurredFrom, f.OccurredApprox)),
		row(c, "occurred_until", orUnknown(c, f.OccurredUntil, f.OccurredApprox)),
		row(c, "discovered_at", instant(c, f.DiscoveredAt)),
		row(c, "aware_at", instant(c, inc.AwareAt()), inc.Aware[len(inc.Aware)-1].Basis),
		row(c, "systems", "", systemLines(c, f.Systems, systems, f.HandPicked)...),
		row(c, "categories", "", categoryLines(c, f.Categories)...),
		row(c, "breach_kinds", "", weighedKindLines(c, inc)...),
		row(c, "unintelligible", page.UnintelligibleText(c, inc.Unreadable()), unreadableSource(c, inc)...),
	}
	if s.DiscoveredHow != "" {
		rows = slices.Insert(rows, 6, row(c, "discovered_how", s.DiscoveredHow))
	}
	if f.HandPicked {
		rows = append(rows, row(c, "subjects", "", append(slices.Clone(s.Subjects.Emails), s.Subjects.ExternalIDs...)...))
	}
	if len(s.Recipients) > 0 {
		rows = append(rows, row(c, "recipients", "", recipientLines(c, s.Recipients)...))
	}
	asked := kindform.Rows(c, a.playbookOf(inc), s.Answers)
	if links && inc.State == incidents.StateOpen {
		for i := range rows {
			rows[i].Href = homeOf(inc) + "/facts#" + rows[i].Href
		}
		rows[0].Href = homeOf(inc) + "/whose"
		for i := range asked {
			asked[i].Href = homeOf(inc) + "/answers#" + asked[i].Href
		}
		return append(rows, asked...)
	}
	rows = append(rows, asked...)
	for i := range rows {
		rows[i].Href = ""
	}
	return rows
}

// withPromptness adds whether the supplier that reported the case told in time.
// Nobody can change that by hand, so the row leads nowhere.
func (a *Area) withPromptness(c echo.Context, inc *incidents.Incident, rows []parts.Row) ([]parts.Row, error) {
	of, some, err := a.office.Suppliers(inc.PracticeID).Of(c.Request().Context(), inc)
	if err != nil || !some {
		return rows, err
	}
	return append(rows, parts.Row{Key: page.T(c, "supplier.reports.prompt"), Value: page.PromptnessText(c, of.Promptness)}), nil
}

// row makes one question and its answer; Href holds the field's name for now.
func row(c echo.Context, field, value string, lines ...string) parts.Row {
	return parts.Row{Key: page.T(c, "desk.fact."+field), Value: value, Lines: lines, Href: field}
}

func instant(c echo.Context, t time.Time) string {
	return page.FormatInstant(page.Lang(c), t, page.Zone(c))
}

func orUnknown(c echo.Context, t *time.Time, approx bool) string {
	switch {
	case t == nil:
		return page.T(c, "desk.fact.unknown")
	case approx:
		return page.T(c, "desk.fact.about", "at", instant(c, *t))
	default:
		return instant(c, *t)
	}
}

func systemLines(c echo.Context, ids []string, names map[string]string, handPicked bool) []string {
	if ids == nil {
		if handPicked {
			return []string{page.T(c, "desk.fact.systems_by_hand")}
		}
		return []string{page.T(c, "desk.fact.systems_unknown")}
	}
	var lines []string
	for _, id := range ids {
		name := names[id]
		if name == "" {
			name = id
		}
		lines = append(lines, name)
	}
	return lines
}

func categoryLines(c echo.Context, categories []registry.Category) []string {
	if categories == nil {
		return []string{page.T(c, "desk.fact.categories_all")}
	}
	var lines []string
	for _, v := range categories {
		lines = append(lines, page.CategoryText(c, v))
	}
	return lines
}

func breachKindLines(c echo.Context, kinds []incidents.BreachKind) []string {
	if kinds == nil {
		return []string{page.T(c, "desk.fact.unknown")}
	}
	var lines []string
	for _, v := range kinds {
		lines = append(lines, page.BreachKindText(c, v))
	}
	return lines
}

// weighedKindLines are the kinds of breach, and where nobody chose them those that
// are weighed in their place.
func weighedKindLines(c echo.Context, inc *incidents.Incident) []string {
	if len(inc.Facts.BreachKinds) > 0 || len(inc.Facts.Usual) == 0 {
		return breachKindLines(c, inc.Facts.BreachKinds)
	}
	return append(breachKindLines(c, inc.Facts.Usual), page.T(c, "desk.fact.usual_kinds"))
}

// unreadableSource says that unreadability follows from an answer to the kind's
// questions, where nobody recorded it himself.
func unreadableSource(c echo.Context, inc *incidents.Incident) []string {
	if inc.Unreadable() == inc.Facts.Unintelligible {
		return nil
	}
	return []string{page.T(c, "desk.fact.from_answers")}
}

func recipientLines(c echo.Context, recipients []incidents.Recipient) []string {
	var lines []string
	for _, r := range recipients {
		lines = append(lines, r.Email+" ("+page.RecipientText(c, r.Kind)+")")
	}
	return lines
}
