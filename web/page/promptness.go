package page

import (
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
)

// PromptnessText says in words whether a supplier told of a breach in time.
func PromptnessText(c echo.Context, p incidents.Promptness) string {
	return T(c, "supplier.prompt."+string(p.Word), "took", DurationText(c, p.Took), "late", DurationText(c, p.Late), "term", DurationText(c, p.Within))
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

// DurationText says a length in whole minutes, hours or days; what is more than
// nothing is at least one minute.
func DurationText(c echo.Context, d time.Duration) string {
	whole := func(unit time.Duration) int { return int(d.Round(unit) / unit) }
	switch {
	case d <= 90*time.Minute:
		return T(c, "supplier.for.minutes", "n", max(whole(time.Minute), int(min(d, 1))))
	case d <= mostHours*time.Hour:
		return T(c, "supplier.for.hours", "n", whole(time.Hour))
	default:
		return T(c, "supplier.for.days", "n", whole(24*time.Hour))
	}
}
