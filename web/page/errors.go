package page

import (
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents/fault"
	"datalek/web/parts"
)

// statusOf is the only place where an error becomes a status.
func statusOf(err error) int {
	var tooLarge *http.MaxBytesError
	var answered *echo.HTTPError
	switch {
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, fault.NotFound):
		return http.StatusNotFound
	case errors.Is(err, fault.Invalid):
		return http.StatusUnprocessableEntity
	case errors.Is(err, fault.Conflict), errors.Is(err, fault.Duplicate):
		return http.StatusConflict
	case errors.Is(err, fault.Forbidden):
		return http.StatusForbidden
	case errors.Is(err, fault.Unavailable), errors.Is(err, context.DeadlineExceeded):
		return http.StatusServiceUnavailable
	case errors.As(err, &answered):
		return answered.Code
	default:
		return http.StatusInternalServerError
	}
}

// errorTimeout bounds what an error page looks up by itself.
const errorTimeout = 2 * time.Second

// handleError answers a failed request: a page for people, a problem for
// machines.
func (s *Site) handleError(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	if isMachine(c.Request().URL.Path) {
		if failed := Problem(c, err); failed != nil {
			s.opts.Log.Error("answer with a problem", "error", failed)
		}
		return
	}
	// The request's own time is over when its handler returned: what the page looks up
	// would fail, and tell of a store that keeps nothing.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request().Context()), errorTimeout)
	defer cancel()
	c.SetRequest(c.Request().WithContext(ctx))
	if failed := s.errorPage(c, err); failed != nil {
		s.opts.Log.Error("answer with an error page", "error", failed)
		_ = c.NoContent(http.StatusInternalServerError) // nothing else is left to say
	}
}

// errorView is what templates/errors/error.html shows.
type errorView struct {
	View
	Heading   string
	Text      string
	Detail    string // what the failure itself says, fit to be shown
	Reference string
	Again     *again // nil: nothing was sent
}

func (s *Site) errorPage(c echo.Context, err error) error {
	status := statusOf(err)
	kind := errorKind(status)
	v := &errorView{View: NewView(c, "core.error."+kind+".title"), Heading: T(c, "core.error."+kind+".title"),
		Text: T(c, "core.error."+kind+".text")}
	if faults := Faults(c, err); len(faults) > 0 {
		v.Detail = faults[0].Message
	}
	var refused Refused
	if errors.As(err, &refused) {
		v.Text, v.Detail = T(c, "role.nothing_changed"), refused.whoMay(c)
	}
	if status >= http.StatusInternalServerError {
		v.Reference = s.logFailure(c, err)
	}
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		setRetryAfter(c)
	}
	if status == http.StatusServiceUnavailable {
		v.Again = sentAgain(c)
	}
	v.HasFaults = true
	return s.Render(c, status, "errors/error.html", v)
}

// again is what a form sent, so that the page that says that it was not kept can
// send it once more and nobody types it twice.
type again struct {
	Action string
	Fields []sentField
}

type sentField struct{ Name, Value string }

// sentAgain reads what the form sent; nil for a request that sent none, and for
// one with a file or a password, which no page gives back.
func sentAgain(c echo.Context) *again {
	r := c.Request()
	if r.Method != http.MethodPost || r.ParseForm() != nil || len(r.PostForm) == 0 {
		return nil
	}
	a := &again{Action: r.URL.RequestURI()}
	for _, name := range slices.Sorted(maps.Keys(r.PostForm)) {
		if strings.Contains(name, "password") {
			return nil
		}
		for _, value := range r.PostForm[name] {
			a.Fields = append(a.Fields, sentField{name, value})
		}
	}
	return a
}

func setRetryAfter(c echo.Context) {
	if c.Response().Header().Get("Retry-After") == "" {
		c.Response().Header().Set("Retry-After", "10")
	}
}

