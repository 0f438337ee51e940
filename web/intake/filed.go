package intake

import (
	"net/http"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/web/page"
)

// deadline is when a duty ends. A zero At promises no hours.
type deadline struct {
	At   time.Time
	Past bool
	None bool // there is no such duty
}

func deadlineOf(aware time.Time, within time.Duration, now time.Time) deadline {
	if within == 0 {
		return deadline{}
	}
	at := aware.Add(within)
	return deadline{At: at, Past: now.After(at)}
}

type filedPage struct {
	page.View
	ID        string
	Reference string
	Short     bool
	Client    deadline
	Official  deadline
	AwareAt   time.Time
	FiledAt   time.Time
	Role      string
}

// filed confirms that an incident was made. It can be kept and opened again.
func (a *Area) filed(c echo.Context) error {
	inc, err := a.opts.Store.Incident(c.Request().Context(), page.Practice(c).ID, c.Param("id"))
	if err != nil {
		return err
	}
	if !page.May(c, registry.SeeCases) && (len(inc.Aware) == 0 || inc.Aware[0].By != page.Actor(c)) {
		return fault.NotFound // somebody else's report
	}
	kind, _ := a.opts.Book.Playbook(inc.Facts.Playbook)
	return a.site.Render(c, http.StatusOK, "intake/filed.html", &filedPage{View: page.NewView(c, "intake.filed.title"), ID: url.PathEscape(inc.ID),
		Reference: inc.Reference, Short: kind.FastLane && len(inc.Story.Recipients) > 0, AwareAt: inc.AwareAt(), FiledAt: inc.CreatedAt, Role: string(inc.Facts.Role),
		Client: a.dutyOf(inc, incidents.ClientClock), Official: a.dutyOf(inc, incidents.AuthorityClock)})
}

func (a *Area) dutyOf(inc *incidents.Incident, kind incidents.ClockKind) deadline {
	clock := inc.Clock(kind)
	if clock == nil || !clock.EndedAt.IsZero() {
		return deadline{None: true}
	}
	return deadlineOf(clock.StartsAt, clock.Within, a.site.Now())
}
