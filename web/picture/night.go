package picture

import "time"

// A night is drawn from eleven in the evening to seven in the morning, local
// time: long enough to be seen, short enough that three of them read as three.
const (
	nightFrom  = 23
	nightUntil = 7
)

// longestWithDays is the longest span whose days are named; a longer one
// would be a row of words without room.
const longestWithDays = 8 * 24 * time.Hour

// nights returns the nights between the scale's start and until.
func nights(s scale, until time.Time, zone *time.Location) []Span {
	if until.Sub(s.from) > longestWithDays {
		return nil
	}
	var spans []Span
	for day := dayBefore(s.from, zone); !at(day, nightFrom).After(until); day = day.AddDate(0, 0, 1) {
		from, to := at(day, nightFrom), at(day.AddDate(0, 0, 1), nightUntil)
		span := s.span(later(from, s.from), earlier(to, until))
		span.Whole = !from.Before(s.from) && !to.After(until)
		if span.Width > 0 {
			spans = append(spans, span)
		}
	}
	return spans
}

// The flag's cloth hangs left of its pole and would cover a moon there.
const (
	roomBeforeFlag = 7
	roomAfterFlag  = 2
)

// ShowsMoon reports whether a night of the clock has room for its moon.
func (c Clock) ShowsMoon(night Span) bool {
	middle := night.Middle()
	return night.Whole && (middle < c.Flag-roomBeforeFlag || middle > c.Flag+roomAfterFlag)
}

// dayEdge keeps a day's name from being cut off at the picture's edges.
const dayEdge = 3

// days names each day at its noon, as far as noon lies inside the picture.
func days(s scale, until time.Time, zone *time.Location) []Day {
	if until.Sub(s.from) > longestWithDays {
		return nil
	}
	var names []Day
	for day := dayBefore(s.from, zone); !at(day, 12).After(until); day = day.AddDate(0, 0, 1) {
		noon := at(day, 12)
		x := s.at(noon)
		if noon.Before(s.from) || x < dayEdge || x > 100-dayEdge {
			continue
		}
		names = append(names, Day{X: x, Weekday: int(day.Weekday())})
	}
	return names
}

// dayBefore returns the local midnight that began the day before t's.
func dayBefore(t time.Time, zone *time.Location) time.Time {
	if zone == nil {
		zone = time.UTC
	}
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d-1, 0, 0, 0, 0, zone)
}

// at returns that hour of the wall clock on the day, also on the days that
// have 23 or 25 hours.
func at(day time.Time, hour int) time.Time {
	y, m, d := day.Date()
	return time.Date(y, m, d, hour, 0, 0, 0, day.Location())
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
