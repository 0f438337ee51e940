package calendar

import (
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/be"
	"github.com/rickar/cal/v2/nl"

	"datalek/incidents"
	"datalek/incidents/registry"
)

// Calendar answers which days are public holidays and writes calendar files. It
// keeps nothing that changes and may be used from many goroutines.
type Calendar struct {
	countries map[incidents.Country]*cal.Calendar
}

// New returns the calendar of both countries.
func New() *Calendar {
	return &Calendar{countries: map[incidents.Country]*cal.Calendar{
		incidents.Netherlands: of(nl.Holidays),
		incidents.Belgium:     of(be.Holidays),
	}}
}

// of leaves the library's cache off: it is not safe for use from many goroutines.
func of(days []*cal.Holiday) *cal.Calendar {
	c := &cal.Calendar{}
	c.AddHoliday(days...)
	return c
}

// Holiday reports whether a day is a public holiday in a country; in one that is
// not known none is. Dutch Good Friday and 5 May count, as the Algemene
// termijnenwet (Art. 3) has them. Sundays are no holidays here.
func (c *Calendar) Holiday(country incidents.Country, day registry.Date) bool {
	days, known := c.countries[country]
	if !known {
		return false
	}
	actual, observed, _ := days.IsHoliday(day.Start(time.UTC))
	return actual || observed
}
