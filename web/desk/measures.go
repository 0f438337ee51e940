package desk

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/web/page"
)

type measuresPage struct {
	page.View
	Case   *incidents.Incident
	Action string
	Form   *page.Form
	Steps  []string
}

// measures asks what was done, what will be, and what it may lead to.
func (a *Area) measures(c echo.Context) error {
	inc, err := a.load(c)
	if err != nil {
		return err
	}
	s := inc.Story
	return a.showMeasures(c, inc)(http.StatusOK, page.FormOf("measures_taken", s.MeasuresTaken, "measures_planned", s.MeasuresPlanned, "consequences", s.Consequences))
}

func (a *Area) showMeasures(c echo.Context, inc *incidents.Incident) func(int, *page.Form) error {
	return func(status int, form *page.Form) error {
		v := &measuresPage{View: page.NewView(c, "desk.measures.title").BackTo(homeOf(inc)), Case: inc, Action: c.Request().URL.Path, Form: form}
		if p, some := a.book.Playbook(inc.Facts.Playbook); some {
			v.Steps = p.FirstSteps[page.Lang(c)]
		}
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
	return a.record(c, act, a.showMeasures(c, inc), "desk.measures.done", homeOf(inc))
}
