package page

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents/registry"
	"datalek/web/parts"
)

const (
	// proofHolds is how long a login, or a proof since, is enough for what changes
	// who may come in.
	proofHolds      = 10 * time.Minute
	provedInSession = "proved" // when, in Unix seconds

	// ConfirmPath is the page that asks for a new proof, with where to go in "next".
	ConfirmPath = "/settings/account/confirm"
	// SecurityPath is the page of one's second factors; below it one sets them up.
	SecurityPath = "/settings/account/security"

	// halfLife is how long somebody may take between the password and the second factor.
	halfLife      = 10 * time.Minute
	halfInSession = "half"       // whose password was right
	halfSince     = "half.since" // in Unix seconds
	halfMark      = "half.mark"  // of that password
	halfNext      = "half.next"  // where to go afterwards
)

// Prove remembers that the user showed just now who it is.
func (s *Site) Prove(c echo.Context) {
	s.sessions.Put(c.Request().Context(), provedInSession, s.Now().Unix())
}

// Proved reports whether the user showed less than ten minutes ago who it is.
func (s *Site) Proved(c echo.Context) bool {
	at := time.Unix(s.sessions.GetInt64(c.Request().Context(), provedInSession), 0)
	return s.Now().Before(at.Add(proofHolds))
}

// StepUp asks for the password, a code or a passkey again before a route that
// changes who may come in, unless that was shown in the last ten minutes. It
// stands behind RequireLogin; a form that comes too late leads back to the page
// it stood on.
func (s *Site) StepUp(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if s.Proved(c) {
			return next(c)
		}
		back := c.Request().URL.RequestURI()
		if c.Request().Method != http.MethodGet {
			back = pageBefore(c.Request())
		}
		return c.Redirect(http.StatusSeeOther, ConfirmPath+"?next="+url.QueryEscape(localPath(back)))
	}
}

// pageBefore is the page of this site that a form stood on, "/" when unknown.
func pageBefore(r *http.Request) string {
	from, err := url.Parse(r.Referer())
	if err != nil || from.Host != r.Host {
		return "/"
	}
	return localPath(from.RequestURI())
}

// leadToFactors sends a user whose days of grace are over to the page on which
// one gets a second factor, out of a drill too.
func (s *Site) leadToFactors(c echo.Context) (led bool, err error) {
	path := c.Request().URL.Path
	if !User(c).Factors.Overdue(s.Now()) || path == SecurityPath || strings.HasPrefix(path, SecurityPath+"/") || path == ConfirmPath || strings.HasPrefix(path, ConfirmPath+"/") {
		return false, nil
	}
	s.LeaveDrill(c)
	return true, c.Redirect(http.StatusSeeOther, SecurityPath)
}

// remind tells on the desk how long one may go on without a second factor: below
// what must happen in the cases, on the last day above it.
func (s *Site) remind(c echo.Context, v *View) {
	f := User(c).Factors
	left := f.GraceUntil.Sub(s.Now())
	if c.Path() != roleHome(RoleOf(c)) || f.Some() || left <= 0 {
		return
	}
	days := int((left + 24*time.Hour - 1) / (24 * time.Hour))
	note := parts.Notice{Kind: "info", Title: T(c, "factors.grace.title"), Text: T(c, "factors.grace.text", "n", days),
		Link: parts.Link{Href: SecurityPath, Text: T(c, "factors.grace.link")}}
	if days > 1 {
		v.Reminders = append(v.Reminders, note)
		return
	}
	v.Notices = append(v.Notices, note)
}

// BeginLogin remembers whose password was right, until the second factor is
// shown. It logs nobody in. The session gets a new token.
func (s *Site) BeginLogin(c echo.Context, u registry.User, next string) error {
	ctx := c.Request().Context()
	if err := s.sessions.RenewToken(ctx); err != nil {
		return fmt.Errorf("begin login: %w", err)
	}
	if err := s.leave(ctx); err != nil {
		return fmt.Errorf("begin login: %w", err)
	}
	s.forgetUser(ctx)
	s.sessions.Put(ctx, halfInSession, u.ID)
	s.sessions.Put(ctx, halfSince, s.Now().Unix())
	s.sessions.Put(ctx, halfMark, passwordMark(u))
	s.sessions.Put(ctx, halfNext, localPath(next))
	return nil
}

// HalfLoggedIn returns whose password was right a moment ago and where that
// person wants to go; false when there is nobody, or not any more.
func (s *Site) HalfLoggedIn(c echo.Context) (u registry.User, next string, is bool, err error) {
	ctx := c.Request().Context()
	id := s.sessions.GetString(ctx, halfInSession)
	since := time.Unix(s.sessions.GetInt64(ctx, halfSince), 0)
	if id == "" || !s.Now().Before(since.Add(halfLife)) {
		return u, "/", false, nil
	}
	u, err = s.opts.Store.User(ctx, id)
	if err != nil {
		return u, "/", false, ignoreMissing(err)
	}
	return u, s.sessions.GetString(ctx, halfNext), s.sessions.GetString(ctx, halfMark) == passwordMark(u), nil
}

// EndHalfLogin forgets that a password was right.
func (s *Site) EndHalfLogin(c echo.Context) { s.forgetHalf(c.Request().Context()) }

func (s *Site) forgetHalf(ctx context.Context) {
	for _, key := range []string{halfInSession, halfSince, halfMark, halfNext} {
		s.sessions.Remove(ctx, key)
	}
}

// forgetUser takes whoever was logged in out of the session.
func (s *Site) forgetUser(ctx context.Context) {
	for _, key := range []string{userInSession, practiceInSession, sinceInSession, passwordInSession, provedInSession} {
		s.sessions.Remove(ctx, key)
	}
}
