package catalogue

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/web/page"
	"datalek/web/parts"
)

// processorRow is one processor in the list.
type processorRow struct {
	Href  string
	Name  string
	Hours int // 0: no number was agreed
	Ended bool
}

type processorsPage struct {
	page.View
	Rows  []processorRow
	First parts.Link // the one next act while there is none
}

func (a *Area) processors(c echo.Context) error {
	processors, err := a.allProcessors(c.Request().Context(), page.Practice(c).ID)
	if err != nil {
		return err
	}
	v := &processorsPage{View: page.NewView(c, "catalogue.processors.title").BackTo("/systems"),
		First: parts.Link{Href: "/processors/new", Text: page.T(c, "catalogue.processors.add")}}
	for _, p := range processors {
		row := processorRow{Href: "/processors/" + p.ID, Name: p.Name, Ended: !p.EndedAt.IsZero()}
		if p.ContractHours != nil {
			row.Hours = *p.ContractHours
		}
		v.Rows = append(v.Rows, row)
	}
	return a.site.Render(c, http.StatusOK, "catalogue/processors.html", v)
}

type processorPage struct {
	page.View
	Form      *page.Form
	Action    string
	Heading   string
	Processor registry.Processor // zero: a new one
	// Address and Secret are where and how it reports to this practice alone.
	Address string
	Secret  string
	// Open is where it reports without signing; "" until somebody asks for it.
	Open  string
	Runs  []parts.Link   // the systems that it holds
	Hosts []parts.Option // the one tick: it runs this program
}

func (a *Area) newProcessor(c echo.Context) error {
	return a.showProcessor(c, http.StatusOK, registry.Processor{}, page.FormOf())
}

func (a *Area) showProcessor(c echo.Context, status int, p registry.Processor, form *page.Form) error {
	v := &processorPage{View: page.NewView(c, "catalogue.processor.new").BackTo("/processors"), Form: form, Action: "/processors/new",
		Hosts:   []parts.Option{{Value: "yes", Text: page.T(c, "catalogue.processor.host_yes")}},
		Heading: page.T(c, "catalogue.processor.new"), Processor: p}
	if p.ID != "" {
		v.View = page.NewView(c, "catalogue.processor.edit").BackTo("/processors")
		v.Action, v.Heading = "/processors/"+p.ID, p.Name
		var err error
		if v.Runs, err = a.runs(c, p); err != nil {
			return err
		}
	}
	return a.site.Render(c, status, "catalogue/processor.html", v)
}

// runs lists the systems that a processor holds, those that ended marked as such.
func (a *Area) runs(c echo.Context, p registry.Processor) ([]parts.Link, error) {
	systems, err := a.allSystems(c.Request().Context(), p.PracticeID)
	if err != nil {
		return nil, err
	}
	var links []parts.Link
	for _, s := range systems {
		if s.ProcessorID != p.ID {
			continue
		}
		text := s.Name
		if !s.EndedAt.IsZero() {
			text += " (" + page.T(c, "catalogue.ended") + ")"
		}
		links = append(links, parts.Link{Href: "/systems/" + s.ID, Text: text})
	}
	return links, nil
}

// readProcessor lays what was typed over p; known are the processors that the
// practice lists.
func readProcessor(form *page.Form, p registry.Processor, known []registry.Processor) (registry.Processor, error) {
	var faults fault.List
	p.Name, p.ContractHours = form.Get("name"), nil
	p.Contract, p.Contact = form.Get("contract"), form.Get("contact")
	p.Regions, p.CustomerRefs = separate(form.Text("regions")), separate(form.Text("customer_refs"))
	p.SubProcessors, p.Host = belowIDs(separate(form.Text("sub_processors")), known), form.Has("host", "yes")
	if typed := form.Get("contract_hours"); typed != "" {
		hours, err := strconv.Atoi(typed)
		if err != nil {
			hours = 0 // refused below, with the same words
		}
		p.ContractHours = &hours
	}
	return p, join(faults, p.Validate(), same)
}

