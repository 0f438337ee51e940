package api

import (
	"net/http"

	"datalek/incidents"

	"github.com/labstack/echo/v4"
)

func (a *Area) preliminaryRoutes(g doors) {
	g.POST("/incidents/:id/preliminary/stop", a.once(a.postPreliminaryStop))
	g.POST("/incidents/:id/preliminary/resume", a.once(a.postPreliminaryResume))
}

// preliminaryView is the notice that goes by itself when nobody decides.
type preliminaryView struct {
	PlannedAt     *string `json:"planned_at"`
	State         string  `json:"state"`
	StoppedReason *string `json:"stopped_reason"`
	SentAt        *string `json:"sent_at"`
}

func showPreliminary(i *incidents.Incident) *preliminaryView {
	state := i.PreliminaryState()
	if state == incidents.PreliminaryOff {
		return nil
	}
	at, _ := i.PreliminaryAt()
	return &preliminaryView{PlannedAt: stamp(at), State: string(state), StoppedReason: orNull(i.Preliminary.StoppedReason), SentAt: stamp(i.Preliminary.SentAt)}
}

// postPreliminaryStop keeps a notice from going by itself, with a reason.
func (a *Area) postPreliminaryStop(c echo.Context) error {
	var b struct {
		Reason string `json:"reason"`
	}
	if err := decode(c, &b); err != nil {
		return err
	}
	who := callerOf(c)
	inc, err := a.opts.Office.StopPreliminary(c.Request().Context(), who.practice.ID, c.Param("id"), b.Reason, who.actor())
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, a.showIncident(inc))
}

// postPreliminaryResume lets a stopped one go by itself after all.
func (a *Area) postPreliminaryResume(c echo.Context) error {
	var b struct{}
	if err := decode(c, &b); err != nil {
		return err
	}
	who := callerOf(c)
	inc, err := a.opts.Office.ResumePreliminary(c.Request().Context(), who.practice.ID, c.Param("id"), who.actor())
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, a.showIncident(inc))
}
