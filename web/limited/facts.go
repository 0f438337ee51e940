package limited

import (
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/web/page"
	"datalek/web/parts"
)

// caseRow is one case in a list.
type caseRow struct {
	Href, Title, Reference, State string
	Case                          *incidents.Incident
}

func (a *Area) caseRow(c echo.Context, base string, inc *incidents.Incident) caseRow {
	return caseRow{Href: base + inc.ID, Title: a.kindOf(c, inc), Reference: inc.Reference, State: page.T(c, "limited.state."+string(inc.State)), Case: inc}
}

func (a *Area) kindOf(c echo.Context, inc *incidents.Incident) string {
	if p, known := a.opts.Book.Playbook(inc.Facts.Playbook); known {
		return p.Title[page.Lang(c)]
	}
	return inc.Facts.Playbook
}

// facts are those of a case that name nobody: what was chosen from lists, and times.
func (a *Area) facts(c echo.Context, inc *incidents.Incident, systems map[string]string) []parts.Row {
	row := func(key string, lines ...string) parts.Row {
		r := parts.Row{Key: page.T(c, "limited.fact."+key)}
		if len(lines) > 0 {
			r.Value, r.Lines = lines[0], lines[1:]
		}
		return r
	}
	f := inc.Facts
	rows := []parts.Row{row("kind", a.kindOf(c, inc)), row("state", page.T(c, "limited.state."+string(inc.State))), row("aware", a.at(c, inc))}
	var held, kinds, breaches []string
	for _, id := range f.Systems {
		held = append(held, nameOr(systems, id))
	}
	for _, k := range f.Categories {
		kinds = append(kinds, page.CategoryText(c, k))
	}
	for _, k := range f.BreachKinds {
		breaches = append(breaches, page.BreachKindText(c, k))
	}
	rows = append(rows, row("systems", joined(held)...), row("categories", joined(kinds)...), row("breach", joined(breaches)...),
		row("role", page.RoleText(c, f.Role)))
	for _, clock := range inc.Clocks {
		if clock.Kind.OwnDuty() {
			rows = append(rows, parts.Row{Key: page.T(c, "limited.clock."+string(clock.Kind), "authority", page.Practice(c).Authority), Value: a.clockText(c, clock)})
		}
	}
	return rows
}

func (a *Area) at(c echo.Context, inc *incidents.Incident) string {
	return page.FormatMoment(page.Lang(c), inc.AwareAt(), page.Zone(c))
}

func (a *Area) clockText(c echo.Context, clock incidents.Clock) string {
	due, some := clock.DueAt()
	when := ""
	if some {
		when = page.FormatMoment(page.Lang(c), due, page.Zone(c))
	}
	switch state := clock.State(page.Now(c)); {
	case state == incidents.ClockIsMet:
		return page.T(c, "limited.clock_met", "at", page.FormatMoment(page.Lang(c), clock.MetAt, page.Zone(c)))
	case state == incidents.ClockIsEnded:
		return page.T(c, "limited.clock_ended")
	case state == incidents.ClockOverdue:
		return page.T(c, "limited.clock_overdue", "at", when)
	case when == "":
		return page.T(c, "limited.clock_soon")
	default:
		return page.T(c, "limited.clock_due", "at", when)
	}
}

// personRow is how one person is in a case.
type personRow struct {
	Name, Href, Group string
	Certainty         string // the kind of the partial "status"
	Reasons           []string
	Told              string
}

func (a *Area) personRow(c echo.Context, inc *incidents.Incident, f incidents.Affected, systems map[string]string, told map[string]incidents.Telling) personRow {
	row := personRow{Group: page.GroupText(c, f.Group), Certainty: string(f.Certainty), Told: page.T(c, "limited.not_told")}
	for _, r := range f.Reasons {
		row.Reasons = append(row.Reasons, page.WordsOf(c).CaseReason(page.Lang(c), inc, r, nameOr(systems, r.System), page.Zone(c)))
	}
	if t, some := told[f.ID]; some {
		row.Told = page.T(c, "limited.told", "at", page.FormatMoment(page.Lang(c), t.At, page.Zone(c)))
	}
	return row
}

// firstTold is when each person was first told, of those who were.
func firstTold(all []incidents.Telling) map[string]incidents.Telling {
	first := map[string]incidents.Telling{}
	for _, t := range all {
		if before, some := first[t.Person]; t.State.Told() && (!some || t.At.Before(before.At)) {
			first[t.Person] = t
		}
	}
	return first
}

func nameOr(names map[string]string, id string) string {
	if name := names[id]; name != "" {
		return name
	}
	return id
}

// joined is a list as one value, none when it is empty.
func joined(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	return []string{strings.Join(list, ", ")}
}
