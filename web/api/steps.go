package api

import (
	"context"
	"net/http"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"

	"github.com/labstack/echo/v4"
)

func (a *Area) stepRoutes(g doors) {
	g.GET("/incidents/:id/steps", a.getSteps)
	g.POST("/incidents/:id/steps/:step", a.once(a.postStep))
	g.GET("/incidents/:id/checklist", a.getChecklist)
	g.GET("/incidents/:id/measures", a.getMeasures)
	g.POST("/incidents/:id/measures", a.once(a.postMeasure))
	g.PATCH("/incidents/:id/measures/:measure", a.patchMeasure)
	g.POST("/incidents/:id/measures/:measure/end", a.once(a.postMeasureEnd))
	g.For(registry.SeeAllCases, registry.WorkOnCases).GET("/measures", a.getOpenMeasures)
}

// stepView is one first step of a case's kind.
type stepView struct {
	ID    string            `json:"id"`
	Act   string            `json:"act"`
	Text  map[string]string `json:"text"`
	DueAt *string           `json:"due_at"`
	// State is "open", "late" (open after its time), "done" or "not_applicable".
	State  string     `json:"state"`
	At     *string    `json:"at"`
	By     *actorView `json:"by"`
	Reason *string    `json:"reason"`
}

func (a *Area) showSteps(inc *incidents.Incident) listed[stepView] {
	out := listed[stepView]{Items: []stepView{}}
	for _, s := range a.opts.Office.StepsOf(inc) {
		v := stepView{ID: s.ID, Act: s.Act, Text: s.Text, DueAt: stamp(s.DueAt), State: string(s.Mark.State), At: stamp(s.Mark.At), Reason: orNull(s.Mark.Reason)}
		if s.Late(a.opts.Now()) {
			v.State = "late"
		}
		if !s.Mark.At.IsZero() {
			v.By = &actorView{Kind: string(s.Mark.By.Kind), ID: orNull(s.Mark.By.ID)}
		}
		out.Items = append(out.Items, v)
	}
	return out
}

func (a *Area) getSteps(c echo.Context) error {
	inc, err := a.incident(c)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, a.showSteps(inc))
}

// postStep records that a first step is done, does not apply, or is open after all.
func (a *Area) postStep(c echo.Context) error {
	var b struct {
		State  string  `json:"state"`
		Reason *string `json:"reason"`
	}
	if err := decode(c, &b); err != nil {
		return err
	}
	who := callerOf(c)
	inc, err := a.opts.Office.MarkStep(c.Request().Context(), who.practice, c.Param("id"),
		incidents.StepMark{Step: c.Param("step"), State: incidents.StepState(b.State), Reason: text(b.Reason), By: who.actor()})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, a.showSteps(inc))
}

type checkView struct {
	Name   string `json:"name"`
	Open   int    `json:"open"`
	Blocks bool   `json:"blocks"`
}

// getChecklist shows what is looked at before the case is closed.
func (a *Area) getChecklist(c echo.Context) error {
	inc, err := a.incident(c)
	if err != nil {
		return err
	}
	points, err := a.opts.Office.Checklist(c.Request().Context(), inc)
	if err != nil {
		return err
	}
	out := listed[checkView]{Items: []checkView{}}
	for _, p := range points {
		out.Items = append(out.Items, checkView(p))
	}
	return c.JSON(http.StatusOK, out)
}

// measureView is one thing to do because of a breach.
type measureView struct {
	ID         string  `json:"id"`
	IncidentID string  `json:"incident_id"`
	Text       string  `json:"text"`
	Owner      *string `json:"owner"`
	DueOn      *string `json:"due_on"`
	Lesson     *string `json:"lesson"`
	State      string  `json:"state"` // "open", "done" or "dropped"
	AddedAt    *string `json:"added_at"`
	EndedAt    *string `json:"ended_at"`
	Note       *string `json:"note"`
}

func showMeasure(inc *incidents.Incident, m incidents.Measure) measureView {
	v := measureView{ID: m.ID, IncidentID: inc.ID, Text: m.Text, Owner: orNull(m.Owner), DueOn: orNull(m.DueOn.String()), Lesson: orNull(m.Lesson),
		AddedAt: stamp(m.AddedAt), EndedAt: stamp(m.EndedAt), Note: orNull(m.Note), State: "open"}
	switch {
	case m.Dropped:
		v.State = "dropped"
	case !m.Open():
		v.State = "done"
	}
	return v
}

