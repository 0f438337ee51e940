// Package requests shows what people ask about their own data (GDPR Art. 12 to 22):
// by when it must be answered, what is to be done, all that is held about somebody
// in one file, and his erasure.
package requests

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/request"
	"datalek/incidents/tenant"
	"datalek/web/casework"
	"datalek/web/dossier"
	"datalek/web/page"
	"datalek/web/parts"
)

// store is what the pages read.
type store interface {
	RightsRequest(ctx context.Context, practice tenant.ID, id string) (*request.Request, error)
	OpenRightsRequests(ctx context.Context, practice tenant.ID, after string, limit int) ([]*request.Request, error)
	RightsRequests(ctx context.Context, practice tenant.ID, after string, limit int) ([]*request.Request, error)
	Client(ctx context.Context, practice tenant.ID, id string) (registry.Client, error)
}

// office is what the pages change.
type office interface {
	FileRequest(ctx context.Context, p registry.Practice, n casework.NewRightsRequest) (*request.Request, error)
	ChangeRequest(ctx context.Context, practice tenant.ID, id string, act func(r *request.Request, now time.Time) error) (*request.Request, error)
	ExtendRequest(ctx context.Context, p registry.Practice, id, reason string, toldAt time.Time, by incidents.Actor) (*request.Request, error)
	Hindrances(ctx context.Context, r *request.Request) ([]request.Hindrance, error)
	Erase(ctx context.Context, practice tenant.ID, id string, backupDays int, by incidents.Actor) (*request.Request, error)
	Dossier(ctx context.Context, p registry.Practice, id string) (request.Dossier, error)
	NoteExport(ctx context.Context, practice tenant.ID, id, form string, by incidents.Actor) error
}

// Options is what an Area is made of.
type Options struct {
	Store  store
	Office office
	// Print writes a dossier as a PDF.
	Print func(w io.Writer, p request.Paper, made time.Time) error
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
	r := site.Private(e).For(registry.SeeRequests, registry.AnswerRequests)
	r.GET("/requests", a.list)
	r.GET("/requests/new", a.newRequest)
	r.POST("/requests/new", a.postRequest)
	r.GET("/requests/:id", a.one)
	r.POST("/requests/:id/identity", a.postIdentity)
	r.POST("/requests/:id/copy", a.postCopy)
	r.POST("/requests/:id/extend", a.postExtend)
	r.POST("/requests/:id/answer", a.postAnswer)
	r.POST("/requests/:id/reopen", a.postReopen)
	r.POST("/requests/:id/export", a.export)
	r.GET("/requests/:id/erase", a.askErase)
	r.POST("/requests/:id/erase", a.postErase)
}

const perPage = 25

// row is one request in the list.
type row struct {
	Href   string
	Name   string
	Kind   string
	When   string
	Status string // of the part "status"
	State  string
}

type listPage struct {
	page.View
	Rows  []row
	All   bool
	Pager page.Pager
}

func (a *Area) list(c echo.Context) error {
	ctx, practice := c.Request().Context(), page.Practice(c).ID
	v := &listPage{View: page.NewView(c, "requests.title"), Pager: page.PagerOf(c), All: c.QueryParam("all") != ""}
	read := a.opts.Store.OpenRightsRequests
	if v.All {
		read = a.opts.Store.RightsRequests
	}
	found, err := read(ctx, practice, v.Pager.After, perPage+1)
	if err != nil {
		return fmt.Errorf("list requests: %w", err)
	}
	if len(found) > perPage {
		found = found[:perPage]
		v.Pager = v.Pager.Follow(found[perPage-1].ID)
	}
	for _, r := range found {
		name, err := a.nameOf(ctx, c, r)
		if err != nil {
			return err
		}
		status, state := stateOf(c, r)
		v.Rows = append(v.Rows, row{Href: homeOf(r), Name: name, Kind: page.T(c, "requests.kind."+string(r.Kind)), Status: status, State: state,
			When: page.T(c, "requests.by", "day", page.FormatDay(page.Lang(c), r.DueOn))})
	}
	return a.site.Render(c, http.StatusOK, "requests/list.html", v)
}

func homeOf(r *request.Request) string { return "/requests/" + r.ID }

// nameOf is who asks: his name in the list of people, or the one he gave.
func (a *Area) nameOf(ctx context.Context, c echo.Context, r *request.Request) (string, error) {
	switch {
	case r.Erasing.Done():
		return page.T(c, "requests.erased_person"), nil
	case r.ClientID != "":
		x, err := a.opts.Store.Client(ctx, r.PracticeID, r.ClientID)
		if err == nil {
			return x.Person.Name, nil
		}
		if !isGone(err) {
			return "", fmt.Errorf("look up who asks: %w", err)
		}
	}
	if r.Person.Name == "" {
		return page.T(c, "requests.erased_person"), nil
	}
	return r.Person.Name, nil
}

// stateOf says where a request stands: a kind of status, and its words.
func stateOf(c echo.Context, r *request.Request) (status, words string) {
	switch {
	case r.Erasing.Running():
		return "busy", page.T(c, "requests.state.erasing")
	case r.State == request.Answered && r.Late(page.Now(c)):
		return "late", page.T(c, "requests.state.answered_late")
	case r.State == request.Answered:
		return "done", page.T(c, "requests.state.answered")
	case r.Late(page.Now(c)):
		return "late", page.T(c, "requests.state.late")
	case page.Now(c).Add(7 * 24 * time.Hour).After(r.DueAt):
		return "soon", page.T(c, "requests.state.soon")
	default:
		return "busy", page.T(c, "requests.state.open")
	}
}

