package desk

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/web/early"
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
	Dates   bool // there are deadlines for a calendar
	// Early says what goes to clients by itself; Planned whether there is anything to say.
	Early   parts.Notice
	Planned bool
	Alarms  []string
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
		Events: events, More: more, Dates: len(inc.Appointments(page.Now(c))) > 0, Alarms: alarms(c, inc)}
	if err := a.remind(c, inc, v.Tasks); err != nil {
		return err
	}
	v.Early, v.Planned = early.Panel(c, inc, early.People(inc))
	v.Next, v.HasNext = nextTask(v.Tasks)
	v.HasNext = v.HasNext && inc.State == incidents.StateOpen
	if p, some := a.book.Playbook(inc.Facts.Playbook); some {
		v.Steps = p.FirstSteps[page.Lang(c)]
	}
	if err := a.addQuestions(c, inc, v); err != nil {
		return err
	}
	v.PrintLine = printLine(c, inc)
	return a.site.Render(c, http.StatusOK, "desk/home.html", v)
}

// remind keeps the messages' task open while a message that no clock counts is
// still to go: the request to who got the data by mistake, and the word to former
// clients once the risk is found to be high (GDPR Art. 34).
func (a *Area) remind(c echo.Context, inc *incidents.Incident, list []parts.Task) error {
	at := slices.IndexFunc(list, func(t parts.Task) bool { return t.Href == homeOf(inc)+"/notices" })
	if at < 0 || inc.State != incidents.StateOpen {
		return nil
	}
	former := formerToTell(inc)
	if len(inc.Story.Recipients) == 0 && former == 0 {
		return nil
	}
	found, err := a.notices(c.Request().Context(), inc)
	if err != nil {
		return err
	}
	waits := func(n *incidents.Notice) bool {
		return n.Audience == incidents.ToRecipient && n.State == incidents.NoticeIsDraft
	}
	told := func(n *incidents.Notice) bool {
		return n.Audience == incidents.ToFormerClients && n.Approved()
	}
	text := ""
	switch {
	case slices.ContainsFunc(found, waits):
		text = page.T(c, "desk.state.recipient_waits")
	case former > 0 && !slices.ContainsFunc(found, told):
		text = page.T(c, "desk.state.former_wait", "n", former)
	}
	if text != "" && (list[at].Status == done || former > 0 && list[at].StatusText == "") {
		list[at].Status, list[at].StatusText = todo, text
	}
	return nil
}

// formerToTell counts the people beyond the promise who must hear of a high risk;
// 0 unless it stands that the risk is high.
func formerToTell(inc *incidents.Incident) int {
	if d, standing := inc.Standing(incidents.AboutPersons); !standing || d.Answer != incidents.Notify {
		return 0
	}
	return inc.Assessment.Counts.Former + inc.Assessment.Counts.Other
}

// printLine stands at the foot of each printed page.
func printLine(c echo.Context, inc *incidents.Incident) string {
	return fmt.Sprintf("%s · %s", inc.Reference, page.FormatInstant(page.Lang(c), page.Now(c), page.Zone(c)))
}
