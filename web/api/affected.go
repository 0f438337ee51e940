package api

import (
	"net/http"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"

	"github.com/labstack/echo/v4"
)

type affectedView struct {
	ID         string       `json:"id"`
	ExternalID *string      `json:"external_id"`
	Group      string       `json:"group"`
	InScope    bool         `json:"in_scope"`
	Certainty  string       `json:"certainty"`
	Reasons    []reasonView `json:"reasons"`
	// Decision is what was decided about telling him, null while nothing was.
	Decision *personDecisionView `json:"decision"`
}

type reasonView struct {
	Code   string  `json:"code"`
	Text   string  `json:"text"`
	System *string `json:"system"`
}

// getAffected lists the newest complete assessment; complete is false while a
// newer one runs.
func (a *Area) getAffected(c echo.Context) error {
	inc, err := a.incident(c)
	if err != nil {
		return err
	}
	ask, err := listing(c)
	if err != nil {
		return err
	}
	groups, err := groupsAsked(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	rows, err := pageOf(ask, func(after string, limit int) ([]incidents.Affected, error) {
		if inc.Assessment.Done == 0 {
			return nil, nil
		}
		return a.opts.Store.AffectedPage(ctx, inc.PracticeID, inc.ID, inc.Assessment.Done, groups, after, limit)
	}, func(r incidents.Affected) string { return r.ID }, func(r incidents.Affected) incidents.Affected { return r })
	if err != nil {
		return err
	}
	return a.answerAffected(c, inc, rows)
}

func groupsAsked(c echo.Context) ([]incidents.Group, error) {
	name := c.QueryParam("group")
	if name == "" {
		return nil, nil
	}
	for _, g := range incidents.Groups() {
		if string(g) == name {
			return []incidents.Group{g}, nil
		}
	}
	return nil, invalidParam("group", "choose in_guidance, former, other, undecided, not_told or not_affected")
}

func (a *Area) answerAffected(c echo.Context, inc *incidents.Incident, rows listed[incidents.Affected]) error {
	who := callerOf(c)
	ctx := c.Request().Context()
	var ids []string
	for _, r := range rows.Items {
		ids = append(ids, r.ClientID)
	}
	numbers, err := a.numbersOf(ctx, who.practice.ID, ids)
	if err != nil {
		return err
	}
	names, err := a.systemNames(c)
	if err != nil {
		return err
	}
	items := []affectedView{}
	for _, r := range rows.Items {
		items = append(items, a.showAffected(c, inc, r, numbers[r.ClientID], names))
	}
	return c.JSON(http.StatusOK, struct {
		listed[affectedView]
		Complete bool `json:"complete"`
	}{listed[affectedView]{items, rows.Next}, inc.Assessment.Complete()})
}

func (a *Area) showAffected(c echo.Context, inc *incidents.Incident, r incidents.Affected, number string, names map[string]string) affectedView {
	who := callerOf(c)
	v := affectedView{ID: r.ID, ExternalID: orNull(number), Group: string(r.Group), InScope: r.InScope, Certainty: string(r.Certainty), Reasons: []reasonView{}, Decision: showPersonDecision(inc, r.ClientID)}
	lang := a.languageOf(c)
	for _, why := range r.Reasons {
		name := names[why.System]
		if name == "" {
			name = why.System
		}
		v.Reasons = append(v.Reasons, reasonView{Code: string(why.Code), Text: a.words.CaseReason(lang, inc, why, name, who.zone), System: orNull(why.System)})
	}
	return v
}

// systemNames maps the practice's system ids to their names.
func (a *Area) systemNames(c echo.Context) (map[string]string, error) {
	names, after := map[string]string{}, ""
	for {
		systems, err := a.opts.Store.Systems(c.Request().Context(), callerOf(c).practice.ID, after, 200)
		if err != nil || len(systems) == 0 {
			return names, err
		}
		for _, s := range systems {
			names[s.ID] = s.Name
		}
		after = systems[len(systems)-1].ID
	}
}

// postAffected adds or removes one client by hand; a new assessment follows.
func (a *Area) postAffected(c echo.Context) error {
	var b struct {
		ExternalID string `json:"external_id"`
		Include    *bool  `json:"include"`
		Reason     string `json:"reason"`
	}
	if err := decode(c, &b); err != nil {
		return err
	}
	who := callerOf(c)
	if _, err := a.incident(c); err != nil {
		return err // another practice's case is not there, whomever one names
	}
	client, err := a.clientByNumber(c, b.ExternalID)
	var faults fault.List
	if fields := fault.Fields(err); fields != nil {
		faults = fields
	} else if err != nil {
		return err
	}
	if b.Include == nil {
		faults.Add("include", "error.missing", "choose true to add, false to remove")
	}
	registry.CheckText(&faults, "reason", b.Reason, 1, 2_000)
	if err := faults.Err(); err != nil {
		return err
	}
	inc, err := a.opts.Office.Override(c.Request().Context(), who.practice.ID, c.Param("id"),
		incidents.Override{ClientID: client.ID, Include: *b.Include, Reason: b.Reason, By: who.actor()})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusAccepted, a.showIncident(inc))
}

func (a *Area) clientByNumber(c echo.Context, number string) (registry.Client, error) {
	found, err := a.opts.Store.ClientsByExternalIDs(c.Request().Context(), callerOf(c).practice.ID, []string{number})
	if err != nil {
		return registry.Client{}, err
	}
	if len(found) == 0 {
		return registry.Client{}, fault.List{{Code: fault.Invalid, Field: "external_id", Key: "error.subject_unknown", Message: "no client of the practice has this number"}}
	}
	return found[0], nil
}
