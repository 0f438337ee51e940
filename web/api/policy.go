package api

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"
	"go.yaml.in/yaml/v3"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/playbooks"
	"datalek/web/casework"
	"datalek/web/page"
	"datalek/web/rules"
)

const (
	// policyLimit is the most bytes that a policy may have.
	policyLimit = 256 << 10
	// mostNamed is how many systems are called by their names in what changes.
	mostNamed = 500
	yamlType  = "application/yaml"
)

// policyBook knows the policies that practices can begin with.
type policyBook interface {
	Policies() []playbooks.PolicyChoice
	Start(id, language string) (playbooks.Start, bool)
}

func (a *Area) policyRoutes(g doors) {
	g.GET("/policy", a.getPolicy)
	g.PUT("/policy", a.putPolicy)
}

// getPolicy answers with the practice's rules in the form of a policy's file.
func (a *Area) getPolicy(c echo.Context) error {
	practice := callerOf(c).practice
	raw, err := rules.File(a.words, page.Languages(), practice.Policy, a.opts.Book.Policies())
	if err != nil {
		return err
	}
	switch c.QueryParam("format") {
	case "", "json":
	case "yaml":
		c.Response().Header().Set(echo.HeaderContentDisposition, fmt.Sprintf("attachment; filename=%q", practice.Policy.ID+".yaml"))
		return c.Blob(http.StatusOK, yamlType, raw)
	default:
		return invalidParam("format", "choose json or yaml")
	}
	shown := map[string]any{}
	if err := yaml.Unmarshal(raw, &shown); err != nil {
		return fmt.Errorf("read the own rules: %w", err)
	}
	shown["version"] = practice.Version
	return c.JSON(http.StatusOK, shown)
}

// ruleChange is one rule that differs, in the practice's own language.
type ruleChange struct {
	Group     string  `json:"group"`
	Key       string  `json:"key"`
	Label     string  `json:"label"`
	Before    *string `json:"before"`
	After     *string `json:"after"`
	OldSource *string `json:"old_source"`
	NewSource *string `json:"new_source"`
}

// termUnder is a deadline of an open case under its present rules and the new ones.
type termUnder struct {
	Kind      string  `json:"kind"`
	DueBefore *string `json:"due_before"`
	DueAfter  *string `json:"due_after"`
	Late      bool    `json:"late"`
}

// scopeUnder compares who is in scope.
type scopeUnder struct {
	Before int `json:"before"`
	After  int `json:"after"`
	Came   int `json:"came"`
	Went   int `json:"went"`
}

// caseUnder is an open case and what the new rules would change for it.
type caseUnder struct {
	ID        string      `json:"id"`
	Reference string      `json:"reference"`
	Changes   bool        `json:"changes"`
	Adopt     bool        `json:"adopt"`
	Clocks    []termUnder `json:"clocks"`
	People    bool        `json:"people_may_change"`
	InScope   *scopeUnder `json:"in_scope"`
}

// policyChanges is what other rules change, or would.
type policyChanges struct {
	Saved     bool         `json:"saved"`
	Version   int64        `json:"version"`
	Changes   []ruleChange `json:"changes"`
	Reordered bool         `json:"reordered"`
	Cases     []caseUnder  `json:"cases"`
}

// putPolicy gives the practice other rules, or says what they would change.
func (a *Area) putPolicy(c echo.Context) error {
	order, err := readOrder(c)
	if err != nil {
		return err
	}
	who, ctx := callerOf(c), c.Request().Context()
	dry := c.QueryParam("dry_run")
	if dry != "" && dry != "1" && dry != "true" && dry != "false" {
		return invalidParam("dry_run", "choose 1 or leave it out")
	}
	if order.Version != 0 && order.Version != who.practice.Version {
		return fault.New(fault.Conflict, "error.changed_meanwhile", "somebody else changed this meanwhile")
	}
	under := who.practice
	under.Policy = order.Policy
	if err := casework.CheckPolicy(under); err != nil {
		return err
	}
	answer, differ, err := a.changesBy(c, order)
	if err != nil {
		return err
	}
	if dry == "1" || dry == "true" {
		return c.JSON(http.StatusOK, answer)
	}
	next := casework.NewPolicy{Policy: order.Policy, Version: who.practice.Version, Adopt: order.Adopt, Reason: strings.TrimSpace(order.Reason), By: who.actor()}
	next.Changed, next.Words = rules.Told(differ, answer.Reordered)
	if err := a.opts.Office.ChangePolicy(ctx, who.practice, next); err != nil {
		return err
	}
	saved, err := a.opts.Store.Practice(ctx, who.practice.ID)
	if err != nil {
		return err
	}
	answer.Saved, answer.Version = true, saved.Version
	return c.JSON(http.StatusOK, answer)
}

