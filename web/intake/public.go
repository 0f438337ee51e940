package intake

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/web/page"
)

// honeypot is a field that people never see; programs that fill in every field
// do.
const honeypot = "website"

const (
	mostCode = 200 // characters of a code, before the store is asked
	mostText = 10_000
)

type publicPage struct {
	page.View
	Form    *page.Form
	Action  string
	Contact registry.ContactPerson
}

// practiceOf finds the practice of a public address. An unknown one is a page
// that does not exist, like any other.
func (a *Area) practiceOf(c echo.Context) (registry.Practice, error) {
	code := c.Param("code")
	if len(code) > mostCode {
		return registry.Practice{}, fault.NotFound
	}
	p, err := a.opts.Store.PracticeByCode(c.Request().Context(), code)
	if err != nil {
		if errors.Is(err, fault.NotFound) {
			return p, fault.NotFound
		}
		return p, fmt.Errorf("look up the practice: %w", err)
	}
	zone, err := p.Zone()
	if err != nil {
		return p, fmt.Errorf("time zone of practice %s: %w", p.ID, err)
	}
	page.UseZone(c, zone)
	return p, nil
}

func publicAt(p registry.Practice) string { return "/p/" + url.PathEscape(p.PublicCode) }

func (a *Area) public(c echo.Context) error {
	p, err := a.practiceOf(c)
	if err != nil {
		return err
	}
	return a.showPublic(c, http.StatusOK, p, page.FormOf())
}

func (a *Area) showPublic(c echo.Context, status int, p registry.Practice, form *page.Form) error {
	v := page.NewView(c, "intake.public.title")
	v.Practice, v.Home = p.Details.Name, publicAt(p)
	v.HasFaults = form.Failed()
	return a.site.Render(c, status, "intake/public.html", &publicPage{View: v, Form: form, Action: publicAt(p), Contact: p.Details.Contact})
}

func (a *Area) postPublic(c echo.Context) error {
	p, err := a.practiceOf(c)
	if err != nil {
		return err
	}
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	if form.Get(honeypot) != "" {
		return c.Redirect(http.StatusSeeOther, publicAt(p)+"/thanks")
	}
	words := incidents.ReportWords{Text: form.Text("text"), Name: form.Get("name"), Reach: form.Get("reach")}
	if faults := checkWords(words, "error.public_text"); len(faults) > 0 {
		return a.showPublic(c, http.StatusUnprocessableEntity, p, form.Fail(c, faults))
	}
	if wait, busy := a.tooOften(c, p); busy {
		c.Response().Header().Set("Retry-After", fmt.Sprint(max(1, int(wait.Seconds()))))
		return a.showPublic(c, http.StatusTooManyRequests, p, form.Fail(c,
			fault.New(fault.Invalid, "error.public_busy", "too many messages came in; try again later")))
	}
	_, err = a.opts.Office.Triage(c.Request().Context(), p, incidents.FromPublic, words, incidents.Actor{Kind: register.ActorPublic})
	if page.Mendable(err) {
		return a.showPublic(c, http.StatusUnprocessableEntity, p, form.Fail(c, err))
	}
	if err != nil {
		return fmt.Errorf("keep a public report: %w", err)
	}
	return c.Redirect(http.StatusSeeOther, publicAt(p)+"/thanks")
}

// checkWords finds the faults of a report's text; key says that it is missing.
func checkWords(w incidents.ReportWords, key string) fault.List {
	var faults fault.List
	if w.Text == "" {
		faults.Add("text", key, "write what you noticed")
	} else {
		registry.CheckText(&faults, "text", w.Text, 1, mostText)
	}
	registry.CheckLine(&faults, "name", w.Name, 0, 120)
	registry.CheckLine(&faults, "reach", w.Reach, 0, 254)
	registry.CheckLine(&faults, "reference", w.Reference, 0, 100)
	return faults
}

func (a *Area) tooOften(c echo.Context, p registry.Practice) (time.Duration, bool) {
	if ok, wait := a.byAddress.Allow(c.RealIP()); !ok {
		return wait, true
	}
	ok, wait := a.byPractice.Allow(p.ID)
	return wait, !ok
}

// thanks says what happened to the message, and no more than that.
func (a *Area) thanks(c echo.Context) error {
	p, err := a.practiceOf(c)
	if err != nil {
		return err
	}
	v := page.NewView(c, "intake.thanks.title")
	v.Practice, v.Home = p.Details.Name, publicAt(p)
	return a.site.Render(c, http.StatusOK, "intake/thanks.html", &publicPage{View: v, Form: page.FormOf(), Contact: p.Details.Contact})
}
