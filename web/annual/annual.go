// Package annual shows the anonymous report of a practice's breaches in one year:
// as a page with charts, on paper, as PDF and as CSV. Package incidents/annual
// decides what may be shown.
package annual

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents/annual"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/playbooks"
	"datalek/web/page"
	"datalek/web/parts"
	"datalek/web/picture"
)

// office makes the report.
type office interface {
	Annual(ctx context.Context, p registry.Practice, year int) (annual.Report, error)
}

// playbookList names the kinds of breach.
type playbookList interface {
	Playbook(id string) (playbooks.Playbook, bool)
}

// Options is what an Area is made of.
type Options struct {
	Office office
	Book   playbookList
	// Print writes a report as a PDF; nil offers none.
	Print func(w io.Writer, p annual.Paper, made time.Time) error
}

// Area is the report's pages. Make it with New.
type Area struct {
	opts Options
	site *page.Site
}

// New returns the area.
func New(o Options) *Area { return &Area{opts: o} }

// Register puts the area's routes on e.
func (a *Area) Register(site *page.Site, e *echo.Echo) {
	a.site = site
	private := site.Private(e).For(registry.SeeAnnual, registry.SeeAnnual)
	private.GET("/report", a.latest)
	private.GET("/report/:year", a.report)
	private.GET("/report/:year/report.csv", a.csv)
	private.GET("/report/:year/report.pdf", a.pdf)
}

// yearOf reads a year that a report can be about by now.
func yearOf(text string, now time.Time, zone *time.Location) (int, error) {
	year, err := strconv.Atoi(text)
	if err != nil || year < annual.FirstYear || year > now.In(zone).Year() {
		return 0, fault.NotFound
	}
	return year, nil
}

func (a *Area) latest(c echo.Context) error {
	return c.Redirect(http.StatusSeeOther, address(page.Now(c).In(page.Zone(c)).Year()))
}

func address(year int) string { return "/report/" + strconv.Itoa(year) }

// made is the report that the address names.
func (a *Area) made(c echo.Context) (annual.Report, error) {
	year, err := yearOf(c.Param("year"), page.Now(c), page.Zone(c))
	if err != nil {
		return annual.Report{}, err
	}
	return a.opts.Office.Annual(c.Request().Context(), page.Practice(c), year)
}

type reportPage struct {
	page.View
	Report  annual.Report
	Href    string
	PDF     bool
	Earlier parts.Link
	Later   parts.Link
	Facts   []parts.Row
	Causes  []picture.Rung
	Months  picture.Columns
	Divided []divided
}

// divided is one table of classes as a bar.
type divided struct {
	Name, Title, Head string
	Bar               picture.StackedBar
	Merged            bool
}

func (a *Area) report(c echo.Context) error {
	r, err := a.made(c)
	if err != nil {
		return err
	}
	practice := page.Practice(c)
	v := &reportPage{View: page.NewView(c, "annual.title", "year", strconv.Itoa(r.Year)).BackTo("/register").Broad(), Report: r, Href: address(r.Year),
		PDF: a.opts.Print != nil, Facts: facts(c, r)}
	v.PrintLine = practice.Details.Name + " · " + page.MadeLine(c)
	if r.Year > annual.FirstYear {
		v.Earlier = parts.Link{Href: address(r.Year - 1), Text: page.T(c, "annual.year", "year", strconv.Itoa(r.Year-1))}
	}
	if r.Year < page.Now(c).In(page.Zone(c)).Year() {
		v.Later = parts.Link{Href: address(r.Year + 1), Text: page.T(c, "annual.year", "year", strconv.Itoa(r.Year+1))}
	}
	if r.Divided {
		v.Causes, v.Months = a.causes(c, r), months(c, r)
		v.Divided = []divided{tableOf(c, "telling", r.Telling, r.Total.Count), tableOf(c, "filing", r.Filing, r.Total.Count), tableOf(c, "nature", r.Natures, r.Total.Count)}
	}
	return a.site.Render(c, http.StatusOK, "annual/report.html", v)
}

// csv is the report for a spreadsheet: one line a count.
func (a *Area) csv(c echo.Context) error {
	r, err := a.made(c)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	out.WriteString("\ufeff") // spreadsheets take a file for UTF-8 by its first three bytes
	w := csv.NewWriter(&out)
	_ = w.Write([]string{page.T(c, "annual.column.part"), page.T(c, "annual.column.what"), page.T(c, "annual.column.count")}) // an error shows at Flush
	for _, part := range a.paper(c, r).Parts {
		for _, row := range part.Rows {
			_ = w.Write([]string{page.Cell(part.Title), page.Cell(row.Label), page.Cell(row.Value)})
		}
	}
	_ = w.Write([]string{page.Cell(page.MadeLine(c)), "", ""})
	w.Flush()
	if err := w.Error(); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return attached(c, "text/csv; charset=utf-8", fmt.Sprintf("datalek-%d.csv", r.Year), out.Bytes())
}

func (a *Area) pdf(c echo.Context) error {
	r, err := a.made(c)
	if err != nil {
		return err
	}
	if a.opts.Print == nil {
		return fault.NotFound
	}
	var out bytes.Buffer
	if err := a.opts.Print(&out, a.paper(c, r), page.Now(c)); err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	return attached(c, "application/pdf", fmt.Sprintf("datalek-%d.pdf", r.Year), out.Bytes())
}

func attached(c echo.Context, kind, name string, body []byte) error {
	h := c.Response().Header()
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Cache-Control", "no-store")
	return c.Blob(http.StatusOK, kind, body)
}
