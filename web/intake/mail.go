package intake

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/web/page"
)

const (
	// mostUpload is what a form with a mail may be: servers take mail of up to 25 MB,
	// of which the first incidents.MaxMail bytes are kept.
	mostUpload = 64 << 20
	mostField  = 64 << 10 // bytes of the text of any other field
	mostFields = 12
)

type mailPage struct {
	page.View
	Form      *page.Form
	Processor string // from whose page one came, "" for none
	Supplier  string // its name
	Help      []string
	Box       *boxView // nil when no folder is read
}

// mail asks for what a supplier wrote.
func (a *Area) mail(c echo.Context) error {
	return a.showMail(c, http.StatusOK, c.QueryParam("processor"), page.FormOf())
}

func (a *Area) showMail(c echo.Context, status int, processor string, form *page.Form) error {
	v := &mailPage{View: page.NewView(c, "intake.mail.title").BackTo("/triage"), Form: form,
		Help: []string{page.T(c, "intake.mail.how_1"), page.T(c, "intake.mail.how_2"), page.T(c, "intake.mail.how_3")}}
	if processor != "" {
		p, err := a.opts.Store.Processor(c.Request().Context(), page.Practice(c).ID, processor)
		if err != nil && !errors.Is(err, fault.NotFound) {
			return fmt.Errorf("look up the supplier: %w", err)
		}
		v.Processor, v.Supplier = p.ID, p.Name
	}
	box, err := a.box(c)
	if err != nil {
		return err
	}
	v.Box = box
	return a.site.Render(c, status, "intake/mail.html", v)
}

// postMail keeps a mail and leads to the page on which a person judges it. It
// believes nothing that the mail says.
func (a *Area) postMail(c echo.Context) error {
	up, err := readMail(c.Request())
	if err != nil && !page.IsInvalid(err) {
		return err
	}
	form := page.FormOf("text", up.text)
	if err == nil {
		err = up.check()
	}
	if err != nil {
		return a.showMail(c, http.StatusUnprocessableEntity, up.processor, form.Fail(c, err))
	}
	ctx, p := c.Request().Context(), page.Practice(c)
	processor, err := a.knownSupplier(c, up.processor)
	if err != nil {
		return err
	}
	r, fresh, err := a.opts.Office.KeepMail(ctx, p, up.raw(), processor, page.Actor(c))
	if page.IsInvalid(err) {
		return a.showMail(c, http.StatusUnprocessableEntity, up.processor, form.Fail(c, err))
	}
	if err != nil {
		return fmt.Errorf("keep a supplier's mail: %w", err)
	}
	if fresh {
		a.site.Done(c, "intake.mail.done")
	} else {
		a.site.Done(c, "intake.mail.again")
	}
	return c.Redirect(http.StatusSeeOther, "/triage/"+url.PathEscape(r.ID))
}

// knownSupplier returns the id when it is a supplier of the practice, else "".
func (a *Area) knownSupplier(c echo.Context, id string) (string, error) {
	if id == "" {
		return "", nil
	}
	p, err := a.opts.Store.Processor(c.Request().Context(), page.Practice(c).ID, id)
	if err != nil && !errors.Is(err, fault.NotFound) {
		return "", fmt.Errorf("look up the supplier: %w", err)
	}
	return p.ID, nil
}

// mailUpload is what the form sent.
type mailUpload struct {
	text, processor string
	file            []byte
}

// readMail reads a file, or what was pasted. The file stays in memory: nothing
// reaches the disk unsealed. Of a large one the first bytes are enough.
func readMail(r *http.Request) (mailUpload, error) {
	var up mailUpload
	if !strings.HasPrefix(r.Header.Get(echo.HeaderContentType), echo.MIMEMultipartForm) {
		if err := r.ParseForm(); err != nil {
			return up, unreadableMail(err)
		}
		up.text, up.processor = r.PostForm.Get("text"), strings.TrimSpace(r.PostForm.Get("processor"))
		return up, nil
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return up, unreadableMail(nil)
	}
	for range mostFields {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return up, nil
		}
		if err != nil {
			return up, unreadableMail(err)
		}
		limit := int64(mostField)
		if name := part.FormName(); name == "file" || name == "text" {
			limit = incidents.MaxMail + 1 // so that it shows that there was more
		}
		value, err := io.ReadAll(io.LimitReader(part, limit))
		if err == nil {
			_, err = io.Copy(io.Discard, part)
		}
		if err != nil {
			return up, unreadableMail(err)
		}
		up.take(part.FormName(), value)
	}
	return up, unreadableMail(nil)
}

func (u *mailUpload) take(name string, value []byte) {
	switch name {
	case "file":
		u.file = value
	case "text":
		u.text = string(value)
	case "processor":
		u.processor = strings.TrimSpace(string(value))
	}
}

// unreadableMail tells a body that is too large from one that broke off.
func unreadableMail(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return fault.New(fault.Invalid, "error.form_unreadable", "this form could not be read")
}

// raw is what is kept: the file that was chosen, else what was pasted.
func (u mailUpload) raw() []byte {
	if len(u.file) > 0 {
		return u.file
	}
	return []byte(u.text)
}

// compound is how files of Outlook's own form begin (MS-CFB 2.2).
var compound = []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")

// check refuses what holds nothing, and what only Outlook can read.
func (u mailUpload) check() error {
	switch {
	case bytes.HasPrefix(u.file, compound):
		return &fault.Error{Code: fault.Invalid, Field: "file", Key: "error.mail_msg", Message: "this is a .msg file of Outlook; save the message as .eml, or paste its text"}
	case len(u.file) == 0 && strings.TrimSpace(u.text) == "":
		return &fault.Error{Code: fault.Invalid, Field: "text", Key: "error.mail_missing", Message: "paste the mail, or choose a file"}
	}
	return nil
}
