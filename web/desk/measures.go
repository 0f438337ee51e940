package desk

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/web/page"
)

type measuresPage struct {
	page.View
	Case        *incidents.Incident
	Action      string
	Open        bool // the case is
	Form        *page.Form
	List        []measureRow
	Pager       page.Pager
	Add         *page.Form // one more thing to do
	Day         page.Moment
	Suggestions []suggestion
}

// measures asks what was done, what will be, and what it may lead to, and keeps
// the list of what is to be done.
func (a *Area) measures(c echo.Context) error {
	inc, err := a.load(c)
	if err != nil {
		return err
	}
	return a.showMeasures(c, inc, nil, nil)(http.StatusOK)
}

// showMeasures shows the page; a form that is nil is as nobody touched it.
func (a *Area) showMeasures(c echo.Context, inc *incidents.Incident, form, add *page.Form) func(status int) error {
	return func(status int) error {
		s := inc.Story
		if form == nil {
			form = page.FormOf("measures_taken", s.MeasuresTaken, "measures_planned", s.MeasuresPlanned, "consequences", s.Consequences)
		}
		v := &measuresPage{View: page.NewView(c, "desk.measures.title").BackTo(homeOf(inc)), Case: inc, Action: homeOf(inc) + "/measures",
			Open: inc.State == incidents.StateOpen, Form: form, Add: orEmpty(add), Suggestions: a.suggestions(c, inc)}
		v.Day = dayOf(v.Add)
		v.List, v.Pager = pageOfRows(a.measureRows(c, inc), page.PagerOf(c))
		return a.site.Render(c, status, "desk/measures.html", v)
	}
}

func (a *Area) postMeasures(c echo.Context) error {
	inc, err := a.load(c)
	if err != nil {
		return err
	}
	act := func(form *page.Form) error {
		_, err := a.office.Change(c.Request().Context(), inc.PracticeID, inc.ID, incidents.Change{
			Reason: page.T(c, "desk.measures.reason"), By: page.Actor(c),
			Apply: func(_ *incidents.Facts, s *incidents.Story) {
				s.MeasuresTaken, s.MeasuresPlanned, s.Consequences = form.Text("measures_taken"), form.Text("measures_planned"), form.Text("consequences")
			}})
		return err
	}
	show := func(status int, form *page.Form) error { return a.showMeasures(c, inc, form, nil)(status) }
	return a.record(c, act, show, "desk.measures.done", homeOf(inc))
}
