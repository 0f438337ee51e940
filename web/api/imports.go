package api

import (
	"bufio"
	"context"
	"io"
	"net/http"

	"datalek/incidents/roster"
	"datalek/incidents/tenant"
	"datalek/web/casework"

	"github.com/labstack/echo/v4"
)

// importStore is what the API reads of imports.
type importStore interface {
	Import(ctx context.Context, practice tenant.ID, id string) (roster.Import, error)
	Imports(ctx context.Context, practice tenant.ID, after string, limit int) ([]roster.Import, error)
}

func (a *Area) importRoutes(g doors) {
	g.GET("/clients/imports", a.getImports)
	g.GET("/clients/imports/:id", a.getImport)
	g.POST("/clients/imports/:id/doubles", a.once(a.postImportDoubles))
	g.POST("/clients/imports/:id/undo", a.once(a.postImportUndo))
}

// importView is an import as the API shows it.
type importView struct {
	ID        string             `json:"id"`
	State     roster.ImportState `json:"state"`
	Format    roster.Format      `json:"format"`
	CreatedAt *string            `json:"created_at"`
	EndedAt   *string            `json:"ended_at"`
	UndoUntil *string            `json:"undo_until"` // null when it cannot be undone
	Progress  float64            `json:"progress"`   // 0 to 1
	Count     roster.ImportCount `json:"count"`
	Undo      *undoView          `json:"undo"`
}

type undoView struct {
	At      *string  `json:"at"`
	Removed int      `json:"removed"`
	PutBack int      `json:"put_back"`
	Kept    int      `json:"kept"`
	Cases   []string `json:"cases"`
}

// importWhole adds what one import alone shows.
type importWhole struct {
	importView
	Result casework.ImportResult `json:"result"`
}

func (a *Area) showImport(j roster.Import) importView {
	v := importView{ID: j.ID, State: j.State, Format: j.Format, CreatedAt: stamp(j.CreatedAt), EndedAt: stamp(j.EndedAt), Count: j.Count, Progress: 1}
	if j.State.Working() {
		v.Progress = j.Progress()
	}
	if until := j.Until(); j.Undoable(a.opts.Now()) {
		v.UndoUntil = stamp(until)
	}
	if !j.Undo.At.IsZero() {
		v.Undo = &undoView{At: stamp(j.Undo.At), Removed: j.Undo.Removed, PutBack: j.Undo.PutBack, Kept: j.Undo.Kept, Cases: append([]string{}, j.Undo.Cases...)}
	}
	return v
}

func (a *Area) getImports(c echo.Context) error {
	who := callerOf(c)
	return answerList(c, func(after string, limit int) ([]roster.Import, error) {
		return a.opts.Store.Imports(c.Request().Context(), who.practice.ID, after, limit)
	}, func(j roster.Import) string { return j.ID }, a.showImport)
}

func (a *Area) getImport(c echo.Context) error {
	job, err := a.opts.Store.Import(c.Request().Context(), callerOf(c).practice.ID, c.Param("id"))
	if err != nil {
		return err
	}
	return a.answerImport(c, http.StatusOK, job)
}

func (a *Area) answerImport(c echo.Context, status int, job roster.Import) error {
	result, err := a.opts.Office.ImportResultOf(c.Request().Context(), job)
	if err != nil {
		return err
	}
	return c.JSON(status, importWhole{a.showImport(job), result})
}

// doublesBody says what becomes of lines that look like somebody known.
type doublesBody struct {
	Decide []struct {
		Line     int    `json:"line"`
		Decision string `json:"decision"`
	} `json:"decide"`
	Doubles string `json:"doubles"` // of those not named
}

// postImportDoubles takes decisions, and goes on with those lines.
func (a *Area) postImportDoubles(c echo.Context) error {
	var body doublesBody
	if err := decode(c, &body); err != nil {
		return err
	}
	all, decisions := casework.DoubleDecision(body.Doubles), map[int]casework.DoubleDecision{}
	if !all.Valid() {
		return invalidParam("doubles", "choose apart, same or skip")
	}
	for _, one := range body.Decide {
		d := casework.DoubleDecision(one.Decision)
		if d == casework.AskDouble || !d.Valid() {
			return invalidParam("decide", "give lines with apart, same or skip")
		}
		decisions[one.Line] = d
	}
	job, err := a.opts.Office.DecideDoubles(c.Request().Context(), callerOf(c).practice, c.Param("id"), decisions, all)
	if err != nil {
		return err
	}
	return a.answerImport(c, statusOf(job), job)
}

// postImportUndo undoes an import; {"rest": true} leaves whom open cases rest on.
func (a *Area) postImportUndo(c echo.Context) error {
	var body struct {
		Rest bool `json:"rest"`
	}
	peeked := bufio.NewReader(c.Request().Body)
	if _, err := peeked.Peek(1); err == nil { // a body may be left out
		c.Request().Body = io.NopCloser(peeked)
		if err := decode(c, &body); err != nil {
			return err
		}
	}
	who := callerOf(c)
	job, err := a.opts.Office.UndoImport(c.Request().Context(), who.practice, c.Param("id"), who.token, body.Rest)
	if err != nil {
		return err
	}
	return a.answerImport(c, statusOf(job), job)
}

// statusOf is 202 while work goes on.
func statusOf(job roster.Import) int {
	if job.State.Working() {
		return http.StatusAccepted
	}
	return http.StatusOK
}
