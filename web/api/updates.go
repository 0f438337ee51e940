package api

import (
	"net/http"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/web/agenda"
	"datalek/web/page"

	"github.com/labstack/echo/v4"
)

func (a *Area) updateRoutes(g doors) {
	g.GET("/incidents/:id/updates", a.getUpdates)
	g.POST("/incidents/:id/updates", a.once(a.postUpdate))
	g.PATCH("/incidents/:id/updates/:update", a.patchUpdate)
	g.POST("/incidents/:id/updates/:update/kept", a.once(a.postUpdateKept))
	g.GET("/incidents/:id/deadlines.ics", a.getDeadlines)
}

// updateView is a promised update as the API shows it.
type updateView struct {
	ID         string           `json:"id"`
	Audience   string           `json:"audience"`
	PromisedAt *string          `json:"promised_at"`
	Note       *string          `json:"note"`
	MadeAt     *string          `json:"made_at"`
	State      string           `json:"state"`
	KeptAt     *string          `json:"kept_at"`
	KeptBy     *string          `json:"kept_by"`
	Reason     *string          `json:"reason"`
	Moves      []updateMoveView `json:"moves"`
}

type updateMoveView struct {
	Before *string `json:"before"`
	After  *string `json:"after"`
	Reason string  `json:"reason"`
	At     *string `json:"at"`
}

func (a *Area) showUpdate(u incidents.Update) updateView {
	v := updateView{ID: u.ID, Audience: string(u.Audience), PromisedAt: stamp(u.PromisedAt), Note: orNull(u.Note), MadeAt: stamp(u.MadeAt),
		KeptAt: stamp(u.KeptAt), KeptBy: orNull(u.KeptBy), Reason: orNull(u.Reason), Moves: []updateMoveView{}}
	switch {
	case !u.KeptAt.IsZero():
		v.State = "kept"
	case !u.EndedAt.IsZero():
		v.State = "ended"
	case a.opts.Now().After(u.PromisedAt):
		v.State = "overdue"
	default:
		v.State = "owed"
	}
	for _, m := range u.Moves {
		v.Moves = append(v.Moves, updateMoveView{Before: stamp(m.Before), After: stamp(m.After), Reason: m.Reason, At: stamp(m.At)})
	}
	return v
}

func (a *Area) getUpdates(c echo.Context) error {
	inc, err := a.incident(c)
	if err != nil {
		return err
	}
	out := listed[updateView]{Items: []updateView{}}
	for _, u := range inc.Updates {
		out.Items = append(out.Items, a.showUpdate(u))
	}
	return c.JSON(http.StatusOK, out)
}

// postUpdate records that an audience was promised more (GDPR Art. 33(4)).
func (a *Area) postUpdate(c echo.Context) error {
	var b struct {
		Audience   string  `json:"audience"`
		PromisedAt instant `json:"promised_at"`
		Note       *string `json:"note"`
	}
	if err := decode(c, &b); err != nil {
		return err
	}
	who := callerOf(c)
	var faults fault.List
	n := incidents.NewUpdate{Audience: incidents.UpdateAudience(b.Audience), PromisedAt: b.PromisedAt.value(&faults, "promised_at"),
		Note: text(b.Note), By: who.actor()}
	if len(faults) > 0 {
		return faults
	}
	inc, err := a.opts.Office.Promise(c.Request().Context(), who.practice.ID, c.Param("id"), n)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, a.showUpdate(inc.Updates[len(inc.Updates)-1]))
}

// patchUpdate sets another time for a promise, with a reason.
func (a *Area) patchUpdate(c echo.Context) error {
	var b struct {
		PromisedAt instant `json:"promised_at"`
		Reason     string  `json:"reason"`
	}
	if err := decode(c, &b); err != nil {
		return err
	}
	who := callerOf(c)
	var faults fault.List
	at := b.PromisedAt.value(&faults, "promised_at")
	inc, err := a.opts.Office.MoveUpdate(c.Request().Context(), who.practice.ID, c.Param("id"), c.Param("update"), at, b.Reason, who.actor())
	return a.answerUpdate(c, inc, joinFaults(faults, err))
}

// postUpdateKept records that a promise was kept in another way, or is no longer owed.
func (a *Area) postUpdateKept(c echo.Context) error {
	var b struct {
		Reason string `json:"reason"`
	}
	if err := decode(c, &b); err != nil {
		return err
	}
	who := callerOf(c)
	inc, err := a.opts.Office.KeepUpdate(c.Request().Context(), who.practice.ID, c.Param("id"), c.Param("update"), b.Reason, who.actor())
	return a.answerUpdate(c, inc, err)
}

func (a *Area) answerUpdate(c echo.Context, inc *incidents.Incident, err error) error {
	if err != nil {
		return err
	}
	u, known := inc.Update(c.Param("update"))
	if !known {
		return fault.NotFound
	}
	return c.JSON(http.StatusOK, a.showUpdate(u))
}

// getDeadlines is the open deadlines of a case as a calendar file, in the
// practice's language.
func (a *Area) getDeadlines(c echo.Context) error {
	inc, err := a.incident(c)
	if err != nil {
		return err
	}
	p, now := callerOf(c).practice, a.opts.Now()
	raw, err := a.opts.Calendar.File(agenda.Of(a.words, languageOf(p.Language), a.baseURL, p, inc, now), now)
	if err != nil {
		return err
	}
	return c.Blob(http.StatusOK, agenda.ContentType, raw)
}

// languageOf is a language that the texts have.
func languageOf(language string) string {
	if language == page.English {
		return page.English
	}
	return page.Dutch
}
