package api

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

// scopes says what a token must be allowed for each call, by method and address
// below /api/v1. A call that is not in it is refused.
func scopes() map[string]registry.Scope {
	table := map[string]registry.Scope{}
	for _, s := range []struct {
		scope registry.Scope
		calls []string
	}{
		{registry.ScopeSystems.Read(), []string{
			"GET /systems",
			"GET /processors",
			"GET /processors/:id/feed",
			"GET /processors/:id/addresses",
			"GET /processors/:id/addresses/:address",
		}},
		{registry.ScopeAddresses.Write(), []string{
			"POST /processors/:id/addresses",
			"POST /processors/:id/addresses/:address/test",
			"POST /processors/:id/addresses/:address/rotate",
			"POST /processors/:id/addresses/:address/drop-old",
			"POST /processors/:id/addresses/:address/keys",
			"POST /processors/:id/addresses/:address/keys/remove",
			"POST /processors/:id/addresses/:address/revoke",
			"PUT /processors/:id/entra",
			"PUT /processors/:id/google",
		}},
		{registry.ScopeSystems.Write(), []string{
			"POST /systems",
			"POST /processors",
			"POST /processors/:id/feed",
			"POST /processors/:id/feed/look",
			"POST /processors/:id/feed/remove",
		}},
		{registry.ScopeClients.Read(), []string{
			"GET /clients",
			"GET /clients/imports",
			"GET /clients/imports/:id",
			"GET /incidents/:id/affected",
			"GET /retention",
			"GET /retention/people",
			"GET /requests",
			"GET /requests/:id",
			"POST /requests/:id/export",
		}},
		{registry.ScopeClients.Write(), []string{
			"POST /clients",
			"POST /clients/import",
			"POST /clients/imports/:id/doubles",
			"POST /clients/imports/:id/undo",
			"POST /retention",
			"POST /retention/:id/undo",
			"POST /requests",
			"POST /requests/:id/identity",
			"POST /requests/:id/copy-destroyed",
			"POST /requests/:id/extend",
			"POST /requests/:id/answer",
			"POST /requests/:id/reopen",
			"POST /requests/:id/erase",
		}},
		{registry.ScopeIncidents.Read(), []string{
			"GET /incidents",
			"GET /incidents/:id",
			"GET /incidents/:id/clocks",
			"GET /incidents/:id/timeline",
			"GET /incidents/:id/filings",
			"GET /incidents/:id/authority-sheet",
			"GET /incidents/:id/authority-answers",
			"GET /incidents/:id/authority-traces",
			"GET /incidents/:id/steps",
			"GET /incidents/:id/checklist",
			"GET /incidents/:id/measures",
			"GET /measures",
			"GET /incidents/:id/updates",
			"GET /incidents/:id/deadlines.ics",
			"GET /events",
			"POST /risk",
		}},
		{registry.ScopeIncidents.Write(), []string{
			"POST /incidents",
			"PATCH /incidents/:id",
			"POST /incidents/:id/decisions",
			"POST /incidents/:id/controller",
			"POST /incidents/:id/close",
			"POST /incidents/:id/affected",
			"POST /incidents/:id/affected/:person/decision",
			"POST /incidents/:id/authority-answers",
			"POST /incidents/:id/authority-traces",
			"POST /incidents/:id/filings",
			"POST /incidents/:id/steps/:step",
			"POST /incidents/:id/measures",
			"PATCH /incidents/:id/measures/:measure",
			"POST /incidents/:id/measures/:measure/end",
			"POST /incidents/:id/updates",
			"PATCH /incidents/:id/updates/:update",
			"POST /incidents/:id/updates/:update/kept",
			"POST /reports/:id/incident",
		}},
		{registry.ScopeNotices.Read(), []string{
			"GET /incidents/:id/notices",
			"GET /notices/:id",
			"GET /notices/:id/deliveries",
			"GET /incidents/:id/calls",
			"GET /incidents/:id/announcements",
			"GET /deliveries/:id/letter.pdf",
			"GET /notices/:id/letters.pdf",
			"GET /questions",
			"GET /incidents/:id/questions",
		}},
		{registry.ScopeNotices.Write(), []string{
			"POST /incidents/:id/notices",
			"PATCH /notices/:id",
			"POST /notices/:id/approve",
			"POST /incidents/:id/preliminary/stop",
			"POST /incidents/:id/preliminary/resume",
			"POST /deliveries/:id/tried",
			"POST /deliveries/:id/told",
			"POST /deliveries/:id/unreachable",
			"POST /incidents/:id/announcements",
			"POST /incidents/:id/announcements/:announcement/undo",
			"POST /notices/:id/letters/posted",
			"POST /questions/:id/answered",
		}},
		{registry.ScopeRegister.Read(), []string{
			"GET /register",
			"GET /register/heads",
			"GET /register/proof",
			"GET /register/export",
			"POST /incidents/:id/case-file",
			"GET /annual-report",
		}},
		{registry.ScopePolicy.Read(), []string{
			"GET /policy",
		}},
		{registry.ScopePolicy.Write(), []string{
			"PUT /policy",
		}},
		{registry.ScopeReports.Read(), []string{
			"GET /reports",
			"GET /processors/:id/reports",
		}},
	} {
		for _, call := range s.calls {
			table[call] = s.scope
		}
	}
	return table
}

// Scopes returns what a token must be allowed for each call, by method and route
// ("GET /api/v1/clients/imports/:id").
func Scopes() map[string]registry.Scope {
	all := map[string]registry.Scope{}
	for call, scope := range scopes() {
		method, path, _ := strings.Cut(call, " ")
		all[method+" "+prefix+path] = scope
	}
	return all
}

// mayCall refuses a token that is too old, or that may not do what is asked.
func (a *Area) mayCall(c echo.Context, t registry.Token) error {
	if t.Ended(a.opts.Now()) {
		c.Response().Header().Set("WWW-Authenticate", `Bearer realm="datalek", error="invalid_token", error_description="the token expired"`)
		return echo.NewHTTPError(http.StatusUnauthorized, "this token has expired; make a new one under Settings")
	}
	if c.Path() == prefix+"/*" {
		return nil // there is no such call
	}
	scope, declared := a.scopes[c.Request().Method+" "+c.Path()]
	if !declared || !t.May(scope) {
		c.Response().Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="datalek", error="insufficient_scope", scope=%q`, scope))
		return fault.New(fault.Forbidden, "error.token_scope", fmt.Sprintf("this token may not do that; it lacks the scope %s", scope))
	}
	return nil
}