// belowIDs returns the ids of firms that were typed by name or id. A firm that the
// practice does not list has the id that its name would get, so that its reports
// find the practice all the same.
func belowIDs(typed []string, known []registry.Processor) []string {
	var ids []string
	for _, name := range typed {
		id := idOf(name, name, nil)
		for _, p := range known {
			if p.ID == name || strings.EqualFold(p.Name, name) {
				id = p.ID
			}
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// belowNames is belowIDs the other way round.
func belowNames(ids []string, known []registry.Processor) []string {
	names := slices.Clone(ids)
	for i, id := range ids {
		for _, p := range known {
			if p.ID == id && !strings.ContainsAny(p.Name, ",;") {
				names[i] = p.Name
			}
		}
	}
	return names
}

func (a *Area) postNewProcessor(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	ctx, practice := c.Request().Context(), page.Practice(c).ID
	known, err := a.allProcessors(ctx, practice)
	if err != nil {
		return err
	}
	taken := map[string]bool{"new": true}
	for _, p := range known {
		taken[p.ID] = true
	}
	id := form.Get("id")
	if id == "" {
		id = idOf(form.Get("name"), "processor", taken)
	}
	p, err := readProcessor(form, registry.Processor{ID: id, PracticeID: practice}, known)
	if taken[id] {
		err = join(fault.List{{Code: fault.Invalid, Field: "id", Key: "error.processor_twice", Message: "this processor stands in the list already"}}, err, same)
	}
	if err == nil {
		_, _, err = a.office.SaveProcessor(ctx, p)
	}
	if page.Mendable(err) {
		return a.showProcessor(c, status(err), registry.Processor{}, form.Fail(c, err))
	}
	if err != nil {
		return err
	}
	a.site.Done(c, "catalogue.processor.added", "name", p.Name)
	return c.Redirect(http.StatusSeeOther, "/processors/"+p.ID)
}

// loadProcessor returns the processor that the address names. Another
// practice's is not found.
func (a *Area) loadProcessor(c echo.Context) (registry.Processor, error) {
	p, err := a.store.Processor(c.Request().Context(), page.Practice(c).ID, c.Param("id"))
	if err != nil {
		return p, fmt.Errorf("load processor: %w", err)
	}
	return p, nil
}

func (a *Area) processor(c echo.Context) error {
	p, err := a.loadProcessor(c)
	if err != nil {
		return err
	}
	known, err := a.allProcessors(c.Request().Context(), p.PracticeID)
	if err != nil {
		return err
	}
	form := page.FormOf("version", versionText(p.Version), "name", p.Name, "contract", p.Contract, "contact", p.Contact,
		"regions", strings.Join(p.Regions, ", "), "customer_refs", strings.Join(p.CustomerRefs, ", "), "sub_processors", strings.Join(belowNames(p.SubProcessors, known), ", "))
	if p.Host {
		form.Set("host", "yes")
	}
	if p.ContractHours != nil {
		form.Set("contract_hours", strconv.Itoa(*p.ContractHours))
	}
	return a.showProcessor(c, http.StatusOK, p, form)
}

func (a *Area) postProcessor(c echo.Context) error {
	stored, err := a.loadProcessor(c)
	if err != nil {
		return err
	}
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	known, err := a.allProcessors(c.Request().Context(), stored.PracticeID)
	if err != nil {
		return err
	}
	p, err := readProcessor(form, stored, known)
	switch {
	case versionOf(form) != stored.Version:
		err = changed()
	case err == nil:
		_, _, err = a.office.SaveProcessor(c.Request().Context(), p)
	}
	if page.Mendable(err) {
		return a.showProcessor(c, status(err), stored, form.Fail(c, err))
	}
	if err != nil {
		return err
	}
	a.site.Done(c, "catalogue.saved")
	return c.Redirect(http.StatusSeeOther, "/processors")
}

func (a *Area) endProcessor(c echo.Context) error {
	err := a.office.EndProcessor(c.Request().Context(), page.Practice(c).ID, c.Param("id"))
	if page.Mendable(err) {
		a.say(c, err)
		return c.Redirect(http.StatusSeeOther, "/processors/"+c.Param("id"))
	}
	if err != nil {
		return err
	}
	a.site.Done(c, "catalogue.processor.ended_done")
	return c.Redirect(http.StatusSeeOther, "/processors")
}

func (a *Area) resumeProcessor(c echo.Context) error {
	if err := a.office.ResumeProcessor(c.Request().Context(), page.Practice(c).ID, c.Param("id")); err != nil {
		return err
	}
	a.site.Done(c, "catalogue.processor.resumed_done")
	return c.Redirect(http.StatusSeeOther, "/processors")
}
