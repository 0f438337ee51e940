// Package drills is where a practice rehearses a breach: choose a kind and a pace,
// step into the made-up practice, stop, and read how it went. All else happens on
// the same pages as with a real breach.
package drills

import (
	"context"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/drill"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/playbooks"
	"datalek/web/casework"
	"datalek/web/page"
	"datalek/web/parts"
)

// store is what the pages read of a drill.
type store interface {
	NoticesOf(ctx context.Context, practice tenant.ID, incident, after string, limit int) ([]*incidents.Notice, error)
	DeliveriesOf(ctx context.Context, practice tenant.ID, notice string, states []incidents.DeliveryState, after string, limit int) ([]incidents.Delivery, error)
}

// office starts and judges drills.
type office interface {
	StartDrill(ctx context.Context, home registry.Practice, n casework.NewDrill) (registry.Practice, error)
	Drill(ctx context.Context, home registry.Practice, id string) (registry.Practice, error)
	Drills(ctx context.Context, home registry.Practice, most int) ([]registry.Practice, error)
	EndDrill(ctx context.Context, home registry.Practice, id string, by incidents.Actor) (registry.Practice, error)
	DrillScore(ctx context.Context, p registry.Practice) (drill.Score, error)
	DropDrill(ctx context.Context, home registry.Practice, id tenant.ID) error
}

// playbookList names the kinds of breach.
type playbookList interface {
	Playbook(id string) (playbooks.Playbook, bool)
	Playbooks() []playbooks.Playbook
}

// Options is what an Area is made of.
type Options struct {
	Store  store
	Office office
	Book   playbookList
}

// Area is the pages. Make it with New.
type Area struct {
	opts Options
	site *page.Site
}

// New returns the area.
func New(o Options) *Area { return &Area{opts: o} }

// Register puts the area's routes on e.
func (a *Area) Register(site *page.Site, e *echo.Echo) {
	a.site = site
	private := site.Private(e).For(registry.Rehearse, registry.Rehearse)
	private.GET("/drills", a.list)
	private.POST("/drills", a.start)
	private.POST("/drills/leave", a.leave)
	private.GET("/drills/:id", a.score)
	private.POST("/drills/:id/enter", a.enter)
	private.POST("/drills/:id/end", a.end)
	private.GET("/drills/:id/mail", a.mail)
	private.GET("/drills/:id/drop", a.askDrop)
	private.POST("/drills/:id/drop", a.drop)
}

// mostShown is how many drills the list shows.
const mostShown = 20

// row is one drill in the list.
type row struct {
	ID, Kind string
	At       string
	Running  bool
	Percent  int
}

type listPage struct {
	page.View
	Form  *page.Form
	Kinds []parts.Option
	Paces []parts.Option
	Rows  []row
	// Here is the drill that one is in; nil outside.
	Here *row
	Case string // address of its case
}

func (a *Area) list(c echo.Context) error {
	return a.showList(c, http.StatusOK, page.FormOf("pace", "60"))
}

func (a *Area) showList(c echo.Context, status int, form *page.Form) error {
	here := page.Practice(c)
	v := &listPage{View: page.NewView(c, "drills.title").BackTo("/"), Form: form}
	if here.IsDrill() {
		r := row{ID: string(here.ID), Kind: a.kind(c, here.Drill.Playbook), At: moment(c, here), Running: here.Drill.EndedAt.IsZero()}
		v.Here, v.Case = &r, "/incidents/"+here.Drill.Incident
		return a.site.Render(c, status, "drills/list.html", v)
	}
	for _, p := range a.opts.Book.Playbooks() {
		v.Kinds = append(v.Kinds, parts.Option{Value: p.ID, Text: p.Title[page.Lang(c)]})
	}
	for _, n := range registry.Paces() {
		text := strconv.Itoa(n)
		v.Paces = append(v.Paces, parts.Option{Value: text, Text: page.T(c, "drills.pace."+text), Hint: page.T(c, "drills.pace_hint."+text)})
	}
	found, err := a.opts.Office.Drills(c.Request().Context(), here, mostShown)
	if err != nil {
		return err
	}
	for _, p := range found {
		s, err := a.opts.Office.DrillScore(c.Request().Context(), p)
		if err != nil {
			return err
		}
		v.Rows = append(v.Rows, row{ID: string(p.ID), Kind: a.kind(c, p.Drill.Playbook), At: moment(c, p), Running: p.Drill.EndedAt.IsZero(), Percent: s.Percent})
	}
	return a.site.Render(c, status, "drills/list.html", v)
}

// kind names a kind of breach.
func (a *Area) kind(c echo.Context, id string) string {
	if p, known := a.opts.Book.Playbook(id); known {
		return p.Title[page.Lang(c)]
	}
	return id
}

func moment(c echo.Context, p registry.Practice) string {
	return page.FormatShort(page.Lang(c), p.Drill.StartedAt, page.Zone(c))
}

func (a *Area) start(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	pace, _ := strconv.Atoi(form.Get("pace")) // what is no number is no pace either
	p, err := a.opts.Office.StartDrill(c.Request().Context(), page.Practice(c), casework.NewDrill{Playbook: form.Get("playbook"), Pace: pace, By: page.Actor(c)})
	if page.Mendable(err) {
		return a.showList(c, http.StatusUnprocessableEntity, form.Fail(c, err))
	}
	if err != nil {
		return err
	}
	a.site.EnterDrill(c, string(p.ID))
	a.site.Done(c, "drills.started")
	return c.Redirect(http.StatusSeeOther, "/incidents/"+p.Drill.Incident)
}

func (a *Area) enter(c echo.Context) error {
	p, err := a.drill(c)
	if err != nil {
		return err
	}
	a.site.EnterDrill(c, string(p.ID))
	return c.Redirect(http.StatusSeeOther, "/incidents/"+p.Drill.Incident)
}

func (a *Area) leave(c echo.Context) error {
	a.site.LeaveDrill(c)
	a.site.Done(c, "drills.left")
	return c.Redirect(http.StatusSeeOther, "/")
}

func (a *Area) end(c echo.Context) error {
	p, err := a.drill(c)
	if err != nil {
		return err
	}
	if p, err = a.opts.Office.EndDrill(c.Request().Context(), page.Home(c), string(p.ID), page.Actor(c)); err != nil {
		return err
	}
	a.site.LeaveDrill(c)
	return c.Redirect(http.StatusSeeOther, "/drills/"+string(p.ID))
}

// drill is the one that the address names; it must be the practice's own.
func (a *Area) drill(c echo.Context) (registry.Practice, error) {
	return a.opts.Office.Drill(c.Request().Context(), page.Home(c), c.Param("id"))
}

// before returns the drill that was played before p; the zero value for none.
func (a *Area) before(c echo.Context, p registry.Practice) (registry.Practice, error) {
	found, err := a.opts.Office.Drills(c.Request().Context(), page.Home(c), mostShown)
	if err != nil {
		return registry.Practice{}, err
	}
	for _, old := range found { // the newest first
		if old.Drill.StartedAt.Before(p.Drill.StartedAt) && !old.Drill.EndedAt.IsZero() {
			return old, nil
		}
	}
	return registry.Practice{}, nil
}
