package page

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

// RoleName returns a role in the reader's words: "beheerder".
func RoleName(c echo.Context, r registry.Role) string { return T(c, "role."+string(r)) }

// RoleOf returns what the logged-in user is in the practice that he works for; ""
// on public pages. In a drill he is what he is in the practice that rehearses.
func RoleOf(c echo.Context) registry.Role { return requestOf(c).role() }

func (r *request) role() registry.Role {
	practice := r.practice
	if r.home != nil {
		practice = r.home
	}
	if r.user == nil || practice == nil {
		return ""
	}
	role, _ := r.user.In(practice.ID)
	return role
}

// May reports whether the logged-in user may do an action, for what a page offers.
func May(c echo.Context, a registry.Action) bool { return RoleOf(c).May(a) }

// Leads reports whether the logged-in user may open an address of the site, so that
// no page offers what would be refused.
func Leads(c echo.Context, href string) bool { return requestOf(c).leads(http.MethodGet, href) }

// leads reports whether the role may do what a route at the address declares.
func (r *request) leads(method, href string) bool {
	role := r.role()
	if role == "" || role == registry.RoleOwner || r.site == nil || r.site.router == nil || !strings.HasPrefix(href, "/") {
		return true
	}
	path, _, _ := strings.Cut(href, "#")
	path, _, _ = strings.Cut(path, "?")
	found := r.site.router.AcquireContext()
	defer r.site.router.ReleaseContext(found)
	found.Reset(nil, nil)
	r.site.router.Router().Find(method, path, found)
	a, some := r.site.Action(method, found.Path())
	return !some || role.May(a)
}

// Refused is the refusal of an action to a role; its page says who may.
type Refused struct{ Action registry.Action }

// Error says it for the log and for machines.
func (r Refused) Error() string {
	return "your role may not " + strings.ReplaceAll(string(r.Action), "_", " ")
}

// Unwrap is the kind of failure.
func (r Refused) Unwrap() error { return fault.Forbidden }

// whoMay says in words who may do what was refused.
func (r Refused) whoMay(c echo.Context) string {
	var names []string
	for _, role := range r.Action.Roles() {
		names = append(names, RoleName(c, role))
	}
	if len(names) == 0 {
		names = []string{RoleName(c, registry.RoleOwner)}
	}
	last := names[len(names)-1]
	if len(names) > 1 {
		last = strings.Join(names[:len(names)-1], ", ") + " " + T(c, "role.or") + " " + last
	}
	return T(c, "role.refused", "who", last, "own", RoleName(c, RoleOf(c)))
}

// permit lets those through whose role may do the action. The desk of who has none
// is the page that is made for his role.
func permit(a registry.Action) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			role := RoleOf(c)
			if role.May(a) {
				return next(c)
			}
			if home := roleHome(role); c.Path() == "/" && home != "/" {
				return c.Redirect(http.StatusSeeOther, home)
			}
			return Refused{Action: a}
		}
	}
}

// roleHome is the page on which a role begins.
func roleHome(r registry.Role) string {
	switch {
	case r.May(registry.SeeDesk):
		return "/"
	case r.May(registry.SeeOwn):
		return "/own"
	case r.May(registry.SeeSample):
		return "/sample"
	default:
		return "/"
	}
}

// For returns routes that declare what they do: GET asks for look, all else for
// act.
func (r Routes) For(look, act registry.Action) Routes {
	r.look, r.act = look, act
	return r
}

// declare keeps what a route does and returns its guard.
func (r Routes) declare(method, path string) []echo.MiddlewareFunc {
	if len(r.guard) == 0 {
		return nil
	}
	a := r.look
	if method != http.MethodGet {
		a = r.act
	}
	r.site.Declare(method, path, a)
	if a == registry.KeepAccount {
		return []echo.MiddlewareFunc{permit(a)}
	}
	return []echo.MiddlewareFunc{permit(a), r.site.handed}
}

// Declare notes the action of a route; routes of Private are noted by themselves.
func (s *Site) Declare(method, path string, a registry.Action) {
	if a.Valid() {
		s.declared[method+" "+path] = a
	}
}

// Action returns what a route does by its own declaration; false when it says nothing.
func (s *Site) Action(method, path string) (registry.Action, bool) {
	a, some := s.declared[method+" "+path]
	return a, some
}
