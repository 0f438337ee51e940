package limited

import (
	"context"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/web/page"
	"datalek/web/parts"
)

type samplePage struct {
	page.View
	Cases []caseRow
	Pager page.Pager
	All   bool // the policy wants no sample: every case is here
}

// sample lists the sampled cases, newest first.
func (a *Area) sample(c echo.Context) error {
	practice := page.Practice(c)
	v := &samplePage{View: page.NewView(c, "limited.sample.title"), Pager: page.PagerOf(c), All: !practice.Policy.AuditSamples}
	cases, more, err := a.sampled(c, v.Pager.After)
	if err != nil {
		return err
	}
	if more {
		v.Pager = v.Pager.Follow(cases[len(cases)-1].ID)
	}
	for _, inc := range cases {
		v.Cases = append(v.Cases, a.caseRow(c, "/sample/", inc))
	}
	return a.site.Render(c, http.StatusOK, "limited/sample.html", v)
}

// sampled returns a page of sampled cases, and whether there may be more.
func (a *Area) sampled(c echo.Context, after string) (cases []*incidents.Incident, more bool, err error) {
	practice := page.Practice(c)
	for {
		some, err := a.opts.Store.Incidents(c.Request().Context(), practice.ID, after, perRead)
		if err != nil {
			return nil, false, fmt.Errorf("list cases: %w", err)
		}
		for _, inc := range some {
			after = inc.ID
			if !practice.Sampled(inc.ID, inc.Reference) {
				continue
			}
			if len(cases) == perPage {
				return cases, true, nil
			}
			cases = append(cases, inc)
		}
		if len(some) < perRead {
			return cases, false, nil
		}
	}
}

type sampledCasePage struct {
	page.View
	Facts     []parts.Row
	Decisions []decisionRow
	Persons   []personRow
	Total     int
	Pager     page.Pager
}

type decisionRow struct {
	Title, Reason string
	Decision      incidents.Decision
}

// sampledCase shows a case with marks in the place of names.
func (a *Area) sampledCase(c echo.Context) error {
	ctx, practice := c.Request().Context(), page.Practice(c)
	inc, err := a.opts.Store.Incident(ctx, practice.ID, c.Param("id"))
	if err != nil {
		return err
	}
	if !practice.Sampled(inc.ID, inc.Reference) {
		return fault.NotFound
	}
	systems, err := a.systemNames(ctx, practice.ID)
	if err != nil {
		return err
	}
	hide, err := a.masker(c, inc)
	if err != nil {
		return err
	}
	n := inc.Assessment.Counts
	v := &sampledCasePage{View: page.NewView(c, "limited.case.title", "reference", inc.Reference).BackTo("/sample"), Facts: a.facts(c, inc, systems), Pager: page.PagerOf(c),
		Total: n.InGuidance + n.Former + n.Other + n.Undecided + n.NotTold}
	for _, d := range inc.Decisions {
		v.Decisions = append(v.Decisions, decisionRow{Title: page.T(c, "limited.decision."+string(d.Question)+"_"+string(d.Answer)), Reason: hide(d.Reason), Decision: d})
	}
	if err := a.marked(ctx, c, inc, v, systems); err != nil {
		return err
	}
	return a.site.Render(c, http.StatusOK, "limited/sampled_case.html", v)
}

// marked lists who is affected, each under a mark of the case's own.
func (a *Area) marked(ctx context.Context, c echo.Context, inc *incidents.Incident, v *sampledCasePage, systems map[string]string) error {
	if inc.Assessment.Done == 0 {
		return nil
	}
	rows, err := a.opts.Store.AffectedPage(ctx, inc.PracticeID, inc.ID, inc.Assessment.Done, incidents.AffectedGroups(), v.Pager.After, perPage+1)
	if err != nil {
		return fmt.Errorf("list affected: %w", err)
	}
	if len(rows) > perPage {
		rows = rows[:perPage]
		v.Pager = v.Pager.Follow(rows[perPage-1].ID)
	}
	tellings, err := a.opts.Store.Tellings(ctx, inc.PracticeID, inc.ID)
	if err != nil {
		return fmt.Errorf("list who was told: %w", err)
	}
	told := firstTold(tellings)
	for _, f := range rows {
		row := a.personRow(c, inc, f, systems, told)
		row.Name = page.T(c, "limited.person", "mark", mark(inc, f.ID))
		v.Persons = append(v.Persons, row)
	}
	return nil
}
