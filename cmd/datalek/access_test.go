package main_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	looks "datalek/web/access"
)

// showNobody are the routes that show nobody's data, or that nobody logged in
// reads; all others are watched.
func showNobody() []string {
	return []string{
		"/", "/doctor", "/stuck", "/measures", "/incidents", "/incidents/drafts", "/incidents/drafts/:draft/drop", "/clients/new", "/systems", "/systems/:id", "/systems/new", "/processors", "/processors/:id", "/processors/new", "/processors/:id/message-centre", "/processors/:id/message-centre/login", "/processors/:id/feed", "/processors/:id/entra", "/processors/:id/google", "/webhooks/processors/:token", "/processors/:id/addresses", "/processors/:id/addresses/:address", "/processors/:id/addresses/:address/revoke",
		"/settings", "/settings/account", "/settings/account/confirm", "/settings/account/security", "/settings/account/security/app", "/settings/account/security/codes", "/settings/account/security/passkey", "/settings/policy/edit", "/settings/policy/rules.yaml", "/settings/rules", "/settings/start", "/start", "/start/systems", "/start/people",
		"/sample", "/settings/roles",
		"/settings/tokens", "/settings/tokens/new", "/settings/tokens/made",
		"/settings/members", "/settings/members/invite", "/settings/members/invited", "/settings/members/:id", "/practices", "/join/:practice/:secret", "/reset/:user/:secret",
		"/settings/devices",
		"/register/check", "/register/heads", "/register/proof", "/report", "/report/:year", "/report/:year/report.csv", "/report/:year/report.pdf", "/annual-report", "/policy",
		"/drills", "/drills/:id", "/drills/:id/mail", "/drills/:id/drop", "/triage/new", "/triage/mail", "/mailbox", "/mailbox.json", "/mailbox/:id", "/mailbox/:id/html",
		"/login", "/login/code", "/login/recovery", "/login/forgotten", "/setup/:token", "/ack/:token", "/reported/:token", "/processors/:id/reports/:report", "/p/:code", "/p/:code/thanks", "/p/:code/lees", "/assets/:version/:name", "/robots.txt", "/.well-known/security.txt", "/healthz", "/readyz",
		"/openapi.yaml", "/*",
	}
}

func TestEveryRouteThatShowsPeopleIsWatched(t *testing.T) {
	routes, err := askRouter()
	if err != nil {
		t.Fatal(err)
	}
	watched := 0
	for _, r := range routes {
		if r.Method != http.MethodGet {
			continue
		}
		nobody := slices.Contains(showNobody(), strings.TrimPrefix(r.Path, "/api/v1"))
		switch shows := looks.Shows(r.Path); {
		case shows && nobody:
			t.Errorf("%s is watched and said to show nobody", r.Path)
		case shows:
			watched++
		case !nobody:
			t.Errorf("%s is not watched: say in web/access what it shows, or here that it shows nobody", r.Path)
		}
	}
	if watched < 40 {
		t.Errorf("%d routes are watched", watched)
	}
}
