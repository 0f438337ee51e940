package supplier

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/advisory"
	"datalek/web/casework"
	"datalek/web/page"
)

const pageSize = 25

type reportsPage struct {
	page.View
	Name  string
	Rows  []reportRow
	Pager page.Pager
}

// reportRow is one message of a supplier in the list.
type reportRow struct {
	Href, Title, At, Kind string
	Case                  string // address of the incident; "" without one
	CaseName              string
	Prompt, PromptKind    string // whether it was in time; "" of what is no breach
	Missing               []string
	Ask                   string // address of the letter; "" when nothing is open
}

// reports lists what a supplier reported, newest first.
func (a *Area) reports(c echo.Context) error {
	ctx, practice := c.Request().Context(), page.Practice(c).ID
	p, err := a.opts.Store.Processor(ctx, practice, c.Param("id"))
	if err != nil {
		return err
	}
	v := &reportsPage{View: page.NewView(c, "supplier.reports.title").BackTo("/processors/" + url.PathEscape(p.ID)), Name: p.Name, Pager: page.PagerOf(c)}
	found, err := a.opts.Store.ReportsOf(ctx, practice, p.ID, v.Pager.After, pageSize+1)
	if err != nil {
		return fmt.Errorf("list reports of a processor: %w", err)
	}
	if len(found) > pageSize {
		found = found[:pageSize]
		v.Pager = v.Pager.Follow(found[pageSize-1].ID)
	}
	judge, names, judged := a.opts.Office.Suppliers(practice), map[string]string{}, map[string]bool{}
	for _, r := range found {
		row, err := a.row(c, r, judge, names, judged)
		if err != nil {
			return err
		}
		v.Rows = append(v.Rows, row)
	}
	return a.site.Render(c, http.StatusOK, "supplier/reports.html", v)
}

// row shows one message; names are the references of cases that were looked up, judged
// the addresses of those that were spoken of.
func (a *Area) row(c echo.Context, r *incidents.Report, judge *casework.Suppliers, names map[string]string, judged map[string]bool) (reportRow, error) {
	ctx := c.Request().Context()
	row := reportRow{Href: "/triage/" + url.PathEscape(r.ID), At: moment(c, r.ReceivedAt), Title: title(c, r), Kind: kind(c, r.Words.Message)}
	if r.IncidentID != "" {
		name, known := names[r.IncidentID]
		if !known {
			inc, err := a.opts.Store.Incident(ctx, r.PracticeID, r.IncidentID)
			if err != nil {
				return row, fmt.Errorf("read the case of a report: %w", err)
			}
			name = inc.Reference
			names[r.IncidentID] = name
		}
		row.Case, row.CaseName = "/incidents/"+url.PathEscape(r.IncidentID), name
	}
	of, some, err := judge.Case(ctx, r)
	if err != nil || !some || row.Case != "" && judged[row.Case] {
		return row, err
	}
	judged[row.Case] = true // what is open stands once a case, at its newest message
	row.Prompt, row.PromptKind = page.PromptnessText(c, of.Promptness), page.PromptnessKind(of.Promptness)
	for _, p := range of.Open {
		row.Missing = append(row.Missing, page.T(c, "intake.message.missing."+string(p)))
	}
	if len(of.Open) > 0 {
		row.Ask = "/processors/" + url.PathEscape(r.ProcessorID) + "/reports/" + url.PathEscape(r.ID)
	}
	return row, nil
}

// title is what the sender called it, or else its first words.
func title(c echo.Context, r *incidents.Report) string {
	first, _, _ := strings.Cut(r.Words.Text, "\n")
	for _, text := range []string{r.Words.Message.Title, first} {
		if text = advisory.OneLine(text, 80); text != "" {
			return text
		}
	}
	return page.T(c, "supplier.reports.untitled")
}

// kind is what a message turned out to be, with its stage.
func kind(c echo.Context, m incidents.Message) string {
	word := page.T(c, "supplier.kind.report")
	switch {
	case m.Format == string(advisory.Answer):
		word = page.T(c, "supplier.kind.answer")
	case m.Kind != "":
		word = page.T(c, "supplier.kind."+string(m.Kind))
	}
	if m.Stage != "" {
		word += " (" + page.StageText(c, m.Stage) + ")"
	}
	return word
}
