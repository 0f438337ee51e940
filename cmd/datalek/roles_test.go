package main_test

import (
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	datalek "datalek/cmd/datalek"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// A route that declares nothing is closed to all but the owner and the
// administrator; still it must say what it is, so that the table can be read.
func TestEveryRouteDeclaresItsAction(t *testing.T) {
	for _, r := range routes(t) {
		public := open()[r.Path] != "" || isWebhook(r.Path)
		if public == (r.Action != "") {
			t.Errorf("%s %s declares %q; open to anybody: %t", r.Method, r.Path, r.Action, public)
		}
	}
}

// member is a browser of somebody with a role in a practice.
type member struct {
	role registry.Role
	*caller
}

// members adds somebody of every role to the first practice and to the strangers'.
func (g *grounds) members() (own, foreign []member) {
	g.t.Helper()
	g.stop()
	for _, role := range registry.Roles() {
		for _, practice := range []string{string(g.PracticeID), string(g.stranger.practice)} {
			err := datalek.AddMember(g.t.Context(), filepath.Join(g.dir, "data"), tenant.ID(practice), string(role)+"@"+practice+".example", memberPassword, role, "Coach van Lid")
			if err != nil {
				g.t.Fatal(err)
			}
		}
	}
	g.start(strings.TrimPrefix(g.BaseURL, "http://"))
	for _, role := range registry.Roles() {
		own = append(own, member{role, g.enters(role, g.PracticeID)})
		foreign = append(foreign, member{role, g.enters(role, g.stranger.practice)})
	}
	return own, foreign
}

const memberPassword = "een lange zin voor een lid"

// enters logs a member in; where the desk leads him is looked at elsewhere.
func (g *grounds) enters(role registry.Role, practice tenant.ID) *caller {
	g.t.Helper()
	c := newCaller(g.t, g.BaseURL)
	if r := c.post("/login", url.Values{"login": {string(role) + "@" + string(practice) + ".example"}, "password": {memberPassword}}); r.Status != http.StatusSeeOther {
		g.t.Fatalf("%s logs in: %d", role, r.Status)
	}
	return c
}

// Every route there is, asked by every role of its own practice and of another one:
// the answer is what the table says, no more is offered than that, and another
// practice's people learn nothing whatever they are.
func TestEveryRouteKeepsToTheTableForEveryRole(t *testing.T) {
	t.Parallel()
	g := breakIn(t)
	own, foreign := g.members()
	before := g.state(t)
	for _, route := range routes(t) {
		if open()[route.Path] != "" || isWebhook(route.Path) {
			continue
		}
		places := g.places(route.Path)
		for _, m := range own {
			g.keepsToTheTable(m, route, places)
		}
		for _, m := range foreign {
			r := g.asks(m, route, places[0])
			if found := g.leaks(r.Body); len(found) > 0 || r.Status >= 500 {
				t.Errorf("%s %s answers another practice's %s %d with %q", route.Method, places[0], m.role, r.Status, found)
			}
			if !strings.HasPrefix(route.Path, "/api/") && !m.role.May(route.Action) && !turnedAway(route, r) {
				t.Errorf("%s %s answers another practice's %s %d", route.Method, places[0], m.role, r.Status)
			}
		}
	}
	if after := g.state(t); after != before {
		t.Errorf("people who may not changed the practice:\n%s\n%s", before, after)
	}
}

// keepsToTheTable asks one route as a member of its own practice. What changes
// something is asked by those alone who may not.
func (g *grounds) keepsToTheTable(m member, route datalek.Route, places []string) {
	g.t.Helper()
	may := m.role.May(route.Action)
	switch {
	case strings.HasPrefix(route.Path, "/api/"):
		if r := g.asks(m, route, places[0]); r.Status != http.StatusUnauthorized && r.Status != http.StatusTooManyRequests {
			g.t.Errorf("%s %s answers the session of %s %d: it opens no API", route.Method, route.Path, m.role, r.Status)
		}
	case !may:
		for _, place := range places {
			if r := g.asks(m, route, place); !turnedAway(route, r) {
				g.t.Errorf("%s %s (%s) answers %s %d, want a refusal", route.Method, place, route.Action, m.role, r.Status)
			} else if strings.Contains(r.Body, "Voorbeeldcli") {
				g.t.Errorf("%s %s refuses %s with a name", route.Method, place, m.role)
			}
		}
	case route.Method == http.MethodGet:
		for _, place := range places {
			r := g.asks(m, route, place)
			handed := m.role == registry.RoleStandIn && strings.Contains(r.Body, "aan u is doorgegeven")
			if r.Status == http.StatusForbidden && !handed || r.Status >= 500 {
				g.t.Errorf("%s %s (%s) answers %s %d", route.Method, place, route.Action, m.role, r.Status)
			}
			if r.Status == http.StatusOK {
				g.offersNothingRefused(m, place, r.Body)
			}
			if names := []string{"Voorbeeldcli", "Jan Verzonnen"}; m.role == registry.RoleAuditor && (strings.Contains(r.Body, names[0]) || strings.Contains(r.Body, names[1])) {
				g.t.Errorf("%s shows an auditor a name", place)
			}
		}
	}
}

// asks sends a request as a browser of the pages does.
func (g *grounds) asks(m member, route datalek.Route, place string) reply {
	g.t.Helper()
	if route.Method == http.MethodGet {
		return m.get(place)
	}
	return m.send(route.Method, place, "application/x-www-form-urlencoded", []byte("reason=x"))
}

// turnedAway reports whether an answer is a refusal: a page that says who may, or of the
// desk the page that is the role's own.
func turnedAway(route datalek.Route, r reply) bool {
	to := r.Header.Get("Location")
	return r.Status == http.StatusForbidden || route.Path == "/" && r.Status == http.StatusSeeOther && (to == "/own" || to == "/sample")
}

var (
	offered = regexp.MustCompile(`<a [^>]*href="(/[^"#?]*)`)
	forms   = regexp.MustCompile(`<form [^>]*action="(/[^"#?]*)`)
)

// offersNothingRefused holds every link and form of a page against the table.
func (g *grounds) offersNothingRefused(m member, place, body string) {
	g.t.Helper()
	for method, shape := range map[string]*regexp.Regexp{http.MethodGet: offered, http.MethodPost: forms} {
		for _, found := range shape.FindAllStringSubmatch(body, -1) {
			if found[1] == "/" {
				continue // leads everybody to the own first page
			}
			if a := actionAt(g.t, method, found[1]); a != "" && !m.role.May(a) {
				g.t.Errorf("%s offers %s %s %s, which is %s", place, m.role, method, found[1], a)
			}
		}
	}
}

// actionAt is what the route of an address declares, "" for none.
func actionAt(t testing.TB, method, path string) registry.Action {
	parts := strings.Split(path, "/")
	var best datalek.Route
	for _, r := range routes(t) {
		shape := strings.Split(r.Path, "/")
		if r.Method != method || len(shape) != len(parts) {
			continue
		}
		fits := true
		for i := range shape {
			fits = fits && (shape[i] == parts[i] || strings.HasPrefix(shape[i], ":"))
		}
		if fits && (best.Path == "" || strings.Count(r.Path, ":") < strings.Count(best.Path, ":")) {
			best = r
		}
	}
	return best.Action
}