// errorKind names the words for a status.
func errorKind(status int) string {
	switch status {
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return "not_found"
	case http.StatusForbidden, http.StatusUnauthorized:
		return "forbidden"
	case http.StatusConflict:
		return "conflict"
	case http.StatusRequestEntityTooLarge:
		return "too_large"
	case http.StatusTooManyRequests:
		return "too_many"
	case http.StatusServiceUnavailable:
		return "unavailable"
	}
	if status < http.StatusInternalServerError {
		return "invalid"
	}
	return "internal"
}

// logFailure writes the failure to the log under a reference that the page
// shows.
func (s *Site) logFailure(c echo.Context, err error) string {
	reference := strings.ToUpper(rand.Text()[:8])
	s.opts.Log.Error("request failed", "reference", reference, "method", c.Request().Method, "route", c.Path(), "error", err)
	return reference
}

// ProblemDetails is an error as machines read it (RFC 9457).
type ProblemDetails struct {
	Type      string         `json:"type"`
	Title     string         `json:"title"`
	Status    int            `json:"status"`
	Detail    string         `json:"detail,omitempty"`
	Errors    []ProblemField `json:"errors,omitempty"`
	Reference string         `json:"reference,omitempty"`
}

// ProblemField is one field at fault.
type ProblemField struct {
	Field   string `json:"field"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Problem answers with err as application/problem+json. Failures that are not
// the caller's go to the log under a reference, without their text.
func Problem(c echo.Context, err error) error {
	status := statusOf(err)
	p := ProblemDetails{Type: "about:blank", Title: http.StatusText(status), Status: status}
	for _, f := range fault.Fields(err) {
		if f.Field == "" {
			p.Detail = f.Message
			continue
		}
		p.Errors = append(p.Errors, ProblemField{Field: f.Field, Code: strings.TrimPrefix(f.Key, "error."), Message: f.Message})
	}
	var answered *echo.HTTPError
	if errors.As(err, &answered) && p.Detail == "" && status < http.StatusInternalServerError {
		if text, ok := answered.Message.(string); ok && text != p.Title {
			p.Detail = text
		}
	}
	if r := requestOf(c); status >= http.StatusInternalServerError && r.site != nil {
		p.Reference = r.site.logFailure(c, err)
	}
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		setRetryAfter(c)
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	c.Response().Header().Set(echo.HeaderContentType, "application/problem+json")
	return c.JSON(status, p)
}

// Faults returns every fault inside err in the page's language, for the error
// summary and for fields.
func Faults(c echo.Context, err error) []parts.Fault {
	var faults []parts.Fault
	for _, f := range fault.Fields(err) {
		faults = append(faults, parts.Fault{Field: f.Field, Message: faultText(c, f)})
	}
	return faults
}

var firstNumber = regexp.MustCompile(`\d+`)

var tongue = regexp.MustCompile(`_(nl|en|fr|de)(-[a-z]+)?$`)

// faultText translates a fault, in the words for its field where there are
// such ("error.missing.reason"): a list of faults must say which is which. A
// number in its English sentence fills the blank "max" of the translation
// ("use at most 120 characters").
func faultText(c echo.Context, f *fault.Error) string {
	pairs := []any{"max", firstNumber.FindString(f.Message)}
	field := tongue.ReplaceAllString(f.Field[strings.LastIndex(f.Field, ".")+1:], "")
	if key := f.Key + "." + field; field != "" && Has(c, key) {
		return T(c, key, pairs...)
	}
	if text := T(c, f.Key, pairs...); f.Key != "" && text != f.Key {
		return text
	}
	return f.Message
}

// IsInvalid reports whether err is input that the form can show and the reader
// can mend.
func IsInvalid(err error) bool { return errors.Is(err, fault.Invalid) }

// Mendable reports whether err has words for the form: invalid input, or a
// stored state that moved on.
func Mendable(err error) bool {
	return (errors.Is(err, fault.Invalid) || errors.Is(err, fault.Conflict)) && len(fault.Fields(err)) > 0
}
