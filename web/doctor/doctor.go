// Package doctor shows whether what the program stands on is well: mail server,
// the records that make its mail believed, clock, disk, keys, store and bus. It
// says the same as the command of that name.
package doctor

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/page"
)

// Finding is what one check found. State is "well", "note", "unwell" or
// "unchecked"; Code names the words.
type Finding struct {
	Check, Subject string
	State, Code    string
	Blanks         []any
	Detail         string // in the words of whoever said it
}

// Options is what an Area is made of.
type Options struct {
	// Look returns what was found for a practice and when; it may be a minute old.
	Look func(ctx context.Context, practice tenant.ID) (time.Time, []Finding, error)
	// Prove sends a mail that shows whether the return address works; nil cannot.
	Prove func(ctx context.Context, practice tenant.ID) error
}

// Area is the page. Make it with New.
type Area struct {
	opts Options
	site *page.Site
}

// New returns the area.
func New(opts Options) *Area { return &Area{opts: opts} }

// Register puts the area's routes on e.
func (a *Area) Register(site *page.Site, e *echo.Echo) {
	a.site = site
	r := site.Private(e).For(registry.SeeMachine, registry.MendMachine)
	r.GET("/doctor", a.show)
	r.POST("/doctor/envelope", a.prove)
}

type doctorPage struct {
	page.View
	At     time.Time
	Unwell bool
	Lines  []Line
	Prove  bool // the return address is not proven, and can be
}

func (a *Area) show(c echo.Context) error {
	at, found, err := a.opts.Look(c.Request().Context(), page.Practice(c).ID)
	if err != nil {
		return fmt.Errorf("look whether all is well: %w", err)
	}
	v := &doctorPage{View: page.NewView(c, "doctor.title").BackTo("/settings"), At: at}
	for _, f := range found {
		v.Lines = append(v.Lines, Say(page.WordsOf(c), page.Lang(c), f))
		v.Unwell = v.Unwell || f.State == "unwell"
		v.Prove = v.Prove || a.opts.Prove != nil && f.Check == "envelope" && f.State != "well" && f.Code != "envelope_none"
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return a.site.Render(c, http.StatusOK, "doctor/doctor.html", v)
}

// prove sends a mail to the return address and shows what came of it.
func (a *Area) prove(c echo.Context) error {
	if a.opts.Prove == nil {
		return fault.NotFound
	}
	if err := a.opts.Prove(c.Request().Context(), page.Practice(c).ID); err != nil {
		return fmt.Errorf("prove the return address: %w", err)
	}
	return c.Redirect(http.StatusSeeOther, "/doctor")
}
