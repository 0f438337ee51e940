package api_test

import (
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/labstack/echo/v4"

	"datalek/incidents/registry"
	"datalek/web"
	"datalek/web/api"
	"datalek/web/casework"
	"datalek/web/page"
)

// calls are all that the API answers, by method and route.
func (h *house) calls() []string {
	h.t.Helper()
	server, err := web.New(web.Options{Page: page.Options{Store: h.Store, Now: h.Now}, Areas: []web.Area{api.New(api.Options{Store: h.Store, Office: h.Office, Now: h.Now})}})
	h.Must(err)
	var all []string
	for _, r := range server.Handler().(*echo.Echo).Routes() {
		if strings.HasPrefix(r.Path, "/api/v1/") && r.Path != "/api/v1/openapi.yaml" && r.Path != "/api/v1/*" {
			all = append(all, r.Method+" "+r.Path)
		}
	}
	return all
}

// ask makes a call with a token and returns the status and what the answer says.
func (h *house) ask(method, path, token string) (int, string) {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), method, h.site+path, strings.NewReader("{}"))
	h.Must(err)
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	h.Must(err)
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 2_000))
	h.Must(err)
	return res.StatusCode, string(body)
}

func (h *house) token(name string, scopes []registry.Scope, life time.Duration) {
	h.t.Helper()
	h.Must(h.Store.CreateToken(h.t.Context(), registry.Token{ID: "t-" + name, PracticeID: "p1", Hash: casework.HashToken(name), Scopes: scopes,
		CreatedAt: h.Now(), ExpiresAt: h.Now().Add(life)}))
}

func TestEveryCallDeclaresItsScopeAndTheDescriptionSaysIt(t *testing.T) {
	h := newHouse(t, nil)
	table, calls := api.Scopes(), h.calls()
	for _, call := range calls {
		if !table[call].Valid() {
			t.Errorf("%s declares no scope: say it in scopes.go", call)
		}
	}
	for call := range table {
		if !slices.Contains(calls, call) {
			t.Errorf("%s has a scope, and is no call", call)
		}
	}
	raw, err := os.ReadFile("openapi.yaml")
	h.Must(err)
	doc, err := openapi3.NewLoader().LoadFromData(raw)
	h.Must(err)
	described := 0
	for path, item := range doc.Paths.Map() {
		for method, operation := range item.Operations() {
			described++
			route := strings.NewReplacer("{", ":", "}", "").Replace("/api/v1" + path)
			if got, want := operation.Extensions["x-scope"], string(table[method+" "+route]); got != want {
				t.Errorf("the description of %s %s says %v, want %q", method, path, got, want)
			}
		}
	}
	if described != len(calls) {
		t.Errorf("%d calls are described of %d", described, len(calls))
	}
}

func TestATokenMayDoWhatItsScopesSayAndNothingElse(t *testing.T) {
	h := newHouse(t, func(o *api.Options) { o.StreamLife = time.Millisecond })
	for _, scope := range registry.AllScopes() {
		h.token("only "+string(scope), []registry.Scope{scope}, registry.TokenLife)
		h.token("not "+string(scope), slices.DeleteFunc(registry.AllScopes(), func(s registry.Scope) bool { return s == scope }), registry.TokenLife)
	}
	for call, scope := range api.Scopes() {
		method, route, _ := strings.Cut(call, " ")
		path := strings.NewReplacer(":id", "x", ":person", "x", ":step", "x", ":measure", "x", ":update", "x", ":announcement", "x", ":address", "x").Replace(route)
		if status, body := h.ask(method, path, "not "+string(scope)); status != http.StatusForbidden || !strings.Contains(body, string(scope)) {
			t.Errorf("%s without its scope = %d %s, want 403 that names %s", call, status, body, scope)
		}
		if status, body := h.ask(method, path, "only "+string(scope)); status == http.StatusForbidden || status == http.StatusUnauthorized {
			t.Errorf("%s with its scope = %d %s", call, status, body)
		}
	}
	if status, _ := h.ask(http.MethodGet, "/api/v1/no-such-call", "only clients:read"); status != http.StatusNotFound {
		t.Errorf("a call that does not exist = %d, want 404", status)
	}
}

func TestATokenEndsByItselfAndItsUseIsNotedOnceAnHour(t *testing.T) {
	h := newHouse(t, nil)
	h.token("short", registry.AllScopes(), 3*time.Hour)
	used := func() time.Time {
		t.Helper()
		token, err := h.Store.TokenByHash(t.Context(), casework.HashToken("short"))
		h.Must(err)
		return token.LastUsedAt
	}
	if !used().IsZero() {
		t.Error("a new token was used")
	}
	first := h.Now()
	for _, after := range []time.Duration{0, 20 * time.Minute, 20 * time.Minute} {
		h.Pass(after)
		if status, body := h.ask(http.MethodGet, "/api/v1/systems", "short"); status != http.StatusOK {
			t.Fatalf("ask = %d %s", status, body)
		}
	}
	if got := used(); !got.Equal(first) {
		t.Errorf("within the hour the last use is %s, want %s", got, first)
	}
	h.Pass(time.Hour)
	h.ask(http.MethodGet, "/api/v1/systems", "short")
	if got := used(); !got.Equal(h.Now()) {
		t.Errorf("after an hour the last use is %s, want %s", got, h.Now())
	}
	h.Pass(2 * time.Hour)
	if status, body := h.ask(http.MethodGet, "/api/v1/systems", "short"); status != http.StatusUnauthorized || !strings.Contains(body, "expired") {
		t.Errorf("a token that is too old = %d %s, want 401 that says so", status, body)
	}
	h.Must(h.Store.DropToken(t.Context(), "p1", "t-short", nil))
	if status, body := h.ask(http.MethodGet, "/api/v1/systems", "short"); status != http.StatusUnauthorized || strings.Contains(body, "expired") {
		t.Errorf("a revoked token = %d %s, want 401 like an unknown one", status, body)
	}
}
