package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/web/casework"

	"github.com/labstack/echo/v4"
)

func (a *Area) incidentRoutes(g doors) {
	g.For(registry.SeeAllCases, registry.SeeAllCases).GET("/incidents", a.getIncidents)
	g.For(registry.FileCases, registry.FileCases).POST("/incidents", a.once(a.postIncident))
	g.GET("/incidents/:id", a.getIncident)
	g.PATCH("/incidents/:id", a.patchIncident)
	g.GET("/incidents/:id/clocks", a.getClocks)
	g.GET("/incidents/:id/timeline", a.getTimeline)
	g.For(registry.Decide, registry.Decide).POST("/incidents/:id/decisions", a.once(a.postDecision))
	g.For(registry.Decide, registry.Decide).POST("/incidents/:id/controller", a.once(a.postController))
	g.For(registry.Decide, registry.Decide).POST("/incidents/:id/close", a.once(a.postClose))
	g.For(registry.ExportRegister, registry.ExportRegister).POST("/incidents/:id/case-file", a.postCaseFile) // what it gives is kept nowhere
	g.GET("/incidents/:id/affected", a.getAffected)
	g.POST("/incidents/:id/affected", a.once(a.postAffected))
	g.For(registry.Decide, registry.Decide).POST("/incidents/:id/affected/:person/decision", a.once(a.postPersonDecision))
	g.GET("/incidents/:id/filings", a.getFilings)
	g.GET("/incidents/:id/authority-sheet", a.getSheet)
	g.GET("/incidents/:id/authority-answers", a.getFormAnswers)
	g.POST("/incidents/:id/authority-answers", a.once(a.postFormAnswers))
	g.GET("/incidents/:id/authority-traces", a.getTraces)
	g.POST("/incidents/:id/authority-traces", a.once(a.postTraces))
	g.For(registry.Decide, registry.Decide).POST("/incidents/:id/filings", a.once(a.postFiling))
}

type recipientBody struct {
	Email string `json:"email"`
	Kind  string `json:"kind"`
}

type subjectsBody struct {
	All         bool `json:"all"`
	Emails      list `json:"emails"`
	ExternalIDs list `json:"external_ids"`
}

// blank is a value that may also be given as "", which like null says nothing.
type blank[T any] struct{ value *T }

// UnmarshalJSON reads a value, null or "".
func (b *blank[T]) UnmarshalJSON(raw []byte) error {
	b.value = nil
	if string(raw) == `""` || string(raw) == "null" {
		return nil
	}
	b.value = new(T)
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	return d.Decode(b.value)
}

// incidentBody is an incident as callers tell it. In a PATCH absent fields stay
// as they are, and null sets "not known".
type incidentBody struct {
	Playbook        *string                `json:"playbook"`
	Summary         *string                `json:"summary"`
	OccurredFrom    instant                `json:"occurred_from"`
	OccurredUntil   instant                `json:"occurred_until"`
	OccurredApprox  blank[bool]            `json:"occurred_approx"`
	DiscoveredAt    instant                `json:"discovered_at"`
	DiscoveredHow   *string                `json:"discovered_how"`
	AwareAt         instant                `json:"aware_at"`
	AwareBasis      *string                `json:"aware_basis"`
	Systems         list                   `json:"systems"`
	Categories      list                   `json:"categories"`
	BreachKinds     list                   `json:"breach_kinds"`
	Subjects        blank[subjectsBody]    `json:"subjects"`
	Recipients      blank[[]recipientBody] `json:"recipients"`
	Unintelligible  *string                `json:"unintelligible"`
	MeasuresTaken   *string                `json:"measures_taken"`
	MeasuresPlanned *string                `json:"measures_planned"`
	Consequences    *string                `json:"consequences"`
	Role            *string                `json:"role"`
	// Controller names the organisation whose data it is, or with whom it is shared.
	Controller *string `json:"controller"`
	// Answers are those to the questions of the playbook, by id; "" takes one away.
	Answers blank[map[string]string] `json:"answers"`
	Reason  *string                  `json:"reason"`
	Version *int64                   `json:"version"`
}

// newCase converts a POST body. Lists that may be unknown stay nil.
func (b incidentBody) newCase(faults *fault.List) casework.NewCase {
	n := casework.NewCase{Source: incidents.FromAPI, AwareAt: b.AwareAt.value(faults, "aware_at"), Basis: text(b.AwareBasis)}
	all := func(string) bool { return true }
	b.fill(&n.Facts, &n.Story, faults, all)
	return n
}

