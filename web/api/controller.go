package api

import (
	"net/http"

	"datalek/incidents"
	"datalek/incidents/fault"

	"github.com/labstack/echo/v4"
)

// controllerNoticeView is one telling of the controller as the API shows it.
type controllerNoticeView struct {
	At         *string `json:"at"`
	By         string  `json:"by"`
	To         string  `json:"to"`
	Note       *string `json:"note"`
	RecordedAt *string `json:"recorded_at"`
}

func showControllerNotice(n incidents.ControllerNotice) controllerNoticeView {
	return controllerNoticeView{At: stamp(n.At), By: string(n.Channel), To: n.To, Note: orNull(n.Note), RecordedAt: stamp(n.RecordedAt)}
}

// postController records that the controller of the data was told (GDPR
// Art. 33(2)). Faults come all at once.
func (a *Area) postController(c echo.Context) error {
	var b struct {
		At   instant `json:"at"`
		By   string  `json:"by"`
		To   string  `json:"to"`
		Note *string `json:"note"`
	}
	if err := decode(c, &b); err != nil {
		return err
	}
	who := callerOf(c)
	var faults fault.List
	n := incidents.ControllerNotice{At: b.At.value(&faults, "at"), Channel: incidents.ControllerChannel(b.By), To: b.To, Note: text(b.Note), By: who.actor()}
	inc, err := a.opts.Office.TellController(c.Request().Context(), who.practice.ID, c.Param("id"), n)
	if err = joinFaults(faults, err); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, a.showIncident(inc))
}