type newPage struct {
	page.View
	Form     *page.Form
	Kinds    []parts.Option
	Channels []parts.Option
	Copies   []parts.Option
	Received page.Moment
	Client   string // the name of whom it is about; "" asks for it
	ClientID string
}

func (a *Area) newRequest(c echo.Context) error {
	form := page.FormOf("kind", string(request.Access), "client", c.QueryParam("client"))
	form.SetMoment(c, "received_at", page.Now(c))
	return a.showNew(c, http.StatusOK, form)
}

func (a *Area) showNew(c echo.Context, status int, form *page.Form) error {
	v := &newPage{View: page.NewView(c, "requests.new").BackTo("/requests"), Form: form, Received: form.Moment(c, "received_at")}
	v.Received.Label, v.Received.Hint = page.T(c, "requests.received_at"), page.T(c, "requests.received_hint")
	for _, k := range request.Kinds() {
		v.Kinds = append(v.Kinds, parts.Option{Value: string(k), Text: page.T(c, "requests.kind."+string(k)), Hint: page.T(c, "requests.kind_hint."+string(k))})
	}
	for _, k := range request.Channels() {
		v.Channels = append(v.Channels, parts.Option{Value: k, Text: page.T(c, "requests.channel."+k)})
	}
	v.Copies = []parts.Option{{Value: "came", Text: page.T(c, "requests.copy.came"), Hint: page.T(c, "requests.copy.hint")}}
	if id := form.Get("client"); id != "" {
		x, err := a.opts.Store.Client(c.Request().Context(), page.Practice(c).ID, id)
		if err != nil {
			return fmt.Errorf("look up who asks: %w", err)
		}
		v.Client, v.ClientID = x.Person.Name, id
	}
	return a.site.Render(c, status, "requests/new.html", v)
}

func (a *Area) postRequest(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	moment := form.Moment(c, "received_at")
	received, momentErr := moment.Read(page.Zone(c))
	n := casework.NewRightsRequest{Kind: request.Kind(form.Get("kind")), ClientID: form.Get("client"), ExternalID: form.Get("external_id"),
		Person:  request.Person{Name: form.Get("name"), Email: form.Get("email"), Reach: form.Text("reach"), Words: form.Text("words")},
		Channel: form.Get("channel"), ReceivedAt: received, CopyCame: form.Has("copy", "came"), By: page.Actor(c)}
	if momentErr != nil {
		n.ReceivedAt = page.Now(c) // so that the other faults are told at once
		form.Fail(c, momentErr)
		return a.showNew(c, http.StatusUnprocessableEntity, form)
	}
	r, err := a.opts.Office.FileRequest(c.Request().Context(), page.Practice(c), n)
	if page.Mendable(err) {
		return a.showNew(c, statusOf(err), form.Fail(c, err))
	}
	if err != nil {
		return err
	}
	a.site.Done(c, "requests.filed")
	return c.Redirect(http.StatusSeeOther, homeOf(r))
}

func statusOf(err error) int {
	if page.IsInvalid(err) {
		return http.StatusUnprocessableEntity
	}
	return http.StatusConflict
}

func isGone(err error) bool { return errors.Is(err, fault.NotFound) }

// export gives all that is held about the person, as a file for programs or a PDF.
func (a *Area) export(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	kind := form.Get("form")
	if kind != "pdf" {
		kind = "json"
	}
	ctx, p := c.Request().Context(), page.Practice(c)
	d, err := a.opts.Office.Dossier(ctx, p, c.Param("id"))
	if err != nil {
		return err
	}
	if d.Asked.Erasing.Done() {
		return fault.New(fault.Conflict, "error.request_erased", "this person is erased already")
	}
	d.MadeBy = page.User(c).Name
	body, err := a.written(c, d, kind)
	if err != nil {
		return fmt.Errorf("write a dossier: %w", err)
	}
	if err := a.opts.Office.NoteExport(ctx, p.ID, d.Asked.ID, kind, page.Actor(c)); err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Content-Disposition", `attachment; filename="datalek-`+d.Asked.ID[:min(8, len(d.Asked.ID))]+`.`+kind+`"`)
	h.Set("Cache-Control", "no-store")
	return c.Blob(http.StatusOK, map[string]string{"json": "application/json", "pdf": "application/pdf"}[kind], body)
}

func (a *Area) written(c echo.Context, d request.Dossier, kind string) ([]byte, error) {
	if kind == "json" {
		f, err := dossier.FileOf(page.WordsOf(c), d)
		if err != nil {
			return nil, err
		}
		return json.MarshalIndent(f, "", "  ")
	}
	p, err := dossier.Paper(page.WordsOf(c), d)
	if err != nil {
		return nil, err
	}
	if a.opts.Print == nil {
		return nil, fault.NotFound
	}
	var out bytes.Buffer
	err = a.opts.Print(&out, p, page.Now(c))
	return out.Bytes(), err
}
