// Package stuck shows the work that no worker could do: what it is, of which
// case, when and why it was given up, and a button that has it tried again.
package stuck

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/page"
)

// store is what the page reads.
type store interface {
	StuckOf(ctx context.Context, practice tenant.ID, after string, limit int) ([]incidents.Stuck, error)
	Incident(ctx context.Context, practice tenant.ID, id string) (*incidents.Incident, error)
}

// office is what the page changes.
type office interface {
	TryAgain(ctx context.Context, practice tenant.ID, id string) (incidents.Stuck, error)
}

// Options is what an Area is made of.
type Options struct {
	Store  store
	Office office
}

// Area is the page. Make it with New.
type Area struct {
	opts Options
	site *page.Site
}

// New returns the area.
func New(o Options) *Area { return &Area{opts: o} }

// Register puts the area's routes on e.
func (a *Area) Register(site *page.Site, e *echo.Echo) {
	a.site = site
	private := site.Private(e).For(registry.SeeMachine, registry.MendMachine)
	private.GET("/stuck", a.list)
	private.POST("/stuck/:id/again", a.again)
	private.POST("/stuck/host/:id/again", a.againForHost)
}

const (
	rowsPerPage = 25
	// mostOfHost is how much of the host's own is shown; it belongs to no practice.
	mostOfHost = 25
)

type listPage struct {
	page.View
	Rows  []row
	Host  []row
	Pager page.Pager
}

// row is one piece of work in plain words. It names nobody.
type row struct {
	Work   string
	Cause  string
	At     string
	Tries  int
	Case   string // the case's number, "" when it is about none
	Href   string // of the case
	Again  string // since when it is tried again, "" while it waits
	Detail string // the error itself, for who helps
	Action string
}

func (a *Area) list(c echo.Context) error {
	ctx, practice := c.Request().Context(), page.Practice(c).ID
	v := &listPage{View: page.NewView(c, "stuck.title").BackTo("/").Broad(), Pager: page.PagerOf(c)}
	found, err := a.opts.Store.StuckOf(ctx, practice, v.Pager.After, rowsPerPage+1)
	if err != nil {
		return fmt.Errorf("list stuck work: %w", err)
	}
	if len(found) > rowsPerPage {
		found = found[:rowsPerPage]
		v.Pager = v.Pager.Follow(found[rowsPerPage-1].ID)
	}
	if v.Rows, err = a.rows(c, found, "/stuck/"); err != nil {
		return err
	}
	host, err := a.opts.Store.StuckOf(ctx, "", "", mostOfHost)
	if err != nil {
		return fmt.Errorf("list the host's stuck work: %w", err)
	}
	if v.Host, err = a.rows(c, host, "/stuck/host/"); err != nil {
		return err
	}
	return a.site.Render(c, http.StatusOK, "stuck/list.html", v)
}

func (a *Area) rows(c echo.Context, list []incidents.Stuck, place string) ([]row, error) {
	var rows []row
	for _, s := range list {
		r := row{Work: word(c, "stuck.work.", s.Queue), Cause: word(c, "stuck.cause.", string(s.Cause)), At: page.FormatShort(page.Lang(c), s.At, page.Zone(c)),
			Tries: s.Attempts, Detail: s.Detail, Action: place + s.ID + "/again"}
		if !s.AgainAt.IsZero() {
			r.Again = page.FormatShort(page.Lang(c), s.AgainAt, page.Zone(c))
		}
		if s.IncidentID != "" {
			inc, err := a.opts.Store.Incident(c.Request().Context(), s.PracticeID, s.IncidentID)
			switch {
			case err == nil:
				r.Case, r.Href = inc.Reference, "/incidents/"+inc.ID
			case errors.Is(err, fault.Unavailable):
				return nil, fmt.Errorf("read the case of stuck work: %w", err)
			} // a case that is gone, or cannot be read, may be why it is stuck
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// word is the text for a code, "other" for one that this version does not know.
func word(c echo.Context, prefix, code string) string {
	if page.Has(c, prefix+code) {
		return page.T(c, prefix+code)
	}
	return page.T(c, prefix+"other")
}

func (a *Area) again(c echo.Context) error { return a.tryAgain(c, page.Practice(c).ID) }

func (a *Area) againForHost(c echo.Context) error { return a.tryAgain(c, "") }

// tryAgain asks for the work anew. Work that was done meanwhile needs no trying.
func (a *Area) tryAgain(c echo.Context, practice tenant.ID) error {
	_, err := a.opts.Office.TryAgain(c.Request().Context(), practice, c.Param("id"))
	switch {
	case errors.Is(err, fault.NotFound):
		a.site.Done(c, "stuck.gone")
	case err != nil:
		return err
	default:
		a.site.Done(c, "stuck.asked")
	}
	return c.Redirect(http.StatusSeeOther, "/stuck")
}
