package account

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"datalek/incidents/registry"
	"datalek/web/page"
	"datalek/web/parts"
	"datalek/web/rules"
)

// ruleGroup is a part of the policy on its page.
type ruleGroup struct {
	Heading string
	Rows    []parts.Row
}

type rulesPage struct {
	page.View
	Policy string // of the policy; empty for one that is no choice any more
	Groups []ruleGroup
}

// rules shows what the practice's policy says, each rule with its source.
func (a *Area) rules(c echo.Context) error {
	practice := page.Practice(c)
	all, err := a.rulesOf(c, practice)
	if err != nil {
		return err
	}
	v := &rulesPage{View: page.NewView(c, "rules.title").BackTo("/settings"), Policy: a.policyTitle(c, practice.Policy.ID)}
	for _, group := range rules.Groups() {
		g := ruleGroup{Heading: page.T(c, "rules.group."+string(group))}
		for _, r := range all {
			if r.Group == group {
				g.Rows = append(g.Rows, ruleRow(c, r))
			}
		}
		if len(g.Rows) > 0 {
			v.Groups = append(v.Groups, g)
		}
	}
	return a.site.Render(c, http.StatusOK, "account/rules.html", v)
}

func ruleRow(c echo.Context, r rules.Rule) parts.Row {
	row := parts.Row{Key: r.Label, Value: r.Value}
	if r.Source != "" {
		row.Lines = []string{page.T(c, "rules.source", "source", r.Source)}
	}
	return row
}

// rulesOf returns the practice's rules in words: its systems by their own names,
// people by the words that its policy has for them.
func (a *Area) rulesOf(c echo.Context, practice registry.Practice) ([]rules.Rule, error) {
	start, _ := a.opts.Policies.Start(practice.Policy.ID, page.Lang(c))
	names := rules.NamesOf(start)
	systems, err := a.systems(c.Request().Context(), practice.ID)
	if err != nil {
		return nil, err
	}
	for _, s := range systems {
		names.Systems[s.ID] = s.Name
	}
	return rules.Of(page.WordsOf(c), page.Lang(c), practice.Policy, names), nil
}

// policyTitle is what a policy is called in the list of choices.
func (a *Area) policyTitle(c echo.Context, id string) string {
	for _, p := range a.opts.Policies.Policies() {
		if p.ID == id {
			return p.Title[page.Lang(c)]
		}
	}
	return ""
}