// readOrder reads the rules from YAML, or from JSON of the same form.
func readOrder(c echo.Context) (playbooks.PolicyOrder, error) {
	c.Request().Body = http.MaxBytesReader(c.Response(), c.Request().Body, policyLimit)
	kind, _, _ := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType))
	if strings.HasSuffix(kind, "yaml") {
		raw, err := io.ReadAll(c.Request().Body)
		if err != nil {
			return playbooks.PolicyOrder{}, err
		}
		return playbooks.ReadPolicyOrder(raw, true)
	}
	d := json.NewDecoder(c.Request().Body)
	d.UseNumber()
	var sent any
	if err := d.Decode(&sent); err != nil {
		return playbooks.PolicyOrder{}, jsonFault(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return playbooks.PolicyOrder{}, fault.New(fault.Invalid, "error.json", "send one JSON value and nothing after it")
	}
	if _, is := sent.(map[string]any); !is {
		return playbooks.PolicyOrder{}, fault.New(fault.Invalid, "error.json_type", "give an object here")
	}
	var raw bytes.Buffer
	enc := yaml.NewEncoder(&raw)
	if err := enc.Encode(numbered(sent)); err != nil {
		return playbooks.PolicyOrder{}, fmt.Errorf("write rules again: %w", err)
	}
	return playbooks.ReadPolicyOrder(raw.Bytes(), false)
}

// numbered lets numbers of JSON be numbers of YAML.
func numbered(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		if f, err := v.Float64(); err == nil {
			return f
		}
		return v.String()
	case []any:
		for i := range v {
			v[i] = numbered(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = numbered(v[key])
		}
	}
	return v
}

// changesBy says what the rules change, for the practice and for each open case.
func (a *Area) changesBy(c echo.Context, order playbooks.PolicyOrder) (policyChanges, []rules.Change, error) {
	practice := callerOf(c).practice
	was, err := a.rulesOf(c, practice, practice.Policy)
	if err != nil {
		return policyChanges{}, nil, err
	}
	is, err := a.rulesOf(c, practice, order.Policy)
	if err != nil {
		return policyChanges{}, nil, err
	}
	cases, err := a.opts.Office.PreviewPolicy(c.Request().Context(), practice, order.Policy)
	if err != nil {
		return policyChanges{}, nil, err
	}
	differ := rules.Diff(was, is)
	answer := policyChanges{Version: practice.Version, Changes: []ruleChange{}, Reordered: rules.Reordered(was, is), Cases: []caseUnder{}}
	for _, x := range differ {
		answer.Changes = append(answer.Changes, ruleChange{Group: string(x.Group), Key: x.Key, Label: x.Label, Before: orNull(x.Before), After: orNull(x.After),
			OldSource: orNull(x.OldSource), NewSource: orNull(x.NewSource)})
	}
	for _, u := range cases {
		answer.Cases = append(answer.Cases, showUnder(u, order.Adopt))
	}
	return answer, differ, nil
}

// rulesOf are a policy's rules in words of the practice's language.
func (a *Area) rulesOf(c echo.Context, practice registry.Practice, p registry.Policy) ([]rules.Rule, error) {
	lang := cmp.Or(practice.Language, page.English)
	start, _ := a.opts.Book.Start(p.ID, lang)
	names := rules.NamesOf(start)
	systems, err := a.opts.Store.Systems(c.Request().Context(), practice.ID, "", mostNamed)
	if err != nil {
		return nil, err
	}
	for _, s := range systems {
		names.Systems[s.ID] = s.Name
	}
	return rules.Of(a.words, lang, p, names), nil
}

func showUnder(u casework.CaseUnder, adopt []string) caseUnder {
	v := caseUnder{ID: u.Incident.ID, Reference: u.Incident.Reference, Changes: u.Change.Any(), Adopt: slices.Contains(adopt, u.Incident.ID),
		Clocks: []termUnder{}, People: u.Change.Who}
	for _, x := range u.Change.Clocks {
		v.Clocks = append(v.Clocks, termUnder{Kind: string(x.Kind), DueBefore: stamp(x.DueBefore), DueAfter: stamp(x.DueAfter), Late: x.Late > 0})
	}
	if s := u.Scope; s != nil {
		v.InScope = &scopeUnder{Before: s.Before.InScope, After: s.After.InScope, Came: s.Came, Went: s.Went}
	}
	return v
}
