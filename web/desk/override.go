package desk

import (
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/web/page"
)

type overridePage struct {
	page.View
	Case    *incidents.Incident
	Action  string
	Form    *page.Form
	Person  registry.Client
	Include bool // the page adds him; else it takes him out
}

// override asks why a person is added or taken out.
func (a *Area) override(c echo.Context) error {
	inc, err := a.load(c)
	if err != nil {
		return err
	}
	return a.showOverride(c, http.StatusOK, inc, page.FormOf())
}

func (a *Area) showOverride(c echo.Context, status int, inc *incidents.Incident, form *page.Form) error {
	ctx := c.Request().Context()
	client, err := a.store.Client(ctx, inc.PracticeID, c.Param("client"))
	if err != nil {
		return fmt.Errorf("load client: %w", err)
	}
	found, err := a.store.AffectedByIDs(ctx, inc.PracticeID, inc.ID, inc.Assessment.Done, []string{client.ID})
	if err != nil {
		return fmt.Errorf("look up finding: %w", err)
	}
	include := len(found) == 0 || found[0].Certainty == incidents.None
	title := "desk.override.remove_title"
	if include {
		title = "desk.override.add_title"
	}
	return a.site.Render(c, status, "desk/override.html", &overridePage{View: page.NewView(c, title).BackTo(homeOf(inc) + "/affected"),
		Case: inc, Action: c.Request().URL.Path, Form: form, Person: client, Include: include})
}

func (a *Area) postOverride(c echo.Context) error {
	inc, form, err := a.loadForm(c)
	if err != nil {
		return err
	}
	include, known := map[string]bool{"add": true, "remove": false}[form.Get("act")]
	if !known {
		return fault.New(fault.Invalid, "error.form_unreadable", "choose add or remove")
	}
	_, err = a.office.Override(c.Request().Context(), inc.PracticeID, inc.ID, incidents.Override{
		ClientID: c.Param("client"), Include: include, Reason: form.Text("reason"), By: page.Actor(c)})
	if page.Mendable(err) {
		return a.showOverride(c, http.StatusUnprocessableEntity, inc, form.Fail(c, err))
	}
	if err != nil {
		return fmt.Errorf("change who is affected: %w", err)
	}
	a.site.Done(c, "desk.override.done")
	return c.Redirect(http.StatusSeeOther, homeOf(inc)+"/affected")
}
