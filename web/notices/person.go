package notices

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/web/casework"
	"datalek/web/page"
	"datalek/web/parts"
)

type personPage struct {
	page.View
	Head    head
	Person  personRow
	Faults  []parts.Fault
	Told    string // what was recorded before
	Note    string
	Tries   []string // what was tried in vain
	CanTry  bool     // he stands on the call list
	TriedAt page.Moment
	Final   bool // he knows it; nothing is left to record
	Letter  bool
	Script  script
	Text    string // of the letter
	From    string
	Form    *page.Form // of telling
	Vain    *page.Form // of not reaching
	Again   *page.Form // of trying in vain, once more
	Ways    []parts.Option
	At      page.Moment
	Email   string // address to which a mail went or will go
	Address []string
	Read    string // when the reader said that he read it; "" while he did not
}

// The pages from which a reader is opened; fromCalls may go on with a colon and
// the place on the list.
const (
	fromTelling = "telling"
	fromCalls   = "calls"
)

// person shows one reader: how to reach him, what to say, and the forms that
// record that he was told or could not be reached.
func (a *Area) person(c echo.Context) error {
	return a.showPerson(c, http.StatusOK, personForms{}, c.QueryParam("from"))
}

// delivery loads the delivery in the address with its notice and case. Rows of
// a notice that is not approved tell nobody anything.
func (a *Area) delivery(c echo.Context) (incidents.Delivery, *incidents.Notice, *incidents.Incident, error) {
	ctx, practice := c.Request().Context(), page.Practice(c).ID
	d, err := a.store.Delivery(ctx, practice, c.Param("id"))
	if err != nil {
		return d, nil, nil, err
	}
	if d.NoticeID == "" {
		return d, nil, nil, fault.NotFound // a warning, or a trial mail
	}
	n, err := a.store.Notice(ctx, practice, d.NoticeID)
	if err != nil {
		return d, nil, nil, err
	}
	if !approved(n) {
		return d, nil, nil, fault.NotFound
	}
	inc, err := a.store.Incident(ctx, practice, d.IncidentID)
	return d, n, inc, err
}

// personForms are the forms of a reader's page, as they were typed.
type personForms struct{ told, tried, vain *page.Form }

func (a *Area) showPerson(c echo.Context, status int, forms personForms, from string) error {
	d, n, inc, err := a.delivery(c)
	if err != nil {
		return err
	}
	rows, err := a.personRows(c, []incidents.Delivery{d}, "")
	if err != nil {
		return err
	}
	v := &personPage{View: page.NewView(c, "notices.person.title").BackTo(backOf(d, from)).Broad(), Head: headOf(c, inc, n), Person: rows[0],
		Told: toldText(c, d), Note: d.To.Word, Final: d.State.Told(), Letter: d.Channel == registry.ByLetter, From: from,
		Script: a.script(c, n, d), Text: letterText(c, n, d), Form: forms.told, Again: forms.tried, Vain: forms.vain,
		Tries: triesText(c, d), CanTry: d.Call() == incidents.CallOpen, Email: d.To.Email, Address: linesOf(d.To.PostalAddress)}
	v.forms(c, d)
	return a.site.Render(c, status, "notices/person.html", a.withReading(c, v, n, d))
}

// forms prepares the forms; the one that was sent keeps what was typed.
func (v *personPage) forms(c echo.Context, d incidents.Delivery) {
	if v.Form == nil {
		v.Form = page.FormOf("by", usualWay(d))
		v.Form.SetMoment(c, "at", page.Now(c))
	}
	if v.Vain == nil {
		v.Vain = page.FormOf()
	}
	if v.Again == nil {
		v.Again = page.FormOf("by", "phone")
	}
	v.Faults = slices.Concat(v.Form.Faults, v.Again.Faults, v.Vain.Faults)
	for _, by := range incidents.TellingWays() {
		v.Ways = append(v.Ways, parts.Option{Value: by, Text: page.T(c, "notices.person.by."+by)})
	}
	v.At = v.Form.Moment(c, "at")
	v.At.Label = page.T(c, "notices.person.at")
	v.TriedAt = v.Again.Moment(c, "at")
	v.TriedAt.Label = page.T(c, "notices.person.at")
	if v.At.Error != "" {
		_, _ = v.At.Read(page.Zone(c)) // notes which of its fields is at fault
	}
}

// usualWay is the way by which a reader is most likely told.
func usualWay(d incidents.Delivery) string {
	if d.Channel == registry.ByLetter || d.Channel == registry.ByMessage {
		return string(d.Channel)
	}
	return string(registry.ByPhone)
}

// backOf is the page from which a reader was opened.
func backOf(d incidents.Delivery, from string) string {
	switch page, after, _ := strings.Cut(from, ":"); {
	case page == fromTelling:
		return "/incidents/" + d.IncidentID + "/telling"
	case page == fromCalls && after != "":
		return "/incidents/" + d.IncidentID + "/calls?after=" + url.QueryEscape(after)
	case page == fromCalls:
		return "/incidents/" + d.IncidentID + "/calls"
	}
	return "/notices/" + d.NoticeID + "/progress"
}

// postTold records that the practitioner told a reader himself.
func (a *Area) postTold(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	if _, _, _, err := a.delivery(c); err != nil {
		return err
	}
	at, err := momentTyped(c, form)
	if err != nil {
		return a.showPerson(c, http.StatusUnprocessableEntity, personForms{told: form.Fail(c, withWay(form, err))}, form.Get("from"))
	}
	d, err := a.office.Told(c.Request().Context(), page.Practice(c).ID, c.Param("id"),
		casework.Word{By: form.Get("by"), At: at, Note: form.Text("note"), User: page.Actor(c)})
	if page.Mendable(err) {
		return a.showPerson(c, mendStatus(err), personForms{told: form.Fail(c, err)}, form.Get("from"))
	}
	if err != nil {
		return fmt.Errorf("record telling: %w", err)
	}
	a.site.Done(c, "notices.person.told_done")
	return c.Redirect(http.StatusSeeOther, backOf(d, form.Get("from")))
}

// withWay adds the fault of a missing way to the one about the time, so that
// both are told at once.
func withWay(form *page.Form, err error) error {
	faults := fault.Fields(err)
	if !slices.Contains(incidents.TellingWays(), form.Get("by")) {
		faults.Add("by", "error.told_by", "choose phone, letter, message or in_person")
	}
	registry.CheckText(&faults, "note", form.Text("note"), 0, 2_000)
	return faults.Err()
}

// postUnreachable records what was tried in vain.
func (a *Area) postUnreachable(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	if _, _, _, err := a.delivery(c); err != nil {
		return err
	}
	d, err := a.office.Unreachable(c.Request().Context(), page.Practice(c).ID, c.Param("id"),
		casework.Word{Note: form.Text("reason"), User: page.Actor(c)})
	if page.Mendable(err) {
		return a.showPerson(c, mendStatus(err), personForms{vain: form.Fail(c, err)}, form.Get("from"))
	}
	if err != nil {
		return fmt.Errorf("record unreachable: %w", err)
	}
	a.site.Done(c, "notices.person.vain_done")
	return c.Redirect(http.StatusSeeOther, backOf(d, form.Get("from")))
}
