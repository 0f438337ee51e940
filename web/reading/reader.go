package reading

import (
	"cmp"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/web/casework"
	"datalek/web/page"
)

const (
	mostEmail = 254 // RFC 5321, section 4.5.3.1.3, without the angle brackets
	mostTyped = 100
)

type doorPage struct {
	page.View
	Form    *page.Form
	Action  string
	Closed  bool // he was in, and went
	Contact registry.ContactPerson
	Dial    template.URL
}

type noticePage struct {
	page.View
	Action    string
	Messages  []noticeView
	Many      bool
	Questions []questionView
	Form      *page.Form
	FormID    string
	Asked     bool
	Contact   registry.ContactPerson
	Dial      template.URL
}

type noticeView struct {
	ID, Language, Subject, Body string // ID of the delivery
	At                          string // when it went to him
	ReadAt                      string // "" while he did not say so
}

type questionView struct {
	At, Text string
	Answered string // when; "" while it waits
}

// show is the door, or behind it the notice.
func (a *Area) show(c echo.Context) error {
	p, err := page.PracticeAt(c, a.opts.Store.PracticeByCode)
	if err != nil {
		return err
	}
	r, in, err := a.reading(c, p)
	switch {
	case err != nil:
		return err
	case !in:
		return a.door(c, http.StatusOK, p, page.FormOf())
	default:
		return a.notice(c, http.StatusOK, p, r, page.FormOf())
	}
}

// reading returns what the session of a request opens, false when there is none,
// or it opens nothing any more.
func (a *Area) reading(c echo.Context, p registry.Practice) (casework.Reading, bool, error) {
	v, some, err := a.visit(c, p)
	if err != nil || !some {
		return casework.Reading{}, false, err
	}
	r, err := a.opts.Office.Reading(c.Request().Context(), p, v.Delivery)
	if errors.Is(err, fault.NotFound) {
		a.drop(c)
		return casework.Reading{}, false, nil
	}
	if err != nil {
		return casework.Reading{}, false, fmt.Errorf("read a notice again: %w", err)
	}
	return r, true, nil
}

func (a *Area) door(c echo.Context, status int, p registry.Practice, form *page.Form) error {
	v := page.NewView(c, "reading.door.title")
	v.Practice, v.Home, v.HasFaults = p.Details.Name, Path(p), form.Failed()
	return a.site.Render(c, status, "reading/door.html", &doorPage{View: v, Form: form, Action: Path(p), Closed: c.QueryParam("done") != "" && !form.Failed(),
		Contact: p.Details.Contact, Dial: page.PhoneAddress(p.Details.Contact.Phone)})
}

// open lets in who has a code and its address. All that is wrong gets one answer,
// after one time: a guesser does not learn which of the two he hit.
func (a *Area) open(c echo.Context) error {
	timer := time.NewTimer(a.opts.AnswerTime)
	defer timer.Stop()
	p, err := page.PracticeAt(c, a.opts.Store.PracticeByCode)
	if err != nil {
		return err
	}
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	code, email := form.Get("reading_code"), form.Get("email")
	if faults := checkDoor(code, email); len(faults) > 0 {
		return a.door(c, http.StatusUnprocessableEntity, p, form.Fail(c, faults))
	}
	if wait, ok := a.limits.try(p.ID, page.Address(c), email); !ok {
		c.Response().Header().Set("Retry-After", fmt.Sprint(max(1, int(wait.Seconds()))))
		return a.door(c, http.StatusTooManyRequests, p, form.Fail(c, fault.New(fault.Invalid, "error.reading_often", "too many tries; try again later")))
	}
	d, err := a.opts.Office.OpenReading(c.Request().Context(), p, code, email)
	select { // everybody waits as long
	case <-timer.C:
	case <-c.Request().Context().Done():
		return c.Request().Context().Err()
	}
	if errors.Is(err, fault.NotFound) {
		return a.door(c, http.StatusUnprocessableEntity, p, form.Fail(c,
			fault.New(fault.Invalid, "error.reading_wrong", "this code and this address do not open a message here")))
	}
	if err != nil {
		return fmt.Errorf("open a notice again: %w", err)
	}
	if err := a.begin(c, p, d.ID); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, Path(p))
}

