package catalogue

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/page"
	"datalek/web/parts"
)

// mostServices is how many names a processor's service may go by.
const mostServices = 50

// systemRow is one system in the list.
type systemRow struct {
	Href            string
	Name            string
	Processor       string // empty when the practice holds it itself
	Categories      string
	Identifiability string
	Who             string // whose data is in it
	Ended           bool
}

type systemsPage struct {
	page.View
	Rows  []systemRow
	First parts.Link // the one next act while there is none
}

func (a *Area) systems(c echo.Context) error {
	ctx, practice := c.Request().Context(), page.Practice(c).ID
	systems, err := a.allSystems(ctx, practice)
	if err != nil {
		return err
	}
	processors, err := a.allProcessors(ctx, practice)
	if err != nil {
		return err
	}
	names := map[string]string{}
	for _, p := range processors {
		names[p.ID] = p.Name
	}
	v := &systemsPage{View: page.NewView(c, "catalogue.systems.title").Broad(),
		First: parts.Link{Href: "/systems/new", Text: page.T(c, "catalogue.systems.add")}}
	for _, s := range systems {
		v.Rows = append(v.Rows, systemRow{Href: "/systems/" + s.ID, Name: s.Name, Processor: names[s.ProcessorID], Ended: !s.EndedAt.IsZero(),
			Who: whoText(c, s), Categories: categoryNames(c, s.Categories), Identifiability: page.IdentifiabilityText(c, s.Identifiability)})
	}
	return a.site.Render(c, http.StatusOK, "catalogue/systems.html", v)
}

// categoryNames lists kinds of data in words, on one line.
func categoryNames(c echo.Context, categories []registry.Category) string {
	names := make([]string, len(categories))
	for i, v := range categories {
		names[i] = page.CategoryText(c, v)
	}
	return strings.Join(names, "; ")
}

type systemPage struct {
	page.View
	Form       *page.Form
	Action     string
	System     registry.System // zero: a new one
	Heading    string
	Processors []parts.Option
	Categories []parts.Option
	Degrees    []parts.Option
	Answers    []parts.Option // encrypted at rest?
	Rules      []ruleRow
	Keys       []parts.Option // systems that a key may lie in
	Kept       []keptRow      // empty for a new one
	KeepPage   string
}

func (a *Area) newSystem(c echo.Context) error {
	form := page.FormOf("identifiability", string(registry.Identified), "encrypted", "unknown", ruleCount, "0")
	return a.showSystem(c, http.StatusOK, registry.System{}, form)
}

func (a *Area) showSystem(c echo.Context, status int, s registry.System, form *page.Form) error {
	v := &systemPage{View: page.NewView(c, "catalogue.system.new").BackTo("/systems"), Form: form, Action: "/systems/new", System: s,
		Heading: page.T(c, "catalogue.system.new"), Categories: page.CategoryOptions(c), Degrees: page.IdentifiabilityOptions(c)}
	if s.ID != "" {
		v.View = page.NewView(c, "catalogue.system.edit").BackTo("/systems")
		v.Action, v.Heading = "/systems/"+s.ID, s.Name
		v.Kept, v.KeepPage = keptRows(c, s), keepPage
	}
	nameRuleFaults(c, form)
	v.Rules = ruleRowsOf(c, form)
	for _, answer := range []string{"yes", "no", "unknown"} {
		v.Answers = append(v.Answers, parts.Option{Value: answer, Text: page.T(c, "catalogue.system.encrypted."+answer)})
	}
	processors, err := a.allProcessors(c.Request().Context(), page.Practice(c).ID)
	if err != nil {
		return err
	}
	for _, p := range processors {
		if p.EndedAt.IsZero() || p.ID == s.ProcessorID {
			v.Processors = append(v.Processors, parts.Option{Value: p.ID, Text: p.Name})
		}
	}
	systems, err := a.allSystems(c.Request().Context(), page.Practice(c).ID)
	if err != nil {
		return err
	}
	for _, x := range systems {
		if x.ID != s.ID {
			v.Keys = append(v.Keys, parts.Option{Value: x.ID, Text: x.Name})
		}
	}
	return a.site.Render(c, status, "catalogue/system.html", v)
}

