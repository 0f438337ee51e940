package desk

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/web/page"
	"datalek/web/parts"
)

type controllerPage struct {
	page.View
	Case     *incidents.Incident
	Href     string
	Clock    clockView
	Joint    bool // the data are the practice's own too
	Editable bool // the case is open
	Notice   *incidents.Notice
	Known    []controllerRow
	Form     *page.Form
	At       page.Moment
	Channels []parts.Option
}

// controllerRow is one telling of the controller.
type controllerRow struct {
	incidents.ControllerNotice
	ChannelText string
	Who         string
}

// controller shows what to tell the controller of the data, and records that it
// was told (GDPR Art. 33(2)).
func (a *Area) controller(c echo.Context) error {
	inc, err := a.loadForController(c)
	if err != nil {
		return err
	}
	form := page.FormOf("by", string(incidents.ByPhone), "to", inc.Story.Controller)
	form.SetMoment(c, "at", page.Now(c))
	return a.showController(c, http.StatusOK, inc, form, nil)
}

// loadForController returns the case that the address names. A practice that is
// itself the controller has no such page.
func (a *Area) loadForController(c echo.Context) (*incidents.Incident, error) {
	inc, err := a.load(c)
	if err == nil && inc.Clock(incidents.ControllerClock) == nil {
		return nil, fault.NotFound
	}
	return inc, err
}

func (a *Area) showController(c echo.Context, status int, inc *incidents.Incident, form *page.Form, at *page.Moment) error {
	moment := form.Moment(c, "at")
	if at != nil {
		moment.Faulty, moment.Ambiguous = at.Faulty, at.Ambiguous
	}
	moment.Label, moment.Error = page.T(c, "desk.controller.at"), form.Error("at")
	notice, err := a.controllerNotice(c, inc)
	if err != nil {
		return err
	}
	title := "desk.controller.title"
	if inc.Facts.Role == incidents.AsJoint {
		title = "desk.controller.title_joint"
	}
	v := &controllerPage{View: page.NewView(c, title).BackTo(homeOf(inc)), Case: inc, Href: homeOf(inc) + "/controller",
		Clock: clockNamed(clocks(c, inc), incidents.ControllerClock), Joint: inc.Facts.Role == incidents.AsJoint,
		Editable: inc.State == incidents.StateOpen && inc.Facts.Role != incidents.AsController, Notice: notice,
		Known: a.controllerRows(c, inc), Form: form, At: moment}
	for _, by := range incidents.ControllerChannels() {
		v.Channels = append(v.Channels, parts.Option{Value: string(by), Text: page.T(c, "desk.controller.by."+string(by))})
	}
	v.PrintLine = printLine(c, inc)
	return a.site.Render(c, status, "desk/controller.html", v)
}

// controllerNotice returns the newest text for the controller, nil when none is
// written yet.
func (a *Area) controllerNotice(c echo.Context, inc *incidents.Incident) (*incidents.Notice, error) {
	notices, err := a.notices(c.Request().Context(), inc)
	if err != nil {
		return nil, err
	}
	var newest *incidents.Notice
	for _, n := range notices {
		fits := n.Audience == incidents.ToController && n.State != incidents.NoticeIsSuperseded
		if fits && (newest == nil || n.CreatedAt.After(newest.CreatedAt)) {
			newest = n
		}
	}
	return newest, nil
}

// controllerRows are the tellings, newest first.
func (a *Area) controllerRows(c echo.Context, inc *incidents.Incident) []controllerRow {
	t := a.tellerOf(c)
	var rows []controllerRow
	for _, n := range inc.ControllerNotices {
		rows = append(rows, controllerRow{ControllerNotice: n, ChannelText: page.T(c, "desk.controller.by."+string(n.Channel)), Who: t.who(n.By)})
	}
	slices.Reverse(rows)
	return rows
}

func (a *Area) postController(c echo.Context) error {
	inc, err := a.loadForController(c)
	if err != nil {
		return err
	}
	var moment page.Moment
	act := func(form *page.Form) error {
		moment = form.Moment(c, "at")
		at, err := moment.Read(page.Zone(c))
		if err != nil {
			return err
		}
		_, err = a.office.TellController(c.Request().Context(), inc.PracticeID, inc.ID, incidents.ControllerNotice{
			At: at, Channel: incidents.ControllerChannel(form.Get("by")), To: form.Get("to"), Note: form.Text("note"), By: page.Actor(c)})
		return err
	}
	show := func(status int, form *page.Form) error { return a.showController(c, status, inc, form, &moment) }
	return a.record(c, act, show, "desk.controller.done", homeOf(inc))
}
