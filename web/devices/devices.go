// Package devices shows a user where he is logged in, and logs him out there.
package devices

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/page"
)

// store is what the pages here read and write.
type store interface {
	UpdateUser(ctx context.Context, id string, change func(*registry.User) error) (registry.User, error)
	Practice(ctx context.Context, id tenant.ID) (registry.Practice, error)
}

// Options is what an Area is made of.
type Options struct {
	Store store
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
	private := site.Private(e).For(registry.KeepAccount, registry.KeepAccount)
	private.GET("/settings/devices", a.list)
	private.POST("/settings/devices/others", a.endOthers)
	private.POST("/settings/devices/:id/end", a.end)
}

// row is one session in the list.
type row struct {
	ID       string
	Device   string
	Practice string // "" when the user has one only
	First    time.Time
	Last     time.Time
	Here     bool
}

type listPage struct {
	page.View
	Rows   []row
	Others bool
}

func (a *Area) list(c echo.Context) error {
	v := &listPage{View: page.NewView(c, "devices.title").BackTo("/settings/account")}
	user, here := page.User(c), a.site.SessionID(c)
	sessions := slices.Clone(user.Sessions)
	slices.SortFunc(sessions, func(x, y registry.Session) int { return y.LastSeen.Compare(x.LastSeen) })
	for _, s := range sessions {
		if !page.Now(c).Before(s.EndsAt) {
			continue
		}
		r := row{ID: s.ID, Device: s.Device, First: s.FirstSeen, Last: s.LastSeen, Here: s.ID == here}
		if r.Device == "" {
			r.Device = page.T(c, "devices.unknown")
		}
		if len(user.Memberships) > 1 {
			p, err := a.opts.Store.Practice(c.Request().Context(), s.PracticeID)
			if err != nil {
				return fmt.Errorf("name the practice of a session: %w", err)
			}
			r.Practice = p.Details.Name
		}
		v.Others = v.Others || !r.Here
		v.Rows = append(v.Rows, r)
	}
	return a.site.Render(c, http.StatusOK, "devices/list.html", v)
}

// end logs one device out, this one too.
func (a *Area) end(c echo.Context) error {
	id := c.Param("id")
	ended, known := page.User(c).Session(id)
	if !known {
		return fault.NotFound
	}
	if id == a.site.SessionID(c) {
		if err := a.site.LogOut(c); err != nil {
			return fmt.Errorf("end session: %w", err)
		}
		return c.Redirect(http.StatusSeeOther, "/login")
	}
	if err := a.leave(c, ended.Device, func(s registry.Session) bool { return s.ID == id }); err != nil {
		return err
	}
	a.site.Done(c, "devices.ended")
	return c.Redirect(http.StatusSeeOther, "/settings/devices")
}

// endOthers logs out everywhere but here.
func (a *Area) endOthers(c echo.Context) error {
	here := a.site.SessionID(c)
	if err := a.leave(c, "", func(s registry.Session) bool { return s.ID != here }); err != nil {
		return err
	}
	a.site.Done(c, "devices.others_ended")
	return c.Redirect(http.StatusSeeOther, "/settings/devices")
}

// leave ends the sessions that match, and notes how many in the same write.
func (a *Area) leave(c echo.Context, device string, match func(registry.Session) bool) error {
	_, err := a.opts.Store.UpdateUser(c.Request().Context(), page.User(c).ID, func(u *registry.User) error {
		if n := u.Leave(match); n > 0 {
			incidents.MemberChange{Kind: incidents.SessionsEnded, Subject: u.ID, Name: device, By: page.Actor(c),
				Facts: map[string]string{"n": fmt.Sprint(n)}}.NoteIn(u, page.Practice(c).ID, page.Now(c))
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	return nil
}
