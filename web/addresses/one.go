package addresses

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/web/page"
	"datalek/web/parts"
	"datalek/web/webhook"
)

type onePage struct {
	page.View
	Form      *page.Form
	Processor registry.Processor
	Kind      string
	Action    string
	Address   string
	Signed    bool
	Testable  bool   // datalek can send there what a processor sends
	Settings  string // where it stands what a sender's token must say; "" where none is asked
	Made      time.Time
	Last      time.Time
	Secret    string
	Old       registry.EndpointSecret // the one before, while it counts
	Keys      []string
	// Refused is what the address turned away since CountedSince, which is zero where
	// nothing is counted.
	Refused      []parts.Row
	CountedSince time.Time
	Doubt        bool // some senders did not prove who they are
}

func (a *Area) one(c echo.Context) error { return a.show(c, http.StatusOK, page.FormOf()) }

func (a *Area) show(c echo.Context, status int, form *page.Form) error {
	ctx, practice := c.Request().Context(), page.Practice(c).ID
	p, err := a.opts.Store.Processor(ctx, practice, c.Param("id"))
	if err != nil {
		return err
	}
	e, err := a.opts.Office.Address(ctx, practice, p.ID, c.Param("address"))
	if err == nil && e.Revoked() {
		err = fault.NotFound
	}
	if err != nil {
		return err
	}
	v := &onePage{View: page.NewView(c, "addresses.one").BackTo(listOf(c)), Form: form, Processor: p, Kind: kindOf(c, e), Action: pageOf(c),
		Address: a.site.BaseURL() + "/webhooks/processors/" + e.Token, Signed: e.Door == registry.DoorSigned, Made: e.CreatedAt, Last: e.LastAt, Keys: e.PublicKeys}
	v.Testable = v.Signed || e.Door == registry.DoorAddress
	if e.Door.AsksToken() {
		v.Settings = "/processors/" + p.ID + "/" + string(e.Door)
	}
	live := e.Live(page.Now(c))
	if len(live) > 0 {
		v.Secret = live[0].Value
	}
	if len(live) > 1 {
		v.Old = live[1]
	}
	refused, since := a.opts.Refused.Of(practice, e.ID)
	v.CountedSince = since
	for _, r := range refused {
		v.Doubt = v.Doubt || r.Unproven()
		v.Refused = append(v.Refused, parts.Row{Key: page.T(c, "addresses.refused."+r.Reason), Value: page.FormatNumber(page.Lang(c), int64(r.Count))})
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return a.site.Render(c, status, "addresses/one.html", v)
}

// tryWithin bounds a test, which keeps a message as a real one does.
const tryWithin = 15 * time.Second

// test sends a test report through the real door and tells what came of it.
func (a *Area) test(c echo.Context) error {
	e, err := a.opts.Office.Address(c.Request().Context(), page.Practice(c).ID, c.Param("id"), c.Param("address"))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), tryWithin)
	defer cancel()
	status, err := webhook.Try(ctx, a.door, e, a.opts.NewID(), page.T(c, "addresses.test_summary"), page.Now(c))
	if err != nil {
		return err
	}
	notice := parts.Notice{Kind: "warning", Text: page.T(c, "addresses.test_failed", "status", status)}
	if status == http.StatusAccepted {
		notice = parts.Notice{Kind: "success", Text: page.T(c, "addresses.test_done"), Link: parts.Link{Href: "/triage?show=aside", Text: page.T(c, "addresses.test_see")}}
	}
	a.site.Flash(c, notice)
	return c.Redirect(http.StatusSeeOther, pageOf(c))
}

// done leads back to the address after an act, and says what was done or why not.
func (a *Area) done(c echo.Context, err error, key string) error {
	switch {
	case page.Mendable(err):
		a.say(c, err)
	case err != nil:
		return err
	default:
		a.site.Done(c, key)
	}
	return c.Redirect(http.StatusSeeOther, pageOf(c))
}

func (a *Area) rotate(c echo.Context) error {
	_, err := a.opts.Office.RotateAddress(c.Request().Context(), page.Practice(c).ID, c.Param("id"), c.Param("address"), page.Actor(c))
	return a.done(c, err, "addresses.rotated")
}

func (a *Area) dropOld(c echo.Context) error {
	_, err := a.opts.Office.DropOldSecret(c.Request().Context(), page.Practice(c).ID, c.Param("id"), c.Param("address"), page.Actor(c))
	return a.done(c, err, "addresses.dropped")
}

// addKey takes a sender's public key. A private one is not shown again: nobody but
// the firm may have it.
func (a *Area) addKey(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	_, err = a.opts.Office.AddAddressKey(c.Request().Context(), page.Practice(c).ID, c.Param("id"), c.Param("address"), form.Get("public_key"), page.Actor(c))
	if page.IsInvalid(err) {
		return a.show(c, http.StatusUnprocessableEntity, page.FormOf().Fail(c, err))
	}
	return a.done(c, err, "addresses.key_added")
}

func (a *Area) removeKey(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	if _, err := a.opts.Office.Address(c.Request().Context(), page.Practice(c).ID, c.Param("id"), c.Param("address")); err != nil {
		return err
	}
	_, err = a.opts.Office.RemoveAddressKey(c.Request().Context(), page.Practice(c).ID, c.Param("id"), c.Param("address"), form.Get("public_key"), page.Actor(c))
	if errors.Is(err, fault.NotFound) {
		err = nil // somebody removed it a moment ago
	}
	return a.done(c, err, "addresses.key_removed")
}

type revokePage struct {
	page.View
	Heading, Action, Button string
	Lines                   []string
	Cancel                  parts.Link
}

// askRevoke is the last stop before an address is closed for good.
func (a *Area) askRevoke(c echo.Context) error {
	e, err := a.opts.Office.Address(c.Request().Context(), page.Practice(c).ID, c.Param("id"), c.Param("address"))
	if err == nil && e.Revoked() {
		err = fault.NotFound
	}
	if err != nil {
		return err
	}
	v := &revokePage{View: page.NewView(c, "addresses.revoke_title").BackTo(pageOf(c)), Heading: page.T(c, "addresses.revoke_title"), Action: pageOf(c) + "/revoke",
		Button: page.T(c, "addresses.revoke_button"), Cancel: parts.Link{Href: pageOf(c)},
		Lines: []string{page.T(c, "addresses.revoke_text", "tail", tail(e.Token)), page.T(c, "addresses.revoke_next")}}
	if !e.LastAt.IsZero() {
		v.Lines = append(v.Lines, page.T(c, "addresses.last", "at", page.FormatMoment(page.Lang(c), e.LastAt, page.Zone(c))))
	}
	return a.site.Render(c, http.StatusOK, "addresses/revoke.html", v)
}

func (a *Area) revoke(c echo.Context) error {
	_, err := a.opts.Office.RevokeAddress(c.Request().Context(), page.Practice(c).ID, c.Param("id"), c.Param("address"), page.Actor(c))
	switch {
	case page.Mendable(err):
		a.say(c, err)
	case err != nil:
		return err
	default:
		a.site.Done(c, "addresses.revoked")
	}
	return c.Redirect(http.StatusSeeOther, listOf(c))
}
