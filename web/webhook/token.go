package webhook

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"datalek/incidents/advisory"
	"datalek/incidents/fault"
	"datalek/incidents/registry"

	"github.com/labstack/echo/v4"
)

// tokens checks what a sender shows besides the address. A refusal is a
// registry.TokenRefusal; fault.Unavailable when it cannot be checked now.
type tokens interface {
	Check(ctx context.Context, door registry.Door, want registry.TokenClaims, authorization []string) error
}

// reader makes out what a message says.
type reader interface {
	Read(raw []byte, headers map[string]string, received time.Time) advisory.Advisory
}

// checkWithin bounds the check of one token, the call for its issuer's keys with it:
// Azure gives up after ten seconds.
const checkWithin = 8 * time.Second

// shows proves that the sender of a message shows the token that the door asks. It
// says no more than that to who cannot show it.
func (a *Area) shows(c echo.Context, e registry.Endpoint, body []byte) error {
	err := a.checkToken(c, e)
	if err == nil && len(e.Claims.Subscriptions) > 0 && !a.listed(e, c.Request().Header, body) {
		err = registry.TokenWrongTenant
	}
	var refusal registry.TokenRefusal
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refusal):
		a.refuse(e, string(refusal))
		c.Response().Header().Set("WWW-Authenticate", `Bearer realm="datalek"`)
		return echo.NewHTTPError(http.StatusUnauthorized,
			"send the token that this address asks as one Authorization: Bearer header; a token in the address (access_token) is not taken")
	case errors.Is(err, fault.Unavailable):
		a.refuse(e, refusedNoKeys)
		c.Response().Header().Set("Retry-After", "60") // the keys are asked for at most once a minute
	}
	return err
}

func (a *Area) checkToken(c echo.Context, e registry.Endpoint) error {
	if a.opts.Tokens == nil || c.QueryParams().Has("access_token") { // of two tokens nobody could say which one counts (RFC 6750, section 2)
		return registry.TokenForged
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), checkWithin)
	defer cancel()
	return a.opts.Tokens.Check(ctx, e.Door, e.Claims, c.Request().Header.Values("Authorization"))
}

// listed reports whether a message names subscriptions, and only those that the
// address lets in: who may have a token made for one may not speak for another.
func (a *Area) listed(e registry.Endpoint, h http.Header, body []byte) bool {
	if a.opts.Reader == nil {
		return false
	}
	said := a.opts.Reader.Read(body, map[string]string{"content-type": h.Get("Content-Type")}, a.opts.Now()).Subscriptions
	return len(said) > 0 && !slices.ContainsFunc(said, func(id string) bool {
		return !slices.ContainsFunc(e.Claims.Subscriptions, func(known string) bool { return strings.EqualFold(known, id) })
	})
}
