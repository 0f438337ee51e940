package policyedit

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/web/casework"
	"datalek/web/page"
	"datalek/web/parts"
	"datalek/web/rules"
)

type previewPage struct {
	page.View
	Form    *page.Form
	Groups  []changeGroup
	Cases   []caseView
	Scopes  []parts.Option // which cases
	Offer   []parts.Option // the cases that could take the new rules
	Late    bool           // some of them would be late at once
	Stale   string         // the own decision to name as the source of what changes, "" when every source was changed
	Hidden  []hidden
	Nothing bool // no rule changes
}

// changeGroup is a part of the policy in which something changes.
type changeGroup struct {
	Heading string
	Rows    []parts.Row
}

// caseView is an open case and what the new rules would change for it.
type caseView struct {
	Reference, Title, Href string
	Late                   string // how long it would be late at once, "" when it is not
	Lines                  []string
	Nothing                bool
}

// The answers to which cases take the new rules.
const (
	onlyNew = "new"
	theseTo = "open"
)

// preview shows what the rules in the form would change. Nothing is saved by that.
func (a *Area) preview(c echo.Context, status int, form *page.Form, next registry.Policy) error {
	practice := page.Practice(c)
	changes, reordered, err := a.changes(c, practice.Policy, next)
	if err != nil {
		return err
	}
	cases, err := a.opts.Office.PreviewPolicy(c.Request().Context(), practice, next)
	if err != nil {
		return err
	}
	v := &previewPage{View: page.NewView(c, "policyedit.preview.title"), Form: form, Groups: groupsOf(c, changes, reordered), Hidden: carried(form),
		Nothing: len(changes) == 0 && !reordered}
	if slices.ContainsFunc(changes, func(x rules.Change) bool { return keepsSource(x, practice.Policy, next) }) {
		v.Stale = a.ownDecision(c)
		if !form.Has("shown", "yes") {
			form.Set("own_source", "yes") // offered, ticked
		}
	}
	for _, u := range cases {
		shown := a.caseView(c, u)
		v.Cases = append(v.Cases, shown)
		if !u.Change.Any() {
			continue
		}
		v.Late = v.Late || shown.Late != ""
		v.Offer = append(v.Offer, parts.Option{Value: u.Incident.ID, Text: page.T(c, "policyedit.case.tick", "reference", shown.Reference, "title", shown.Title)})
	}
	for _, scope := range []string{onlyNew, theseTo} {
		v.Scopes = append(v.Scopes, parts.Option{Value: scope, Text: page.T(c, "policyedit.scope."+scope), Hint: page.T(c, "policyedit.scope."+scope+"_hint")})
	}
	return a.site.Render(c, status, "policyedit/preview.html", v)
}

// changes are the rules that differ, in the words of the reader.
func (a *Area) changes(c echo.Context, before, after registry.Policy) ([]rules.Change, bool, error) {
	return a.changesIn(c, page.Lang(c), before, after)
}

func (a *Area) changesIn(c echo.Context, lang string, before, after registry.Policy) ([]rules.Change, bool, error) {
	oldNames, _, err := a.names(c, before.ID)
	if err != nil {
		return nil, false, err
	}
	newNames, _, err := a.names(c, after.ID)
	if err != nil {
		return nil, false, err
	}
	was, is := rules.Of(page.WordsOf(c), lang, before, oldNames), rules.Of(page.WordsOf(c), lang, after, newNames)
	return rules.Diff(was, is), rules.Reordered(was, is), nil
}

// keepsSource reports whether a rule says something else and still names the source
// that it had. A row that is new was given its own source.
func keepsSource(x rules.Change, before, after registry.Policy) bool {
	switch {
	case x.Before != "" && x.After != "":
		return x.Before != x.After && x.OldSource == x.NewSource
	case strings.HasPrefix(x.Key, "contact."): // some ways more or fewer, under the one source of all
		return before.SourceOf(registry.RuleContact) == after.SourceOf(registry.RuleContact)
	}
	return false
}

func groupsOf(c echo.Context, changes []rules.Change, reordered bool) []changeGroup {
	var out []changeGroup
	for _, group := range rules.Groups() {
		g := changeGroup{Heading: page.T(c, "rules.group."+string(group))}
		for _, x := range changes {
			if x.Group == group {
				g.Rows = append(g.Rows, changeRow(c, x))
			}
		}
		if group == rules.Keep && reordered {
			g.Rows = append(g.Rows, parts.Row{Key: page.T(c, "policyedit.order"), Value: page.T(c, "policyedit.order_changed")})
		}
		if len(g.Rows) > 0 {
			out = append(out, g)
		}
	}
	return out
}

