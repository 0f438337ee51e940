package incidents

import (
	"time"

	"datalek/incidents/fault"
)

// LocalTime is a wall-clock reading as a person types it, to the minute.
type LocalTime struct {
	Year   int
	Month  time.Month
	Day    int
	Hour   int
	Minute int
}

// Resolve returns the instants the reading can mean in zone: none when the
// clocks skip it, two (the earlier first) when they pass it twice, else one.
func (l LocalTime) Resolve(zone *time.Location) []time.Time {
	guess := time.Date(l.Year, l.Month, l.Day, l.Hour, l.Minute, 0, 0, zone)
	var found []time.Time
	for _, shift := range []time.Duration{-time.Hour, -30 * time.Minute, 0, 30 * time.Minute, time.Hour} {
		if t := guess.Add(shift); l == LocalTimeOf(t, zone) {
			found = append(found, t.UTC())
		}
	}
	return found
}

// LocalTimeOf returns the wall-clock reading of t in zone.
func LocalTimeOf(t time.Time, zone *time.Location) LocalTime {
	t = t.In(zone)
	return LocalTime{t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute()}
}

// Pass says which of two instants a doubled reading means.
type Pass string

// The passes of the hour that clocks repeat in autumn.
const (
	PassUnknown Pass = ""       // ask, when there is a choice
	PassFirst   Pass = "first"  // summer time, the earlier instant
	PassSecond  Pass = "second" // winter time
)

// Instant returns the one instant the reading means. It refuses readings that
// do not exist, and asks which pass is meant when there are two.
func (l LocalTime) Instant(zone *time.Location, pass Pass, field string) (time.Time, error) {
	if !l.valid() {
		return time.Time{}, &fault.Error{Code: fault.Invalid, Field: field, Key: "error.date_invalid",
			Message: "this date or time does not exist; give one such as 27 3 2027, 14:30"}
	}
	found := l.Resolve(zone)
	switch {
	case len(found) == 0:
		return time.Time{}, &fault.Error{Code: fault.Invalid, Field: field, Key: "error.time_skipped",
			Message: "the clocks skipped this time when summer time began; give the time before or after it"}
	case len(found) == 1 || pass == PassFirst:
		return found[0], nil
	case pass == PassSecond:
		return found[len(found)-1], nil
	default:
		return time.Time{}, &fault.Error{Code: fault.Invalid, Field: field, Key: "error.time_doubled",
			Message: "the clocks passed this time twice that night; choose the first or the second time"}
	}
}

func (l LocalTime) valid() bool {
	if l.Hour < 0 || l.Hour > 23 || l.Minute < 0 || l.Minute > 59 || l.Year < 1 || l.Year > 9999 {
		return false
	}
	t := time.Date(l.Year, l.Month, l.Day, 12, 0, 0, 0, time.UTC)
	return t.Year() == l.Year && t.Month() == l.Month && t.Day() == l.Day
}
