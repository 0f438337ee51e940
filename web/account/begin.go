package account

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/playbooks"
	"datalek/web/page"
	"datalek/web/parts"
)

// beginPage offers to take over what belongs to the chosen policy.
type beginPage struct {
	page.View
	Form       *page.Form
	Policy     string
	Systems    []string
	Processors []string
	Offers     []parts.Option
}

// What somebody can take over.
const (
	takeCatalogue = "catalogue"
	takePlace     = "place" // authority and time zone
)

// afterChoice is where to go once a policy was chosen: to what belongs to it,
// when something does.
func (a *Area) afterChoice(policy, otherwise string) string {
	if start, some := a.opts.Policies.Start(policy, page.Dutch); some && len(start.Systems) > 0 {
		return "/settings/start"
	}
	return otherwise
}

// offer is what the policy brings that the practice does not have.
type offer struct {
	systems    []registry.System
	processors []registry.Processor
	// start is the whole of what belongs to the policy.
	start playbooks.Start
	// place says that authority or time zone differ.
	place bool
	// empty says that the practice has no systems yet.
	empty bool
}

func (a *Area) offer(ctx context.Context, practice registry.Practice) (offer, error) {
	start, some := a.opts.Policies.Start(practice.Policy.ID, practice.Language)
	if !some || len(start.Systems) == 0 {
		return offer{}, fault.NotFound
	}
	systems, err := a.systems(ctx, practice.ID)
	if err != nil {
		return offer{}, err
	}
	processors, err := a.opts.Store.Processors(ctx, practice.ID, "", 500)
	if err != nil {
		return offer{}, fmt.Errorf("list processors: %w", err)
	}
	have := map[string]bool{}
	for _, s := range systems {
		have["s "+s.ID] = true
	}
	for _, p := range processors {
		have["p "+p.ID] = true
	}
	o := offer{start: start, empty: !slices.ContainsFunc(systems, func(s registry.System) bool { return s.ID != registry.OwnSystem }), place: start.Authority != "" && start.Authority != practice.Authority ||
		start.TimeZone != "" && start.TimeZone != practice.TimeZone}
	for _, p := range start.Processors {
		if !have["p "+p.ID] {
			p.PracticeID = practice.ID
			o.processors = append(o.processors, p)
		}
	}
	for _, s := range start.Systems {
		if !have["s "+s.ID] {
			s.PracticeID = practice.ID
			o.systems = append(o.systems, s)
		}
	}
	return o, nil
}

// begin offers it, ticked for a practice that has no systems yet.
func (a *Area) begin(c echo.Context) error {
	practice := page.Practice(c)
	o, err := a.offer(c.Request().Context(), practice)
	if err != nil {
		return err
	}
	if len(o.systems)+len(o.processors) == 0 && !o.place {
		return c.Redirect(http.StatusSeeOther, "/systems")
	}
	v := &beginPage{View: page.NewView(c, "rules.start.title"), Form: page.FormOf(), Policy: a.policyTitle(c, practice.Policy.ID)}
	for _, s := range o.systems {
		v.Systems = append(v.Systems, s.Name+": "+categoriesText(c, s.Categories))
	}
	for _, p := range o.processors {
		v.Processors = append(v.Processors, p.Name)
	}
	if len(o.systems)+len(o.processors) > 0 {
		v.Offers = append(v.Offers, parts.Option{Value: takeCatalogue, Text: page.T(c, "rules.start.tick"), Checked: o.empty})
	}
	if o.place {
		v.Offers = append(v.Offers, parts.Option{Value: takePlace, Checked: o.empty, Text: page.T(c, "rules.start.place",
			"authority", page.T(c, "account.authority."+string(o.start.Authority)), "zone", zoneText(c, o.start.TimeZone))})
	}
	return a.site.Render(c, http.StatusOK, "account/begin.html", v)
}

// postBegin takes over what was ticked. What the practice has already stays as it is.
func (a *Area) postBegin(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	ctx, practice := c.Request().Context(), page.Practice(c)
	o, err := a.offer(ctx, practice)
	if err != nil {
		return err
	}
	taken := map[string]bool{}
	for _, what := range form.All("take") {
		taken[what] = true
	}
	if taken[takePlace] && o.place {
		if err := a.takePlace(ctx, practice.ID, o.start); err != nil {
			return err
		}
	}
	if !taken[takeCatalogue] {
		a.site.Done(c, "rules.start.none")
		return c.Redirect(http.StatusSeeOther, "/systems")
	}
	if err := a.takeCatalogue(ctx, o); err != nil {
		return err
	}
	a.site.Done(c, "rules.start.done", "n", len(o.systems))
	return c.Redirect(http.StatusSeeOther, "/systems")
}

// takeCatalogue saves processors first: systems name them.
func (a *Area) takeCatalogue(ctx context.Context, o offer) error {
	for _, p := range o.processors {
		if _, _, err := a.opts.Office.SaveProcessor(ctx, p); err != nil {
			return fmt.Errorf("take over processor: %w", err)
		}
	}
	for _, s := range o.systems {
		if _, _, err := a.opts.Office.SaveSystem(ctx, s); err != nil {
			return fmt.Errorf("take over system: %w", err)
		}
	}
	return nil
}

func (a *Area) takePlace(ctx context.Context, practice tenant.ID, start playbooks.Start) error {
	_, err := a.opts.Store.UpdatePractice(ctx, practice, func(p *registry.Practice) error {
		before := *p
		if start.Authority != "" {
			p.Authority = start.Authority
		}
		if start.TimeZone != "" {
			p.TimeZone = start.TimeZone
		}
		incidents.Act{By: register.ActorIn(ctx), At: a.opts.Now()}.Settings(before, p)
		return nil
	})
	if err != nil {
		return fmt.Errorf("take over authority: %w", err)
	}
	return nil
}

// categoriesText lists kinds of data in words.
func categoriesText(c echo.Context, categories []registry.Category) string {
	text := ""
	for i, v := range categories {
		if i > 0 {
			text += "; "
		}
		text += page.CategoryText(c, v)
	}
	return text
}
