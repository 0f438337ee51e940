// Package ack is the page behind the link in an alarm's mail. Whoever got the
// mail says there that he has seen it, without an account: opening the page does
// nothing, since mail scanners open links too; its button works once.
package ack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/page"
)

// office is what the page asks and changes.
type office interface {
	AlarmOf(ctx context.Context, token string) (*incidents.Incident, incidents.AlarmLink, error)
	Acknowledge(ctx context.Context, token string) error
}

// store reads whose case it is.
type store interface {
	Practice(ctx context.Context, id tenant.ID) (registry.Practice, error)
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
	public := site.Public(e)
	public.GET("/ack/:token", a.show)
	public.POST("/ack/:token", a.acknowledge)
}

// ackPage shows a case by its number and deadline, and nothing of anybody.
type ackPage struct {
	page.View
	State     string // "asks", "thanks", "used", "done" or "unknown"
	Reference string
	Duty      string
	Due       string // "" without a deadline
	Overdue   bool
	Who       string // used: who has seen it
	At        time.Time
}

func (a *Area) show(c echo.Context) error {
	inc, link, err := a.opts.Office.AlarmOf(c.Request().Context(), c.Param("token"))
	if errors.Is(err, fault.NotFound) {
		return a.unknown(c)
	}
	if err != nil {
		return err
	}
	return a.render(c, inc, link, "asks")
}

func (a *Area) acknowledge(c echo.Context) error {
	ctx, token := c.Request().Context(), c.Param("token")
	err := a.opts.Office.Acknowledge(ctx, token)
	state := "thanks"
	switch {
	case errors.Is(err, fault.NotFound):
		return a.unknown(c)
	case errors.Is(err, fault.Conflict):
		state = "asks" // the alarm itself says that it has ended
	case err != nil:
		return fmt.Errorf("acknowledge an alarm: %w", err)
	}
	inc, link, err := a.opts.Office.AlarmOf(ctx, token)
	if err != nil {
		return err
	}
	return a.render(c, inc, link, state)
}

func (a *Area) unknown(c echo.Context) error {
	v := &ackPage{View: page.NewView(c, "alarm.ack.unknown_title"), State: "unknown"}
	return a.site.Render(c, http.StatusNotFound, "ack/ack.html", v)
}

// render shows the alarm in the given state. One that has ended says so, unless
// it was ended by this very press of the button.
func (a *Area) render(c echo.Context, inc *incidents.Incident, link incidents.AlarmLink, state string) error {
	p, err := a.opts.Store.Practice(c.Request().Context(), inc.PracticeID)
	if err != nil {
		return fmt.Errorf("read the practice of an alarm: %w", err)
	}
	zone, err := p.Zone()
	if err != nil {
		return fmt.Errorf("time zone of practice %s: %w", p.ID, err)
	}
	page.UseZone(c, zone)
	status := http.StatusOK
	if state == "asks" && !link.Alarm.Runs() {
		state, status = "used", http.StatusGone
		if link.Alarm.EndedBy == incidents.AlarmByDuty {
			state = "done"
		}
	}
	v := &ackPage{View: page.NewView(c, "alarm.ack."+state+"_title"), State: state, Reference: inc.Reference,
		Duty: page.T(c, "parts.clock.kind."+string(link.Clock.Kind)), At: link.Alarm.EndedAt, Who: page.T(c, "alarm.who.page")}
	if link.Alarm.EndedBy == incidents.AlarmByLink {
		v.Who = page.T(c, "alarm.who."+string(link.Alarm.Level))
	}
	if due, some := link.Clock.DueAt(); some {
		v.Due, v.Overdue = page.FormatInstant(page.Lang(c), due, zone), !page.Now(c).Before(due)
	}
	return a.site.Render(c, status, "ack/ack.html", v)
}
