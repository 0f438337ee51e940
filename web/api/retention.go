package api

import (
	"net/http"
	"slices"
	"strconv"

	"datalek/incidents/registry"
	"datalek/incidents/retention"
	"datalek/web/casework"

	"github.com/labstack/echo/v4"
)

func (a *Area) retentionRoutes(g doors) {
	g.GET("/retention", a.getRetention)
	g.POST("/retention", a.once(a.postRetention))
	g.GET("/retention/people", a.getRetentionPeople)
	g.POST("/retention/:id/undo", a.once(a.postRetentionUndo))
}

// retentionTask is what must be gone from one system; it names nobody.
type retentionTask struct {
	Month   string          `json:"month"`
	System  string          `json:"system"`
	Rolling bool            `json:"rolling"`
	State   string          `json:"state"`
	People  int             `json:"people"`
	Ready   int             `json:"ready"`
	Exempt  int             `json:"exempt"`
	From    *string         `json:"from"`
	LateOn  *string         `json:"late_on"`
	Rules   []retentionRule `json:"rules"`
}

type retentionRule struct {
	Why                string   `json:"why"`
	From               string   `json:"from"`
	Months             int      `json:"months"`
	WithinMonths       int      `json:"within_months"`
	Action             string   `json:"action"`
	KeepWithPermission []string `json:"keep_with_permission"`
	Source             string   `json:"source"`
	People             int      `json:"people"`
}

func showRetentionTask(t retention.Task) retentionTask {
	v := retentionTask{Month: t.Month, System: t.System, Rolling: t.Rolling, State: string(t.State), People: t.People, Ready: t.Ready, Exempt: t.Exempt,
		From: orNull(t.First.String()), LateOn: orNull(t.Before.String()), Rules: []retentionRule{}}
	for _, l := range t.Lines {
		action := l.Rule.Action
		if action == "" {
			action = registry.Destroy
		}
		v.Rules = append(v.Rules, retentionRule{Why: string(l.Why), From: string(l.Rule.From), Months: l.Rule.Months, WithinMonths: l.Rule.WithinMonths,
			Action: string(action), KeepWithPermission: words(l.Rule.WithPermission), Source: l.Rule.Source, People: l.People})
	}
	return v
}

func taskKey(t retention.Task) string {
	return t.Month + "/" + t.System + "/" + strconv.FormatBool(t.Rolling)
}

// getRetention answers the calendar of what must be destroyed.
func (a *Area) getRetention(c echo.Context) error {
	cal, err := a.opts.Office.Retention(c.Request().Context(), callerOf(c).practice)
	if err != nil {
		return err
	}
	return answerList(c, func(after string, limit int) ([]retention.Task, error) {
		tasks := cal.Tasks
		if after != "" {
			tasks = tasks[slices.IndexFunc(tasks, func(t retention.Task) bool { return taskKey(t) == after })+1:]
		}
		return tasks[:min(limit, len(tasks))], nil
	}, taskKey, showRetentionTask)
}

type retentionPerson struct {
	ClientID   string   `json:"client_id"`
	ExternalID string   `json:"external_id"`
	From       string   `json:"from"`
	LateOn     string   `json:"late_on"`
	Exempt     *string  `json:"exempt"`
	Stays      []string `json:"stays"`
}

// getRetentionPeople answers whom a task is about.
func (a *Area) getRetentionPeople(c echo.Context) error {
	k := retention.Key{Month: c.QueryParam("month"), System: c.QueryParam("system")}
	return answerList(c, func(after string, limit int) ([]casework.PersonDue, error) {
		return a.opts.Office.RetentionPeople(c.Request().Context(), callerOf(c).practice, k, after, limit)
	}, func(p casework.PersonDue) string { return p.Client.ID }, func(p casework.PersonDue) retentionPerson {
		return retentionPerson{ClientID: p.Client.ID, ExternalID: p.Client.Person.ExternalID, From: p.Due.Day.String(), LateOn: p.Due.Before.String(),
			Exempt: orNull(string(p.Due.Exempt.Why)), Stays: words(p.Due.Stays)}
	})
}

type goneBody struct {
	Month         string      `json:"month"`
	System        string      `json:"system"`
	Rolling       bool        `json:"rolling"`
	Client        *string     `json:"client"`
	Except        []spareBody `json:"except"`
	Pseudonymised bool        `json:"pseudonymised"`
	Here          bool        `json:"here"`
}

type spareBody struct {
	Client string `json:"client"`
	Why    string `json:"why"`
}

type confirmationView struct {
	ID          string  `json:"id"`
	System      string  `json:"system"`
	Month       string  `json:"month"`
	People      int     `json:"people"`
	ConfirmedAt *string `json:"confirmed_at"`
	UndoneAt    *string `json:"undone_at"`
}

func showConfirmation(c registry.Confirmation) confirmationView {
	return confirmationView{ID: c.ID, System: c.System, Month: c.Month, People: c.People, ConfirmedAt: stamp(c.At), UndoneAt: stamp(c.UndoneAt)}
}

// postRetention takes the word that what was due is gone.
func (a *Area) postRetention(c echo.Context) error {
	var b goneBody
	if err := decode(c, &b); err != nil {
		return err
	}
	who := callerOf(c)
	g := casework.Gone{ID: casework.Secret(12), Task: retention.Key{Month: b.Month, System: b.System, Rolling: b.Rolling}, Only: text(b.Client), Pseudonymised: b.Pseudonymised, Here: b.Here}
	for _, s := range b.Except {
		g.Except = append(g.Except, registry.Spared{Client: s.Client, Why: registry.ExemptReason(s.Why)})
	}
	done, err := a.opts.Office.ConfirmGone(c.Request().Context(), who.practice.ID, g, who.actor())
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, showConfirmation(done))
}

// postRetentionUndo takes a confirmation back, on its own day.
func (a *Area) postRetentionUndo(c echo.Context) error {
	who := callerOf(c)
	done, err := a.opts.Office.UndoGone(c.Request().Context(), who.practice.ID, c.Param("id"), who.actor())
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, showConfirmation(done))
}
