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
	Case     *incidents.Incident
	Href     string
	Kind     string
	Supplier string // whoever reported it; "" for nobody
	Next     parts.Task
	HasNext  bool
	Clocks   []clockView
	Tasks    []parts.Task
	Known    []parts.Row
	Steps    stepsView
	Events   []parts.Event
	More     bool
	Dates    bool // there are deadlines for a calendar
	// Early says what goes to clients by itself; Planned whether there is anything to say.
	Early   parts.Notice
	Planned bool
	Alarms  []string
	Law     []parts.Row // the rules of law of the case
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
		Kind: a.kindOf(c, inc), Clocks: clocks(c, inc), Tasks: tasks(c, inc), Known: a.known(c, inc, names, true),
		Events: events, More: more, Dates: len(inc.Appointments(page.Now(c))) > 0, Alarms: a.alarms(c, inc), Law: a.lawRows(c, inc)}
	if err := a.remind(c, inc, v.Tasks); err != nil {
		return err
	}
	if v.Supplier, err = a.supplier(c, inc); err != nil {
		return err
	}
	if v.Known, err = a.withPromptness(c, inc, v.Known); err != nil {
		return err
	}
	v.Early, v.Planned = early.Panel(c, inc, early.People(inc))
	if v.Tasks, err = a.withCalls(c, inc, v.Tasks); err != nil {
		return err
	}
	if t, some := a.answersTask(c, inc); some { // before the measures and closing
		v.Tasks = slices.Insert(v.Tasks, max(len(v.Tasks)-2, 0), t)
	}
	v.Next, v.HasNext = nextTask(v.Tasks)
	v.HasNext = v.HasNext && inc.State == incidents.StateOpen
	v.Steps = a.stepsOf(c, inc, false)
	if err := a.addQuestions(c, inc, v); err != nil {
		return err
	}
	v.PrintLine = printLine(c, inc)
	return a.site.Render(c, http.StatusOK, "desk/home.html", v)
}

// remind keeps the messages' task open while a message that no clock counts is
// still to go: one that waits for a second approval, the request to who got the data
// by mistake, and the word to former clients once the risk is found to be high (GDPR
// Art. 34).
func (a *Area) remind(c echo.Context, inc *incidents.Incident, list []parts.Task) error {
	at := slices.IndexFunc(list, func(t parts.Task) bool { return t.Href == homeOf(inc)+"/notices" })
	if at < 0 || inc.State != incidents.StateOpen {
		return nil
	}
	former, err := a.formerToTell(c, inc)
	if err != nil {
		return err
	}
	two := page.Practice(c).FourEyes
	if len(inc.Story.Recipients) == 0 && former == 0 && !two {
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
	case two && slices.ContainsFunc(found, (*incidents.Notice).Waits):
		list[at].Status, list[at].StatusText = todo, page.T(c, "desk.state.second_waits")
		return nil
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

// formerToTell counts the people beyond the promise who must hear of a high risk
// and to whom no message goes; 0 unless it stands that the risk is high. A public
// announcement is the law's word to them (Art. 34(3)(c)).
func (a *Area) formerToTell(c echo.Context, inc *incidents.Incident) (int, error) {
	_, announced := inc.Announcement()
	if n := inc.Assessment.Counts; !inc.TellsFormer() || announced || n.Former+n.Other == 0 || !inc.Assessment.Complete() {
		return 0, nil
	}
	reach, err := a.office.Reach(c.Request().Context(), inc)
	if err != nil {
		return 0, fmt.Errorf("count former clients to tell: %w", err)
	}
	return reach.Unwritten, nil
}

// withCalls puts the call list behind the messages' task once somebody stands on it.
func (a *Area) withCalls(c echo.Context, inc *incidents.Incident, list []parts.Task) ([]parts.Task, error) {
	counts, err := a.office.CountCalls(c.Request().Context(), inc)
	if err != nil {
		return nil, fmt.Errorf("count calls: %w", err)
	}
	at := slices.IndexFunc(list, func(t parts.Task) bool { return t.Href == homeOf(inc)+"/notices" })
	if at < 0 || counts.Open+counts.Done == 0 {
		return list, nil
	}
	t := task(c, inc, "calls", "/calls", done, page.T(c, "desk.state.calls_done"))
	if counts.Open > 0 {
		t.Status, t.StatusText = todo, page.T(c, "desk.state.calls", "n", counts.Open)
		if inc.State == incidents.StateClosed {
			t.Status = none
		}
	}
	return slices.Insert(list, at+1, t), nil
}

// printLine stands at the foot of each printed page.
func printLine(c echo.Context, inc *incidents.Incident) string {
	return inc.Reference + " · " + page.MadeLine(c)
}
