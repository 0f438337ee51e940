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
func (a *Area) alarms(c echo.Context, inc *incidents.Incident) []string {
	var lines []string
	for _, clock := range inc.Clocks {
		for _, alarm := range clock.Alarms {
			if alarm.Runs() {
				lines = append(lines, a.alarmLine(c, inc, clock, alarm))
			}
		}
	}
	return lines
}

func (a *Area) alarmLine(c echo.Context, inc *incidents.Incident, clock incidents.Clock, alarm incidents.Alarm) string {
	var warned, words []string
	for _, s := range alarm.Steps {
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
	if level, at, some := inc.AlarmNext(clock.Kind, alarm.ID); some && a.heard(c, &level) {
		next = page.T(c, "desk.alarm.next", "level", levelText(c, level), "at", page.FormatShort(page.Lang(c), at, page.Zone(c)))
	}
	return strings.Join(append(words, next), " ")
}

// heard reports whether somebody stands at a level, or at the next one, to which
// an alarm then goes at once.
func (a *Area) heard(c echo.Context, level *incidents.AlarmLevel) bool {
	if *level == incidents.AlarmStandIn && page.Practice(c).Details.StandInMail == "" {
		*level = incidents.AlarmHost
	}
	return *level != incidents.AlarmHost || a.hostPerson
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
