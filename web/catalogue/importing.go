package catalogue

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents/fault"
	"datalek/incidents/roster"
	"datalek/web/casework"
	"datalek/web/page"
)

const (
	mostFile = 16 << 20
	// mostUpload is what is read and dropped of a file that is too large, so that
	// the answer reaches the browser.
	mostUpload = 64 << 20
	mostButton = 64
	// mostKept is the largest file that goes back to the browser in the form, so
	// that nobody chooses it twice and the server keeps nothing.
	mostKept = 512 << 10
	// mostParts bounds the choices: a column each, and the doubles shown.
	mostParts   = 2000
	mostDoubles = 200
	// importTimeout is more than a page's: a large file takes its time, and one
	// that was begun is better finished.
	importTimeout = 100 * time.Second
)

func (a *Area) importing(c echo.Context) error {
	return a.showImport(c, http.StatusOK, page.FormOf(), upload{}, nil)
}

// postImport previews a file, or imports it: one form with two buttons. The
// file is kept nowhere but in the page itself; what is taken of it goes on by
// itself, and has a page of its own.
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
		return a.showImport(c, answer, page.FormOf().Fail(c, err), upload{}, nil)
	}
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request().Context()), importTimeout)
	defer cancel()
	up.how.By, up.how.Patience = page.User(c).ID, casework.ImportPatience
	result, err := a.office.Import(ctx, page.Practice(c), bytes.NewReader(up.file), up.how)
	field := "file"
	if len(result.Columns) > 0 {
		field = "columns"
	}
	if err = join(nil, err, func(string) string { return field }); page.Mendable(err) {
		return a.showFaulty(c, err, up, &result)
	}
	if err != nil {
		return err
	}
	if result.ID != "" {
		return c.Redirect(http.StatusSeeOther, importHome(result.ID))
	}
	return a.showImport(c, http.StatusOK, page.FormOf(), up, &result)
}

// showFaulty shows what is wrong. Where what the columns are taken for is at fault,
// and not the file, they can be chosen and the file stays in the form.
func (a *Area) showFaulty(c echo.Context, err error, up upload, result *casework.ImportResult) error {
	if len(result.Columns) == 0 {
		up, result = upload{}, nil
	}
	return a.showImport(c, status(err), page.FormOf().Fail(c, err), up, result)
}

// upload is what the form sent.
type upload struct {
	file  []byte
	how   casework.ImportHow
	large bool // the file passes the limit
}

// readUpload reads a file, the choices and the button that was pressed. The file
// stays in memory: nothing reaches the disk unsealed.
func readUpload(r *http.Request) (upload, error) {
	up := upload{how: casework.ImportHow{DryRun: true, Mapping: map[string]roster.Field{}, Decided: map[int]casework.DoubleDecision{}}}
	parts, err := r.MultipartReader()
	if err != nil {
		return up, fileFault("error.file_missing", "choose a file")
	}
	for range mostParts {
		part, err := parts.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return up, nil
		case err != nil:
			return up, unreadable(err)
		}
		limit, some := map[string]int64{"file": mostFile, "kept": mostKept * 2}[part.FormName()]
		if !some {
			limit = mostButton
		}
		value, err := io.ReadAll(io.LimitReader(part, limit+1))
		if err != nil {
			return up, unreadable(err)
		}
		up.take(part.FormName(), value)
	}
	return up, unreadable(nil)
}

// take reads one part of the form. A file that was chosen comes before the one
// that the page kept.
func (u *upload) take(name string, value []byte) {
	kind, at, _ := strings.Cut(name, "-")
	switch kind {
	case "file":
		if len(value) > 0 {
			u.file, u.large = value, len(value) > mostFile
		}
	case "kept":
		if kept, err := base64.StdEncoding.DecodeString(string(value)); err == nil && len(u.file) == 0 {
			u.file = kept
		}
	case "do":
		u.how.DryRun = string(value) != "import"
	case "map":
		if _, err := strconv.Atoi(at); err == nil {
			u.how.Mapping[at] = roster.Field(value)
		}
	case "double":
		line, err := strconv.Atoi(at)
		if d := casework.DoubleDecision(value); err == nil && d.Valid() {
			u.how.Decided[line] = d
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
	}
	return nil
}

func fileFault(key, message string) error {
	return &fault.Error{Code: fault.Invalid, Field: "file", Key: key, Message: message}
}
