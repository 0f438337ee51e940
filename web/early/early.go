// Package early says on pages what becomes of a case's preliminary notice, the
// one that goes by itself when nobody decides.
package early

import (
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/playbooks"
	"datalek/web/page"
	"datalek/web/parts"
)

// Place is the page of a case's preliminary notice.
func Place(inc *incidents.Incident) string { return "/incidents/" + inc.ID + "/preliminary" }

// Panel returns what a page says on top while a notice is planned, or what became
// of it; false when there is nothing to say. people is how many get it, negative
// when that is not known.
func Panel(c echo.Context, inc *incidents.Incident, people int) (parts.Notice, bool) {
	state := inc.PreliminaryState()
	v := parts.Notice{Kind: "info", Link: parts.Link{Href: Place(inc), Text: page.T(c, "preliminary.panel.link")}}
	switch state {
	case incidents.PreliminaryPlanned, incidents.PreliminaryBlocked:
		v.Kind, v.Link.Text = "warning", page.T(c, "preliminary.panel.link_stop")
	case incidents.PreliminarySending, incidents.PreliminarySent:
	case incidents.PreliminaryStopped:
		if inc.State != incidents.StateOpen {
			return v, false
		}
	default:
		return v, false
	}
	v.Title, v.Text = page.T(c, "preliminary.panel."+string(state)+"_title"), text(c, inc, state, people)
	return v, true
}

func text(c echo.Context, inc *incidents.Incident, state incidents.PreliminaryState, people int) string {
	switch state {
	case incidents.PreliminaryPlanned:
		at, _ := inc.PreliminaryAt()
		if people < 0 {
			return page.T(c, "preliminary.panel.planned_unknown", "at", When(c, at))
		}
		return page.T(c, "preliminary.panel.planned", "at", When(c, at), "n", people, "count", page.FormatNumber(page.Lang(c), int64(people)))
	case incidents.PreliminarySent:
		return page.T(c, "preliminary.panel.sent", "at", When(c, inc.Preliminary.SentAt))
	case incidents.PreliminaryStopped:
		return page.T(c, "preliminary.panel.stopped", "at", When(c, inc.Preliminary.StoppedAt), "reason", inc.Preliminary.StoppedReason)
	default:
		return page.T(c, "preliminary.panel."+string(state))
	}
}

// People is how many persons the notice is about, negative while they are being
// found.
func People(inc *incidents.Incident) int {
	clock := inc.Clock(incidents.ClientClock)
	if clock == nil || clock.InScope == nil || !inc.Assessment.Complete() {
		return -1
	}
	return *clock.InScope
}

// When says an instant with its zone.
func When(c echo.Context, at time.Time) string {
	return playbooks.WithZone(at, page.Zone(c), page.Lang(c))
}
