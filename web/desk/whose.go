package desk

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/web/page"
	"datalek/web/parts"
)

type whosePage struct {
	page.View
	Case   *incidents.Incident
	Action string
	Form   *page.Form
	Roles  []parts.Option
}

// whose asks whose the data is: it decides who must be told (GDPR Art. 33(1) and
// (2), Art. 26).
func (a *Area) whose(c echo.Context) error {
	inc, err := a.load(c)
	if err != nil {
		return err
	}
	return a.showWhose(c, inc)(http.StatusOK, page.FormOf("role", string(inc.Facts.Role), "controller", inc.Story.Controller))
}

func (a *Area) showWhose(c echo.Context, inc *incidents.Incident) func(int, *page.Form) error {
	return func(status int, form *page.Form) error {
		return a.site.Render(c, status, "desk/whose.html", &whosePage{View: page.NewView(c, "steps.whose.title").BackTo(homeOf(inc)), Case: inc,
			Action: c.Request().URL.Path, Form: form, Roles: page.RoleOptions(c)})
	}
}

func (a *Area) postWhose(c echo.Context) error {
	inc, err := a.load(c)
	if err != nil {
		return err
	}
	act := func(form *page.Form) error {
		_, err := a.office.Change(c.Request().Context(), inc.PracticeID, inc.ID, incidents.Change{Reason: page.T(c, "steps.whose.reason"), By: page.Actor(c),
			Apply: func(f *incidents.Facts, s *incidents.Story) {
				f.Role, s.Controller = incidents.PracticeRole(form.Get("role")), form.Get("controller")
			}})
		return err
	}
	return a.record(c, act, a.showWhose(c, inc), "steps.whose.done", homeOf(inc))
}

// whoseRow says whose the data is and what follows from it.
func whoseRow(c echo.Context, inc *incidents.Incident) parts.Row {
	row := row(c, "role", page.RoleText(c, inc.Facts.Role))
	if name := inc.Story.Controller; name != "" && inc.Facts.Role != incidents.AsController {
		row.Lines = append(row.Lines, name)
	}
	return row
}