// fill copies the fields that told says were given.
func (b incidentBody) fill(f *incidents.Facts, s *incidents.Story, faults *fault.List, told func(string) bool) {
	set := func(name string, to func()) {
		if told(name) {
			to()
		}
	}
	set("playbook", func() { f.Playbook = text(b.Playbook) })
	set("occurred_from", func() { f.OccurredFrom = b.OccurredFrom.time(faults, "occurred_from") })
	set("occurred_until", func() { f.OccurredUntil = b.OccurredUntil.time(faults, "occurred_until") })
	set("occurred_approx", func() { f.OccurredApprox = b.OccurredApprox.value != nil && *b.OccurredApprox.value })
	set("discovered_at", func() { f.DiscoveredAt = b.DiscoveredAt.value(faults, "discovered_at") })
	set("systems", func() { f.Systems = b.Systems })
	set("categories", func() { f.Categories = as[registry.Category](b.Categories) })
	set("breach_kinds", func() { f.BreachKinds = as[incidents.BreachKind](b.BreachKinds) })
	set("unintelligible", func() {
		f.Unintelligible = orElse(incidents.Unintelligible(text(b.Unintelligible)), incidents.UnintelligibleUnknown)
	})
	set("role", func() { f.Role = orElse(incidents.PracticeRole(text(b.Role)), incidents.AsController) })
	set("controller", func() { s.Controller = text(b.Controller) })
	set("answers", func() {
		if b.Answers.value != nil {
			s.Answers = casework.MergeAnswers(s.Answers, f.Playbook, *b.Answers.value)
		}
	})
	set("summary", func() { s.Summary = text(b.Summary) })
	set("discovered_how", func() { s.DiscoveredHow = text(b.DiscoveredHow) })
	set("measures_taken", func() { s.MeasuresTaken = text(b.MeasuresTaken) })
	set("measures_planned", func() { s.MeasuresPlanned = text(b.MeasuresPlanned) })
	set("consequences", func() { s.Consequences = text(b.Consequences) })
	set("subjects", func() { b.fillSubjects(f, s, faults) })
	set("recipients", func() { b.fillRecipients(s) })
}

func (b incidentBody) fillSubjects(f *incidents.Facts, s *incidents.Story, faults *fault.List) {
	f.HandPicked, s.Subjects = false, incidents.Subjects{}
	if b.Subjects.value == nil {
		return
	}
	chosen := len(b.Subjects.value.Emails)+len(b.Subjects.value.ExternalIDs) > 0
	if b.Subjects.value.All && chosen {
		faults.Add("subjects", "error.subjects_both", "choose all, or name persons, not both")
	}
	f.HandPicked = !b.Subjects.value.All
	s.Subjects = incidents.Subjects{Emails: b.Subjects.value.Emails, ExternalIDs: b.Subjects.value.ExternalIDs}
}

func (b incidentBody) fillRecipients(s *incidents.Story) {
	s.Recipients = nil
	if b.Recipients.value == nil {
		return
	}
	for _, r := range *b.Recipients.value {
		s.Recipients = append(s.Recipients, incidents.Recipient{Email: r.Email, Kind: orElse(incidents.RecipientKind(r.Kind), incidents.RecipientUnknown)})
	}
}

func orElse[T ~string](v, fallback T) T {
	if v == "" {
		return fallback
	}
	return v
}

func (a *Area) postIncident(c echo.Context) error {
	var b incidentBody
	if err := decode(c, &b); err != nil {
		return err
	}
	who := callerOf(c)
	var faults fault.List
	n := b.newCase(&faults)
	if key := c.Request().Header.Get(idempotencyHeader); key != "" {
		n.ID = derivedID(string(who.practice.ID), who.token, key)
	}
	inc, err := a.opts.Office.File(c.Request().Context(), who.practice, n, who.actor())
	if err = joinFaults(faults, err); err != nil {
		return err
	}
	c.Response().Header().Set("Location", "/api/v1/incidents/"+inc.ID)
	return c.JSON(http.StatusCreated, a.showIncident(inc))
}

// derivedID makes the id follow from the request's key, so that a request cut
// off between saving and answering makes one incident when it is sent again.
func derivedID(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		_, _ = h.Write([]byte(p + "\x00")) // a hash never fails to write
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// joinFaults puts the API's own faults before the domain's; a field that could
// not be read is not reported a second time as missing.
func joinFaults(own fault.List, err error) error {
	if len(own) == 0 {
		return err
	}
	seen := map[string]bool{}
	for _, f := range own {
		seen[f.Field] = true
	}
	for _, f := range fault.Fields(err) {
		if !seen[f.Field] {
			own = append(own, f)
		}
	}
	return own
}

// patchIncident changes the fields that are present, with a reason.
func (a *Area) patchIncident(c echo.Context) error {
	var raw json.RawMessage
	if err := decode(c, &raw); err != nil {
		return err
	}
	var b incidentBody
	given := map[string]json.RawMessage{}
	if err := decodeStrict(raw, &b); err != nil {
		return err
	}
	if err := json.Unmarshal(raw, &given); err != nil {
		return jsonFault(err)
	}
	who := callerOf(c)
	change, faults := b.change(given, who.actor())
	if err := faults.Err(); err != nil {
		return err
	}
	inc, err := a.opts.Office.Change(c.Request().Context(), who.practice.ID, c.Param("id"), change)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, a.showIncident(inc))
}

