package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"datalek/incidents/registry"
	"datalek/web/page"
)

// prefix stands before every call.
const prefix = "/api/v1"

// doors registers what machines may ask, each with the action that it is.
type doors struct {
	site  *page.Site
	group *echo.Group
	// look is what reading does, act what everything else does; see For.
	look, act registry.Action
}

// For returns doors that declare what they do: GET is look, all else is act.
func (g doors) For(look, act registry.Action) doors {
	g.look, g.act = look, act
	return g
}

// GET registers a call that reads.
func (g doors) GET(path string, h echo.HandlerFunc) { g.add(http.MethodGet, path, g.look, h) }

// POST registers a call that makes or does something.
func (g doors) POST(path string, h echo.HandlerFunc) { g.add(http.MethodPost, path, g.act, h) }

// PATCH registers a call that changes something.
func (g doors) PATCH(path string, h echo.HandlerFunc) { g.add(http.MethodPatch, path, g.act, h) }

// PUT registers a call that replaces something.
func (g doors) PUT(path string, h echo.HandlerFunc) { g.add(http.MethodPut, path, g.act, h) }

func (g doors) add(method, path string, a registry.Action, h echo.HandlerFunc) {
	g.site.Declare(method, prefix+path, a)
	g.group.Add(method, path, h)
}
