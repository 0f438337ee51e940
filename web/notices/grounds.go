package notices

import (
	"context"
	"fmt"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/web/page"
	"datalek/web/parts"
)

// grounds lists what a text rests on, so that it can be read beside it.
func (a *Area) grounds(c echo.Context, inc *incidents.Incident) ([]parts.Row, error) {
	systems, err := a.systemNames(c.Request().Context(), inc)
	if err != nil {
		return nil, err
	}
	f, s := inc.Facts, inc.Story
	rows := []parts.Row{
		ground(c, "playbook", a.playbookTitle(c, f.Playbook)),
		ground(c, "window", windowText(c, f)),
		ground(c, "discovered", page.FormatMoment(page.Lang(c), f.DiscoveredAt, page.Zone(c))),
		ground(c, "systems", "", orUnknown(c, systems, "notices.ground.systems_unknown")...),
		ground(c, "categories", "", orUnknown(c, categoryTexts(c, f.Categories), "notices.ground.all_data")...),
		ground(c, "unintelligible", page.UnintelligibleText(c, f.Unintelligible)),
		ground(c, "taken", orNothing(c, s.MeasuresTaken)),
		ground(c, "planned", orNothing(c, s.MeasuresPlanned)),
		ground(c, "consequences", orNothing(c, s.Consequences)),
	}
	if n := len(s.Recipients); n > 0 {
		rows = append(rows, ground(c, "recipients", counted(c, "notices.ground.wrong", n)))
	}
	return rows, nil
}

func ground(c echo.Context, name, value string, lines ...string) parts.Row {
	return parts.Row{Key: page.T(c, "notices.ground."+name), Value: value, Lines: lines}
}

func (a *Area) playbookTitle(c echo.Context, id string) string {
	if p, known := a.book.Playbook(id); known && p.Title[page.Lang(c)] != "" {
		return p.Title[page.Lang(c)]
	}
	return id
}

func orUnknown(c echo.Context, lines []string, key string) []string {
	if len(lines) == 0 {
		return []string{page.T(c, key)}
	}
	return lines
}

func orNothing(c echo.Context, words string) string {
	if words == "" {
		return page.T(c, "notices.ground.nothing")
	}
	return words
}

// windowText says when it happened, as far as that is known.
func windowText(c echo.Context, f incidents.Facts) string {
	say := func(t time.Time) string { return page.FormatMoment(page.Lang(c), t, page.Zone(c)) }
	var text string
	switch from, until := f.OccurredFrom, f.OccurredUntil; {
	case from == nil && until == nil:
		return page.T(c, "notices.ground.window_unknown")
	case until == nil:
		text = page.T(c, "notices.ground.since", "from", say(*from))
	case from == nil:
		text = page.T(c, "notices.ground.until", "until", say(*until))
	case from.Equal(*until):
		text = say(*from)
	default:
		text = page.T(c, "notices.ground.from_until", "from", say(*from), "until", say(*until))
	}
	if f.OccurredApprox {
		text = page.T(c, "notices.ground.about", "at", text)
	}
	return text
}

// systemNames names the breached systems; a system that is no longer listed
// keeps its id.
func (a *Area) systemNames(ctx context.Context, inc *incidents.Incident) ([]string, error) {
	if len(inc.Facts.Systems) == 0 {
		return nil, nil
	}
	names := map[string]string{}
	const batch = 200
	for after := ""; ; {
		systems, err := a.store.Systems(ctx, inc.PracticeID, after, batch)
		if err != nil {
			return nil, fmt.Errorf("list systems: %w", err)
		}
		for _, s := range systems {
			names[s.ID], after = s.Name, s.ID
		}
		if len(systems) < batch {
			break
		}
	}
	var out []string
	for _, id := range inc.Facts.Systems {
		if names[id] == "" {
			names[id] = id
		}
		out = append(out, names[id])
	}
	return out, nil
}

func categoryTexts(c echo.Context, categories []registry.Category) []string {
	var out []string
	for _, x := range categories {
		out = append(out, page.CategoryText(c, x))
	}
	return out
}
