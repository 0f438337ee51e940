package api

import (
	"net/http"
	"strconv"

	"datalek/incidents/annual"
	"datalek/incidents/fault"

	"github.com/labstack/echo/v4"
)

// cellView is one count of the report; null with the reason while it is hidden.
type cellView struct {
	ID     string  `json:"id"`
	Count  *int    `json:"count"`
	Hidden *string `json:"hidden"`
}

// tableView divides the cases over classes; merged shows nothing of it.
type tableView struct {
	Merged bool       `json:"merged"`
	Items  []cellView `json:"items"`
}

type causeView struct {
	cellView
	Kinds tableView `json:"kinds"`
}

type annualView struct {
	Year          int         `json:"year"`
	Cases         cellView    `json:"cases"`
	Divided       bool        `json:"divided"`
	PersonsTold   *cellView   `json:"persons_told"`
	OpenMeasures  *cellView   `json:"open_measures"`
	HoursToTell   *hoursView  `json:"hours_to_tell"`
	ToldInTime    *int        `json:"told_in_time_percent"`
	FiledInTime   *int        `json:"filed_in_time_percent"`
	CausesMerged  bool        `json:"causes_merged"`
	Causes        []causeView `json:"causes"`
	BreachKinds   tableView   `json:"breach_kinds"`
	TellingResult tableView   `json:"telling"`
	FilingResult  tableView   `json:"filing"`
	Months        tableView   `json:"months"`
}

type hoursView struct {
	Median int `json:"median"`
	Most   int `json:"most"`
}

func (a *Area) annualRoutes(g doors) { g.GET("/annual-report", a.getAnnual) }

// getAnnual answers with the anonymous report of one year, this one by default.
func (a *Area) getAnnual(c echo.Context) error {
	who := callerOf(c)
	year := a.opts.Now().In(who.zone).Year()
	if asked := c.QueryParam("year"); asked != "" {
		n, err := strconv.Atoi(asked)
		if err != nil || n < annual.FirstYear || n > year {
			return &fault.Error{Code: fault.Invalid, Field: "year", Key: "error.report_year", Message: "choose a year from 2018 to this one"}
		}
		year = n
	}
	r, err := a.opts.Office.Annual(c.Request().Context(), who.practice, year)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, showAnnual(r))
}

func showAnnual(r annual.Report) annualView {
	v := annualView{Year: r.Year, Cases: showCell(r.Total), Divided: r.Divided, CausesMerged: r.CausesMerged, Causes: []causeView{},
		BreachKinds: showTable(r.Natures), TellingResult: showTable(r.Telling), FilingResult: showTable(r.Filing), Months: showTable(r.Months)}
	if !r.Divided {
		return v
	}
	told, open := showCell(r.PersonsTold), showCell(r.OpenMeasures)
	v.PersonsTold, v.OpenMeasures = &told, &open
	if r.HasHours {
		v.HoursToTell = &hoursView{Median: r.MedianHours, Most: r.MostHours}
	}
	if r.HasToldShare {
		v.ToldInTime = &r.ToldInTime
	}
	if r.HasFiledShare {
		v.FiledInTime = &r.FiledInTime
	}
	for _, g := range r.Causes {
		v.Causes = append(v.Causes, causeView{cellView: showCell(g.Cause), Kinds: showTable(g.Kinds)})
	}
	return v
}

func showTable(t annual.Table) tableView {
	v := tableView{Merged: t.Merged, Items: []cellView{}}
	for _, cell := range t.Cells {
		v.Items = append(v.Items, showCell(cell))
	}
	return v
}

func showCell(cell annual.Cell) cellView {
	if cell.Hiding != annual.Shown {
		return cellView{ID: cell.ID, Hidden: orNull(string(cell.Hiding))}
	}
	n := cell.Count
	return cellView{ID: cell.ID, Count: &n}
}
