package notices

import (
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/web/casework"
	"datalek/web/page"
)

// localField is a moment in one field, as browsers pick it on a phone.
const localField = "at_local"

// momentTyped reads when something happened. The call list asks in one field that
// may stay empty, for now; the reader's own page asks in four.
func momentTyped(c echo.Context, form *page.Form) (time.Time, error) {
	if quick, some := form.Values[localField]; some {
		takeLocal(c, form, quick[0])
	}
	moment := form.Moment(c, "at")
	return moment.Read(page.Zone(c))
}

// takeLocal puts what the one field holds into the four of a moment, so that a
// fault is shown where it can be mended.
func takeLocal(c echo.Context, form *page.Form, typed string) {
	delete(form.Values, localField)
	if typed == "" {
		form.SetMoment(c, "at", page.Now(c))
		return
	}
	at, err := time.Parse("2006-01-02T15:04", typed)
	if err != nil {
		form.Set("at_time", typed)
		return
	}
	form.Set("at_day", fmt.Sprint(at.Day()))
	form.Set("at_month", fmt.Sprint(int(at.Month())))
	form.Set("at_year", fmt.Sprint(at.Year()))
	form.Set("at_time", at.Format("15:04"))
}

// postTried records that the practitioner tried to reach a reader in vain. He
// stays on the list.
func (a *Area) postTried(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	if _, _, _, err := a.delivery(c); err != nil {
		return err
	}
	if _, quick := form.Values[localField]; !quick && form.Moment(c, "at").Empty() {
		form.SetMoment(c, "at", page.Now(c))
	}
	at, err := momentTyped(c, form)
	if err != nil {
		return a.showPerson(c, http.StatusUnprocessableEntity, personForms{tried: form.Fail(c, withWay(form, err))}, form.Get("from"))
	}
	d, err := a.office.Tried(c.Request().Context(), page.Practice(c).ID, c.Param("id"),
		casework.Word{By: form.Get("by"), At: at, Note: form.Text("note"), User: page.Actor(c)})
	if page.Mendable(err) {
		return a.showPerson(c, mendStatus(err), personForms{tried: form.Fail(c, err)}, form.Get("from"))
	}
	if err != nil {
		return fmt.Errorf("record an attempt: %w", err)
	}
	a.site.Done(c, "notices.person.tried_done")
	return c.Redirect(http.StatusSeeOther, backOf(d, form.Get("from")))
}

// triesText says what was tried in vain, the count first.
func triesText(c echo.Context, d incidents.Delivery) []string {
	if len(d.Tries) == 0 {
		return nil
	}
	lines := []string{counted(c, "notices.tries.count", len(d.Tries))}
	for _, t := range d.Tries {
		line := page.T(c, "notices.tries.by."+t.By, "at", page.FormatShort(page.Lang(c), t.At, page.Zone(c)))
		if t.Note != "" {
			line += ": " + t.Note
		}
		lines = append(lines, line)
	}
	return lines
}
