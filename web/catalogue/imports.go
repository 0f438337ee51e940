package catalogue

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents/roster"
	"datalek/web/casework"
	"datalek/web/page"
	"datalek/web/parts"
)

const (
	importsPerPage = 25
	mostCasesNamed = 20
)

// importRow is one import in the list.
type importRow struct {
	Href    string
	At      time.Time
	State   string
	Added   int
	Changed int
}

type importsPage struct {
	page.View
	Rows  []importRow
	Pager page.Pager
	First parts.Link
}

func (a *Area) imports(c echo.Context) error {
	v := &importsPage{View: page.NewView(c, "imports.title").BackTo("/clients"), Pager: page.PagerOf(c),
		First: parts.Link{Href: "/clients/import", Text: page.T(c, "catalogue.clients.import")}}
	jobs, err := a.store.Imports(c.Request().Context(), page.Practice(c).ID, v.Pager.After, importsPerPage+1)
	if err != nil {
		return fmt.Errorf("list imports: %w", err)
	}
	if len(jobs) > importsPerPage {
		jobs = jobs[:importsPerPage]
		v.Pager = v.Pager.Follow(jobs[importsPerPage-1].ID)
	}
	for _, j := range jobs {
		v.Rows = append(v.Rows, importRow{Href: importHome(j.ID), At: j.CreatedAt, State: stateText(c, j), Added: j.Count.Added, Changed: j.Count.Changed})
	}
	return a.site.Render(c, http.StatusOK, "catalogue/imports.html", v)
}

func importHome(id string) string { return "/clients/imports/" + id }

func stateText(c echo.Context, j roster.Import) string {
	return page.T(c, "imports.state."+string(j.State))
}

// importJobPage is one import: how far it is, and what came of it.
type importJobPage struct {
	page.View
	Form    *page.Form
	Job     roster.Import
	Action  string
	State   string
	Done    int // of hundred
	Who     string
	Dropped []string
	Never   []mapRow // columns that are never taken, with the reason
	Refused []refusedRow
	Doubles []doubleRow
	More    bool
	Undo    bool // it can be undone
}

func (a *Area) importJob(c echo.Context) error {
	return a.showImportJob(c, http.StatusOK, page.FormOf())
}

func (a *Area) showImportJob(c echo.Context, status int, form *page.Form) error {
	ctx := c.Request().Context()
	job, err := a.store.Import(ctx, page.Practice(c).ID, c.Param("id"))
	if err != nil {
		return err
	}
	v := &importJobPage{View: page.NewView(c, "imports.one").BackTo("/clients/imports"), Form: form, Job: job, Action: importHome(job.ID),
		State: stateText(c, job), Done: int(100 * job.Progress()), Undo: job.Undoable(page.Now(c))}
	doubles, more, err := a.office.WaitingDoubles(ctx, job, mostDoubles)
	if err != nil {
		return err
	}
	v.More = more
	for _, d := range doubles {
		v.Doubles = append(v.Doubles, doubleOf(c, d))
	}
	v.tell(c, job)
	if u := page.User(c); u.ID == job.By {
		v.Who = u.Name
	}
	return a.site.Render(c, status, "catalogue/import_job.html", v)
}

// tell lists what was not taken, and why.
func (v *importJobPage) tell(c echo.Context, job roster.Import) {
	for _, col := range job.Columns {
		switch {
		case col.Refused != "":
			v.Never = append(v.Never, mapRow{Name: col.Name, Refused: page.T(c, "catalogue.import.never."+string(col.Refused))})
		case col.Dropped():
			v.Dropped = append(v.Dropped, col.Name)
		}
	}
	for _, f := range job.Faults {
		v.Refused = append(v.Refused, refusedRow{Line: f.Line, Field: columnName(c, f.Field), Why: whyRefused(c, f)})
	}
}

// postDoubles takes what was decided about the lines that wait.
func (a *Area) postDoubles(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	decisions := map[int]casework.DoubleDecision{}
	for name := range form.Values {
		at, some := strings.CutPrefix(name, "double-")
		line, err := strconv.Atoi(at)
		if d := casework.DoubleDecision(form.Get(name)); some && err == nil && d.Valid() && d != casework.AskDouble {
			decisions[line] = d
		}
	}
	all := casework.DoubleDecision(form.Get("rest"))
	if !all.Valid() {
		all = casework.AskDouble
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request().Context()), importTimeout)
	defer cancel()
	_, err = a.office.DecideDoubles(ctx, page.Practice(c), c.Param("id"), decisions, all)
	if page.Mendable(err) {
		return a.showImportJob(c, status(err), form.Fail(c, err))
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, importHome(c.Param("id")))
}

// undoPage is the last stop before an import is undone.
type undoPage struct {
	page.View
	Action string
	Lines  []string
	Hidden []parts.Option
	Button string
	Cancel parts.Link
}

func (a *Area) askUndo(c echo.Context) error { return a.showUndo(c, http.StatusOK) }

func (a *Area) showUndo(c echo.Context, status int) error {
	ctx, home := c.Request().Context(), importHome(c.Param("id"))
	job, err := a.store.Import(ctx, page.Practice(c).ID, c.Param("id"))
	if err != nil {
		return err
	}
	if !job.Undoable(page.Now(c)) {
		return c.Redirect(http.StatusSeeOther, home)
	}
	outlook, err := a.office.UndoOutlook(ctx, page.Practice(c).ID, job)
	if err != nil {
		return err
	}
	v := &undoPage{View: page.NewView(c, "imports.undo_title").BackTo(home), Action: home + "/undo", Button: page.T(c, "imports.undo_button"),
		Cancel: parts.Link{Href: home, Text: page.T(c, "imports.undo_cancel")}}
	v.Lines = []string{page.T(c, "imports.undo_remove", "n", outlook.Remove), page.T(c, "imports.undo_put_back", "n", outlook.PutBack)}
	if len(outlook.Cases) > 0 {
		named := strings.Join(outlook.Cases[:min(len(outlook.Cases), mostCasesNamed)], ", ")
		v.Lines = append(v.Lines, page.T(c, "imports.undo_cases", "cases", named))
		v.Hidden, v.Button = []parts.Option{{Text: "rest", Value: "yes"}}, page.T(c, "imports.undo_rest")
	}
	if outlook.Keep > 0 {
		v.Lines = append(v.Lines, page.T(c, "imports.undo_keep", "n", outlook.Keep))
	}
	return a.site.Render(c, status, "catalogue/import_undo.html", v)
}

// postUndo undoes an import. Where open cases rest on some of its people the page
// says so first, and then only the rest is undone.
func (a *Area) postUndo(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request().Context()), importTimeout)
	defer cancel()
	_, err = a.office.UndoImport(ctx, page.Practice(c), c.Param("id"), page.User(c).ID, form.Get("rest") == "yes")
	if page.Mendable(err) {
		return a.showUndo(c, status(err))
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, importHome(c.Param("id")))
}
