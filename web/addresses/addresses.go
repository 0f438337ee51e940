// Package addresses is where a practice makes, tests, renews and revokes the addresses
// at which a processor reports to it.
package addresses

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/page"
	"datalek/web/parts"
	"datalek/web/webhook"
)

// store is what the pages read.
type store interface {
	Processor(ctx context.Context, practice tenant.ID, id string) (registry.Processor, error)
}

// office is what the pages change.
type office interface {
	Addresses(ctx context.Context, practice tenant.ID, processor string) ([]registry.Endpoint, error)
	Address(ctx context.Context, practice tenant.ID, processor, id string) (registry.Endpoint, error)
	MakeAddress(ctx context.Context, practice tenant.ID, processor string, door registry.Door, by incidents.Actor) (registry.Endpoint, error)
	RotateAddress(ctx context.Context, practice tenant.ID, processor, id string, by incidents.Actor) (registry.Endpoint, error)
	DropOldSecret(ctx context.Context, practice tenant.ID, processor, id string, by incidents.Actor) (registry.Endpoint, error)
	AddAddressKey(ctx context.Context, practice tenant.ID, processor, id, key string, by incidents.Actor) (registry.Endpoint, error)
	RemoveAddressKey(ctx context.Context, practice tenant.ID, processor, id, key string, by incidents.Actor) (registry.Endpoint, error)
	RevokeAddress(ctx context.Context, practice tenant.ID, processor, id string, by incidents.Actor) (registry.Endpoint, error)
}

// Options is what an Area is made of.
type Options struct {
	Store  store
	Office office
	NewID  func() string
	// Refused says what an address turned away; nil shows nothing.
	Refused *webhook.Refusals
}

// Area registers the pages. Make it with New.
type Area struct {
	opts Options
	site *page.Site
	door http.Handler // the whole site, so that a test goes through the real door
}

// New returns the area.
func New(o Options) *Area { return &Area{opts: o} }

// Register puts the area's routes on e. What shows or changes a secret asks for a
// proof of who one is, as keys of the API do.
func (a *Area) Register(site *page.Site, e *echo.Echo) {
	a.site, a.door = site, e
	r := site.Private(e).For(registry.SeeSystems, registry.KeepSystems)
	r.GET("/processors/:id/addresses", a.list)
	keep := r.For(registry.KeepSystems, registry.KeepSystems)
	keep.POST("/processors/:id/addresses", a.make, site.StepUp)
	keep.GET("/processors/:id/addresses/:address", a.one, site.StepUp)
	keep.POST("/processors/:id/addresses/:address/test", a.test, site.StepUp)
	keep.POST("/processors/:id/addresses/:address/rotate", a.rotate, site.StepUp)
	keep.POST("/processors/:id/addresses/:address/drop-old", a.dropOld, site.StepUp)
	keep.POST("/processors/:id/addresses/:address/keys", a.addKey, site.StepUp)
	keep.POST("/processors/:id/addresses/:address/keys/remove", a.removeKey, site.StepUp)
	keep.GET("/processors/:id/addresses/:address/revoke", a.askRevoke, site.StepUp)
	keep.POST("/processors/:id/addresses/:address/revoke", a.revoke, site.StepUp)
}

// row is one address in the list. Its last letters tell it from the others; the
// whole of it may be a secret.
type row struct {
	Href, Kind, Tail string
	Made, Last       time.Time
	Status, State    string
}

type listPage struct {
	page.View
	Processor registry.Processor
	Action    string
	Rows      []row
}

func (a *Area) list(c echo.Context) error {
	ctx, practice := c.Request().Context(), page.Practice(c).ID
	p, err := a.opts.Store.Processor(ctx, practice, c.Param("id"))
	if err != nil {
		return err
	}
	found, err := a.opts.Office.Addresses(ctx, practice, p.ID)
	if err != nil {
		return err
	}
	v := &listPage{View: page.NewView(c, "addresses.title").BackTo("/processors/" + p.ID), Processor: p, Action: listOf(c)}
	for _, e := range found {
		r := row{Kind: kindOf(c, e), Tail: tail(e.Token), Made: e.CreatedAt, Last: e.LastAt}
		if r.Status, r.State = stateOf(c, e); !e.Revoked() {
			r.Href = v.Action + "/" + e.ID
		}
		v.Rows = append(v.Rows, r)
	}
	return a.site.Render(c, http.StatusOK, "addresses/list.html", v)
}

// listOf is the list of the addresses of the processor that the page is about.
func listOf(c echo.Context) string { return "/processors/" + c.Param("id") + "/addresses" }

// pageOf is the page of the address that a form is about.
func pageOf(c echo.Context) string { return listOf(c) + "/" + c.Param("address") }

// tail is the end of a token, by which people tell addresses apart.
func tail(token string) string { return token[max(0, len(token)-4):] }

// kindOf says how a sender proves himself at an address.
func kindOf(c echo.Context, e registry.Endpoint) string {
	switch e.Door {
	case registry.DoorSigned:
		return page.T(c, "addresses.kind.signed")
	default:
		return page.T(c, "addresses.kind."+string(e.Door))
	}
}

func stateOf(c echo.Context, e registry.Endpoint) (status, text string) {
	switch live := e.Live(page.Now(c)); {
	case e.Revoked():
		return "none", page.T(c, "addresses.state.revoked", "at", page.FormatMoment(page.Lang(c), e.RevokedAt, page.Zone(c)))
	case len(live) > 1:
		return "soon", page.T(c, "addresses.state.two")
	default:
		return "done", page.T(c, "addresses.state.open")
	}
}

func (a *Area) make(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	door := registry.DoorSigned
	if form.Get("door") != "signed" {
		door = registry.Door(form.Get("door"))
	}
	if form.Get("door") == "" {
		door = "none" // refused by its name
	}
	e, err := a.opts.Office.MakeAddress(c.Request().Context(), page.Practice(c).ID, c.Param("id"), door, page.Actor(c))
	if page.Mendable(err) {
		a.say(c, err)
		return c.Redirect(http.StatusSeeOther, listOf(c))
	}
	if err != nil {
		return err
	}
	a.site.Done(c, "addresses.made")
	return c.Redirect(http.StatusSeeOther, listOf(c)+"/"+e.ID)
}

// say tells on the next page what kept an act from being done.
func (a *Area) say(c echo.Context, err error) {
	for _, f := range page.Faults(c, err) {
		a.site.Flash(c, parts.Notice{Kind: "warning", Text: f.Message})
	}
}
