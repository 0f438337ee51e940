package web_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"datalek/web"
	"datalek/web/page"
	"datalek/web/webtest"
)

func TestWhatBrowsersReportOfThePolicyIsCountedWithoutAWordOfIt(t *testing.T) {
	var counted []string
	log := &strings.Builder{}
	server, err := web.New(web.Options{Page: page.Options{Store: webtest.Nobody{}, Now: now, Log: slog.New(slog.NewTextHandler(log, nil))},
		PolicyBroken: func(directive, blocked string) { counted = append(counted, directive+" "+blocked) }})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, body string
		status     int
		want       []string
	}{
		{"the old form", `{"csp-report":{"document-uri":"https://x/clients/geheim","effective-directive":"script-src-elem","blocked-uri":"inline","script-sample":"geheim"}}`, 204, []string{"script-src-elem inline"}},
		{"an older form", `{"csp-report":{"violated-directive":"img-src 'self'","blocked-uri":"https://geheim.example/geheim.png"}}`, 204, []string{"img-src https"}},
		{"the Reporting API's form", `[{"type":"csp-violation","url":"https://x/geheim","body":{"effectiveDirective":"style-src-attr","blockedURL":"inline"}},{"type":"deprecation","body":{"id":"geheim"}}]`, 204, []string{"style-src-attr inline"}},
		{"words that nobody knows", `{"csp-report":{"effective-directive":"geheim","blocked-uri":"geheim\nlevel=ERROR"}}`, 204, []string{"other other"}},
		{"the same again", `{"csp-report":{"effective-directive":"geheim","blocked-uri":"geheim\nlevel=ERROR"}}`, 204, []string{"other other"}},
		{"no report", `{"geheim":1}`, 400, nil},
		{"a text", `geheim`, 400, nil},
		{"more reports than a browser sends at once", "[" + strings.TrimSuffix(strings.Repeat(`{"type":"csp-violation"},`, 21), ",") + "]", 400, nil},
		{"a report of 20 KB", `{"csp-report":{"blocked-uri":"` + strings.Repeat("a", 20<<10) + `"}}`, 413, nil},
	} {
		counted = nil
		w := send(server, tt.body)
		if w.Code != tt.status || !slices.Equal(counted, tt.want) {
			t.Errorf("%s: answered %d, counted %q; want %d, %q", tt.name, w.Code, counted, tt.status, tt.want)
		}
	}
	if strings.Contains(log.String(), "geheim") || strings.Count(log.String(), "security policy") != 4 {
		t.Errorf("the log holds what was reported, or not each kind once:\n%s", log)
	}
}

func TestReportsOfThePolicyAreFew(t *testing.T) {
	server, err := web.New(web.Options{Page: page.Options{Store: webtest.Nobody{}, Now: now}})
	if err != nil {
		t.Fatal(err)
	}
	var last *httptest.ResponseRecorder
	for range 21 {
		last = send(server, `{"csp-report":{}}`)
	}
	if last.Code != http.StatusTooManyRequests || last.Header().Get("Retry-After") == "" || last.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("the twenty-first report is answered %d %v", last.Code, last.Header())
	}
}

func TestAnotherSitesPageReportsNothing(t *testing.T) {
	counted := 0
	server, err := web.New(web.Options{Page: page.Options{Store: webtest.Nobody{}, Now: now}, PolicyBroken: func(string, string) { counted++ }})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, page.PolicyReports, strings.NewReader(`{"csp-report":{}}`))
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	w := httptest.NewRecorder()
	server.Handler().ServeHTTP(w, r)
	if w.Code != http.StatusForbidden || counted > 0 {
		t.Errorf("answered %d and counted %d times", w.Code, counted)
	}
}

// send sends a report as browsers do: without cookies, from this site.
func send(server *web.Server, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, page.PolicyReports, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/csp-report")
	w := httptest.NewRecorder()
	server.Handler().ServeHTTP(w, r)
	return w
}
