package desk

import (
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/web/page"
)

// reasonPage is a page that asks for one reason before something is recorded.
type reasonPage struct {
	page.View
	Case   *incidents.Incident
	Action string
	Form   *page.Form
	Text   string // what follows from it
	Label  string
	Hint   string
	Button string
	Clock  clockView
	Drawn  bool // the clock is shown
}

// showReason shows such a page; its texts stand under key (".title", ".text", ".label", ".hint", ".button").
func (a *Area) showReason(c echo.Context, status int, inc *incidents.Incident, form *page.Form, key, back string, kind incidents.ClockKind) error {
	name := string(page.Practice(c).Authority)
	v := &reasonPage{View: page.NewView(c, key+".title", "authority", name).BackTo(back), Case: inc, Action: c.Request().URL.Path, Form: form,
		Text: page.T(c, key+".text", "authority", name), Label: page.T(c, key+".label"), Hint: page.T(c, key+".hint"), Button: page.T(c, key+".button")}
	if kind != "" {
		v.Clock, v.Drawn = clockNamed(clocks(c, inc), kind), true
		v.Clock.Link.Href = "" // it leads here
	}
	return a.site.Render(c, status, "desk/reason.html", v)
}

// record runs one act that a reason page asked for and goes back to the case.
func (a *Area) record(c echo.Context, act func(form *page.Form) error, show func(status int, form *page.Form) error, said, to string) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	err = act(form)
	if page.Mendable(err) {
		return show(http.StatusUnprocessableEntity, form.Fail(c, err))
	}
	if err != nil {
		return fmt.Errorf("record a reason: %w", err)
	}
	a.site.Done(c, said)
	return c.Redirect(http.StatusSeeOther, to)
}

// authorityDecision asks why the authority need not be notified.
func (a *Area) authorityDecision(c echo.Context) error {
	inc, err := a.load(c)
	if err != nil {
		return err
	}
	return a.showAuthorityDecision(c, inc)(http.StatusOK, page.FormOf())
}

func (a *Area) showAuthorityDecision(c echo.Context, inc *incidents.Incident) func(int, *page.Form) error {
	return func(status int, form *page.Form) error {
		return a.showReason(c, status, inc, form, "desk.not_notifiable", homeOf(inc)+"/authority", "")
	}
}

func (a *Area) postAuthorityDecision(c echo.Context) error {
	inc, err := a.load(c)
	if err != nil {
		return err
	}
	act := func(form *page.Form) error {
		answer := incidents.NotNotifiable
		if form.Get("answer") == string(incidents.Notify) {
			answer = incidents.Notify
		}
		_, err := a.office.Decide(c.Request().Context(), inc.PracticeID, inc.ID, incidents.Decision{Question: incidents.AboutAuthority,
			Answer: answer, Reason: form.Text("reason"), By: page.Actor(c)})
		return err
	}
	return a.record(c, act, a.showAuthorityDecision(c, inc), "desk.decision.done", homeOf(inc))
}

// delay asks why a duty was late.
func (a *Area) delay(c echo.Context) error {
	inc, kind, err := a.lateClock(c)
	if err != nil {
		return err
	}
	return a.showDelay(c, inc, kind)(http.StatusOK, page.FormOf("reason", inc.Clock(kind).LateReason))
}

func (a *Area) lateClock(c echo.Context) (*incidents.Incident, incidents.ClockKind, error) {
	inc, err := a.load(c)
	if err != nil {
		return nil, "", err
	}
	kind := incidents.ClockKind(c.Param("clock"))
	if !kind.OwnDuty() || inc.Clock(kind) == nil {
		return nil, "", fault.NotFound
	}
	return inc, kind, nil
}

func (a *Area) showDelay(c echo.Context, inc *incidents.Incident, kind incidents.ClockKind) func(int, *page.Form) error {
	return func(status int, form *page.Form) error {
		return a.showReason(c, status, inc, form, "desk.delay", homeOf(inc), kind)
	}
}

func (a *Area) postDelay(c echo.Context) error {
	inc, kind, err := a.lateClock(c)
	if err != nil {
		return err
	}
	act := func(form *page.Form) error {
		_, err := a.office.ExplainDelay(c.Request().Context(), inc.PracticeID, inc.ID, kind, form.Text("reason"), page.Actor(c))
		return err
	}
	return a.record(c, act, a.showDelay(c, inc, kind), "desk.delay.done", homeOf(inc))
}