func (a *Area) getMeasures(c echo.Context) error {
	inc, err := a.incident(c)
	if err != nil {
		return err
	}
	out := listed[measureView]{Items: []measureView{}}
	for _, m := range inc.Measures {
		out.Items = append(out.Items, showMeasure(inc, m))
	}
	return c.JSON(http.StatusOK, out)
}

// measuresOf are a case's measures that are still to be done.
type measuresOf struct {
	IncidentID string        `json:"incident_id"`
	Reference  string        `json:"reference"`
	Measures   []measureView `json:"measures"`
}

// getOpenMeasures lists the cases with measures still to be done, closed ones too.
func (a *Area) getOpenMeasures(c echo.Context) error {
	who := callerOf(c)
	return answerList(c, func(after string, limit int) ([]*incidents.Incident, error) {
		return a.opts.Store.MeasuredIncidents(c.Request().Context(), who.practice.ID, after, limit)
	}, func(i *incidents.Incident) string { return i.ID }, func(i *incidents.Incident) measuresOf {
		v := measuresOf{IncidentID: i.ID, Reference: i.Reference, Measures: []measureView{}}
		for _, m := range i.Measures {
			if m.Open() {
				v.Measures = append(v.Measures, showMeasure(i, m))
			}
		}
		return v
	})
}

type measureBody struct {
	Text  string  `json:"text"`
	Owner *string `json:"owner"`
	DueOn day     `json:"due_on"`
}

func (b measureBody) measure(by incidents.Actor) (incidents.Measure, fault.List) {
	var faults fault.List
	m := incidents.Measure{Text: b.Text, Owner: text(b.Owner), DueOn: b.DueOn.date(&faults, "due_on"), By: by}
	return m, faults
}

func (a *Area) postMeasure(c echo.Context) error {
	return a.saveMeasure(c, http.StatusCreated, func(ctx context.Context, practice tenant.ID, id string, m incidents.Measure) (*incidents.Incident, error) {
		return a.opts.Office.AddMeasure(ctx, practice, id, m)
	})
}

// patchMeasure gives an open measure another text, owner and last day.
func (a *Area) patchMeasure(c echo.Context) error {
	return a.saveMeasure(c, http.StatusOK, func(ctx context.Context, practice tenant.ID, id string, m incidents.Measure) (*incidents.Incident, error) {
		return a.opts.Office.ChangeMeasure(ctx, practice, id, c.Param("measure"), m)
	})
}

func (a *Area) saveMeasure(c echo.Context, status int, save func(ctx context.Context, practice tenant.ID, id string, m incidents.Measure) (*incidents.Incident, error)) error {
	var b measureBody
	if err := decode(c, &b); err != nil {
		return err
	}
	who := callerOf(c)
	m, faults := b.measure(who.actor())
	if len(faults) > 0 {
		return faults
	}
	inc, err := save(c.Request().Context(), who.practice.ID, c.Param("id"), m)
	if err != nil {
		return err
	}
	return a.answerMeasure(c, status, inc)
}

// answerMeasure shows the measure in the path, or the newest.
func (a *Area) answerMeasure(c echo.Context, status int, inc *incidents.Incident) error {
	m, known := inc.Measure(c.Param("measure"))
	if !known {
		m = inc.Measures[len(inc.Measures)-1]
	}
	return c.JSON(status, showMeasure(inc, m))
}

// postMeasureEnd records that a measure is done, or dropped with the reason.
func (a *Area) postMeasureEnd(c echo.Context) error {
	var b struct {
		State string  `json:"state"`
		Note  *string `json:"note"`
	}
	if err := decode(c, &b); err != nil {
		return err
	}
	if b.State != "done" && b.State != "dropped" {
		var faults fault.List
		faults.Add("state", "error.measure_state", "choose done or dropped")
		return faults
	}
	who := callerOf(c)
	inc, err := a.opts.Office.EndMeasure(c.Request().Context(), who.practice.ID, c.Param("id"), c.Param("measure"), text(b.Note), b.State == "dropped", who.actor())
	if err != nil {
		return err
	}
	return a.answerMeasure(c, http.StatusOK, inc)
}
