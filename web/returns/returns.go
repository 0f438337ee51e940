// Package returns shows mail that came back and led to no message of ours: how
// much there is and what it says, never whose it is. It also gives the practice
// the address to which a mail server can hand such mail.
package returns

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/casework"
	"datalek/web/page"
)

type store interface {
	UnmatchedReturns(ctx context.Context, practice tenant.ID, limit int) ([]incidents.Return, error)
	CountUnmatchedReturns(ctx context.Context, practice tenant.ID) (int64, error)
	Endpoints(ctx context.Context, practice tenant.ID, processor string) ([]registry.Endpoint, error)
	Setting(ctx context.Context, key string) (value []byte, version int64, err error)
}

// Options is what the area needs.
type Options struct {
	Store  store
	Office *casework.Office
	// BoxSetting is the setting in which the mailbox's reader notes how it fares.
	BoxSetting string
}

// Area is the page of returned mail.
type Area struct {
	opts Options
	site *page.Site
}

// New returns the area.
func New(o Options) *Area { return &Area{opts: o} }

// Register puts the area's routes on e.
func (a *Area) Register(site *page.Site, e *echo.Echo) {
	a.site = site
	private := site.Private(e).For(registry.SeeSettings, registry.ChangeSettings)
	private.GET("/returns", a.list)
	private.POST("/returns/address", a.makeAddress)
}

// mostShown bounds the list; the count beside it is whole.
const mostShown = 50

type listPage struct {
	page.View
	Rows    []row
	Count   int64
	More    bool
	Host    int64  // at the host's own mailbox
	Box     string // how the host's mailbox fares; "" when none is read
	Failing bool
	Address string // where the practice's mail server may post; "" when not made
}

// row is a message that led nowhere; it names nobody.
type row struct {
	At     string
	Kind   string
	Status string
	Source string
}

func (a *Area) list(c echo.Context) error {
	ctx, practice := c.Request().Context(), page.Practice(c).ID
	v := &listPage{View: page.NewView(c, "returns.title").BackTo("/settings").Broad()}
	found, err := a.opts.Store.UnmatchedReturns(ctx, practice, mostShown)
	if err != nil {
		return fmt.Errorf("list returned mail: %w", err)
	}
	for _, r := range found {
		v.Rows = append(v.Rows, row{At: page.FormatShort(page.Lang(c), r.ReceivedAt, page.Zone(c)), Kind: page.T(c, "returns.kind."+string(r.Kind)),
			Status: r.Status, Source: page.T(c, "returns.source."+r.Source)})
	}
	if v.Count, err = a.opts.Store.CountUnmatchedReturns(ctx, practice); err == nil {
		v.Host, err = a.opts.Store.CountUnmatchedReturns(ctx, "")
	}
	if err != nil {
		return fmt.Errorf("count returned mail: %w", err)
	}
	v.More = v.Count > int64(len(v.Rows))
	if v.Box, v.Failing, err = a.box(c); err != nil {
		return err
	}
	known, err := a.opts.Store.Endpoints(ctx, practice, registry.ReturnedMail)
	if err != nil {
		return fmt.Errorf("look up the address for mail: %w", err)
	}
	if len(known) > 0 {
		v.Address = a.site.BaseURL() + "/webhooks/mail/" + known[0].Token
	}
	return a.site.Render(c, http.StatusOK, "returns/list.html", v)
}

// boxState is what the mailbox's reader notes.
type boxState struct {
	ReadAt  time.Time `json:"read_at"`
	Failing time.Time `json:"failing"`
	Refused bool      `json:"refused"`
}

// box says how the host's mailbox fares.
func (a *Area) box(c echo.Context) (words string, failing bool, err error) {
	raw, version, err := a.opts.Store.Setting(c.Request().Context(), a.opts.BoxSetting)
	if err != nil {
		return "", false, fmt.Errorf("read how the mailbox fares: %w", err)
	}
	if version == 0 {
		return "", false, nil
	}
	var s boxState
	if err := json.Unmarshal(raw, &s); err != nil {
		return "", false, fmt.Errorf("read how the mailbox fares: %w", err)
	}
	key, at := "returns.box.read", s.ReadAt
	switch {
	case s.Refused:
		key, at = "returns.box.refused", s.Failing
	case !s.Failing.IsZero():
		key, at = "returns.box.failing", s.Failing
	}
	return page.T(c, key, "at", page.FormatShort(page.Lang(c), at, page.Zone(c))), !s.Failing.IsZero(), nil
}

func (a *Area) makeAddress(c echo.Context) error {
	if _, err := a.opts.Office.Endpoint(c.Request().Context(), page.Practice(c).ID, registry.ReturnedMail); err != nil {
		return err
	}
	a.site.Done(c, "returns.address.made")
	return c.Redirect(http.StatusSeeOther, "/returns")
}
