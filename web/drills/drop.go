package drills

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"datalek/web/page"
	"datalek/web/parts"
)

// dropPage is the last stop before a drill is removed.
type dropPage struct {
	page.View
	Form   *page.Form
	Lines  []string
	Action string
	Cancel parts.Link
}

// askDrop asks before a drill is removed.
func (a *Area) askDrop(c echo.Context) error {
	return a.showDrop(c, http.StatusOK, page.FormOf())
}

// showDrop shows the question. A drill that runs is stopped first, on its own page.
func (a *Area) showDrop(c echo.Context, status int, form *page.Form) error {
	p, err := a.drill(c)
	if err != nil {
		return err
	}
	home := "/drills/" + p.ID
	if p.Drill.EndedAt.IsZero() {
		return c.Redirect(http.StatusSeeOther, string(home))
	}
	v := &dropPage{View: page.NewView(c, "drills.drop.title").BackTo(string(home)), Form: form, Action: string(home) + "/drop", Cancel: parts.Link{Href: string(home), Text: page.T(c, "drills.drop.cancel")}}
	v.Lines = []string{page.T(c, "drills.drop.what", "kind", a.kind(c, p.Drill.Playbook), "at", moment(c, p)), page.T(c, "drills.drop.gone"), page.T(c, "drills.drop.safe")}
	return a.site.Render(c, status, "drills/drop.html", v)
}

// drop removes a drill. When the workers still write of it the page asks again.
func (a *Area) drop(c echo.Context) error {
	p, err := a.drill(c)
	if err != nil {
		return err
	}
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	err = a.opts.Office.DropDrill(c.Request().Context(), page.Home(c), p.ID)
	if page.Mendable(err) {
		return a.showDrop(c, http.StatusConflict, form.Fail(c, err))
	}
	if err != nil {
		return err
	}
	if page.Practice(c).ID == p.ID { // the session is in it
		a.site.LeaveDrill(c)
	}
	a.site.Done(c, "drills.drop.done")
	return c.Redirect(http.StatusSeeOther, "/drills")
}
