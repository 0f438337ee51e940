package incidents

import (
	"time"

	"datalek/incidents/registry"
)

// Country is the member state whose public holidays count (Regulation (EEC,
// Euratom) 1182/71, Art. 2(1)), by its two letters.
type Country string

// The countries of the authorities.
const (
	Netherlands Country = "NL"
	Belgium     Country = "BE"
)

// CountryOf returns the country of an authority.
func CountryOf(a registry.Authority) Country {
	if a == registry.GBA {
		return Belgium
	}
	return Netherlands
}

// LawReading is how Regulation 1182/71 may be read for a period in hours. It is
// shown as background and used for nothing: no clock, deadline or warning knows
// it. The deadline that counts is Clock.DueAt.
type LawReading struct {
	// Plain is Art. 3(1) and (2): the hour of the event does not count, and the
	// period ends with the expiry of its last hour. UTC.
	Plain time.Time
	// Disputed is Art. 3(5) as some read it: any period of two days or more has two
	// working days in it. It equals Plain when that changes nothing. UTC.
	Disputed time.Time
}

// Extends reports whether the disputed reading ends later than the plain one.
func (r LawReading) Extends() bool { return r.Disputed.After(r.Plain) }

// Background reads Regulation 1182/71 for a period of so many hours from an
// event. Working days are counted in zone; holiday says which days are public
// holidays, Saturdays and Sundays never being working days.
//
// The hour is cut on the UTC time line: the zones of these authorities differ
// from it by whole hours.
func Background(event time.Time, within time.Duration, zone *time.Location, holiday func(registry.Date) bool) LawReading {
	r := LawReading{Plain: event.UTC().Truncate(time.Hour).Add(time.Hour + within)}
	r.Disputed = r.Plain
	if within < 48*time.Hour { // "any period of two days or more"
		return r
	}
	if end := afterWorkingDays(event, 2, zone, holiday); end.After(r.Plain) {
		r.Disputed = end
	}
	return r
}

// afterWorkingDays returns the end of the nth full working day after an event.
func afterWorkingDays(event time.Time, n int, zone *time.Location, holiday func(registry.Date) bool) time.Time {
	const mostDays = 60 // a calendar without working days is no reason to hang
	day := registry.DateOf(event, zone)
	for range mostDays {
		day = day.AddDays(1)
		if working(day, holiday) {
			n--
		}
		if n == 0 {
			break
		}
	}
	return day.AddDays(1).Start(zone).UTC()
}

func working(day registry.Date, holiday func(registry.Date) bool) bool {
	weekday := day.Start(time.UTC).Weekday()
	return weekday != time.Saturday && weekday != time.Sunday && !holiday(day)
}
