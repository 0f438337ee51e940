package notices

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/web/casework"
	"datalek/web/page"
	"datalek/web/parts"
)

// printer writes letters as one PDF; made stands in it as its date.
type printer = func(w io.Writer, letters []incidents.Letter, made time.Time) error

type lettersPage struct {
	page.View
	Head    head
	All     bool // also those who could be phoned
	Letters []letterView
	PDF     string // address of the same letters as PDF
	Next    string // address of the letters after these; "" when there are none
	Form    *page.Form
	Faults  []parts.Fault
	Options []parts.Option // one for each letter
	At      page.Moment
	Button  string
}

// letterView is a letter as it reads on the page and on paper.
type letterView struct {
	Language string
	Sender   []string
	Address  []string
	Subject  string
	Body     string
}

// letters shows the letters of a notice, as accessible text beside the PDF, and
// the form that records when they were posted.
func (a *Area) letters(c echo.Context) error {
	return a.showLetters(c, http.StatusOK, nil, c.QueryParam("who") == "all", c.QueryParam("after"))
}

func (a *Area) showLetters(c echo.Context, status int, form *page.Form, all bool, after string) error {
	n, rows, next, err := a.letterRows(c, all, after)
	if err != nil {
		return err
	}
	if !approved(n) {
		return c.Redirect(http.StatusSeeOther, placeOf(n))
	}
	inc, err := a.incidentOf(c, n)
	if err != nil {
		return err
	}
	v := &lettersPage{View: page.NewView(c, "notices.letters.title").BackTo("/notices/" + n.ID + "/progress"), Head: headOf(c, inc, n), All: all,
		PDF: lettersAt(n, ".pdf", all, after), Form: form, Button: counted(c, "notices.letters.button", len(rows))}
	if next != "" {
		v.Next = lettersAt(n, "", all, next)
	}
	if err := v.rows(c, n, rows, a.readingAt(c)); err != nil {
		return err
	}
	v.posted(c, rows)
	return a.site.Render(c, status, "notices/letters.html", v)
}

func (a *Area) letterRows(c echo.Context, all bool, after string) (*incidents.Notice, []incidents.Delivery, string, error) {
	n, err := a.notice(c)
	if err != nil {
		return nil, nil, "", err
	}
	rows, next, err := a.office.Letters(c.Request().Context(), n, all, after)
	return n, rows, next, err
}

// lettersAt is the address of the same letters as page, PDF or form.
func lettersAt(n *incidents.Notice, ending string, all bool, after string) string {
	ask := url.Values{}
	if all {
		ask.Set("who", "all")
	}
	if after != "" {
		ask.Set("after", after)
	}
	address := "/notices/" + n.ID + "/letters" + ending
	if len(ask) > 0 {
		address += "?" + ask.Encode()
	}
	return address
}

func (v *lettersPage) rows(c echo.Context, n *incidents.Notice, rows []incidents.Delivery, reading string) error {
	for _, d := range rows {
		l, err := casework.LetterTo(page.Practice(c), n, d, reading, page.Now(c))
		if err != nil {
			return err
		}
		v.Letters = append(v.Letters, letterView{Language: l.Language, Sender: l.Sender, Address: l.Address, Subject: l.Subject, Body: l.Body})
	}
	return nil
}

// posted prepares the form: every letter ticked, now as the time.
func (v *lettersPage) posted(c echo.Context, rows []incidents.Delivery) {
	chosen := func(string) bool { return true }
	if v.Form == nil {
		v.Form = page.FormOf()
		v.Form.SetMoment(c, "at", page.Now(c))
	} else {
		chosen = func(id string) bool { return v.Form.Has("deliveries", id) }
	}
	v.Faults = v.Form.Faults
	for _, d := range rows {
		o := parts.Option{Value: d.ID, Text: orFirst(d.To.Name, d.To.Email), Checked: chosen(d.ID)}
		if d.To.PostalAddress == "" {
			o.Hint, o.Checked = page.T(c, "notices.people.no_reach"), false
		}
		v.Options = append(v.Options, o)
	}
	v.At = v.Form.Moment(c, "at")
	v.At.Label = page.T(c, "notices.letters.at")
	if v.At.Error != "" {
		_, _ = v.At.Read(page.Zone(c)) // notes which of its fields is at fault
	}
}

// lettersPDF is the letters as one file. It counts for nobody: they are told
// once somebody says that the letters were posted.
func (a *Area) lettersPDF(c echo.Context) error {
	n, rows, _, err := a.letterRows(c, c.QueryParam("who") == "all", c.QueryParam("after"))
	if err != nil {
		return err
	}
	return a.pdf(c, n, rows)
}

// letterPDF is the letter to one reader.
func (a *Area) letterPDF(c echo.Context) error {
	d, n, _, err := a.delivery(c)
	if err != nil {
		return err
	}
	return a.pdf(c, n, []incidents.Delivery{d})
}

// pdf prints letters to those with an address, and answers with the file. Its
// name says nothing about anybody.
func (a *Area) pdf(c echo.Context, n *incidents.Notice, rows []incidents.Delivery) error {
	rows = slices.DeleteFunc(rows, func(d incidents.Delivery) bool { return d.To.PostalAddress == "" })
	if len(rows) == 0 {
		return fault.NotFound // there is no letter to print
	}
	letters := make([]incidents.Letter, len(rows))
	for i, d := range rows {
		var err error
		if letters[i], err = casework.LetterTo(page.Practice(c), n, d, a.readingAt(c), page.Now(c)); err != nil {
			return err
		}
	}
	var out bytes.Buffer
	if err := a.paper(&out, letters, page.Now(c)); err != nil {
		return fmt.Errorf("print letters: %w", err)
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	c.Response().Header().Set("Content-Disposition", `attachment; filename="`+page.T(c, "notices.letters.file")+`"`)
	return c.Blob(http.StatusOK, "application/pdf", out.Bytes())
}

// postPosted records that the ticked letters went to the post.
func (a *Area) postPosted(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	n, err := a.notice(c)
	if err != nil {
		return err
	}
	all, after := form.Get("who") == "all", form.Get("after")
	moment := form.Moment(c, "at")
	at, err := moment.Read(page.Zone(c))
	if err != nil {
		return a.showLetters(c, http.StatusUnprocessableEntity, form.Fail(c, err), all, after)
	}
	posted, err := a.office.Posted(c.Request().Context(), n.PracticeID, n.ID, form.Values["deliveries"],
		casework.Word{By: "letter", At: at, Note: form.Text("note"), User: page.Actor(c)})
	if page.Mendable(err) {
		return a.showLetters(c, mendStatus(err), form.Fail(c, err), all, after)
	}
	if err != nil {
		return fmt.Errorf("record posted letters: %w", err)
	}
	a.site.Done(c, "notices.letters.done", "n", posted, "count", page.FormatNumber(page.Lang(c), int64(posted)))
	return c.Redirect(http.StatusSeeOther, "/notices/"+n.ID+"/progress")
}
