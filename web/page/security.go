package page

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents/fault"
)

// defaultBody is how many bytes a page's request may carry.
const defaultBody = 256 << 10

func randomText() string { return rand.Text() }

// headers sets what protects every answer. The referrer policy is same-origin:
// under no-referrer browsers would send "Origin: null" with our own forms, and
// a site on a plain-HTTP address of the house network could not be used.
func (s *Site) headers(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Content-Security-Policy", policyFor(requestOf(c).nonce, s.opts.Secure))
		if s.opts.Secure {
			h.Set("Reporting-Endpoints", reportGroup+`="`+PolicyReports+`"`)
			h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		return next(c)
	}
}

// PolicyReports is where browsers report what the policy stopped.
const PolicyReports = "/csp"

const reportGroup = "csp"

// policyFor allows this site's own scripts, styles and pictures and nothing else.
// Browsers take a report-to group over TLS only, and then no report-uri beside it.
func policyFor(nonce string, secure bool) string {
	report := "report-uri " + PolicyReports
	if secure {
		report += "; report-to " + reportGroup
	}
	return strings.Join([]string{
		"default-src 'none'", "script-src 'nonce-" + nonce + "'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'",
		"connect-src 'self'", "frame-src 'self'", "form-action 'self'", "base-uri 'none'", "object-src 'none'", "frame-ancestors 'none'", report,
	}, "; ")
}

// Framed lets the answer stand in a frame of this site and styles it as mail
// is: own styles, no script, no address outside.
func Framed(c echo.Context) {
	h := c.Response().Header()
	h.Set("X-Frame-Options", "SAMEORIGIN")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox")
}

// sameOrigin refuses what another site's page sends (cross-site request
// forgery). Machines come with tokens and signatures instead of cookies.
func (s *Site) sameOrigin(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if path := c.Request().URL.Path; isMachine(path) && path != PolicyReports {
			return next(c)
		}
		if err := s.origin.Check(c.Request()); err != nil {
			return fault.New(fault.Forbidden, "error.cross_origin", "this form was sent from another site")
		}
		return next(c)
	}
}

const bodyKey = "datalek.body"

// bodyWithin is how long a request's body may take to arrive, unless TakeTime
// says otherwise: who sends slower than this holds a connection for nothing.
const bodyWithin = 30 * time.Second

const hurryKey = "datalek.hurry"

// hurry cuts off a body that does not arrive in time, and lets one that breaks
// off be the sender's fault.
func hurry(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if c.Request().ContentLength == 0 {
			return next(c)
		}
		c.Request().Body = Whole(c.Request().Body)
		control := http.NewResponseController(c.Response().Writer)                                  // the connection's own: later ones come and go
		late := time.AfterFunc(bodyWithin, func() { _ = control.SetReadDeadline(time.Unix(1, 0)) }) // long past: reading fails at once
		defer late.Stop()
		c.Set(hurryKey, late)
		return next(c)
	}
}

// Whole reads what somebody sends. What breaks off is invalid input.
func Whole(body io.ReadCloser) io.ReadCloser { return whole{body} }

type whole struct{ io.ReadCloser }

// Read reads on, and says of a body that broke off that it did.
func (w whole) Read(p []byte) (int, error) {
	n, err := w.ReadCloser.Read(p)
	var tooLarge *http.MaxBytesError
	if err == nil || errors.Is(err, io.EOF) || errors.As(err, &tooLarge) {
		return n, err
	}
	return n, fault.New(fault.Invalid, "error.form_unreadable", "the body ended before it was whole; send it again")
}

// TakeTime lets the request's body take as long as the server lets any.
func TakeTime(c echo.Context) {
	if late, hurried := c.Get(hurryKey).(*time.Timer); hurried {
		late.Stop()
	}
}

// limitBody bounds the body of a page's request; machines have limits of
// their own.
func (s *Site) limitBody(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if !isMachine(c.Request().URL.Path) {
			c.Set(bodyKey, c.Request().Body)
			c.Request().Body = http.MaxBytesReader(c.Response(), c.Request().Body, defaultBody)
		}
		return next(c)
	}
}

// Limit lets one route's body have n bytes, and the time they take.
func Limit(n int64) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			TakeTime(c)
			body := c.Request().Body
			if whole, ok := c.Get(bodyKey).(interface {
				Read([]byte) (int, error)
				Close() error
			}); ok {
				body = whole
			}
			c.Request().Body = http.MaxBytesReader(c.Response(), body, n)
			return next(c)
		}
	}
}

// recovered turns a panic into a failure with a reference; the stack goes to
// the log, without the panic's value, which may hold anything.
func (s *Site) recovered(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		failed := func() (err error) {
			defer func() {
				if r := recover(); r != nil {
					if err, is := r.(error); is && errors.Is(err, http.ErrAbortHandler) {
						panic(r)
					}
					s.opts.Log.Error("panic", "route", c.Path(), "kind", fmt.Sprintf("%T", r), "stack", string(debug.Stack()))
					err = fmt.Errorf("panic of type %T", r)
				}
			}()
			return next(c)
		}()
		return failed
	}
}

// logAccess writes one line per request: no query string, no ids, no body.
func (s *Site) logAccess(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := s.opts.Now()
		if err := next(c); err != nil {
			c.Error(err)
		}
		if strings.HasPrefix(c.Path(), "/assets/") || c.Path() == "/healthz" || c.Path() == "/readyz" {
			return nil
		}
		s.opts.Log.Info("request", "method", c.Request().Method, "route", c.Path(), "status", c.Response().Status,
			"bytes", c.Response().Size, "took", s.opts.Now().Sub(start).Round(time.Millisecond))
		return nil
	}
}

// Address is whom a request's limits count: the address it comes from, and of IPv6
// the network of 64 bits that one subscriber has whole.
func Address(c echo.Context) string {
	at, err := netip.ParseAddr(c.RealIP())
	if err != nil {
		return c.RealIP()
	}
	if at = at.Unmap().WithZone(""); at.Is4() {
		return at.String()
	}
	return netip.PrefixFrom(at, 64).Masked().String()
}

// extractor returns how a request's address is found.
func extractor(trusted []netip.Prefix) echo.IPExtractor {
	if len(trusted) == 0 {
		return echo.ExtractIPDirect()
	}
	options := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, prefix := range trusted {
		prefix = prefix.Masked()
		options = append(options, echo.TrustIPRange(&net.IPNet{
			IP: prefix.Addr().AsSlice(), Mask: net.CIDRMask(prefix.Bits(), prefix.Addr().BitLen())}))
	}
	return echo.ExtractIPFromXFFHeader(options...)
}