func (b incidentBody) change(given map[string]json.RawMessage, by incidents.Actor) (incidents.Change, fault.List) {
	told := func(name string) bool { _, some := given[name]; return some }
	var faults fault.List
	b.fill(&incidents.Facts{}, &incidents.Story{}, &faults, told)
	change := incidents.Change{Reason: text(b.Reason), Basis: text(b.AwareBasis), By: by, Over: b.Version,
		Apply: func(f *incidents.Facts, s *incidents.Story) { b.fill(f, s, &fault.List{}, told) }}
	if told("aware_at") || told("aware_basis") {
		change.AwareAt = b.AwareAt.time(&faults, "aware_at")
	}
	if told("aware_at") && change.AwareAt == nil && !b.AwareAt.fail {
		faults.Add("aware_at", "error.time_missing", "give the date and time at which you became aware")
	}
	return change, faults
}

func (a *Area) getIncidents(c echo.Context) error {
	who := callerOf(c)
	return answerList(c, func(after string, limit int) ([]*incidents.Incident, error) {
		return a.opts.Store.Incidents(c.Request().Context(), who.practice.ID, after, limit)
	}, func(i *incidents.Incident) string { return i.ID }, a.showIncident)
}

// incident loads the case in the path.
func (a *Area) incident(c echo.Context) (*incidents.Incident, error) {
	return a.opts.Store.Incident(c.Request().Context(), callerOf(c).practice.ID, c.Param("id"))
}

func (a *Area) getIncident(c echo.Context) error {
	inc, err := a.incident(c)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, a.showIncident(inc))
}

func (a *Area) getClocks(c echo.Context) error {
	inc, err := a.incident(c)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, listed[clockView]{Items: showClocks(inc, a.opts.Now())})
}

// getTimeline lists the case's entries newest first, those not yet in the
// register before them.
func (a *Area) getTimeline(c echo.Context) error {
	inc, err := a.incident(c)
	if err != nil {
		return err
	}
	ask, err := listing(c)
	if err != nil {
		return err
	}
	before, err := seqCursor(ask.after)
	if err != nil {
		return err
	}
	load := func(_ string, limit int) ([]register.Entry, error) {
		return a.opts.Store.EntriesOf(c.Request().Context(), inc.PracticeID, inc.ID, before, limit)
	}
	page, err := pageOf(ask, load, entryKey, showEntry)
	if err != nil {
		return err
	}
	if before == 0 {
		page.Items = append(pendingEntries(inc, page.Items), page.Items...)
	}
	return c.JSON(http.StatusOK, page)
}

func pendingEntries(inc *incidents.Incident, known []entryView) []entryView {
	seen := map[string]bool{}
	for _, e := range known {
		seen[e.EventID] = true
	}
	var out []entryView
	for n := len(inc.Outbox.Pending) - 1; n >= 0; n-- {
		if e := inc.Outbox.Pending[n]; !seen[e.ID] {
			out = append(out, showEntry(register.Entry{Event: e}))
		}
	}
	return out
}

// clockView is a clock as the API shows it, seen at now.
type clockView struct {
	Kind         string          `json:"kind"`
	StartsAt     *string         `json:"starts_at"`
	DueAt        *string         `json:"due_at"`
	State        string          `json:"state"`
	EndedBecause *string         `json:"ended_because"`
	MetAt        *string         `json:"met_at"`
	LateSeconds  int64           `json:"late_seconds"`
	LateReason   *string         `json:"late_reason"`
	Told         int             `json:"told"`
	Settled      int             `json:"settled"`
	InScope      *int            `json:"in_scope"`
	Thresholds   []thresholdView `json:"thresholds"`
}

type thresholdView struct {
	Mark    string  `json:"mark"`
	At      *string `json:"at"`
	FiredAt *string `json:"fired_at"`
	Missed  bool    `json:"missed"`
}

func showClock(c incidents.Clock, now time.Time) clockView {
	v := clockView{Kind: string(c.Kind), StartsAt: stamp(c.StartsAt), State: string(c.State(now)), EndedBecause: orNull(c.EndedBecause),
		MetAt: stamp(c.MetAt), LateSeconds: int64(c.Late(now).Seconds()), LateReason: orNull(c.LateReason),
		Told: c.Told, Settled: c.Settled, InScope: c.InScope, Thresholds: []thresholdView{}}
	if due, some := c.DueAt(); some {
		v.DueAt = stamp(due)
	}
	for _, t := range c.Thresholds {
		v.Thresholds = append(v.Thresholds, thresholdView{Mark: t.Mark, At: stamp(t.At), FiredAt: stamp(t.FiredAt), Missed: t.Missed})
	}
	return v
}

func showClocks(inc *incidents.Incident, now time.Time) []clockView {
	out := []clockView{}
	for _, c := range inc.Clocks {
		out = append(out, showClock(c, now))
	}
	return out
}
