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
	mostUpload = 16 << 20
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
// file is read from memory and kept nowhere.
func (a *Area) postImport(c echo.Context) error {
	file, dryRun, err := readUpload(c)
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		form := page.FormOf().Fail(c, fileFault("error.file_large", "choose a file of at most 16 MB"))
		return a.showImport(c, http.StatusRequestEntityTooLarge, form, nil)
	}
	if page.Mendable(err) {
		return a.showImport(c, status(err), page.FormOf().Fail(c, err), nil)
	}
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request().Context()), importTimeout)
	defer cancel()
	result, err := a.office.Import(ctx, page.Practice(c), bytes.NewReader(file), dryRun, page.Actor(c))
	if err = join(nil, err, func(string) string { return "file" }); page.Mendable(err) {
		return a.showImport(c, status(err), page.FormOf().Fail(c, err), nil)
	}
	if err != nil {
		return err
	}
	return a.showImport(c, http.StatusOK, page.FormOf(), &result)
}

// readUpload returns the file that was sent, and whether to preview it only.
func readUpload(c echo.Context) (file []byte, dryRun bool, err error) {
	r := c.Request()
	if err := r.ParseMultipartForm(mostUpload); err != nil { // whole in memory: nothing reaches the disk unsealed
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return nil, false, err
		}
		return nil, false, fileFault("error.file_missing", "choose a file")
	}
	defer func() { _ = r.MultipartForm.RemoveAll() }() // it never wrote one
	part, _, err := r.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) {
		return nil, false, fileFault("error.file_missing", "choose a file")
	}
	if err != nil {
		return nil, false, err
	}
	defer part.Close()
	if file, err = io.ReadAll(part); err != nil {
		return nil, false, err
	}
	switch {
	case len(file) == 0:
		return nil, false, fileFault("error.file_missing", "choose a file")
	case bytes.HasPrefix(file, []byte("PK\x03\x04")): // a spreadsheet is a ZIP file
		return nil, false, fileFault("error.file_excel", "save the spreadsheet as CSV UTF-8 and try again")
	}
	return file, r.FormValue("do") != "import", nil
}

func fileFault(key, message string) error {
	return &fault.Error{Code: fault.Invalid, Field: "file", Key: key, Message: message}
}
