package page

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/parts"
)

const drillInSession = "drill"

// EnterDrill lets the session's next pages be those of a drill of its practice.
func (s *Site) EnterDrill(c echo.Context, drill string) {
	s.sessions.Put(c.Request().Context(), drillInSession, drill)
}

// LeaveDrill lets the session's next pages be those of its practice again.
func (s *Site) LeaveDrill(c echo.Context) {
	s.sessions.Remove(c.Request().Context(), drillInSession)
}

// Home returns the practice that the user works for, also while he looks at a
// drill of it; the zero value on public pages.
func Home(c echo.Context) registry.Practice {
	if r := requestOf(c); r.home != nil {
		return *r.home
	}
	return Practice(c)
}

// intoDrill shows the request the drill that the session is in, instead of the
// practice whose drill it is. Who is no member there never gets here.
func (s *Site) intoDrill(c echo.Context) error {
	r, ctx := requestOf(c), c.Request().Context()
	id := s.sessions.GetString(ctx, drillInSession)
	if id == "" {
		return nil
	}
	drill, err := s.opts.Store.Practice(ctx, tenant.ID(id))
	if err != nil {
		return ignoreMissing(err)
	}
	if drill.Drill.Of == r.practice.ID {
		r.home, r.practice = r.practice, &drill
	}
	return nil
}

// closedInDrill are the pages about the practice itself, its register and the host:
// none of them is part of a drill.
func closedInDrill() []string {
	return []string{"/register", "/report", "/settings", "/returns", "/doctor", "/processors", "/clients/import", "/triage", "/stuck"}
}

// outsideDrill reports whether a page is closed while the session is in a drill.
func outsideDrill(path string) bool {
	for _, closed := range closedInDrill() {
		if path == closed || strings.HasPrefix(path, closed+"/") {
			return true
		}
	}
	return false
}

// keepInDrill sends those who ask for a closed page to the page about the drill.
func (s *Site) keepInDrill(c echo.Context) (refused bool, err error) {
	r := requestOf(c)
	if r.home == nil || !outsideDrill(c.Request().URL.Path) {
		return false, nil
	}
	s.Flash(c, parts.Notice{Kind: "info", Text: T(c, "drills.closed_page")})
	if err := c.Redirect(http.StatusSeeOther, "/drills"); err != nil {
		return true, fmt.Errorf("lead to the drill: %w", err)
	}
	return true, nil
}
