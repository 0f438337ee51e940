// Package policyedit is where a practice changes its rules: one form over all of
// them, and before anything is saved a page that says what changes, for the
// practice and for each of its open cases.
package policyedit

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/playbooks"
	"datalek/web/casework"
	"datalek/web/page"
	"datalek/web/rules"
)

// store is what the pages here read.
type store interface {
	Systems(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.System, error)
}

// office says what other rules would change, and changes them.
type office interface {
	PreviewPolicy(ctx context.Context, p registry.Practice, next registry.Policy) ([]casework.CaseUnder, error)
	ChangePolicy(ctx context.Context, p registry.Practice, n casework.NewPolicy) error
}

// policyBook is where policies to start from come from.
type policyBook interface {
	Policies() []playbooks.PolicyChoice
	Policy(id string) (registry.Policy, bool)
	Start(id, language string) (playbooks.Start, bool)
	Playbook(id string) (playbooks.Playbook, bool)
}

// Options is what an Area is made of.
type Options struct {
	Store  store
	Office office
	Book   policyBook
	Now    func() time.Time
}

// Area registers the pages. Make it with New.
type Area struct {
	opts Options
	site *page.Site
}

// New returns the area.
func New(opts Options) *Area { return &Area{opts: opts} }

const (
	// rulesPath is the page that shows the rules.
	rulesPath = "/settings/rules"
	// mostSystems is how many systems the form offers for a rule.
	mostSystems = 500
)

// Register puts the area's routes on e.
func (a *Area) Register(site *page.Site, e *echo.Echo) {
	a.site = site
	private := site.Private(e).For(registry.SeeSettings, registry.ChangeSettings)
	private.GET("/settings/policy/edit", a.edit)
	private.POST("/settings/policy/edit", a.postEdit)
	private.POST("/settings/policy/save", a.save)
	private.GET("/settings/policy/rules.yaml", a.export)
}

// edit shows the practice's rules in the form, or those of the policy to start from.
// Nothing is saved by that.
func (a *Area) edit(c echo.Context) error {
	practice := page.Practice(c)
	policy, started := practice.Policy, ""
	if from := c.QueryParam("from"); from != "" {
		other, known := a.opts.Book.Policy(from)
		if !known {
			return fault.NotFound
		}
		policy, started = other, a.title(c, from)
		if other.PreliminaryLeadHours == 0 && practice.Policy.PreliminaryLeadHours < other.ClientHours {
			policy.PreliminaryLeadHours, policy.PreliminaryUpdateHours = practice.Policy.PreliminaryLeadHours, practice.Policy.PreliminaryUpdateHours
		}
	}
	return a.show(c, http.StatusOK, formOf(policy, practice.Version), started)
}

// postEdit adds or removes a row, or goes on to what would change.
func (a *Area) postEdit(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	if rearrange(form, form.Get("act")) || form.Get("act") == "back" {
		return a.show(c, http.StatusOK, form, "")
	}
	policy, faults := a.read(c, form)
	if err := faults.Err(); err != nil {
		return a.show(c, http.StatusUnprocessableEntity, form.Fail(c, err), "")
	}
	return a.preview(c, http.StatusOK, form, policy)
}

// title is what a policy is called in the list of choices.
func (a *Area) title(c echo.Context, id string) string {
	for _, p := range a.opts.Book.Policies() {
		if p.ID == id {
			return p.Title[page.Lang(c)]
		}
	}
	return ""
}

// names are the practice's own words for systems and people, by the policy that it
// started from.
func (a *Area) names(c echo.Context, policy string) (rules.Names, []registry.System, error) {
	start, _ := a.opts.Book.Start(policy, page.Lang(c))
	names := rules.NamesOf(start)
	systems, err := a.opts.Store.Systems(c.Request().Context(), page.Practice(c).ID, "", mostSystems)
	if err != nil {
		return names, nil, fmt.Errorf("list systems: %w", err)
	}
	for _, s := range systems {
		names.Systems[s.ID] = s.Name
	}
	return names, systems, nil
}

// export gives the practice its own rules as a policy file.
func (a *Area) export(c echo.Context) error {
	policy := page.Practice(c).Policy
	raw, err := rules.File(page.WordsOf(c), page.Languages(), policy, a.opts.Book.Policies())
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderContentDisposition, fmt.Sprintf("attachment; filename=%q", policy.ID+".yaml"))
	return c.Blob(http.StatusOK, "application/yaml", raw)
}