// checkDoor finds what is missing, without a look at what is stored.
func checkDoor(code, email string) fault.List {
	var faults fault.List
	if code == "" || len(code) > mostTyped {
		faults.Add("reading_code", "error.reading_code", "fill in the code from the message")
	}
	if email == "" || len(email) > mostEmail || !registry.ValidEmail(registry.NormalEmail(email)) {
		faults.Add("email", "error.email", "give one email address such as anna@example.org")
	}
	return faults
}

func (a *Area) notice(c echo.Context, status int, p registry.Practice, r casework.Reading, form *page.Form) error {
	v := page.NewView(c, "reading.notice.title")
	v.Practice, v.Home, v.HasFaults = p.Details.Name, Path(p), form.Failed()
	shown := &noticePage{View: v, Action: Path(p), Form: form, FormID: cmp.Or(page.FormID(form), page.NewFormID()), Many: len(r.Notices) > 1,
		Contact: p.Details.Contact, Dial: page.PhoneAddress(p.Details.Contact.Phone)}
	for _, n := range r.Notices {
		at := n.Delivery.ToldAt
		if at.IsZero() {
			at = n.Notice.ApprovedAt
		}
		shown.Messages = append(shown.Messages, noticeView{ID: n.Delivery.ID, Language: n.Text.Language, Subject: n.Text.Subject, Body: n.Text.Body,
			At: moment(c, at), ReadAt: moment(c, n.Delivery.ReadAt)})
	}
	for _, q := range r.Questions {
		shown.Questions = append(shown.Questions, questionView{At: moment(c, q.AskedAt), Text: q.Text, Answered: moment(c, q.AnsweredAt)})
	}
	shown.Asked = c.QueryParam("asked") != "" && !form.Failed()
	return a.site.Render(c, status, "reading/notice.html", shown)
}

// moment writes an instant, "" for none.
func moment(c echo.Context, at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return page.FormatMoment(page.Lang(c), at, page.Zone(c))
}

// act lets a reader who is in do something; who is not finds the door.
func (a *Area) act(c echo.Context, do func(p registry.Practice, r casework.Reading, form *page.Form) error) error {
	p, err := page.PracticeAt(c, a.opts.Store.PracticeByCode)
	if err != nil {
		return err
	}
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	r, in, err := a.reading(c, p)
	if err != nil {
		return err
	}
	if !in {
		return a.door(c, http.StatusForbidden, p, page.FormOf().Fail(c, fault.New(fault.Invalid, "error.reading_over", "the time for this page is over; open it again")))
	}
	return do(p, r, form)
}

// confirm records that the reader says that he read a notice.
func (a *Area) confirm(c echo.Context) error {
	return a.act(c, func(p registry.Practice, r casework.Reading, form *page.Form) error {
		if err := a.opts.Office.ConfirmRead(c.Request().Context(), p, r, form.Get("notice")); err != nil {
			return err
		}
		return c.Redirect(http.StatusSeeOther, Path(p))
	})
}

// ask keeps a question for the practice.
func (a *Area) ask(c echo.Context) error {
	return a.act(c, func(p registry.Practice, r casework.Reading, form *page.Form) error {
		text := form.Text("question")
		if _, err := incidents.NewQuestion(r.Delivery, page.FormID(form), text, a.opts.Now()); err != nil {
			return a.notice(c, http.StatusUnprocessableEntity, p, r, form.Fail(c, err))
		}
		if page.FormID(form) == "" {
			return a.notice(c, http.StatusUnprocessableEntity, p, r, form.Fail(c, fault.New(fault.Invalid, "error.public_again", "open the form and send it again")))
		}
		if ok, wait := a.limits.asking.Allow(string(p.ID) + "\x00" + r.Delivery.ID); !ok {
			return page.TooMany(c, wait)
		}
		err := a.opts.Office.Ask(c.Request().Context(), p, r, page.FormID(form), text)
		if page.Mendable(err) {
			return a.notice(c, http.StatusUnprocessableEntity, p, r, form.Fail(c, err))
		}
		if err != nil {
			return fmt.Errorf("ask the practice: %w", err)
		}
		return c.Redirect(http.StatusSeeOther, Path(p)+"?asked=1")
	})
}

// done ends the session.
func (a *Area) done(c echo.Context) error {
	p, err := page.PracticeAt(c, a.opts.Store.PracticeByCode)
	if err != nil {
		return err
	}
	a.drop(c)
	return c.Redirect(http.StatusSeeOther, Path(p)+"?done=1")
}
