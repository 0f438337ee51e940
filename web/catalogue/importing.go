package catalogue

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents/fault"
	"datalek/web/casework"
	"datalek/web/page"
)

const (
	mostFile = 16 << 20
	// mostUpload is what is read and dropped of a file that is too large, so that
	// the answer reaches the browser.
	mostUpload = 64 << 20
	mostButton = 64
	// importTimeout is more than a page's: a large file takes its time, and one
	// that was begun is better finished.
	importTimeout = 100 * time.Second
)

// columnRow is one column that a file may have.
type columnRow struct {
	Name    string
	Headers string
}

// refusedRow is one line of a file that was left out, with why.
type refusedRow struct {
	Line  int
	Field string // empty when the line as a whole is at fault
	Why   string
}

type importPage struct {
	page.View
	Form    *page.Form
	Columns []columnRow
	Result  *casework.ImportResult // nil before the first file
	Refused []refusedRow
	Left    int // how many lines were left out
}

func (a *Area) importing(c echo.Context) error {
	return a.showImport(c, http.StatusOK, page.FormOf(), nil)
}

func (a *Area) showImport(c echo.Context, status int, form *page.Form, result *casework.ImportResult) error {
	v := &importPage{View: page.NewView(c, "catalogue.import.title").BackTo("/clients"), Form: form, Result: result}
	for _, col := range casework.ImportColumns() {
		v.Columns = append(v.Columns, columnRow{Name: page.T(c, "catalogue.column."+col.Field), Headers: strings.Join(col.Headers, ", ")})
	}
	if result != nil {
		left := map[int]bool{}
		for _, f := range result.Faults {
			left[f.Line] = true
			v.Refused = append(v.Refused, refusedRow{Line: f.Line, Field: columnName(c, f.Field), Why: whyRefused(c, f)})
		}
		v.Left = len(left)
	}
	return a.site.Render(c, status, "catalogue/import.html", v)
}

// columnName names the column in which a fault stands.
func columnName(c echo.Context, field string) string {
	switch {
	case field == "":
		return ""
	case strings.HasSuffix(field, "].from"):
		field = "guidance_from"
	case strings.HasSuffix(field, "].until"):
		field = "guidance_until"
	}
	return page.T(c, "catalogue.column."+field)
}

func whyRefused(c echo.Context, f casework.RowFault) string {
	words := page.Faults(c, fault.List{{Code: fault.Invalid, Key: f.Key, Message: f.Message}})
	return words[0].Message
}

// postImport previews a file, or imports it: one form with two buttons. The
// file is kept nowhere.
func (a *Area) postImport(c echo.Context) error {
	up, err := readUpload(c.Request())
	if err == nil {
		err = up.check()
	}
	if page.Mendable(err) {
		answer := status(err)
		if up.large {
			answer = http.StatusRequestEntityTooLarge
		}
		return a.showImport(c, answer, page.FormOf().Fail(c, err), nil)
	}
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request().Context()), importTimeout)
	defer cancel()
	result, err := a.office.Import(ctx, page.Practice(c), bytes.NewReader(up.file), up.dryRun)
	if err = join(nil, err, func(string) string { return "file" }); page.Mendable(err) {
		return a.showImport(c, status(err), page.FormOf().Fail(c, err), nil)
	}
	if err != nil {
		return err
	}
	return a.showImport(c, http.StatusOK, page.FormOf(), &result)
}

// upload is what the form sent.
type upload struct {
	file   []byte
	dryRun bool
	large  bool // the file passes the limit
}

// readUpload reads a file and the button that was pressed. The file stays in
// memory: nothing reaches the disk unsealed.
func readUpload(r *http.Request) (upload, error) {
	up := upload{dryRun: true}
	parts, err := r.MultipartReader()
	if err != nil {
		return up, fileFault("error.file_missing", "choose a file")
	}
	for {
		part, err := parts.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return up, nil
		case err != nil:
			return up, unreadable(err)
		}
		limit := map[string]int64{"file": mostFile, "do": mostButton}[part.FormName()]
		value, err := io.ReadAll(io.LimitReader(part, limit+1))
		if err != nil {
			return up, unreadable(err)
		}
		switch part.FormName() {
		case "file":
			up.file, up.large = value, len(value) > mostFile
		case "do":
			up.dryRun = string(value) != "import"
		}
	}
}

// unreadable tells a body that is too large from one that broke off.
func unreadable(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return fault.New(fault.Invalid, "error.form_unreadable", "this form could not be read")
}

// check refuses what cannot be a list of clients at all.
func (u upload) check() error {
	switch {
	case u.large:
		return fileFault("error.file_large", "choose a file of at most 16 MB")
	case len(u.file) == 0:
		return fileFault("error.file_missing", "choose a file")
	case bytes.HasPrefix(u.file, []byte("PK\x03\x04")): // a spreadsheet is a ZIP file
		return fileFault("error.file_excel", "save the spreadsheet as CSV UTF-8 and try again")
	}
	return nil
}

func fileFault(key, message string) error {
	return &fault.Error{Code: fault.Invalid, Field: "file", Key: key, Message: message}
}
