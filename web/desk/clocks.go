package desk

import (
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/web/page"
	"datalek/web/parts"
	"datalek/web/picture"
)

// clockView is one clock, ready for the partials "clock" and "clock_line".
type clockView struct {
	Name  string // id on the page
	Title string
	Clock picture.Clock
	Link  parts.Link
}

// draw computes the picture of a clock as seen at now.
func draw(clock incidents.Clock, now time.Time, zone *time.Location) picture.Clock {
	due, _ := clock.DueAt()
	f := picture.ClockFacts{Kind: string(clock.Kind), StartsAt: clock.StartsAt, DueAt: due, MetAt: clock.MetAt, EndedAt: clock.EndedAt,
		EndedBecause: clock.EndedBecause, Now: now, Zone: zone, People: clock.Kind == incidents.ClientClock, Told: clock.Told, Settled: clock.Settled}
	if clock.InScope != nil {
		f.InScope, f.InScopeKnown = *clock.InScope, true
	}
	for _, t := range clock.Thresholds {
		f.Thresholds = append(f.Thresholds, picture.Threshold{At: t.At, FiredAt: t.FiredAt})
	}
	return picture.DrawClock(f)
}

// clockTitle names the duty; the authority's by its own name.
func clockTitle(c echo.Context, kind incidents.ClockKind, authority registry.Authority) string {
	switch kind {
	case incidents.AuthorityClock:
		return page.T(c, "desk.clock.authority", "authority", string(authority))
	case incidents.AuthorityUpdateClock:
		return page.T(c, "desk.clock.update_authority", "authority", string(authority))
	}
	return page.T(c, "parts.clock.kind."+string(kind))
}

// clocks returns every clock of a case, those of the practice's own duties
// first. A late one that nobody explained links to where that is done.
func clocks(c echo.Context, inc *incidents.Incident) []clockView {
	practice := page.Practice(c)
	var views []clockView
	for _, clock := range inc.Clocks {
		v := clockView{Name: "clock-" + string(clock.Kind), Title: clockTitle(c, clock.Kind, practice.Authority),
			Clock: draw(clock, page.Now(c), page.Zone(c))}
		if clock.Kind == incidents.ControllerClock && inc.Facts.Role == incidents.AsJoint {
			v.Title = page.T(c, "desk.clock.controller_joint")
		}
		if clock.Kind.Promised() && stands(&clock) && inc.State == incidents.StateOpen {
			v.Link = parts.Link{Href: updateHref(inc, clock.Kind), Text: page.T(c, "desk.update.link")}
		} else if clock.Late(page.Now(c)) > 0 && clock.LateReason == "" && clock.Kind.OwnDuty() {
			v.Link = parts.Link{Href: homeOf(inc) + "/delay/" + string(clock.Kind), Text: page.T(c, "desk.clock.explain")}
		}
		views = append(views, v)
	}
	return views
}

// mainClocks returns the two clocks that a list shows: the clients' and the
// authority's, or the controller's in its place; and those of promises still owed.
func mainClocks(c echo.Context, inc *incidents.Incident) []clockView {
	second := incidents.AuthorityClock
	if inc.Facts.Role == incidents.AsProcessor && inc.Clock(incidents.ControllerClock) != nil {
		second = incidents.ControllerClock
	}
	var two []clockView
	for _, v := range clocks(c, inc) {
		kind := incidents.ClockKind(v.Clock.Kind)
		if kind == incidents.ClientClock || kind == second || kind.Promised() && stands(inc.Clock(kind)) {
			two = append(two, v)
		}
	}
	return two
}

// stands reports whether a duty is still undone.
func stands(clock *incidents.Clock) bool {
	return clock != nil && clock.MetAt.IsZero() && clock.EndedAt.IsZero()
}
