package desk

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/web/page"
	"datalek/web/parts"
	"datalek/web/pauses"
)

const (
	rowsPerPage = 25
	// mostTriage is how far the desk counts what came in; beyond it says "many".
	mostTriage = 100
	mostDrafts = 200 // how many drafts it looks at
)

// caseRow is one incident in a list.
type caseRow struct {
	Href      string
	Title     string
	Reference string
	Supplier  string // whoever reported it; "" for nobody
	Next      string // the next act in words; empty when none is left
	Closed    bool
	Clocks    []clockView
	Alarmed   bool // an alarm waits for somebody to see it
	// StepsLate says how many first steps are open after their time, "" for none.
	StepsLate string
}

type overviewPage struct {
	page.View
	Rows   []caseRow
	Triage int
	Drafts int // reports this user began and did not finish
	Asked  int // questions from readers that wait for an answer
	Pager  page.Pager
	Pauses []pauses.Banner
	Stuck  int64 // work that no worker could do
	// Unread are message centres that nobody could read for more than a day.
	Unread []parts.Notice
	// ToDo says what is still to be done because of breaches; HasToDo that there is any.
	ToDo    parts.Notice
	HasToDo bool
	// NoStandIn says that nobody stands in, "" when somebody does.
	NoStandIn string
	// Begin leads who has no systems of his own yet to setting up.
	Begin bool
}

// overview is the desk: what must happen, the nearest deadline first.
func (a *Area) overview(c echo.Context) error {
	ctx, practice := c.Request().Context(), page.Practice(c)
	pager := page.PagerOf(c)
	cases, err := a.store.OpenIncidents(ctx, practice.ID, pager.After, rowsPerPage+1)
	if err != nil {
		return fmt.Errorf("list open incidents: %w", err)
	}
	waiting, err := a.store.Reports(ctx, practice.ID, incidents.InTriage, "", mostTriage)
	if err != nil {
		return fmt.Errorf("list signals: %w", err)
	}
	drafts, err := a.store.Drafts(ctx, practice.ID, page.User(c).ID, mostDrafts)
	if err != nil {
		return fmt.Errorf("list drafts: %w", err)
	}
	v := &overviewPage{View: page.NewView(c, "desk.overview.title").Broad(), Triage: len(waiting), Drafts: begun(drafts)}
	asked, err := a.store.CountOpenQuestions(ctx, practice.ID, "")
	if err != nil {
		return fmt.Errorf("count questions: %w", err)
	}
	v.Asked = int(asked)
	if v.Rows, v.Pager, err = a.rows(c, cases, pager); err != nil {
		return err
	}
	if v.Pauses, err = a.pauses.OfPractice(c); err != nil {
		return err
	}
	if v.Stuck, err = a.store.CountStuck(ctx, practice.ID); err != nil {
		return fmt.Errorf("count stuck work: %w", err)
	}
	if v.Unread, err = a.unread(c); err != nil {
		return err
	}
	if v.ToDo, v.HasToDo, err = a.toDo(c); err != nil {
		return err
	}
	systems, err := a.store.Systems(ctx, practice.ID, "", 2)
	if err != nil {
		return fmt.Errorf("look for systems: %w", err)
	}
	v.Begin = !slices.ContainsFunc(systems, func(s registry.System) bool { return s.ID != registry.OwnSystem })
	v.NoStandIn = a.standInMissing(c, len(v.Rows) > 0)
	return a.site.Render(c, http.StatusOK, "desk/overview.html", v)
}

// begun counts the drafts with an answer in them; the others were only opened.
func begun(drafts []incidents.Draft) int {
	n := 0
	for _, d := range drafts {
		if len(d.Answers) > 0 {
			n++
		}
	}
	return n
}

type listPage struct {
	page.View
	Rows  []caseRow
	Pager page.Pager
}

// list is every incident, newest first.
func (a *Area) list(c echo.Context) error {
	pager := page.PagerOf(c)
	cases, err := a.store.Incidents(c.Request().Context(), page.Practice(c).ID, pager.After, rowsPerPage+1)
	if err != nil {
		return fmt.Errorf("list incidents: %w", err)
	}
	v := &listPage{View: page.NewView(c, "desk.list.title").Broad()}
	if v.Rows, v.Pager, err = a.rows(c, cases, pager); err != nil {
		return err
	}
	return a.site.Render(c, http.StatusOK, "desk/list.html", v)
}

// rows shows one page of cases; one more than fits says that there is a next.
func (a *Area) rows(c echo.Context, cases []*incidents.Incident, pager page.Pager) ([]caseRow, page.Pager, error) {
	if len(cases) > rowsPerPage {
		cases = cases[:rowsPerPage]
		pager = pager.Follow(cases[rowsPerPage-1].ID)
	}
	var rows []caseRow
	names := map[string]string{}
	for _, inc := range cases {
		if !page.SeesCase(c, inc) {
			continue
		}
		row := a.row(c, inc)
		name, known := names[inc.Facts.ProcessorID]
		if !known {
			var err error
			if name, err = a.supplier(c, inc); err != nil {
				return nil, pager, err
			}
			names[inc.Facts.ProcessorID] = name
		}
		row.Supplier = name
		rows = append(rows, row)
	}
	return rows, pager, nil
}

// supplier names the supplier that reported a case, so that two of them are told
// apart; "" for none, or for a firm that only a supplier uses.
func (a *Area) supplier(c echo.Context, inc *incidents.Incident) (string, error) {
	if inc.Facts.ProcessorID == "" {
		return "", nil
	}
	p, err := a.store.Processor(c.Request().Context(), inc.PracticeID, inc.Facts.ProcessorID)
	if errors.Is(err, fault.NotFound) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("look up the supplier of a case: %w", err)
	}
	return p.Name, nil
}

func (a *Area) row(c echo.Context, inc *incidents.Incident) caseRow {
	row := caseRow{Href: homeOf(inc), Title: a.kindOf(c, inc), Reference: inc.Reference, Closed: inc.State == incidents.StateClosed, Clocks: mainClocks(c, inc), Alarmed: inc.Alarmed()}
	for i := range row.Clocks {
		row.Clocks[i].Name += "-" + inc.ID
	}
	if next, some := nextTask(tasks(c, inc)); some && !row.Closed {
		row.Next = page.T(c, "desk.overview.next", "task", next.Text)
	}
	if n := a.stepsLate(c, inc); n > 0 && !row.Closed {
		row.StepsLate = page.T(c, "steps.late", "n", n, "count", n)
	}
	return row
}
