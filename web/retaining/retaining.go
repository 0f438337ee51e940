// Package retaining is where a practice sees what it must destroy, when and by which
// of its rules, and says that it is gone.
//
// The calendar names nobody; names stand on a task's own page.
package retaining

import (
	"context"
	"fmt"
	"net/http"
	"regexp"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/retention"
	"datalek/incidents/tenant"
	"datalek/web/casework"
	"datalek/web/page"
	"datalek/web/parts"
)

// store is what the pages read.
type store interface {
	Practice(ctx context.Context, id tenant.ID) (registry.Practice, error)
	Systems(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.System, error)
}

// office is what the pages change.
type office interface {
	Retention(ctx context.Context, p registry.Practice) (retention.Calendar, error)
	RetentionPeople(ctx context.Context, p registry.Practice, k retention.Key, after string, limit int) ([]casework.PersonDue, error)
	ConfirmGone(ctx context.Context, practice tenant.ID, g casework.Gone, by incidents.Actor) (registry.Confirmation, error)
	UndoGone(ctx context.Context, practice tenant.ID, id string, by incidents.Actor) (registry.Confirmation, error)
	KeepLonger(ctx context.Context, practice tenant.ID, client, system string, why registry.ExemptReason, by incidents.Actor) error
}

// Options is what an Area is made of.
type Options struct {
	Store  store
	Office office
}

// Area registers the pages. Make it with New.
type Area struct {
	opts Options
	site *page.Site
}

// New returns the area.
func New(o Options) *Area { return &Area{opts: o} }

// Register puts the area's routes on e.
func (a *Area) Register(site *page.Site, e *echo.Echo) {
	a.site = site
	r := site.Private(e).For(registry.SeeDestruction, registry.ConfirmDestruction)
	r.GET("/retention", a.calendar)
	r.GET("/retention/:month/:system", a.task)
	r.POST("/retention/:month/:system", a.confirm)
	r.GET("/retention/:month/:system/entries", a.entries)
	r.POST("/retention/:month/:system/entries", a.confirmEntries)
	r.POST("/retention/confirmed/:id/undo", a.undo)
	r.POST("/retention/people/:client/:system/gone", a.gone)
	r.POST("/retention/people/:client/:system/keep", a.keep)
}

const (
	home           = "/retention"
	monthsPerPage  = 12
	peoplePerPage  = 50
	mostSystems    = 1_000
	mostConfirmed  = 10
	entriesSection = "/entries"
)

var (
	month = regexp.MustCompile(`^\d{4}-\d{2}$`)
	word  = regexp.MustCompile(`^[A-Za-z0-9_-]{8,64}$`)
)

// keyOf reads from the address which task is meant.
func keyOf(c echo.Context, rolling bool) (retention.Key, error) {
	k := retention.Key{Month: c.Param("month"), System: c.Param("system"), Rolling: rolling}
	if !month.MatchString(k.Month) {
		return k, fault.NotFound
	}
	return k, nil
}

// hrefOf returns the address of a task's page.
func hrefOf(k retention.Key) string {
	href := home + "/" + k.Month + "/" + k.System
	if k.Rolling {
		href += entriesSection
	}
	return href
}

func (a *Area) confirm(c echo.Context) error { return a.say(c, false) }

func (a *Area) confirmEntries(c echo.Context) error { return a.say(c, true) }

// say records somebody's word that a task is done.
func (a *Area) say(c echo.Context, rolling bool) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	k, err := keyOf(c, rolling)
	if err != nil {
		return err
	}
	g := casework.Gone{ID: form.Get("id"), Task: k, Pseudonymised: form.Get("done") == string(registry.Pseudonymise), Here: k.System == retention.OwnSystem && !rolling}
	if !word.MatchString(g.ID) {
		g.ID = casework.Secret(12)
	}
	if form.Get("sure") == "" {
		var faults fault.List
		faults.Add("sure", "error.retention_sure", "tick that it is gone")
		return a.showTask(c, http.StatusUnprocessableEntity, k, form.Fail(c, faults.Err()))
	}
	done, err := a.opts.Office.ConfirmGone(c.Request().Context(), page.Practice(c).ID, g, page.Actor(c))
	return a.told(c, done, err, home)
}

// warn says what the practitioner can mend.
func (a *Area) warn(c echo.Context, err error) {
	for _, f := range page.Faults(c, err) {
		a.site.Flash(c, parts.Notice{Kind: "warning", Text: f.Message})
	}
}

// told says what became of a confirmation, and goes on to a page.
func (a *Area) told(c echo.Context, done registry.Confirmation, err error, next string) error {
	switch {
	case page.Mendable(err):
		a.warn(c, err)
	case err != nil:
		return err
	case done.Here:
		a.site.Done(c, "retention.done.here", "n", done.People, "count", done.People)
	case done.Rolling:
		a.site.Done(c, "retention.done.entries")
	default:
		a.site.Done(c, "retention.done.gone", "n", done.People, "count", done.People)
	}
	return c.Redirect(http.StatusSeeOther, next)
}

// gone records the word about one person, from his own page.
func (a *Area) gone(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	g := casework.Gone{ID: form.Get("id"), Task: retention.Key{System: c.Param("system"), Rolling: form.Get("rolling") != ""}, Only: c.Param("client"),
		Pseudonymised: form.Get("done") == string(registry.Pseudonymise), Here: c.Param("system") == retention.OwnSystem}
	if !word.MatchString(g.ID) {
		g.ID = casework.Secret(12)
	}
	done, err := a.opts.Office.ConfirmGone(c.Request().Context(), page.Practice(c).ID, g, page.Actor(c))
	next := "/clients/" + c.Param("client")
	if err == nil && done.Here && done.People > 0 {
		next = "/clients"
	}
	return a.told(c, done, err, next)
}

// keep notes why somebody's data stays, or that it does no longer.
func (a *Area) keep(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	why := registry.ExemptReason(form.Get("why"))
	err = a.opts.Office.KeepLonger(c.Request().Context(), page.Practice(c).ID, c.Param("client"), c.Param("system"), why, page.Actor(c))
	switch {
	case page.Mendable(err):
		a.warn(c, err)
	case err != nil:
		return err
	case why == "":
		a.site.Done(c, "retention.done.lifted")
	default:
		a.site.Done(c, "retention.done.kept")
	}
	next := "/clients/" + c.Param("client")
	if m := form.Get("month"); month.MatchString(m) {
		next = hrefOf(retention.Key{Month: m, System: c.Param("system")})
	}
	return c.Redirect(http.StatusSeeOther, next)
}

func (a *Area) undo(c echo.Context) error {
	_, err := a.opts.Office.UndoGone(c.Request().Context(), page.Practice(c).ID, c.Param("id"), page.Actor(c))
	switch {
	case page.Mendable(err):
		a.warn(c, err)
	case err != nil:
		return err
	default:
		a.site.Done(c, "retention.done.undone")
	}
	return c.Redirect(http.StatusSeeOther, home)
}

func (a *Area) systemNames(c echo.Context) (map[string]string, error) {
	systems, err := a.opts.Store.Systems(c.Request().Context(), page.Practice(c).ID, "", mostSystems)
	if err != nil {
		return nil, fmt.Errorf("list systems: %w", err)
	}
	names := map[string]string{}
	for _, s := range systems {
		names[s.ID] = s.Name
	}
	return names, nil
}
