// Package start is how a practice sets datalek up in ten minutes: it picks its
// rules, ticks its systems, and imports its people. Each step is saved by itself,
// so whoever stops halfway goes on where he was.
package start

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/playbooks"
	"datalek/web/page"
	"datalek/web/parts"
)

// store is what the pages read, and where the chosen rules go.
type store interface {
	Systems(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.System, error)
	Processors(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.Processor, error)
	CountClients(ctx context.Context, practice tenant.ID) (int64, error)
	UpdatePractice(ctx context.Context, id tenant.ID, change func(*registry.Practice) error) (registry.Practice, error)
}

// office saves systems, and lets open cases keep their rules.
type office interface {
	SaveSystem(ctx context.Context, s registry.System) (registry.System, bool, error)
	SaveProcessor(ctx context.Context, p registry.Processor) (registry.Endpoint, bool, error)
	KeepPolicies(ctx context.Context, p registry.Practice, next registry.Policy) error
	KeepOwnSystem(ctx context.Context, p registry.Practice) error
}

// book is where policies and systems to pick from come from.
type book interface {
	Policies() []playbooks.PolicyChoice
	Policy(id string) (registry.Policy, bool)
	Start(id, language string) (playbooks.Start, bool)
	Picks(language string) []playbooks.Pick
}

// Options is what an Area is made of.
type Options struct {
	Store  store
	Office office
	Book   book
}

// Area registers the pages. Make it with New.
type Area struct {
	opts Options
	site *page.Site
}

// New returns the area.
func New(opts Options) *Area { return &Area{opts: opts} }

// steps is how many there are.
const steps = 3

// Register puts the area's routes on e.
func (a *Area) Register(site *page.Site, e *echo.Echo) {
	a.site = site
	r := site.Private(e).For(registry.SeeSettings, registry.ChangeSettings)
	r.GET("/start", a.policy)
	r.POST("/start", a.postPolicy)
	r.GET("/start/systems", a.systems)
	r.POST("/start/systems", a.postSystems)
	r.GET("/start/people", a.people)
}

type stepPage struct {
	page.View
	Step    string // "step 1 of 3"
	Form    *page.Form
	Choices []parts.Option // policies
	Groups  []group        // systems
	Count   int64          // people there are
}

// group is a part of the list of systems.
type group struct {
	Field   string
	Label   string
	Options []parts.Option
}

func (a *Area) show(c echo.Context, status, n int, v *stepPage) error {
	name := []string{"policy", "systems", "people"}[n-1]
	v.View = page.NewView(c, "start."+name+".title")
	v.Step = page.T(c, "start.step", "number", n, "of", steps)
	return a.site.Render(c, status, "start/"+name+".html", v)
}

func (a *Area) policy(c echo.Context) error {
	return a.showPolicy(c, http.StatusOK, page.FormOf("policy", page.Practice(c).Policy.ID))
}

func (a *Area) showPolicy(c echo.Context, status int, form *page.Form) error {
	v := &stepPage{Form: form}
	for _, p := range a.opts.Book.Policies() {
		v.Choices = append(v.Choices, parts.Option{Value: p.ID, Text: p.Title[page.Lang(c)], Hint: p.Explanation[page.Lang(c)]})
	}
	return a.show(c, status, 1, v)
}

func (a *Area) postPolicy(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	practice, chosen := page.Practice(c), form.Get("policy")
	if chosen != practice.Policy.ID {
		if err := a.choose(c, practice, chosen); page.Mendable(err) {
			return a.showPolicy(c, http.StatusUnprocessableEntity, form.Fail(c, err))
		} else if err != nil {
			return err
		}
	}
	return c.Redirect(http.StatusSeeOther, "/start/systems")
}

// choose copies a policy into the practice; its open cases keep theirs.
func (a *Area) choose(c echo.Context, practice registry.Practice, id string) error {
	ctx := c.Request().Context()
	next, known := a.opts.Book.Policy(id)
	if !known {
		var faults fault.List
		faults.Add("policy", "error.policy", "choose a policy from the list")
		return faults
	}
	if err := a.opts.Office.KeepPolicies(ctx, practice, next); err != nil {
		return fmt.Errorf("keep the rules of open cases: %w", err)
	}
	_, err := a.opts.Store.UpdatePractice(ctx, practice.ID, func(p *registry.Practice) error {
		if p.Policy.ID == id {
			return nil
		}
		p.Outbox.Put(string(p.ID), incidents.PolicyChange{Before: p.Policy, After: next, Changed: []string{"policy"},
			Reason: page.T(c, "policyedit.chosen", "policy", a.title(c, id)), By: page.Actor(c)}.Event(p.ID, page.Now(c)))
		p.Policy = next
		return nil
	})
	if err != nil {
		return fmt.Errorf("choose a policy: %w", err)
	}
	return nil
}

func (a *Area) title(c echo.Context, id string) string {
	for _, p := range a.opts.Book.Policies() {
		if p.ID == id {
			return p.Title[page.Lang(c)]
		}
	}
	return ""
}

