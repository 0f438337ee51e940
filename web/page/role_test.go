package page_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"datalek/incidents/registry"
	"datalek/web/page"
)

// members serves pages of three actions, and a desk, to somebody with a role.
func members(t *testing.T, role registry.Role) (*browser, *bool) {
	t.Helper()
	var acted bool
	nav := []page.NavItem{{Key: "core.nav.desk", Href: "/", Needs: registry.SeeDesk}, {Key: "core.nav.register", Href: "/register", Needs: registry.SeeRegister},
		{Key: "core.nav.systems", Href: "/mine", Needs: registry.SeeOwn, Only: []registry.Role{registry.RoleCoach}}}
	server, store := serve(t, func(o *page.Options) { o.Nav = nav }, func(site *page.Site, e *echo.Echo) {
		show := func(c echo.Context) error {
			return site.Render(c, http.StatusOK, "test/plain.html", &plain{View: page.NewView(c, "core.nav.desk"), At: now()})
		}
		site.Private(e).For(registry.SeeDesk, registry.SeeDesk).GET("/", show)
		site.Private(e).For(registry.SeeRegister, registry.ExportRegister).GET("/register", show)
		site.Private(e).For(registry.SeeRegister, registry.ExportRegister).POST("/register", func(c echo.Context) error {
			acted = true
			return c.NoContent(http.StatusNoContent)
		})
	})
	store.role = role
	b := newBrowser(t, server)
	b.do("POST", "/login", "a=b")
	return b, &acted
}

func TestARoleThatMayNotIsToldWhoMay(t *testing.T) {
	for _, tt := range []struct {
		role      registry.Role
		page, act int
		desk, nav string
	}{
		{registry.RoleOwner, http.StatusOK, http.StatusNoContent, "", "Overzicht Register"},
		{registry.RoleAdministrator, http.StatusOK, http.StatusNoContent, "", "Overzicht Register"},
		{registry.RoleAuditor, http.StatusOK, http.StatusForbidden, "/sample", "Register"},
		{registry.RoleCoach, http.StatusForbidden, http.StatusForbidden, "/own", "Systemen"},
		{registry.RoleStandIn, http.StatusForbidden, http.StatusForbidden, "", "Overzicht"},
		{"stranger", http.StatusForbidden, http.StatusForbidden, "403", ""},
	} {
		b, acted := members(t, tt.role)
		res, body := b.do("GET", "/register", "")
		if res.StatusCode != tt.page {
			t.Errorf("%s reads: %d, want %d", tt.role, res.StatusCode, tt.page)
		}
		if tt.page == http.StatusForbidden && !strings.Contains(body, "verantwoordelijke, beheerder of auditor") {
			t.Errorf("%s is not told who may: %s", tt.role, body)
		}
		if res, _ := b.do("POST", "/register", "a=b"); res.StatusCode != tt.act || *acted != (tt.act == http.StatusNoContent) {
			t.Errorf("%s acts: %d, done %t; want %d", tt.role, res.StatusCode, *acted, tt.act)
		}
		res, _ = b.do("GET", "/", "")
		if to := res.Header.Get("Location"); tt.desk != "403" && to != tt.desk {
			t.Errorf("the desk leads %s to %q, want %q", tt.role, to, tt.desk)
		}
		_, body = b.do("GET", "/plain", "")
		for _, word := range []string{"Overzicht", "Register", "Systemen"} {
			if stands := strings.Contains(between(body, `<ul class="govuk-width-container dl-nav__list">`, "</ul>"), word); stands != strings.Contains(tt.nav, word) {
				t.Errorf("the navigation of %s has %s: %t", tt.role, word, stands)
			}
		}
	}
}
