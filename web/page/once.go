package page

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/tenant"
)

// FormField is the hidden field with the id of one showing of a form. Templates
// write it with {{once}}.
const FormField = "_form"

const (
	formIDLength   = 26
	formIDAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	// cutOff is how long a form may act before it counts as cut off.
	cutOff = time.Minute
	// A second press that meets the first one still acting waits for its end.
	waitForFirst, lookAgain = 10 * time.Second, 25 * time.Millisecond
	settleTimeout           = 5 * time.Second
)

// requestStore remembers which forms have acted, and where they led.
type requestStore interface {
	BeginRequest(ctx context.Context, r incidents.Request) (stored incidents.Request, fresh bool, err error)
	FinishRequest(ctx context.Context, r incidents.Request) error
	DropRequest(ctx context.Context, practice tenant.ID, key string) error
}

// NewFormID returns an id that nobody can guess for one showing of a form.
func NewFormID() string { return randomText() }

// FormID returns the id that a form carries, "" when it is none of ours.
func FormID(f *Form) string {
	id := f.Raw(FormField)
	if len(id) != formIDLength || strings.Trim(id, formIDAlphabet) != "" {
		return ""
	}
	return id
}

func onceField() template.HTML {
	return template.HTML(`<input type="hidden" name="` + FormField + `" value="` + NewFormID() + `">`) //nolint:gosec // letters and digits
}

// once lets a form with an id act one time. The same form with the same answers
// leads to the same place again: pressed twice without script, sent anew by the
// browser, or sent twice at once. A form that was refused may be mended.
func (s *Site) once(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		requests, able := s.opts.Store.(requestStore)
		if !able || !strings.HasPrefix(c.Request().Header.Get(echo.HeaderContentType), echo.MIMEApplicationForm) {
			return next(c)
		}
		form, err := ReadForm(c)
		if err != nil {
			return err
		}
		id := FormID(form)
		if id == "" {
			return next(c)
		}
		press := s.pressOf(c, id, form)
		stored, fresh, err := begin(c.Request().Context(), requests, press)
		switch {
		case err != nil:
			return err
		case fresh:
			return s.act(c, requests, press, next)
		case stored.Status == 0:
			return fault.New(fault.Conflict, "error.form_running", "this form is still being dealt with; look again in a moment")
		default:
			return c.Redirect(stored.Status, stored.Location)
		}
	}
}

// pressOf names a form by who sent it, where to and what it says: a form that
// was changed and sent anew is another one.
func (s *Site) pressOf(c echo.Context, id string, form *Form) incidents.Request {
	sum := sha256.Sum256([]byte(strings.Join([]string{"form", User(c).ID, id, c.Request().URL.Path, form.Values.Encode()}, "\x00")))
	key := "form-" + hex.EncodeToString(sum[:])
	return incidents.Request{PracticeID: Practice(c).ID, Key: key, BodyHash: key, At: s.Now()}
}

// begin claims a press, or waits for the end of the first with its key.
func begin(ctx context.Context, requests requestStore, r incidents.Request) (stored incidents.Request, fresh bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, waitForFirst)
	defer cancel()
	for {
		stored, fresh, err = requests.BeginRequest(ctx, r)
		if err != nil || fresh || stored.Status != 0 {
			return stored, fresh, err
		}
		if r.At.Sub(stored.At) >= cutOff { // the process died in the middle
			if err = requests.DropRequest(ctx, r.PracticeID, r.Key); err != nil {
				return stored, false, err
			}
			continue
		}
		select {
		case <-ctx.Done():
			return stored, false, nil
		case <-time.After(lookAgain):
		}
	}
}

// act deals with a form, also when the browser went away: it does so to send the
// second press, which must find the first one ended and not broken off.
func (s *Site) act(c echo.Context, requests requestStore, r incidents.Request, next echo.HandlerFunc) error {
	ctx := context.WithoutCancel(c.Request().Context())
	limited, cancel := context.WithTimeout(ctx, pageTimeout)
	defer cancel()
	c.SetRequest(c.Request().WithContext(limited))
	defer func() {
		ctx, cancel := context.WithTimeout(ctx, settleTimeout)
		defer cancel()
		if err := settle(ctx, requests, r); err != nil {
			s.opts.Log.Error("remember a form", "route", c.Path(), "error", err)
		}
	}()
	err := next(c)
	if err == nil && c.Response().Status == http.StatusSeeOther {
		r.Status, r.Location = http.StatusSeeOther, c.Response().Header().Get(echo.HeaderLocation)
	}
	return err
}

// settle keeps where a form led. One that was refused or failed may come again.
func settle(ctx context.Context, requests requestStore, r incidents.Request) error {
	if r.Status == 0 {
		return requests.DropRequest(ctx, r.PracticeID, r.Key)
	}
	err := requests.FinishRequest(ctx, r)
	if errors.Is(err, fault.NotFound) {
		return nil
	}
	return err
}