func (a *Area) people(c echo.Context) error {
	count, err := a.opts.Store.CountClients(c.Request().Context(), page.Practice(c).ID)
	if err != nil {
		return fmt.Errorf("count people: %w", err)
	}
	return a.show(c, http.StatusOK, 3, &stepPage{Count: count})
}

// offered is a system to tick.
type offered struct {
	playbooks.Pick
	policy bool // it belongs to the practice's policy
}

// offer lists what the practice can pick and does not have: its policy's systems
// first, then all others by group.
func (a *Area) offer(c echo.Context) ([]offered, error) {
	practice := page.Practice(c)
	systems, err := a.opts.Store.Systems(c.Request().Context(), practice.ID, "", 500)
	if err != nil {
		return nil, fmt.Errorf("list systems: %w", err)
	}
	have := map[string]bool{}
	for _, s := range systems {
		have[s.ID] = true
	}
	start, _ := a.opts.Book.Start(practice.Policy.ID, page.Lang(c))
	var all []offered
	for _, s := range start.Systems {
		x := offered{Pick: playbooks.Pick{System: s}, policy: true}
		if n := slices.IndexFunc(start.Processors, func(p registry.Processor) bool { return p.ID == s.ProcessorID }); n >= 0 {
			x.Processor = start.Processors[n]
		}
		all = append(all, x)
	}
	for _, p := range a.opts.Book.Picks(page.Lang(c)) {
		if !slices.ContainsFunc(all, func(x offered) bool { return x.System.ID == p.System.ID }) {
			all = append(all, offered{Pick: p})
		}
	}
	return slices.DeleteFunc(all, func(x offered) bool { return x.Own || have[x.System.ID] }), nil
}

func (a *Area) systems(c echo.Context) error {
	all, err := a.offer(c)
	if err != nil {
		return err
	}
	return a.show(c, http.StatusOK, 2, &stepPage{Groups: groupsOf(c, all)})
}

// policyGroup holds what belongs to the practice's policy; it is ticked.
const policyGroup playbooks.SystemGroup = "policy"

func groupsOf(c echo.Context, all []offered) []group {
	var groups []group
	for _, name := range append([]playbooks.SystemGroup{policyGroup}, playbooks.SystemGroups()...) {
		g := group{Field: "pick_" + string(name), Label: page.T(c, "start.group."+string(name))}
		for _, x := range all {
			if x.policy == (name == policyGroup) && (x.policy || x.Group == name) {
				g.Options = append(g.Options, parts.Option{Value: x.System.ID, Text: x.System.Name, Hint: x.Hint, Checked: x.policy})
			}
		}
		if len(g.Options) > 0 {
			groups = append(groups, g)
		}
	}
	return groups
}

// postSystems saves what was ticked. What the practice has stays as it is, so a
// press that was cut off is simply pressed again.
func (a *Area) postSystems(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	all, err := a.offer(c)
	if err != nil {
		return err
	}
	ctx, practice := c.Request().Context(), page.Practice(c)
	if err := a.opts.Office.KeepOwnSystem(ctx, practice); err != nil {
		return err
	}
	chosen := slices.DeleteFunc(all, func(x offered) bool { return !picked(form, x.System.ID) })
	if err := a.saveProcessors(ctx, practice.ID, chosen); err != nil {
		return err
	}
	for _, keyed := range []bool{false, true} { // a key lies in a system that is there
		for _, x := range chosen {
			if hasKey(x.System) != keyed {
				continue
			}
			x.System.PracticeID = practice.ID
			if _, _, err := a.opts.Office.SaveSystem(ctx, x.System); err != nil {
				return fmt.Errorf("save a picked system: %w", err)
			}
		}
	}
	a.site.Done(c, "start.systems.done", "n", len(chosen))
	return c.Redirect(http.StatusSeeOther, "/start/people")
}

func picked(form *page.Form, id string) bool {
	for name := range form.Values {
		if len(name) > len("pick_") && name[:len("pick_")] == "pick_" && form.Has(name, id) {
			return true
		}
	}
	return false
}

func hasKey(s registry.System) bool {
	return slices.ContainsFunc(s.Rules, func(r registry.HoldingRule) bool { return r.KeySystem != "" })
}

// saveProcessors saves the firms of the chosen systems that the practice does not have.
func (a *Area) saveProcessors(ctx context.Context, practice tenant.ID, chosen []offered) error {
	known, err := a.opts.Store.Processors(ctx, practice, "", 500)
	if err != nil {
		return fmt.Errorf("list processors: %w", err)
	}
	have := map[string]bool{"": true}
	for _, p := range known {
		have[p.ID] = true
	}
	for _, x := range chosen {
		p := x.Processor
		if have[p.ID] {
			continue
		}
		p.PracticeID, have[p.ID] = practice, true
		if _, _, err := a.opts.Office.SaveProcessor(ctx, p); err != nil {
			return fmt.Errorf("save a picked processor: %w", err)
		}
	}
	return nil
}
