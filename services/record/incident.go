package record

import (
	"context"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// Incident is the stored form of incidents.Incident.
type Incident struct {
	Schema     int       `json:"schema" bson:"schema"`
	ID         string    `json:"id" bson:"id"`
	PracticeID tenant.ID `json:"practice_id" bson:"practice_id"`
	Reference  string    `json:"reference" bson:"reference"`
	// CaseIndex is the keyed hash of the case key, unique within a practice; a case
	// without one has "none-" and its id.
	CaseIndex  string     `json:"case_index" bson:"case_index"`
	Version    int64      `json:"version" bson:"version"`
	Source     string     `json:"source" bson:"source"`
	State      string     `json:"state" bson:"state"`
	CreatedAt  time.Time  `json:"created_at" bson:"created_at"`
	ClosedAt   time.Time  `json:"closed_at" bson:"closed_at"`
	ReportIDs  []string   `json:"report_ids" bson:"report_ids"`
	Facts      Facts      `json:"facts" bson:"facts"`
	Clocks     []Clock    `json:"clocks" bson:"clocks"`
	Assessment Assessment `json:"assessment" bson:"assessment"`
	// NextAt is the next threshold, DueAt the nearest undone deadline; nil for none.
	NextAt *time.Time `json:"next_at" bson:"next_at"`
	DueAt  *time.Time `json:"due_at" bson:"due_at"`
	// MeasureAt sorts by what is still to be done, nil when nothing is; absent from
	// what was stored before there were measures.
	MeasureAt *time.Time `json:"measure_at" bson:"measure_at"`
	// Unassessed says that the wanted assessment is not done, or is stale.
	Unassessed bool `json:"unassessed" bson:"unassessed"`
	// Pace is that of a drill's clocks; absent from what was stored before there were drills.
	Pace   int    `json:"pace" bson:"pace"`
	Outbox Outbox `json:"outbox" bson:"outbox"`
	Sealed []byte `json:"sealed" bson:"sealed"` // case key, story, findings, decisions, filings, reasons
}

// Facts is the stored form of incidents.Facts.
type Facts struct {
	Playbook         string     `json:"playbook" bson:"playbook"`
	OccurredFrom     *time.Time `json:"occurred_from" bson:"occurred_from"`
	OccurredUntil    *time.Time `json:"occurred_until" bson:"occurred_until"`
	OccurredApprox   bool       `json:"occurred_approx" bson:"occurred_approx"`
	DiscoveredAt     time.Time  `json:"discovered_at" bson:"discovered_at"`
	Systems          []string   `json:"systems" bson:"systems"` // null: not known which
	Categories       []string   `json:"categories" bson:"categories"`
	BreachKinds      []string   `json:"breach_kinds" bson:"breach_kinds"`
	Unintelligible   string     `json:"unintelligible" bson:"unintelligible"`
	Role             string     `json:"role" bson:"role"`
	HandPicked       bool       `json:"hand_picked" bson:"hand_picked"`
	ProcessorID      string     `json:"processor_id" bson:"processor_id"`
	ProcessorAwareAt *time.Time `json:"processor_aware_at" bson:"processor_aware_at"`
	ProcessorToldAt  *time.Time `json:"processor_told_at" bson:"processor_told_at"`
	AccessClosedAt   *time.Time `json:"access_closed_at" bson:"access_closed_at"`
	Risk             Risk       `json:"risk" bson:"risk"`
	Said             []Said     `json:"said" bson:"said"` // absent from what was stored before answers said anything
	// Usual and Steps are absent from what was stored before cases kept them.
	Usual []string   `json:"usual" bson:"usual"`
	Steps []StepTime `json:"steps" bson:"steps"`
}

// StepTime is the stored form of incidents.StepTime.
type StepTime struct {
	Step   string `json:"step" bson:"step"`
	Within int64  `json:"within" bson:"within"` // nanoseconds
}

func fromStepTime(s incidents.StepTime) StepTime {
	return StepTime{Step: s.Step, Within: int64(s.Within)}
}

func (r StepTime) toStepTime() incidents.StepTime {
	return incidents.StepTime{Step: r.Step, Within: time.Duration(r.Within)}
}

// Assessment is the stored form of incidents.Assessment.
type Assessment struct {
	Wanted int64     `json:"wanted" bson:"wanted"`
	Done   int64     `json:"done" bson:"done"`
	Stale  bool      `json:"stale" bson:"stale"`
	At     time.Time `json:"at" bson:"at"`
	Counts Counts    `json:"counts" bson:"counts"`
	Came   int       `json:"came" bson:"came"`
	Went   int       `json:"went" bson:"went"`
}

// Counts is the stored form of incidents.Counts, field for field.
type Counts struct {
	InGuidance  int `json:"in_guidance" bson:"in_guidance"`
	Former      int `json:"former" bson:"former"`
	Other       int `json:"other" bson:"other"`
	NotAffected int `json:"not_affected" bson:"not_affected"`
	Certain     int `json:"certain" bson:"certain"`
	Possible    int `json:"possible" bson:"possible"`
	InScope     int `json:"in_scope" bson:"in_scope"`
	Undecided   int `json:"undecided" bson:"undecided"`
	NotTold     int `json:"not_told" bson:"not_told"`
}

// CaseIndex returns the keyed hash under which a case is found by its case key.
func CaseIndex(ctx context.Context, s Sealer, practice tenant.ID, caseKey string) (string, error) {
	return index(ctx, s, practice, "incident.case_key", caseKey)
}

// FromIncident returns the record of v.
func FromIncident(ctx context.Context, s Sealer, v *incidents.Incident) (Incident, error) {
	caseIndex := "none-" + v.ID
	if v.CaseKey != "" {
		var err error
		if caseIndex, err = CaseIndex(ctx, s, v.PracticeID, v.CaseKey); err != nil {
			return Incident{}, err
		}
	}
	sealed, err := seal(ctx, s, v.PracticeID, Incidents, v.ID, fromCase(v))
	if err != nil {
		return Incident{}, err
	}
	outbox, err := FromOutbox(ctx, s, v.Outbox)
	return Incident{
		Schema: Schema, ID: v.ID, PracticeID: v.PracticeID, Reference: v.Reference, CaseIndex: caseIndex, Version: v.Version,
		Source: string(v.Source), State: string(v.State), CreatedAt: cut(v.CreatedAt), ClosedAt: cut(v.ClosedAt),
		ReportIDs: copyOf(v.ReportIDs), Facts: fromFacts(v.Facts), Clocks: list(v.Clocks, fromClock), Assessment: fromAssessment(v.Assessment),
		NextAt: instant(v.NextAt()), DueAt: instant(v.DueAt()), MeasureAt: instant(v.MeasureAt()), Unassessed: !v.Assessment.Complete(), Pace: v.Pace, Outbox: outbox, Sealed: sealed,
	}, err
}

// ToIncident returns the incident that the record keeps.
func (r Incident) ToIncident(ctx context.Context, s Sealer) (*incidents.Incident, error) {
	var secret caseSecret
	if err := checkSchema(Incidents, r.Schema); err != nil {
		return nil, err
	}
	if err := unseal(ctx, s, r.PracticeID, Incidents, r.ID, r.Sealed, &secret); err != nil {
		return nil, err
	}
	outbox, err := r.Outbox.ToOutbox(ctx, s)
	if err != nil {
		return nil, err
	}
	v := &incidents.Incident{
		ID: r.ID, PracticeID: r.PracticeID, Reference: r.Reference, Version: r.Version, Source: incidents.Source(r.Source),
		State: incidents.IncidentState(r.State), CreatedAt: cut(r.CreatedAt), ClosedAt: cut(r.ClosedAt), ReportIDs: r.ReportIDs,
		Facts: r.Facts.toFacts(), Assessment: r.Assessment.toAssessment(), Pace: r.Pace, Outbox: outbox,
	}
	secret.into(v, r.Clocks)
	return v, nil
}

func fromFacts(f incidents.Facts) Facts {
	return Facts{
		Playbook: f.Playbook, OccurredFrom: cutOrNil(f.OccurredFrom), OccurredUntil: cutOrNil(f.OccurredUntil), OccurredApprox: f.OccurredApprox,
		DiscoveredAt: cut(f.DiscoveredAt), Systems: copyOf(f.Systems), Categories: list(f.Categories, asString),
		BreachKinds: list(f.BreachKinds, asString), Unintelligible: string(f.Unintelligible), Role: string(f.Role),
		HandPicked: f.HandPicked, ProcessorID: f.ProcessorID, ProcessorAwareAt: cutOrNil(f.ProcessorAwareAt),
		ProcessorToldAt: cutOrNil(f.ProcessorToldAt),
		AccessClosedAt:  cutOrNil(f.AccessClosedAt), Risk: fromRisk(f.Risk), Said: list(f.Said, fromSaid),
		Usual: list(f.Usual, asString), Steps: list(f.Steps, fromStepTime),
	}
}

func (r Facts) toFacts() incidents.Facts {
	return incidents.Facts{
		Playbook: r.Playbook, OccurredFrom: cutOrNil(r.OccurredFrom), OccurredUntil: cutOrNil(r.OccurredUntil), OccurredApprox: r.OccurredApprox,
		DiscoveredAt: cut(r.DiscoveredAt), Systems: r.Systems, Categories: list(r.Categories, as[registry.Category]),
		BreachKinds: list(r.BreachKinds, as[incidents.BreachKind]), Unintelligible: incidents.Unintelligible(r.Unintelligible),
		Role: incidents.PracticeRole(r.Role), HandPicked: r.HandPicked, ProcessorID: r.ProcessorID,
		ProcessorAwareAt: cutOrNil(r.ProcessorAwareAt), ProcessorToldAt: cutOrNil(r.ProcessorToldAt), AccessClosedAt: cutOrNil(r.AccessClosedAt), Risk: r.Risk.toRisk(), Said: list(r.Said, Said.toSaid),
		Usual: list(r.Usual, as[incidents.BreachKind]), Steps: list(r.Steps, StepTime.toStepTime),
	}
}

func fromAssessment(a incidents.Assessment) Assessment {
	return Assessment{Wanted: a.Wanted, Done: a.Done, Stale: a.Stale, At: cut(a.At), Counts: Counts(a.Counts), Came: a.Came, Went: a.Went}
}

func (r Assessment) toAssessment() incidents.Assessment {
	return incidents.Assessment{Wanted: r.Wanted, Done: r.Done, Stale: r.Stale, At: cut(r.At), Counts: incidents.Counts(r.Counts), Came: r.Came, Went: r.Went}
}
