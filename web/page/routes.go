package page

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents/registry"
)

// pageTimeout bounds the work for one page; streams are without it.
const pageTimeout = 30 * time.Second

// Routes registers an area's pages, each behind the same guards.
type Routes struct {
	site  *Site
	echo  *echo.Echo
	guard []echo.MiddlewareFunc
	// look and act are what the routes declare to do; see For.
	look, act registry.Action
}

// Public returns routes that anybody may open.
func (s *Site) Public(e *echo.Echo) Routes { return Routes{site: s, echo: e} }

// Private returns routes for those who are logged in; others go to the login
// page and come back.
func (s *Site) Private(e *echo.Echo) Routes {
	return Routes{site: s, echo: e, guard: []echo.MiddlewareFunc{s.RequireLogin}}
}

// GET registers a page.
func (r Routes) GET(path string, h echo.HandlerFunc, more ...echo.MiddlewareFunc) {
	r.echo.GET(path, h, r.with(http.MethodGet, path, more, timed)...)
}

// POST registers what a form sends. Its body may have 256 KiB unless Limit
// says otherwise. For those who are logged in a form with {{once}} acts once.
func (r Routes) POST(path string, h echo.HandlerFunc, more ...echo.MiddlewareFunc) {
	all := r.with(http.MethodPost, path, more, timed)
	if len(r.guard) > 0 {
		all = append(all, r.site.once)
	}
	r.echo.POST(path, h, all...)
}

// Stream registers an answer that stays open, such as server-sent events. It
// ends when the browser goes away or the server stops.
func (r Routes) Stream(path string, h echo.HandlerFunc, more ...echo.MiddlewareFunc) {
	r.echo.GET(path, h, r.with(http.MethodGet, path, more, r.site.Unhurried)...)
}

func (r Routes) with(method, path string, more []echo.MiddlewareFunc, last echo.MiddlewareFunc) []echo.MiddlewareFunc {
	all := append([]echo.MiddlewareFunc{last}, r.guard...)
	all = append(all, r.declare(method, path)...)
	return append(all, more...)
}

func timed(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx, cancel := context.WithTimeout(c.Request().Context(), pageTimeout)
		defer cancel()
		c.SetRequest(c.Request().WithContext(ctx))
		return next(c)
	}
}

// Unhurried lifts the server's write deadline for one answer, and ends it when
// the server stops.
func (s *Site) Unhurried(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		err := http.NewResponseController(c.Response()).SetWriteDeadline(time.Time{})
		if err != nil && !errors.Is(err, http.ErrNotSupported) {
			return err
		}
		ctx, cancel := context.WithCancel(c.Request().Context())
		defer cancel()
		defer context.AfterFunc(s.streams, cancel)()
		c.SetRequest(c.Request().WithContext(ctx))
		return next(c)
	}
}
