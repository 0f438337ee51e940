package desk

import (
	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/web/page"
)

// background says in one sentence how Regulation 1182/71 may be read for the
// authority's term, "" when the term has no hours. It stands beside the deadline
// and changes nothing.
func (a *Area) background(c echo.Context, inc *incidents.Incident) string {
	clock := inc.Clock(incidents.AuthorityClock)
	if clock.Within == 0 {
		return ""
	}
	country := incidents.CountryOf(page.Practice(c).Authority)
	read := incidents.Background(clock.StartsAt, clock.Within, page.Zone(c), func(day registry.Date) bool { return a.dates.Holiday(country, day) })
	plain := page.FormatMoment(page.Lang(c), read.Plain, page.Zone(c))
	if !read.Extends() {
		return page.T(c, "desk.authority.background", "plain", plain)
	}
	return page.T(c, "desk.authority.background_disputed", "plain", plain, "disputed", page.FormatMoment(page.Lang(c), read.Disputed, page.Zone(c)))
}