func changeRow(c echo.Context, x rules.Change) parts.Row {
	row := parts.Row{Key: x.Label}
	switch {
	case x.Before == x.After:
		row.Value = page.T(c, "policyedit.source_only", "before", x.OldSource, "after", x.NewSource)
	case x.Before == "":
		row.Value = page.T(c, "policyedit.fresh", "after", x.After)
	case x.After == "":
		row.Value = page.T(c, "policyedit.gone", "before", x.Before)
	default:
		row.Value = page.T(c, "policyedit.now", "after", x.After)
		row.Lines = []string{page.T(c, "policyedit.was", "before", x.Before)}
	}
	return row
}

// carried are the fields of the form that the preview takes along.
func carried(form *page.Form) []hidden {
	var out []hidden
	for _, name := range slices.Sorted(maps.Keys(form.Values)) {
		if slices.Contains([]string{"act", "shown", "cases", "own_source", "scope", "adopt", "reason", page.FormField}, name) {
			continue
		}
		for _, value := range form.Values[name] {
			out = append(out, hidden{name, value})
		}
	}
	return out
}

func (a *Area) caseView(c echo.Context, u casework.CaseUnder) caseView {
	inc := u.Incident
	v := caseView{Reference: inc.Reference, Href: "/incidents/" + inc.ID, Nothing: !u.Change.Any()}
	if book, known := a.opts.Book.Playbook(inc.Facts.Playbook); known {
		v.Title = book.Title[page.Lang(c)]
	}
	for _, x := range u.Change.Clocks {
		v.Lines = append(v.Lines, clockLines(c, x)...)
	}
	if client := inc.Clock(incidents.ClientClock); client != nil && !client.MetAt.IsZero() {
		v.Lines = append(v.Lines, page.T(c, "policyedit.case.met"))
	}
	if late := u.Change.Late(); late > 0 {
		v.Late = page.T(c, "policyedit.case.late", "n", int(late/time.Hour)+1)
	}
	v.Lines = append(v.Lines, a.scopeLines(c, u)...)
	if x := u.Change; x.FirstBefore != x.FirstAfter {
		v.Lines = append(v.Lines, page.T(c, "policyedit.case.first", "before", page.T(c, "policyedit.first."+string(x.FirstBefore)), "after", page.T(c, "policyedit.first."+string(x.FirstAfter))))
	}
	if x := u.Change; x.LeadBefore != x.LeadAfter {
		v.Lines = append(v.Lines, page.T(c, "policyedit.case.lead", "before", leadText(c, x.LeadBefore), "after", leadText(c, x.LeadAfter)))
	}
	return v
}

func clockLines(c echo.Context, x incidents.ClockChange) []string {
	kind := string(x.Kind)
	due := func(at time.Time) string {
		if at.IsZero() {
			return page.T(c, "policyedit.case.soon")
		}
		return page.FormatMoment(page.Lang(c), at, page.Zone(c))
	}
	if x.Before == x.After {
		return []string{page.T(c, "policyedit.case.warn_"+kind)}
	}
	lines := []string{page.T(c, "policyedit.case.clock_"+kind, "before", due(x.DueBefore), "after", due(x.DueAfter))}
	return lines
}

// scopeLines say who would be in scope, or that this is worked out anew.
func (a *Area) scopeLines(c echo.Context, u casework.CaseUnder) []string {
	switch s := u.Scope; {
	case !u.Change.Who:
		return nil
	case s == nil:
		return []string{page.T(c, "policyedit.case.scope_later")}
	case s.Came+s.Went == 0 && s.Before == s.After:
		return []string{page.T(c, "policyedit.case.scope_same", "n", s.Before.InScope)}
	default:
		lines := []string{page.T(c, "policyedit.case.scope", "before", strconv.Itoa(s.Before.InScope), "after", strconv.Itoa(s.After.InScope), "came", strconv.Itoa(s.Came), "went", strconv.Itoa(s.Went))}
		if s.After.Undecided != s.Before.Undecided {
			lines = append(lines, page.T(c, "policyedit.case.undecided", "n", s.After.Undecided))
		}
		return lines
	}
}

func leadText(c echo.Context, lead time.Duration) string {
	if lead == 0 {
		return page.T(c, "policyedit.case.lead_none")
	}
	return page.T(c, "policyedit.case.lead_hours", "n", int(lead/time.Hour))
}

