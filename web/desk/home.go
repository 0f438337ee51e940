package desk

import (
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/web/page"
	"datalek/web/parts"
)

// timelineLength is how many events an incident's home shows; the case file
// has all.
const timelineLength = 40

type homePage struct {
	page.View
	Case    *incidents.Incident
	Href    string
	Kind    string
	Next    parts.Task
	HasNext bool
	Clocks  []clockView
	Tasks   []parts.Task
	Known   []parts.Row
	Steps   []string
	Events  []parts.Event
	More    bool
}

// home shows where a case stands: clocks, tasks, what is known, what happened.
func (a *Area) home(c echo.Context) error {
	inc, err := a.load(c)
	if err != nil {
		return err
	}
	names, err := a.systemNames(c.Request().Context(), inc.PracticeID)
	if err != nil {
		return err
	}
	events, more, err := a.timeline(c, inc, timelineLength)
	if err != nil {
		return err
	}
	v := &homePage{View: page.NewView(c, "desk.home.title", "reference", inc.Reference).BackTo("/").Broad(), Case: inc, Href: homeOf(inc),
		Kind: a.kindOf(c, inc), Clocks: clocks(c, inc), Tasks: tasks(c, inc), Known: known(c, inc, a.kindOf(c, inc), names, true),
		Events: events, More: more}
	v.Next, v.HasNext = nextTask(v.Tasks)
	v.HasNext = v.HasNext && inc.State == incidents.StateOpen
	if p, some := a.book.Playbook(inc.Facts.Playbook); some {
		v.Steps = p.FirstSteps[page.Lang(c)]
	}
	v.PrintLine = printLine(c, inc)
	return a.site.Render(c, http.StatusOK, "desk/home.html", v)
}

// printLine stands at the foot of each printed page.
func printLine(c echo.Context, inc *incidents.Incident) string {
	return fmt.Sprintf("%s · %s", inc.Reference, page.FormatInstant(page.Lang(c), page.Now(c), page.Zone(c)))
}
