package desk

import (
	"fmt"
	"net/http"
	"slices"

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
	if err := a.remindOfRecipient(c, inc, v.Tasks); err != nil {
		return err
	}
	v.Next, v.HasNext = nextTask(v.Tasks)
	v.HasNext = v.HasNext && inc.State == incidents.StateOpen
	if p, some := a.book.Playbook(inc.Facts.Playbook); some {
		v.Steps = p.FirstSteps[page.Lang(c)]
	}
	v.PrintLine = printLine(c, inc)
	return a.site.Render(c, http.StatusOK, "desk/home.html", v)
}

// remindOfRecipient keeps the messages' task open while the request to who got
// the data by mistake waits for approval: no clock counts that one.
func (a *Area) remindOfRecipient(c echo.Context, inc *incidents.Incident, list []parts.Task) error {
	if len(inc.Story.Recipients) == 0 || inc.State != incidents.StateOpen {
		return nil
	}
	found, err := a.notices(c.Request().Context(), inc)
	if err != nil {
		return err
	}
	waits := func(n *incidents.Notice) bool {
		return n.Audience == incidents.ToRecipient && n.State == incidents.NoticeIsDraft
	}
	at := slices.IndexFunc(list, func(t parts.Task) bool { return t.Href == homeOf(inc)+"/notices" })
	if at >= 0 && list[at].Status == done && slices.ContainsFunc(found, waits) {
		list[at].Status, list[at].StatusText = todo, page.T(c, "desk.state.recipient_waits")
	}
	return nil
}

// printLine stands at the foot of each printed page.
func printLine(c echo.Context, inc *incidents.Incident) string {
	return fmt.Sprintf("%s · %s", inc.Reference, page.FormatInstant(page.Lang(c), page.Now(c), page.Zone(c)))
}
