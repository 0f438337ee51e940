package web

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/web/page"
)

// The limits of what browsers report: reports are small, rare, and of anybody.
const (
	reportBytes   = 16 << 10
	reportsAtOnce = 20 // of one Reporting API message, and of one address
)

// policyReports takes what browsers report of the content security policy (CSP
// Level 3, section 5). A report names the page and what it tried, which may be
// anything: only two words of a short list are taken from it.
type policyReports struct {
	site   *page.Site
	broken func(directive, blocked string)
	// byAddress bounds one sender, all bounds everybody: who sends from many
	// addresses fills no log.
	byAddress, all *page.Limiter
	seen           sync.Map // pairs that were logged
}

func (s *Server) takePolicyReports() {
	r := &policyReports{site: s.site, broken: s.opts.PolicyBroken,
		byAddress: page.NewLimiter(reportsAtOnce, 5*time.Second, 1000, s.site.Now), all: page.NewLimiter(10*reportsAtOnce, 100*time.Millisecond, 1, s.site.Now)}
	s.echo.POST(page.PolicyReports, r.take)
}

func (r *policyReports) take(c echo.Context) error {
	if ok, wait := r.byAddress.Allow(page.Address(c)); !ok {
		return page.TooMany(c, wait)
	}
	if ok, wait := r.all.Allow(""); !ok {
		return page.TooMany(c, wait)
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.Response(), c.Request().Body, reportBytes))
	if err != nil {
		return err
	}
	list, err := readReports(body)
	if err != nil {
		return echo.NewHTTPError(http.StatusBadRequest, "send a report of the content security policy")
	}
	for _, one := range list {
		r.note(one)
	}
	return c.NoContent(http.StatusNoContent)
}

// note counts a report, and logs the first of its kind.
func (r *policyReports) note(one policyReport) {
	directive, blocked := one.words()
	if r.broken != nil {
		r.broken(directive, blocked)
	}
	if _, known := r.seen.LoadOrStore(directive+" "+blocked, true); !known {
		r.site.Log().Warn("a browser reports that a page tried what the content security policy forbids", "directive", directive, "blocked", blocked)
	}
}

// policyReport is the part of a report that counts.
type policyReport struct{ Directive, Blocked string }

var errNoReport = errors.New("not a report")

// readReports reads both forms: the one of report-uri, and the Reporting API's.
func readReports(body []byte) ([]policyReport, error) {
	var old struct {
		Report *struct {
			Effective string `json:"effective-directive"`
			Violated  string `json:"violated-directive"`
			Blocked   string `json:"blocked-uri"`
		} `json:"csp-report"`
	}
	if json.Unmarshal(body, &old) == nil && old.Report != nil {
		directive := old.Report.Effective
		if directive == "" {
			directive, _, _ = strings.Cut(old.Report.Violated, " ")
		}
		return []policyReport{{directive, old.Report.Blocked}}, nil
	}
	var many []struct {
		Type string `json:"type"`
		Body struct {
			Effective string `json:"effectiveDirective"`
			Blocked   string `json:"blockedURL"`
		} `json:"body"`
	}
	if json.Unmarshal(body, &many) != nil || len(many) > reportsAtOnce {
		return nil, errNoReport
	}
	var list []policyReport
	for _, one := range many {
		if one.Type == "csp-violation" {
			list = append(list, policyReport{one.Body.Effective, one.Body.Blocked})
		}
	}
	return list, nil
}

// words are the report's directive and what was tried, "other" for what is not
// one of those that are known.
func (p policyReport) words() (directive, blocked string) {
	directives := []string{"default-src", "script-src", "script-src-elem", "script-src-attr", "style-src", "style-src-elem", "style-src-attr", "img-src", "font-src",
		"connect-src", "frame-src", "form-action", "base-uri", "object-src", "frame-ancestors", "media-src", "worker-src", "manifest-src"}
	if !slices.Contains(directives, p.Directive) {
		p.Directive = "other"
	}
	if slices.Contains([]string{"inline", "eval", "wasm-eval", "self", "data", "blob"}, p.Blocked) {
		return p.Directive, p.Blocked
	}
	if u, err := url.Parse(p.Blocked); err == nil && slices.Contains([]string{"http", "https", "data", "blob"}, u.Scheme) {
		return p.Directive, u.Scheme
	}
	return p.Directive, "other"
}
