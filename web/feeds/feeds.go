// Package feeds is where a practice lets the program read a supplier's message
// centre, since that supplier sends nothing itself: Microsoft 365. It is off until
// somebody gives a login, whose secret is never shown again.
package feeds

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
	"datalek/web/parts"
)

type store interface {
	Processor(ctx context.Context, practice tenant.ID, id string) (registry.Processor, error)
}

// office is what the pages change.
type office interface {
	Feed(ctx context.Context, practice tenant.ID, processor string) (registry.Feed, bool, error)
	SetFeed(ctx context.Context, practice tenant.ID, processor string, l registry.FeedLogin, by incidents.Actor) (registry.Feed, error)
	DropFeed(ctx context.Context, practice tenant.ID, processor string, by incidents.Actor) error
}

// Options is what an Area is made of.
type Options struct {
	Store  store
	Office office
	// Look reads one message centre now; fault.Conflict while somebody else does.
	Look func(ctx context.Context, practice tenant.ID, processor string) (registry.Feed, error)
	Now  func() time.Time
}

// Area registers the pages. Make it with New.
type Area struct {
	opts  Options
	site  *page.Site
	tries *page.Limiter
}

const (
	lookWithin = 20 * time.Second // the page waits for one look
	mostTries  = 6                // at once, then one each tryEvery
	tryEvery   = 20 * time.Second
)

// New returns the area.
func New(o Options) *Area {
	return &Area{opts: o, tries: page.NewLimiter(mostTries, tryEvery, 10_000, o.Now)}
}

// Register puts the area's routes on e.
func (a *Area) Register(site *page.Site, e *echo.Echo) {
	a.site = site
	r := site.Private(e).For(registry.SeeSystems, registry.KeepSystems)
	r.GET("/processors/:id/message-centre", a.show)
	r.POST("/processors/:id/message-centre/try", a.try)
	r.GET("/processors/:id/message-centre/login", a.ask, site.StepUp)
	r.POST("/processors/:id/message-centre/login", a.save, site.StepUp)
	r.POST("/processors/:id/message-centre/remove", a.remove, site.StepUp)
}

func pathOf(id string) string { return "/processors/" + id + "/message-centre" }

type showPage struct {
	page.View
	Name string
	Path string
	On   bool
	Feed registry.Feed
	// Status is the kind of the tag, State its words, Fault what to do.
	Status, State, Fault string
	Start                parts.Link
}

func (a *Area) show(c echo.Context) error {
	p, feed, on, err := a.load(c)
	if err != nil {
		return err
	}
	path := pathOf(p.ID)
	v := &showPage{View: page.NewView(c, "feeds.title").BackTo("/processors/" + p.ID), Name: p.Name, Path: path, On: on, Feed: feed,
		Start: parts.Link{Href: path + "/login", Text: page.T(c, "feeds.start")}}
	if on {
		v.Status, v.State, v.Fault = a.state(c, feed)
	}
	return a.site.Render(c, http.StatusOK, "feeds/show.html", v)
}

// state says how reading fares.
func (a *Area) state(c echo.Context, f registry.Feed) (kind, words, fix string) {
	if f.Fault != "" {
		fix = page.T(c, "feeds.fault."+string(f.Fault))
	}
	switch {
	case f.Fault != "":
		return "late", page.T(c, "feeds.failing", "at", page.FormatInstant(page.Lang(c), f.FailingSince, page.Zone(c))), fix
	case f.ReadAt.IsZero():
		return "soon", page.T(c, "feeds.never"), ""
	case f.Stuck(page.Now(c)):
		return "late", page.T(c, "feeds.silent"), ""
	}
	return "done", page.T(c, "feeds.works"), ""
}

// load returns the processor that the address names, and its feed. Another
// practice's is not found.
func (a *Area) load(c echo.Context) (registry.Processor, registry.Feed, bool, error) {
	ctx, practice := c.Request().Context(), page.Practice(c).ID
	p, err := a.opts.Store.Processor(ctx, practice, c.Param("id"))
	if err != nil {
		return p, registry.Feed{}, false, fmt.Errorf("load processor: %w", err)
	}
	feed, on, err := a.opts.Office.Feed(ctx, practice, p.ID)
	return p, feed, on, err
}

type askPage struct {
	page.View
	Path string
	Form *page.Form
	On   bool
}

func (a *Area) ask(c echo.Context) error {
	p, feed, on, err := a.load(c)
	if err != nil {
		return err
	}
	return a.showAsk(c, http.StatusOK, p, on, page.FormOf("tenant", feed.Login.Tenant, "client_id", feed.Login.Client))
}

func (a *Area) showAsk(c echo.Context, status int, p registry.Processor, on bool, form *page.Form) error {
	form.Set("client_secret") // it is never shown, typed or stored
	path := pathOf(p.ID)
	return a.site.Render(c, status, "feeds/login.html", &askPage{View: page.NewView(c, "feeds.login_title").BackTo(path), Path: path, Form: form, On: on})
}

func (a *Area) save(c echo.Context) error {
	p, _, on, err := a.load(c)
	if err != nil {
		return err
	}
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	login := registry.FeedLogin{Tenant: form.Get("tenant"), Client: form.Get("client_id"), Secret: form.Get("client_secret")}
	_, err = a.opts.Office.SetFeed(c.Request().Context(), p.PracticeID, p.ID, login, page.Actor(c))
	if page.Mendable(err) {
		return a.showAsk(c, http.StatusUnprocessableEntity, p, on, form.Fail(c, err))
	}
	if err != nil {
		return err
	}
	a.site.Done(c, "feeds.saved")
	return c.Redirect(http.StatusSeeOther, pathOf(p.ID))
}

// try reads the message centre now; the page then says what came of it.
func (a *Area) try(c echo.Context) error {
	p, _, on, err := a.load(c)
	if err == nil && !on {
		err = fault.NotFound
	}
	if err != nil {
		return err
	}
	if ok, wait := a.tries.Allow(string(p.PracticeID)); !ok {
		return page.TooMany(c, wait)
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), lookWithin)
	defer cancel()
	feed, err := a.opts.Look(ctx, p.PracticeID, p.ID)
	switch {
	case errors.Is(err, fault.Conflict):
		a.site.Flash(c, parts.Notice{Kind: "info", Text: page.T(c, "error.feed_busy")})
	case errors.Is(err, context.DeadlineExceeded):
		a.site.Flash(c, parts.Notice{Kind: "info", Text: page.T(c, "feeds.slow")})
	case err != nil:
		return err
	case feed.Fault != "":
		a.site.Flash(c, parts.Notice{Kind: "warning", Title: page.T(c, "feeds.tried_failed"), Text: page.T(c, "feeds.fault."+string(feed.Fault))})
	default:
		a.site.Done(c, "feeds.tried", "count", page.FormatNumber(page.Lang(c), feed.Seen), "kept", page.FormatNumber(page.Lang(c), feed.Kept))
	}
	return c.Redirect(http.StatusSeeOther, pathOf(p.ID))
}

func (a *Area) remove(c echo.Context) error {
	p, _, _, err := a.load(c)
	if err != nil {
		return err
	}
	if err := a.opts.Office.DropFeed(c.Request().Context(), p.PracticeID, p.ID, page.Actor(c)); err != nil {
		return err
	}
	a.site.Done(c, "feeds.removed")
	return c.Redirect(http.StatusSeeOther, pathOf(p.ID))
}