// save gives the practice the rules, and the chosen cases too.
func (a *Area) save(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	policy, faults := a.read(c, form)
	if err := faults.Err(); err != nil {
		return a.show(c, http.StatusUnprocessableEntity, form.Fail(c, err), "")
	}
	form.Set("shown", "yes")
	chosen, faults := readChoice(form)
	if err := faults.Err(); err != nil {
		return a.preview(c, http.StatusUnprocessableEntity, form.Fail(c, err), policy)
	}
	order, err := a.order(c, form, policy, chosen)
	if err != nil {
		return err
	}
	err = a.opts.Office.ChangePolicy(c.Request().Context(), page.Practice(c), order)
	if errors.Is(err, fault.Conflict) {
		return a.preview(c, http.StatusConflict, form.Fail(c, err), policy)
	}
	if page.Mendable(err) {
		return a.preview(c, http.StatusUnprocessableEntity, form.Fail(c, err), policy)
	}
	if err != nil {
		return err
	}
	if len(chosen) == 0 {
		a.site.Done(c, "policyedit.done_new")
	} else {
		a.site.Done(c, "policyedit.done", "n", len(chosen))
	}
	return c.Redirect(http.StatusSeeOther, rulesPath)
}

// readChoice reads which cases take the new rules, and why.
func readChoice(form *page.Form) (chosen []string, faults fault.List) {
	chosen = form.All("adopt")
	switch scope := form.Get("scope"); {
	case scope == "" && !form.Has("cases", "yes"):
	case scope != onlyNew && scope != theseTo:
		faults.Add("scope", "error.policy_scope", "choose what happens with the open cases")
	case scope == onlyNew && len(chosen) > 0:
		faults.Add("scope", "error.policy_scope_both", "you ticked a case; choose these cases too, or take the tick away")
	case scope == theseTo && len(chosen) == 0:
		faults.Add("adopt", "error.policy_none_ticked", "tick at least one case")
	}
	registry.CheckText(&faults, "reason", form.Text("reason"), 1, 2_000)
	return chosen, faults
}

// order is what the office is asked to do. The register keeps what changes in the
// practice's own language.
func (a *Area) order(c echo.Context, form *page.Form, policy registry.Policy, chosen []string) (casework.NewPolicy, error) {
	practice := page.Practice(c)
	version, _ := strconv.ParseInt(form.Get("version"), 10, 64) // none is a version that never stands
	if form.Has("own_source", "yes") {
		changes, _, err := a.changes(c, practice.Policy, policy)
		if err != nil {
			return casework.NewPolicy{}, err
		}
		policy = withSource(practice.Policy, policy, changes, a.ownDecision(c))
	}
	changes, reordered, err := a.changesIn(c, practice.Language, practice.Policy, policy)
	if err != nil {
		return casework.NewPolicy{}, err
	}
	order := casework.NewPolicy{Policy: policy, Version: version, Adopt: chosen, Reason: form.Text("reason"), By: page.Actor(c)}
	order.Changed, order.Words = rules.Told(changes, reordered)
	return order, nil
}

// withSource names a source for every rule that says something else than it did and
// still names its old one.
func withSource(before, p registry.Policy, changes []rules.Change, source string) registry.Policy {
	next := p
	p.Sources, p.Retention = maps.Clone(p.Sources), slices.Clone(p.Retention)
	p.Telling, p.Protections, p.Statements = slices.Clone(p.Telling), slices.Clone(p.Protections), slices.Clone(p.Statements)
	for _, x := range changes {
		again := x.Before == x.After && x.OldSource == source // saved by the press before
		if !again && !keepsSource(x, before, next) {
			continue
		}
		list, at, _ := strings.Cut(x.Key, ".")
		n, err := strconv.Atoi(at)
		switch {
		case err == nil && list == tellingRows && n < len(p.Telling):
			p.Telling[n].Source = source
		case err == nil && list == retentionRows && n < len(p.Retention):
			p.Retention[n].Source = source
		case err == nil && list == protectionRows && n < len(p.Protections):
			p.Protections[n].Source = source
		case err == nil && list == statementRows && n < len(p.Statements):
			p.Statements[n].Source = source
		case list == "preliminary_notice":
			p.Sources[registry.RuleClient] = source
		case list == "escalation":
			p.Source = source
		default:
			p.Sources[list] = source // "client", "contact.first"
		}
	}
	return p
}
