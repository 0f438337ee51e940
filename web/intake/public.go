package intake

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"
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
	mostText = 10_000
)

type publicPage struct {
	page.View
	Form    *page.Form
	FormID  string // this showing of the form; it stays while one mends it
	Action  string
	Contact registry.ContactPerson
	Dial    template.URL // dials the contact person
}

func publicAt(p registry.Practice) string { return "/p/" + url.PathEscape(p.PublicCode) }

func (a *Area) public(c echo.Context) error {
	p, err := page.PracticeAt(c, a.opts.Store.PracticeByCode)
	if err != nil {
		return err
	}
	return a.showPublic(c, http.StatusOK, p, page.FormOf())
}

func (a *Area) showPublic(c echo.Context, status int, p registry.Practice, form *page.Form) error {
	v := page.NewView(c, "intake.public.title")
	v.Practice, v.Home = p.Details.Name, publicAt(p)
	v.HasFaults = form.Failed()
	return a.site.Render(c, status, "intake/public.html", &publicPage{View: v, Form: form, FormID: cmp.Or(page.FormID(form), page.NewFormID()), Action: publicAt(p), Contact: p.Details.Contact})
}

func (a *Area) postPublic(c echo.Context) error {
	p, err := page.PracticeAt(c, a.opts.Store.PracticeByCode)
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
	if faults := checkPublic(form, words); len(faults) > 0 {
		return a.showPublic(c, http.StatusUnprocessableEntity, p, form.Fail(c, faults))
	}
	err = a.keepPublic(c, p, reportOf(p, page.FormID(form), words), words)
	switch {
	case errors.Is(err, errBusy):
		return a.showPublic(c, http.StatusTooManyRequests, p, form.Fail(c,
			fault.New(fault.Invalid, "error.public_busy", "too many messages came in; try again later")))
	case page.Mendable(err):
		return a.showPublic(c, http.StatusUnprocessableEntity, p, form.Fail(c, err))
	case err != nil:
		return fmt.Errorf("keep a public report: %w", err)
	}
	return c.Redirect(http.StatusSeeOther, publicAt(p)+"/thanks")
}

// checkPublic finds the faults of a public message, and of the form it came in.
func checkPublic(form *page.Form, words incidents.ReportWords) fault.List {
	faults := checkWords(words, "error.public_text")
	if page.FormID(form) == "" {
		faults.Add("", "error.public_again", "open the form and send it again")
	}
	return faults
}

// reportOf returns the id of the report that a form's message becomes: sent
// twice it is one, changed and sent anew it is another. Who does not know both
// the form's random id and every word learns nothing by trying.
func reportOf(p registry.Practice, formID string, words incidents.ReportWords) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{"public report", string(p.ID), formID, words.Text, words.Name, words.Reach}, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// errBusy says that too many messages came in; the answer has Retry-After.
var errBusy = errors.New("too many public messages")

// keepPublic keeps a message once. One that is kept already does not count as
// one more.
func (a *Area) keepPublic(c echo.Context, p registry.Practice, id string, words incidents.ReportWords) error {
	ctx := c.Request().Context()
	if _, err := a.opts.Store.Report(ctx, p.ID, id); !errors.Is(err, fault.NotFound) {
		return err
	}
	if wait, busy := a.tooOften(c, p); busy {
		c.Response().Header().Set("Retry-After", fmt.Sprint(max(1, int(wait.Seconds()))))
		return errBusy
	}
	return a.opts.Office.TriageOnce(ctx, p, id, incidents.FromPublic, words, incidents.Actor{Kind: register.ActorPublic})
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
	if ok, wait := a.byAddress.Allow(page.Address(c)); !ok {
		return wait, true
	}
	ok, wait := a.byPractice.Allow(string(p.ID))
	return wait, !ok
}

// thanks says what happened to the message, and no more than that.
func (a *Area) thanks(c echo.Context) error {
	p, err := page.PracticeAt(c, a.opts.Store.PracticeByCode)
	if err != nil {
		return err
	}
	v := page.NewView(c, "intake.thanks.title")
	v.Practice, v.Home = p.Details.Name, publicAt(p)
	return a.site.Render(c, http.StatusOK, "intake/thanks.html", &publicPage{View: v, Form: page.FormOf(), Contact: p.Details.Contact,
		Dial: page.PhoneAddress(p.Details.Contact.Phone)})
}
