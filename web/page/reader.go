package page

import (
	"datalek/incidents"
	"datalek/incidents/register"
	"datalek/incidents/registry"

	"github.com/labstack/echo/v4"
)

const readerKey = "datalek.reader"

type reader struct {
	practice registry.Practice
	by       incidents.Actor
}

// As says who makes a request that no session says it of, such as a token's.
func As(c echo.Context, practice registry.Practice, by incidents.Actor) {
	c.Set(readerKey, reader{practice, by})
	acting(c, by)
}

// Reader returns who makes the request and for which practice; false for somebody
// who did not show who he is.
func Reader(c echo.Context) (practice registry.Practice, by incidents.Actor, known bool) {
	if r, ok := c.Get(readerKey).(reader); ok {
		return r.practice, r.by, true
	}
	practice = Practice(c)
	return practice, Actor(c), practice.ID != "" && User(c).ID != ""
}

// acting says to what the request calls who acts, for what they write down.
func acting(c echo.Context, by incidents.Actor) {
	c.SetRequest(c.Request().WithContext(register.Acting(c.Request().Context(), by)))
}
