package api

import (
	"cmp"
	"net/http"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"

	"github.com/labstack/echo/v4"
)

func (a *Area) postDecision(c echo.Context) error {
	var b struct {
		Question string `json:"question"`
		Answer   string `json:"answer"`
		Reason   string `json:"reason"`
	}
	if err := decode(c, &b); err != nil {
		return err
	}
	who := callerOf(c)
	inc, err := a.opts.Office.Decide(c.Request().Context(), who.practice.ID, c.Param("id"), incidents.Decision{
		Question: incidents.Question(b.Question), Answer: incidents.Verdict(b.Answer), Reason: b.Reason, By: who.actor()})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, showDecision(inc.Decisions[len(inc.Decisions)-1]))
}

// postClose closes the case. The reason also stands for why points of the
// checklist stay open, unless that is given apart.
func (a *Area) postClose(c echo.Context) error {
	var b struct {
		Reason  string  `json:"reason"`
		Despite *string `json:"despite"`
	}
	if err := decode(c, &b); err != nil {
		return err
	}
	who := callerOf(c)
	closing := incidents.Closing{Reason: b.Reason, Despite: cmp.Or(text(b.Despite), b.Reason), By: who.actor()}
	inc, err := a.opts.Office.Close(c.Request().Context(), who.practice.ID, c.Param("id"), closing)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, a.showIncident(inc))
}

type filingBody struct {
	Authority  string  `json:"authority"`
	Kind       string  `json:"kind"`
	Complete   bool    `json:"complete"`
	FiledAt    instant `json:"filed_at"`
	Reference  *string `json:"reference"`
	LateReason *string `json:"late_reason"`
	LateGround *string `json:"late_ground"`
	// UpdateBy is when the addition comes that a filing promises.
	UpdateBy instant `json:"update_by"`
}

func (a *Area) postFiling(c echo.Context) error {
	var b filingBody
	if err := decode(c, &b); err != nil {
		return err
	}
	who := callerOf(c)
	var faults fault.List
	f := incidents.Filing{Authority: registry.Authority(b.Authority), Kind: incidents.FilingKind(b.Kind), Complete: b.Complete,
		FiledAt: b.FiledAt.value(&faults, "filed_at"), Reference: text(b.Reference), LateReason: text(b.LateReason), LateGround: incidents.LateGround(text(b.LateGround)), By: who.actor()}
	if at := b.UpdateBy.time(&faults, "update_by"); at != nil {
		f.UpdateBy = *at
	}
	if len(faults) > 0 {
		return faults
	}
	inc, err := a.opts.Office.RecordFiling(c.Request().Context(), who.practice, c.Param("id"), f)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, showFiling(inc.Filings[len(inc.Filings)-1]))
}

func (a *Area) getFilings(c echo.Context) error {
	inc, err := a.incident(c)
	if err != nil {
		return err
	}
	out := listed[filingView]{Items: []filingView{}}
	for _, f := range inc.Filings {
		out.Items = append(out.Items, showFiling(f))
	}
	return c.JSON(http.StatusOK, out)
}
