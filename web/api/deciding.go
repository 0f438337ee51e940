package api

import (
	"net/http"

	"datalek/incidents"
	"datalek/incidents/fault"

	"github.com/labstack/echo/v4"
)

// personDecisionView is what was decided about telling one person.
type personDecisionView struct {
	Tell   bool    `json:"tell"`
	Ground *string `json:"ground"`
	Reason *string `json:"reason"`
	At     *string `json:"at"`
}

func showPersonDecision(inc *incidents.Incident, client string) *personDecisionView {
	d, some := inc.PersonDecision(client)
	if !some {
		return nil
	}
	return &personDecisionView{Tell: d.Tell, Ground: orNull(string(d.Ground)), Reason: orNull(d.Reason), At: stamp(d.At)}
}

// postPersonDecision records whether one affected person is told; a new
// assessment follows.
func (a *Area) postPersonDecision(c echo.Context) error {
	var b struct {
		Tell   *bool   `json:"tell"`
		Ground *string `json:"ground"`
		Reason *string `json:"reason"`
	}
	if err := decode(c, &b); err != nil {
		return err
	}
	if b.Tell == nil {
		var faults fault.List
		faults.Add("tell", "error.missing", "choose true to tell this person, false not to")
		return faults
	}
	who := callerOf(c)
	inc, err := a.opts.Office.DecidePerson(c.Request().Context(), who.practice.ID, c.Param("id"), incidents.PersonDecision{
		ClientID: c.Param("person"), Tell: *b.Tell, Ground: incidents.Ground(text(b.Ground)), Reason: text(b.Reason), By: who.actor()})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusAccepted, a.showIncident(inc))
}
