package webhook

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/casework"
	"datalek/web/page"

	"github.com/labstack/echo/v4"
)

// receiveMail takes one message that came back, as it is: the raw bytes of the
// mail are the body. It is answered once it is saved; a worker makes out what it
// says. The address's token says whose it is, and so does a practice's API token.
func (a *Area) receiveMail(c echo.Context) error {
	practice, err := a.mailFor(c)
	if err != nil {
		return err
	}
	body, err := readBody(c.Request().Body)
	if err != nil {
		return err
	}
	if len(strings.TrimSpace(string(body[:min(len(body), 64)]))) == 0 {
		return echo.NewHTTPError(http.StatusBadRequest, "send the raw message that came back as the body")
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), saveWithin)
	defer cancel()
	id, fresh, err := a.opts.Store.SaveReturn(ctx, incidents.NewReturn(a.opts.NewID(), tenant.ID(practice), incidents.ReturnByPost, body, a.opts.Now()))
	if err != nil {
		return errors.Join(fault.Unavailable, err) // the sender must try again
	}
	if fresh {
		a.opts.Nudge()
	}
	return c.JSON(http.StatusAccepted, map[string]string{"return_id": id})
}

// mailFor returns the practice that a message is for, "" for the host's address.
func (a *Area) mailFor(c echo.Context) (string, error) {
	token := c.Param("token")
	bearer, given := strings.CutPrefix(c.Request().Header.Get("Authorization"), "Bearer ")
	if token == "" {
		if token = bearer; !given || token == "" {
			c.Response().Header().Set("WWW-Authenticate", `Bearer realm="datalek"`)
			return "", echo.NewHTTPError(http.StatusUnauthorized, "post to the address with its token in it, or send the token as Authorization: Bearer …")
		}
		if known, err := a.opts.Store.TokenByHash(c.Request().Context(), casework.HashToken(token)); !errors.Is(err, fault.NotFound) {
			return string(known.PracticeID), a.admitted(c, token, known, err)
		}
	}
	endpoint, err := a.endpoint(c, token)
	if err == nil && endpoint.ProcessorID != registry.ReturnedMail {
		err = fault.NotFound
	}
	return string(endpoint.PracticeID), err
}

// admitted refuses an API token that ended or may not report, and bounds what one
// may send.
func (a *Area) admitted(c echo.Context, token string, known registry.Token, err error) error {
	if err != nil {
		return err
	}
	if known.Ended(a.opts.Now()) {
		return echo.NewHTTPError(http.StatusUnauthorized, "this token has expired; make a new one under Settings")
	}
	if scope := registry.ScopeReports.Write(); !known.May(scope) {
		return fault.New(fault.Forbidden, "error.token_scope", "this token may not do that; it lacks the scope "+string(scope))
	}
	if ok, wait := a.byToken.Allow(token); !ok {
		return page.TooMany(c, wait)
	}
	return nil
}
