package main

import (
	"log/slog"
	"slices"
	"strings"

	"datalek/incidents/registry"
	"datalek/web"
	"datalek/web/page"

	"github.com/labstack/echo/v4"
)

// Route is one thing that the program answers.
type Route struct {
	Method, Path string
	Action       registry.Action // what it declares to do; "" for none
}

// Routes asks the program's own router what it answers, so that a test that goes
// over all of it cannot miss a new one. Nothing behind the routes is open.
func Routes() ([]Route, error) {
	a := &app{cfg: config{Mode: "all"}, now: now, log: slog.New(slog.DiscardHandler), mails: caughtMail{}}
	server, err := web.New(web.Options{Page: page.Options{Now: a.now}, Areas: a.areas(), SecurityContact: "mailto:x@example.org"})
	if err != nil {
		return nil, err
	}
	var routes []Route
	for _, r := range server.Handler().(*echo.Echo).Routes() {
		if r.Method != echo.RouteNotFound && !strings.HasSuffix(r.Path, "/*") {
			action, _ := server.Site().Action(r.Method, r.Path)
			routes = append(routes, Route{r.Method, r.Path, action})
		}
	}
	slices.SortFunc(routes, func(a, b Route) int { return strings.Compare(a.Path+" "+a.Method, b.Path+" "+b.Method) })
	return slices.Compact(routes), nil
}