// readSystem lays what was typed over s.
func readSystem(form *page.Form, s registry.System) (registry.System, fault.List) {
	var faults fault.List
	s.Name, s.ProcessorID = form.Get("name"), form.Get("processor")
	s.Services, s.Categories = lines(form.Text("services")), nil
	for _, v := range form.All("categories") {
		s.Categories = append(s.Categories, registry.Category(v))
	}
	s.Identifiability = registry.Identifiability(form.Get("identifiability"))
	s.EncryptedAtRest = nil
	if answer := form.Get("encrypted"); answer == "yes" || answer == "no" {
		yes := answer == "yes"
		s.EncryptedAtRest = &yes
	}
	s.Rules = readRules(form)
	if len(s.Services) > mostServices {
		faults.Add("services", "error.services", "name at most 50 services")
	}
	for _, name := range s.Services {
		if len(faults) == 0 {
			registry.CheckLine(&faults, "services", name, 1, 120)
		}
	}
	return s, faults
}

// checkSystem returns every fault of a system that was typed.
func checkSystem(s registry.System, own fault.List) error {
	return join(own, s.Validate(), fieldOfSystem)
}

func (a *Area) postNewSystem(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	if arrangeRules(form) {
		return a.showSystem(c, http.StatusOK, registry.System{}, form)
	}
	ctx, practice := c.Request().Context(), page.Practice(c).ID
	taken, err := a.systemIDs(ctx, practice)
	if err != nil {
		return err
	}
	s, faults := readSystem(form, registry.System{PracticeID: practice, ID: idOf(form.Get("name"), "system", taken)})
	err = checkSystem(s, faults)
	if err == nil {
		_, _, err = a.office.SaveSystem(ctx, s)
	}
	if page.Mendable(err) {
		return a.showSystem(c, status(err), registry.System{}, form.Fail(c, err))
	}
	if err != nil {
		return err
	}
	a.site.Done(c, "catalogue.system.added", "name", s.Name)
	return c.Redirect(http.StatusSeeOther, "/systems")
}

func (a *Area) systemIDs(ctx context.Context, practice tenant.ID) (map[string]bool, error) {
	systems, err := a.allSystems(ctx, practice)
	ids := map[string]bool{}
	for _, s := range systems {
		ids[s.ID] = true
	}
	return ids, err
}

// loadSystem returns the system that the address names. Another practice's is
// not found.
func (a *Area) loadSystem(c echo.Context) (registry.System, error) {
	s, err := a.store.System(c.Request().Context(), page.Practice(c).ID, c.Param("id"))
	if err != nil {
		return s, fmt.Errorf("load system: %w", err)
	}
	return s, nil
}

func (a *Area) system(c echo.Context) error {
	s, err := a.loadSystem(c)
	if err != nil {
		return err
	}
	form := page.FormOf("version", versionText(s.Version), "name", s.Name, "processor", s.ProcessorID, "services", strings.Join(s.Services, "\n"),
		"identifiability", string(s.Identifiability), "encrypted", encryptedAnswer(s.EncryptedAtRest))
	for _, v := range s.Categories {
		form.Values.Add("categories", string(v))
	}
	fillRules(form, s.Rules)
	return a.showSystem(c, http.StatusOK, s, form)
}

func encryptedAnswer(known *bool) string {
	switch {
	case known == nil:
		return "unknown"
	case *known:
		return "yes"
	default:
		return "no"
	}
}

func (a *Area) postSystem(c echo.Context) error {
	stored, err := a.loadSystem(c)
	if err != nil {
		return err
	}
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	if arrangeRules(form) {
		return a.showSystem(c, http.StatusOK, stored, form)
	}
	s, faults := readSystem(form, stored)
	err = checkSystem(s, faults)
	switch {
	case versionOf(form) != stored.Version:
		err = changed()
	case err == nil:
		_, _, err = a.office.SaveSystem(c.Request().Context(), s)
	}
	if page.Mendable(err) {
		return a.showSystem(c, status(err), stored, form.Fail(c, err))
	}
	if err != nil {
		return err
	}
	a.site.Done(c, "catalogue.saved")
	return c.Redirect(http.StatusSeeOther, "/systems")
}

func (a *Area) endSystem(c echo.Context) error {
	err := a.office.EndSystem(c.Request().Context(), page.Practice(c).ID, c.Param("id"))
	if page.Mendable(err) {
		a.say(c, err)
		return c.Redirect(http.StatusSeeOther, "/systems/"+c.Param("id"))
	}
	if err != nil {
		return err
	}
	a.site.Done(c, "catalogue.system.ended_done")
	return c.Redirect(http.StatusSeeOther, "/systems")
}

func (a *Area) resumeSystem(c echo.Context) error {
	if err := a.office.ResumeSystem(c.Request().Context(), page.Practice(c).ID, c.Param("id")); err != nil {
		return err
	}
	a.site.Done(c, "catalogue.system.resumed_done")
	return c.Redirect(http.StatusSeeOther, "/systems")
}
