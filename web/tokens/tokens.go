// Package tokens is where a practice makes and revokes the keys with which
// programs use its API.
package tokens

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/casework"
	"datalek/web/page"
	"datalek/web/parts"
)

// store is what the pages here read and write.
type store interface {
	Tokens(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.Token, error)
	CreateToken(ctx context.Context, t registry.Token) error
	DropToken(ctx context.Context, practice tenant.ID, id string, notes register.Notes) error
}

// Options is what an Area is made of.
type Options struct {
	Store store
	NewID func() string
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
	private := site.Private(e).For(registry.ManageTokens, registry.ManageTokens)
	private.GET("/settings/tokens", a.list)
	private.GET("/settings/tokens/new", a.ask, site.StepUp)
	private.POST("/settings/tokens/new", a.make, site.StepUp)
	private.GET("/settings/tokens/made", a.made)
	private.POST("/settings/tokens/:id/revoke", a.revoke)
}

// mostTokens bounds how many tokens a practice may have.
const mostTokens = 100

// row is one token in the list.
type row struct {
	ID, Name string
	Scopes   []string
	Made     time.Time
	Ends     time.Time // zero for never
	Used     time.Time // zero for never
	Status   string    // kind of the tag
	State    string
}

type listPage struct {
	page.View
	Rows []row
	Make parts.Link
}

func (a *Area) list(c echo.Context) error {
	found, err := a.opts.Store.Tokens(c.Request().Context(), page.Practice(c).ID, "", mostTokens)
	if err != nil {
		return fmt.Errorf("list tokens: %w", err)
	}
	slices.SortFunc(found, func(x, y registry.Token) int { return y.CreatedAt.Compare(x.CreatedAt) })
	v := &listPage{View: page.NewView(c, "tokens.title").BackTo("/settings"), Make: parts.Link{Href: "/settings/tokens/new", Text: page.T(c, "tokens.make")}}
	for _, t := range found {
		v.Rows = append(v.Rows, rowOf(c, t))
	}
	return a.site.Render(c, http.StatusOK, "tokens/list.html", v)
}

// endsSoon is when the list begins to say that a token is about to end.
const endsSoon = 14 * 24 * time.Hour

func rowOf(c echo.Context, t registry.Token) row {
	r := row{ID: t.ID, Name: t.Name, Scopes: scopeTexts(c, t.Scopes), Made: t.CreatedAt, Ends: t.ExpiresAt, Used: t.LastUsedAt, Status: "done", State: page.T(c, "tokens.works")}
	switch now := page.Now(c); {
	case t.Ended(now):
		r.Status, r.State = "late", page.T(c, "tokens.ended")
	case t.Ended(now.Add(endsSoon)):
		r.Status, r.State = "soon", page.T(c, "tokens.ends_soon")
	}
	return r
}

// scopeTexts says what a token may do, an area a line.
func scopeTexts(c echo.Context, scopes []registry.Scope) []string {
	t := registry.Token{Scopes: scopes}
	lacks := func(s registry.Scope) bool { return !t.May(s) }
	switch {
	case !slices.ContainsFunc(registry.AllScopes(), lacks):
		return []string{page.T(c, "tokens.everything")}
	case !slices.ContainsFunc(registry.CommonScopes(), lacks):
		return []string{page.T(c, "tokens.common")}
	}
	var texts []string
	for _, area := range registry.ScopeAreas() {
		var how string
		switch read, write := t.May(area.Read()), t.May(area.Write()); {
		case read && write:
			how = "both"
		case read:
			how = "read"
		case write:
			how = "write"
		default:
			continue
		}
		texts = append(texts, page.T(c, "tokens.area."+string(area))+": "+page.T(c, "tokens.how."+how))
	}
	return texts
}

type askPage struct {
	page.View
	Form   *page.Form
	Scopes []parts.Option
}

func (a *Area) ask(c echo.Context) error {
	days := int(registry.TokenLife / (24 * time.Hour))
	return a.showAsk(c, http.StatusOK, page.FormOf("days", strconv.Itoa(days)))
}

func (a *Area) showAsk(c echo.Context, status int, form *page.Form) error {
	v := &askPage{View: page.NewView(c, "tokens.new_title").BackTo("/settings/tokens"), Form: form}
	for _, s := range registry.AllScopes() {
		v.Scopes = append(v.Scopes, parts.Option{Value: string(s), Text: page.T(c, "tokens.scope."+string(s)), Checked: form.Has("scopes", string(s))})
	}
	return a.site.Render(c, status, "tokens/new.html", v)
}

// shownOnce is where the session keeps a new token until it is shown.
const shownOnce = "tokens.made"

func (a *Area) make(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	ctx, now, practice := c.Request().Context(), page.Now(c), page.Practice(c)
	secret := casework.NewToken()
	t := registry.Token{ID: a.opts.NewID(), PracticeID: practice.ID, Hash: casework.HashToken(secret), Name: form.Get("name"),
		Scopes: []registry.Scope{}, CreatedAt: now, CreatedBy: page.User(c).ID}
	for _, s := range form.All("scopes") {
		t.Scopes = append(t.Scopes, registry.Scope(s))
	}
	if days, err := strconv.Atoi(form.Get("days")); err == nil && days > 0 && days < 10_000 {
		t.ExpiresAt = now.Add(time.Duration(days) * 24 * time.Hour)
	}
	if err := t.Check(); err != nil {
		return a.showAsk(c, http.StatusUnprocessableEntity, form.Fail(c, err))
	}
	held, err := a.opts.Store.Tokens(ctx, practice.ID, "", mostTokens)
	if err != nil {
		return fmt.Errorf("count tokens: %w", err)
	}
	if len(held) >= mostTokens {
		return a.showAsk(c, http.StatusConflict, form.Fail(c, fault.New(fault.Conflict, "error.tokens_many", "there are too many tokens; revoke some first")))
	}
	t.Notes = act(c).Token(incidents.TokenMade, t)
	if err := a.opts.Store.CreateToken(ctx, t); err != nil {
		return fmt.Errorf("make token: %w", err)
	}
	a.site.Keep(c, shownOnce, secret)
	return c.Redirect(http.StatusSeeOther, "/settings/tokens/made")
}

func act(c echo.Context) incidents.Act { return incidents.Act{By: page.Actor(c), At: page.Now(c)} }

type madePage struct {
	page.View
	Token string // "" once it was shown
}

func (a *Area) made(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "no-store")
	return a.site.Render(c, http.StatusOK, "tokens/made.html",
		&madePage{View: page.NewView(c, "tokens.made_title").BackTo("/settings/tokens"), Token: a.site.Take(c, shownOnce)})
}

func (a *Area) revoke(c echo.Context) error {
	ctx, practice := c.Request().Context(), page.Practice(c)
	held, err := a.opts.Store.Tokens(ctx, practice.ID, "", mostTokens)
	if err != nil {
		return fmt.Errorf("look for token: %w", err)
	}
	at := slices.IndexFunc(held, func(t registry.Token) bool { return t.ID == c.Param("id") })
	if at < 0 {
		return fault.NotFound
	}
	if err := a.opts.Store.DropToken(ctx, practice.ID, held[at].ID, act(c).Token(incidents.TokenRevoked, held[at])); err != nil {
		return fmt.Errorf("revoke token: %w", err)
	}
	a.site.Done(c, "tokens.revoked")
	return c.Redirect(http.StatusSeeOther, "/settings/tokens")
}
