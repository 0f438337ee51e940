// Package access keeps and shows who looked at the data of which people, on pages
// and through the API.
package access

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents/access"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/page"
)

// store is what the area reads and writes.
type store interface {
	AddLook(ctx context.Context, l access.Look) error
	Looks(ctx context.Context, practice tenant.ID, after string, limit int) ([]access.Look, error)
	LooksAt(ctx context.Context, practice tenant.ID, client, after string, limit int) ([]access.Look, error)
	Client(ctx context.Context, practice tenant.ID, id string) (registry.Client, error)
	ClientsByIDs(ctx context.Context, practice tenant.ID, ids []string) ([]registry.Client, error)
	User(ctx context.Context, id string) (registry.User, error)
}

// Options is what an Area is made of.
type Options struct {
	Store store
	Now   func() time.Time
	Log   *slog.Logger // nil is silent
}

// Area keeps the log and shows it. Make it with New.
type Area struct {
	opts Options
	site *page.Site
	mu   sync.Mutex
	kept map[string]bool // ids of looks that are kept already
}

// mostKept bounds what is remembered of the looks that are kept already.
const mostKept = 10_000

// keepWithin bounds the writing of one look.
const keepWithin = 5 * time.Second

// New returns the area.
func New(o Options) *Area {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Area{opts: o, kept: map[string]bool{}}
}

// Register puts the area's routes on e, and watches all others.
func (a *Area) Register(site *page.Site, e *echo.Echo) {
	a.site = site
	e.Use(a.watch)
	private := site.Private(e).For(registry.SeeLooks, registry.SeeLooks)
	private.GET("/settings/access", a.all)
	private.GET("/clients/:id/access", a.one)
}

// watch keeps a look at people's data after it was answered. A look that cannot
// be kept is told to the operator and not refused: in a breach, people must be found.
func (a *Area) watch(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		err := next(c)
		s, some := shownAt(c.Path())
		if err != nil || !some || !read(c, s) || c.Response().Status >= http.StatusMultipleChoices {
			return err
		}
		practice, by, known := page.Reader(c)
		if !known || practice.IsDrill() {
			return nil
		}
		a.keep(c.Request().Context(), access.New(practice.ID, by, s.what, param(c, s.client), param(c, s.place), a.opts.Now()))
		return nil
	}
}

// read reports whether a request reads: a file with people in it may be asked for
// by a form too.
func read(c echo.Context, s shown) bool {
	return c.Request().Method == http.MethodGet || c.Request().Method == http.MethodPost && s.what == access.Export
}

func param(c echo.Context, name string) string {
	if name == "" {
		return ""
	}
	return c.Param(name)
}

func (a *Area) keep(ctx context.Context, l access.Look) {
	a.mu.Lock()
	known := a.kept[l.ID]
	a.mu.Unlock()
	if known {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepWithin) // the reader may have gone
	defer cancel()
	if err := a.opts.Store.AddLook(ctx, l); err != nil {
		a.opts.Log.Error("a look at people's data could not be kept", "practice", l.PracticeID, "error", err)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.kept) >= mostKept {
		clear(a.kept)
	}
	a.kept[l.ID] = true
}

const rowsPerPage = 50

type listPage struct {
	page.View
	Of    string // whose data; "" for everybody's
	Rows  []row
	Pager page.Pager
}

type row struct {
	At   time.Time
	By   string
	What string
	Name string // whose data, "" for a list
	Href string
}

// all lists every look of the practice.
func (a *Area) all(c echo.Context) error {
	v := &listPage{View: page.NewView(c, "access.title").BackTo("/settings").Broad(), Pager: page.PagerOf(c)}
	found, err := a.opts.Store.Looks(c.Request().Context(), page.Practice(c).ID, v.Pager.After, rowsPerPage+1)
	if err != nil {
		return fmt.Errorf("list looks: %w", err)
	}
	return a.render(c, v, found)
}

// one lists the looks at one person's own data.
func (a *Area) one(c echo.Context) error {
	ctx, practice := c.Request().Context(), page.Practice(c).ID
	client, err := a.opts.Store.Client(ctx, practice, c.Param("id"))
	if err != nil {
		return err
	}
	v := &listPage{View: page.NewView(c, "access.title_one").BackTo("/clients/" + client.ID).Broad(), Of: client.Person.Name, Pager: page.PagerOf(c)}
	found, err := a.opts.Store.LooksAt(ctx, practice, client.ID, v.Pager.After, rowsPerPage+1)
	if err != nil {
		return fmt.Errorf("list looks at a person: %w", err)
	}
	return a.render(c, v, found)
}

func (a *Area) render(c echo.Context, v *listPage, found []access.Look) error {
	if len(found) > rowsPerPage {
		found = found[:rowsPerPage]
		v.Pager = v.Pager.Follow(found[rowsPerPage-1].ID)
	}
	slices.SortStableFunc(found, func(x, y access.Look) int { return y.At.Compare(x.At) }) // ids sort by the hour alone
	names, err := a.names(c, found)
	if err != nil {
		return err
	}
	users := map[string]string{}
	for _, l := range found {
		r := row{At: l.At, By: a.who(c, users, l.By), What: page.T(c, "access.what."+string(l.What)), Name: names[l.Client], Href: placeOf(l)}
		if l.Client != "" && r.Name == "" {
			r.Name = page.T(c, "access.gone")
		}
		v.Rows = append(v.Rows, r)
	}
	return a.site.Render(c, http.StatusOK, "access/list.html", v)
}

// names returns whose data was looked at.
func (a *Area) names(c echo.Context, found []access.Look) (map[string]string, error) {
	var ids []string
	for _, l := range found {
		if l.Client != "" && !slices.Contains(ids, l.Client) {
			ids = append(ids, l.Client)
		}
	}
	names := map[string]string{}
	if len(ids) == 0 {
		return names, nil
	}
	clients, err := a.opts.Store.ClientsByIDs(c.Request().Context(), page.Practice(c).ID, ids)
	if err != nil {
		return nil, fmt.Errorf("read who was looked at: %w", err)
	}
	for _, client := range clients {
		names[client.ID] = client.Person.Name
	}
	return names, nil
}

// who names an account, each asked for once.
func (a *Area) who(c echo.Context, users map[string]string, by register.Actor) string {
	if by.Kind != register.ActorUser {
		return page.T(c, "access.by_program")
	}
	if name, known := users[by.ID]; known {
		return name
	}
	name := page.T(c, "access.by_unknown")
	if u, err := a.opts.Store.User(c.Request().Context(), by.ID); err == nil {
		name = u.Name
	}
	users[by.ID] = name
	return name
}

// placeOf is the address of what was looked at, "" when it is a list or a file.
func placeOf(l access.Look) string {
	switch {
	case l.Client != "":
		return "/clients/" + l.Client
	case l.Place == "" || strings.ContainsAny(l.Place, "/?#"):
		return ""
	case l.What == access.Affected, l.What == access.Case:
		return "/incidents/" + l.Place
	case l.What == access.Report:
		return "/triage/" + l.Place
	case l.What == access.Request:
		return "/requests/" + l.Place
	default:
		return ""
	}
}
