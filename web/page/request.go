package page

import (
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/register"
	"datalek/incidents/registry"
)

// request is what is known of one request.
type request struct {
	site  *Site
	lang  string
	nonce string
	// session says that the request's session is loaded.
	session bool
	// user and practice stand once identify found them.
	user     *registry.User
	practice *registry.Practice
	// home is the practice whose drill practice is; nil outside a drill.
	home *registry.Practice
	// drill says that a page for the public belongs to a drill.
	drill      bool
	zone       *time.Location
	identified bool
}

const requestKey = "datalek.request"

// requestOf returns what is known of c's request. Outside a site's routes it
// is a Dutch request by nobody.
func requestOf(c echo.Context) *request {
	if r, ok := c.Get(requestKey).(*request); ok {
		return r
	}
	return &request{lang: Dutch}
}

// begin starts what is known of a request.
func (s *Site) begin(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Set(requestKey, &request{site: s, lang: Dutch, nonce: randomText()})
		return next(c)
	}
}

// Lang returns the language of the page, "nl" or "en".
func Lang(c echo.Context) string { return requestOf(c).lang }

// Now returns the present instant in UTC.
func Now(c echo.Context) time.Time { return requestOf(c).site.Now() }

// User returns who is logged in; the zero value on public pages.
func User(c echo.Context) registry.User {
	if r := requestOf(c); r.user != nil {
		return *r.user
	}
	return registry.User{}
}

// Practice returns the practice the user works for; the zero value on public pages.
func Practice(c echo.Context) registry.Practice {
	if r := requestOf(c); r.practice != nil {
		return *r.practice
	}
	return registry.Practice{}
}

// Actor returns the logged-in user as the register names him.
func Actor(c echo.Context) incidents.Actor {
	return incidents.Actor{Kind: register.ActorUser, ID: User(c).ID}
}

// Zone returns the practice's time zone, Amsterdam's on public pages.
func Zone(c echo.Context) *time.Location {
	if r := requestOf(c); r.zone != nil {
		return r.zone
	}
	return amsterdam()
}

// UseZone shows times of this request in zone; public pages of one practice
// call it, private pages have their practice's already.
func UseZone(c echo.Context, zone *time.Location) { requestOf(c).zone = zone }

func amsterdam() *time.Location {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		return time.UTC
	}
	return zone
}

// isMachine reports whether a path belongs to machines: no session, no
// language, problems as JSON.
func isMachine(path string) bool {
	for _, prefix := range []string{"/api/", "/webhooks/", "/assets/"} {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return path == "/healthz" || path == "/readyz" || path == "/metrics" || path == "/robots.txt" || path == PolicyReports
}
