package desk

import (
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/web/page"
	"datalek/web/parts"
)

// registerRow is one breach in the register (GDPR Art. 33(5)).
type registerRow struct {
	Href      string
	Reference string
	Kind      string
	Case      *incidents.Incident
	People    int
	Told      int
	InScope   int
	Filed     string
	State     string
}

type registerListPage struct {
	page.View
	Rows  []registerRow
	Pager page.Pager
	Head  int64 // number of the newest entry of the chained log
}

// registerPage lists every breach, newest first.
func (a *Area) registerPage(c echo.Context) error {
	ctx, practice := c.Request().Context(), page.Practice(c)
	pager := page.PagerOf(c)
	cases, err := a.store.Incidents(ctx, practice.ID, pager.After, rowsPerPage+1)
	if err != nil {
		return fmt.Errorf("list incidents: %w", err)
	}
	head, err := a.store.RegisterHead(ctx, practice.ID)
	if err != nil {
		return fmt.Errorf("read the register's head: %w", err)
	}
	if len(cases) > rowsPerPage {
		cases = cases[:rowsPerPage]
		pager = pager.Follow(cases[rowsPerPage-1].ID)
	}
	v := &registerListPage{View: page.NewView(c, "desk.register.title").Broad(), Pager: pager, Head: head.Seq}
	v.PrintLine = practice.Details.Name + " · " + page.MadeLine(c)
	for _, inc := range cases {
		v.Rows = append(v.Rows, a.registerRow(c, inc))
	}
	return a.site.Render(c, http.StatusOK, "desk/register.html", v)
}

func (a *Area) registerRow(c echo.Context, inc *incidents.Incident) registerRow {
	row := registerRow{Href: caseFor(c, inc, "/file"), Reference: inc.Reference, Kind: a.kindOf(c, inc), Case: inc,
		People: affectedCount(inc.Assessment.Counts), Filed: filedText(c, inc), State: page.T(c, "desk.state."+string(inc.State))}
	clock := inc.Clock(incidents.ClientClock)
	row.Told = clock.Told
	if clock.InScope != nil {
		row.InScope = *clock.InScope
	}
	return row
}

// caseFor is the address of a case, or a page of it, for who looks: the whole of it,
// the masked one of the sample, or "" for none.
func caseFor(c echo.Context, inc *incidents.Incident, more string) string {
	switch {
	case page.May(c, registry.SeeCases):
		return homeOf(inc) + more
	case page.May(c, registry.SeeSample) && page.Practice(c).Sampled(inc.ID, inc.Reference):
		return "/sample/" + inc.ID
	default:
		return ""
	}
}

// filedText says in a few words what became of the authority's duty.
func filedText(c echo.Context, inc *incidents.Incident) string {
	clock := inc.Clock(incidents.AuthorityClock)
	switch {
	case len(inc.Filings) > 0:
		return page.FormatShort(page.Lang(c), inc.Filings[0].FiledAt, page.Zone(c))
	case clock.EndedBecause == incidents.EndedNotNotifiable:
		return page.T(c, "desk.register.not_needed")
	case clock.EndedBecause == incidents.EndedProcessorRole && len(inc.ControllerNotices) > 0:
		return page.T(c, "desk.register.controller_told", "at", page.FormatShort(page.Lang(c), inc.ControllerNotices[0].At, page.Zone(c)))
	case clock.EndedBecause == incidents.EndedProcessorRole:
		return page.T(c, "desk.register.by_controller")
	default:
		return page.T(c, "desk.register.not_yet")
	}
}

const entriesPerPage = 50

type logPage struct {
	page.View
	Events []logRow
	Pager  page.Pager
}

type logRow struct {
	parts.Event
	Seq  int64
	Hash string
	Case string // address of the incident's home; empty when it is about none
}

// registerLog lists the chained entries, newest first.
func (a *Area) registerLog(c echo.Context) error {
	ctx, practice := c.Request().Context(), page.Practice(c)
	head, err := a.store.RegisterHead(ctx, practice.ID)
	if err != nil {
		return fmt.Errorf("read the register's head: %w", err)
	}
	pager := page.PagerOf(c)
	upTo := before(pager.After, head.Seq+1) - 1
	from := max(upTo-entriesPerPage, 0)
	entries, err := a.store.Entries(ctx, practice.ID, from, int(upTo-from))
	if err != nil {
		return fmt.Errorf("read the register: %w", err)
	}
	v := &logPage{View: page.NewView(c, "desk.log.title").BackTo("/register").Broad(), Pager: pager}
	if from > 0 {
		v.Pager = pager.Follow(fmt.Sprint(from + 1))
	}
	t := a.tellerOf(c)
	for i := len(entries) - 1; i >= 0; i-- {
		row := logRow{Event: t.tell(entries[i].Event), Seq: entries[i].Seq, Hash: entries[i].Hash}
		if id := entries[i].Event.IncidentID; id != "" {
			row.Case = "/incidents/" + id
		}
		if !page.May(c, registry.SeeCases) { // what was written down, and where it stands, is for others
			row.Case, row.Lines, row.Detail = "", nil, nil
		}
		if !page.May(c, registry.ExportRegister) { // free text is for whoever may have all of it
			row.Detail = nil
		}
		v.Events = append(v.Events, row)
	}
	return a.site.Render(c, http.StatusOK, "desk/log.html", v)
}

// before reads the number before which a page ends; what is no number, or
// beyond the newest, ends at the newest.
func before(key string, newest int64) int64 {
	var n int64
	if _, err := fmt.Sscan(key, &n); err != nil || n < 1 || n > newest {
		return newest
	}
	return n
}
