package webhook

import (
	"mime"
	"net/http"
	"regexp"
	"strconv"

	"datalek/incidents/fault"
	"datalek/incidents/registry"

	"github.com/labstack/echo/v4"
)

// allowedRate is how many messages a minute one address takes, as byToken bounds it.
const allowedRate = 60_000

// origins are the names that a sender gives himself: of a host, perhaps as an address.
var origins = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.:/_-]{0,252}$`)

// live returns a processor's address that takes messages.
func (a *Area) live(c echo.Context) (registry.Endpoint, error) {
	endpoint, err := a.endpoint(c, c.Param("token"))
	if err == nil && endpoint.ProcessorID == registry.ReturnedMail {
		err = fault.NotFound
	}
	return endpoint, err
}

// look answers who only looks whether the address is there, as Mailchimp does before
// it sends anything. Nothing changes.
func (a *Area) look(c echo.Context) error {
	if _, err := a.live(c); err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.String(http.StatusOK, "This address takes reports by POST.\n")
}

// handshake tells a sender that he may send here (CloudEvents HTTP 1.1 Web Hooks,
// section 4). No address that he names is called back.
func (a *Area) handshake(c echo.Context) error {
	if _, err := a.live(c); err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Allow", "POST, GET, HEAD, OPTIONS")
	h.Set("Cache-Control", "no-store")
	origin := c.Request().Header.Get("WebHook-Request-Origin")
	if origin == "" {
		return c.NoContent(http.StatusNoContent)
	}
	if !origins.MatchString(origin) {
		return echo.NewHTTPError(http.StatusBadRequest, "WebHook-Request-Origin must be the name of one host")
	}
	rate := allowedRate
	if asked, err := strconv.Atoi(c.Request().Header.Get("WebHook-Request-Rate")); err == nil && asked > 0 {
		rate = min(rate, asked)
	}
	h.Set("WebHook-Allowed-Origin", origin)
	h.Set("WebHook-Allowed-Rate", strconv.Itoa(rate))
	return c.NoContent(http.StatusOK)
}

// single refuses several CloudEvents in one body: each message has an answer, a
// proof and a report of its own.
func (a *Area) single(e registry.Endpoint, h http.Header) error {
	if media, _, err := mime.ParseMediaType(h.Get("Content-Type")); err != nil || media != "application/cloudevents-batch+json" {
		return nil
	}
	a.refuse(e, refusedBatch)
	return echo.NewHTTPError(http.StatusUnsupportedMediaType, "send one event in a request, as application/cloudevents+json")
}
