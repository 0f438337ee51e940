package page

import (
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
)

// PromptnessText says in words whether a supplier told of a breach in time.
func PromptnessText(c echo.Context, p incidents.Promptness) string {
	return PromptnessWords(func(key string, pairs ...any) string { return T(c, key, pairs...) }, p)
}

// PromptnessWords is PromptnessText for what is no page; say finds a text by its key.
func PromptnessWords(say func(key string, pairs ...any) string, p incidents.Promptness) string {
	return say("supplier.prompt."+string(p.Word), "took", duration(say, p.Took), "late", duration(say, p.Late), "term", duration(say, p.Within))
}

// PromptnessKind is the sign of a status for it: "late", "done" or "none".
func PromptnessKind(p incidents.Promptness) string {
	switch p.Word {
	case incidents.ToldLate:
		return "late"
	case incidents.ToldOnTime:
		return "done"
	default:
		return "none"
	}
}

// mostHours is up to how many hours a length is told in hours.
const mostHours = 96

// duration says a length in whole minutes, hours or days; what is more than nothing
// is at least one minute.
func duration(say func(key string, pairs ...any) string, d time.Duration) string {
	whole := func(unit time.Duration) int { return int(d.Round(unit) / unit) }
	switch {
	case d <= 90*time.Minute:
		return say("supplier.for.minutes", "n", max(whole(time.Minute), int(min(d, 1))))
	case d <= mostHours*time.Hour:
		return say("supplier.for.hours", "n", whole(time.Hour))
	default:
		return say("supplier.for.days", "n", whole(24*time.Hour))
	}
}
