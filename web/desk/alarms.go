package desk

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/web/page"
)

// alarms says, a paragraph for each alarm that waits to be seen, who was warned,
// at which level nobody stands, and who is next.
func alarms(c echo.Context, inc *incidents.Incident) []string {
	var lines []string
	for _, clock := range inc.Clocks {
		for _, a := range clock.Alarms {
			if a.Runs() {
				lines = append(lines, alarmLine(c, inc, clock, a))
			}
		}
	}
	return lines
}

func alarmLine(c echo.Context, inc *incidents.Incident, clock incidents.Clock, a incidents.Alarm) string {
	var warned, words []string
	for _, s := range a.Steps {
		if s.PassedAt.IsZero() {
			warned = append(warned, page.T(c, "desk.alarm.one", "level", levelText(c, s.Level), "at", page.FormatShort(page.Lang(c), s.At, page.Zone(c))))
		} else {
			words = append(words, page.T(c, "desk.alarm.nobody", "level", levelText(c, s.Level)))
		}
	}
	if len(warned) > 0 {
		words = append([]string{page.T(c, "desk.alarm.asked", "duty", clockTitle(c, clock.Kind, page.Practice(c).Authority),
			"who", strings.Join(warned, page.T(c, "desk.alarm.and")))}, words...)
	}
	next := page.T(c, "desk.alarm.last")
	if level, at, some := inc.AlarmNext(clock.Kind, a.ID); some {
		next = page.T(c, "desk.alarm.next", "level", levelText(c, level), "at", page.FormatShort(page.Lang(c), at, page.Zone(c)))
	}
	return strings.Join(append(words, next), " ")
}

func levelText(c echo.Context, level incidents.AlarmLevel) string {
	return page.T(c, "alarm.level."+string(level))
}

// postSeen records that whoever is logged in has seen the alarms of a case.
func (a *Area) postSeen(c echo.Context) error {
	inc, err := a.load(c)
	if err != nil {
		return err
	}
	if err := a.office.SeeAlarms(c.Request().Context(), inc.PracticeID, inc.ID, page.Actor(c)); err != nil {
		return fmt.Errorf("see alarms: %w", err)
	}
	a.site.Done(c, "desk.alarm.done")
	return c.Redirect(http.StatusSeeOther, homeOf(inc))
}

// standInMissing says that nobody stands in for the practice while a case is
// open, and who hears of a missed warning then; "" when somebody does.
func (a *Area) standInMissing(c echo.Context, open bool) string {
	switch {
	case !open || page.Practice(c).Details.StandInMail != "":
		return ""
	case a.hostPerson:
		return page.T(c, "desk.alarm.no_stand_in_host")
	default:
		return page.T(c, "desk.alarm.no_stand_in")
	}
}
