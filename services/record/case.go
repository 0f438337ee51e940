package record

import (
	"maps"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/risk"
)

// caseSecret is the sealed part of an incident: what people wrote and whom it
// is about.
type caseSecret struct {
	CaseKey     string     `json:"case_key"`
	Story       story      `json:"story"`
	Aware       []finding  `json:"aware"`
	Decisions   []decision `json:"decisions"`
	Filings     []filing   `json:"filings"`
	LateReasons []string   `json:"late_reasons"` // one for each clock
	// ControllerNotices is null in what was stored before there were any.
	ControllerNotices []controllerNotice `json:"controller_notices"`
	// Updates is null in what was stored before an update could be promised.
	Updates []promisedUpdate `json:"updates"`
	// News is null in what was stored before later stages were kept.
	News     []news    `json:"news"`
	ToldUpTo time.Time `json:"told_up_to"`
	// Preliminary is absent from what was stored before a notice could go by itself.
	Preliminary preliminary `json:"preliminary"`
	// Announcements is null in what was stored before publications were recorded.
	Announcements []announcement `json:"announcements"`
	// ForAuthority and Traces are absent from what was stored before the sheet asked.
	ForAuthority authorityAnswers `json:"for_authority"`
	Traces       []traceChoice    `json:"traces"`
	// PersonDecisions is absent from what was stored before a policy could ask for them.
	PersonDecisions []personDecision `json:"person_decisions"`
	// Steps and Measures are absent from what was stored before they were kept.
	Steps    []stepMark `json:"steps"`
	Measures []measure  `json:"measures"`
	// Law is absent from what was stored before cases kept their rules.
	Law []rule `json:"law"`
	// HeldRules is absent from what was stored before rules were named.
	HeldRules []heldRule `json:"held_rules"`
	// Kept is null for a case that follows its practice's rules.
	Kept *Policy `json:"kept"`
	// StepsWarned and StepsWarnedAt are absent from what was stored before late first
	// steps were mailed.
	StepsWarned   []string  `json:"steps_warned"`
	StepsWarnedAt time.Time `json:"steps_warned_at"`
}

type story struct {
	Summary         string `json:"summary"`
	DiscoveredHow   string `json:"discovered_how"`
	MeasuresTaken   string `json:"measures_taken"`
	MeasuresPlanned string `json:"measures_planned"`
	Consequences    string `json:"consequences"`
	// Controller and Answers are absent from what was stored before they were asked.
	Controller    string            `json:"controller"`
	Answers       map[string]string `json:"answers"`
	Subjects      subjects          `json:"subjects"`
	Recipients    []recipient       `json:"recipients"`
	Overrides     []override        `json:"overrides"`
	ProcessorSays *processorFacts   `json:"processor_says"`
}

type subjects struct {
	Emails      []string `json:"emails"`
	ExternalIDs []string `json:"external_ids"`
}

type recipient struct {
	Email string                  `json:"email"`
	Kind  incidents.RecipientKind `json:"kind"`
}

type override struct {
	ClientID string    `json:"client_id"`
	Include  bool      `json:"include"`
	Reason   string    `json:"reason"`
	By       Actor     `json:"by"`
	At       time.Time `json:"at"`
}

type processorFacts struct {
	Stage         string                 `json:"stage"`
	SaidAt        *time.Time             `json:"said_at"`
	Summary       string                 `json:"summary"`
	OccurredFrom  *time.Time             `json:"occurred_from"`
	OccurredUntil *time.Time             `json:"occurred_until"`
	Systems       []string               `json:"systems"`
	Categories    []registry.Category    `json:"categories"`
	BreachKinds   []incidents.BreachKind `json:"breach_kinds"`
	Measures      string                 `json:"measures"`
	Consequences  string                 `json:"consequences"`
}

type finding struct {
	AwareAt   time.Time `json:"aware_at"`
	Basis     string    `json:"basis"`
	Estimated bool      `json:"estimated"`
	By        Actor     `json:"by"`
	At        time.Time `json:"at"`
	Reason    string    `json:"reason"`
}

type decision struct {
	Question   incidents.Question `json:"question"`
	Answer     incidents.Verdict  `json:"answer"`
	Reason     string             `json:"reason"`
	By         Actor              `json:"by"`
	At         time.Time          `json:"at"`
	ReopenedAt time.Time          `json:"reopened_at"`
	Advised    risk.Answer        `json:"advised"`
}

type filing struct {
	ID         string               `json:"id"`
	Authority  registry.Authority   `json:"authority"`
	Kind       incidents.FilingKind `json:"kind"`
	Complete   bool                 `json:"complete"`
	FiledAt    time.Time            `json:"filed_at"`
	Reference  string               `json:"reference"`
	LateReason string               `json:"late_reason"`
	By         Actor                `json:"by"`
	RecordedAt time.Time            `json:"recorded_at"`
	UpdateBy   time.Time            `json:"update_by"`
	// What follows is absent from what was stored before the sheet was kept.
	LateGround incidents.LateGround `json:"late_ground"`
	Form       string               `json:"form"`
	Answers    []filedAnswer        `json:"answers"`
}

type controllerNotice struct {
	At         time.Time                   `json:"at"`
	Channel    incidents.ControllerChannel `json:"channel"`
	To         string                      `json:"to"`
	Note       string                      `json:"note"`
	By         Actor                       `json:"by"`
	RecordedAt time.Time                   `json:"recorded_at"`
}

func fromCase(v *incidents.Incident) caseSecret {
	return caseSecret{
		CaseKey: v.CaseKey, Story: fromStory(v.Story), Aware: list(v.Aware, fromFinding), Decisions: list(v.Decisions, fromDecision),
		Filings: list(v.Filings, fromFiling), LateReasons: list(v.Clocks, func(c incidents.Clock) string { return c.LateReason }),
		ControllerNotices: list(v.ControllerNotices, fromControllerNotice),
		News:              list(v.News, fromNews),
		ToldUpTo:          cut(v.ToldUpTo),
		Updates:           list(v.Updates, fromUpdate),
		Preliminary:       fromPreliminary(v.Preliminary),
		Announcements:     list(v.Announcements, fromAnnouncement),
		ForAuthority:      fromAuthorityAnswers(v.ForAuthority),
		Traces:            list(v.Traces, fromTraceChoice),
		PersonDecisions:   list(v.PersonDecisions, fromPersonDecision),
		Steps:             list(v.Steps, fromStepMark),
		Measures:          list(v.Measures, fromMeasure),
		Law:               list(v.Law, fromRule),
		HeldRules:         list(v.HeldRules, fromHeldRule),
		Kept:              fromKept(v.Kept),
		StepsWarned:       copyOf(v.StepsWarned),
		StepsWarnedAt:     cut(v.StepsWarnedAt),
	}
}

// into fills the sealed part, and the clocks with their reasons, into v.
func (s caseSecret) into(v *incidents.Incident, clocks []Clock) {
	v.CaseKey, v.Story, v.Aware = s.CaseKey, s.Story.toStory(), list(s.Aware, finding.toFinding)
	v.Decisions, v.Filings = list(s.Decisions, decision.toDecision), list(s.Filings, filing.toFiling)
	v.ControllerNotices = list(s.ControllerNotices, controllerNotice.toControllerNotice)
	v.Updates = list(s.Updates, promisedUpdate.toUpdate)
	v.News, v.ToldUpTo = list(s.News, news.toNews), s.ToldUpTo
	v.Preliminary = s.Preliminary.toPreliminary()
	v.Announcements = list(s.Announcements, announcement.toAnnouncement)
	v.ForAuthority = s.ForAuthority.toAuthorityAnswers()
	v.Traces = list(s.Traces, traceChoice.toTraceChoice)
	v.PersonDecisions = list(s.PersonDecisions, personDecision.toPersonDecision)
	v.Steps, v.Measures = list(s.Steps, stepMark.toStepMark), list(s.Measures, measure.toMeasure)
	v.Law = list(s.Law, rule.toRule)
	v.HeldRules = list(s.HeldRules, heldRule.toHeldRule)
	v.Kept = s.Kept.toKept()
	v.StepsWarned, v.StepsWarnedAt = s.StepsWarned, cut(s.StepsWarnedAt)
	if clocks != nil {
		v.Clocks = make([]incidents.Clock, len(clocks))
	}
	for i, c := range clocks {
		late := ""
		if i < len(s.LateReasons) {
			late = s.LateReasons[i]
		}
		v.Clocks[i] = c.toClock(late)
	}
}

func fromStory(v incidents.Story) story {
	r := story{
		Summary: v.Summary, DiscoveredHow: v.DiscoveredHow, MeasuresTaken: v.MeasuresTaken, MeasuresPlanned: v.MeasuresPlanned,
		Consequences: v.Consequences, Controller: v.Controller, Answers: maps.Clone(v.Answers), Subjects: subjects(v.Subjects),
		Recipients: list(v.Recipients, func(x incidents.Recipient) recipient { return recipient(x) }),
		Overrides:  list(v.Overrides, fromOverride),
	}
	if v.ProcessorSays != nil {
		says := processorFacts(*v.ProcessorSays)
		says.OccurredFrom, says.OccurredUntil, says.SaidAt = cutOrNil(says.OccurredFrom), cutOrNil(says.OccurredUntil), cutOrNil(says.SaidAt)
		r.ProcessorSays = &says
	}
	return r
}

func (r story) toStory() incidents.Story {
	v := incidents.Story{
		Summary: r.Summary, DiscoveredHow: r.DiscoveredHow, MeasuresTaken: r.MeasuresTaken, MeasuresPlanned: r.MeasuresPlanned,
		Consequences: r.Consequences, Controller: r.Controller, Answers: r.Answers, Subjects: incidents.Subjects(r.Subjects),
		Recipients: list(r.Recipients, func(x recipient) incidents.Recipient { return incidents.Recipient(x) }),
		Overrides:  list(r.Overrides, override.toOverride),
	}
	if r.ProcessorSays != nil {
		says := incidents.ProcessorFacts(*r.ProcessorSays)
		v.ProcessorSays = &says
	}
	return v
}

func fromOverride(v incidents.Override) override {
	return override{ClientID: v.ClientID, Include: v.Include, Reason: v.Reason, By: Actor(v.By), At: cut(v.At)}
}

func (r override) toOverride() incidents.Override {
	return incidents.Override{ClientID: r.ClientID, Include: r.Include, Reason: r.Reason, By: incidents.Actor(r.By), At: r.At}
}

func fromFinding(v incidents.Finding) finding {
	return finding{AwareAt: cut(v.AwareAt), Basis: v.Basis, Estimated: v.Estimated, By: Actor(v.By), At: cut(v.At), Reason: v.Reason}
}

func (r finding) toFinding() incidents.Finding {
	return incidents.Finding{AwareAt: r.AwareAt, Basis: r.Basis, Estimated: r.Estimated, By: incidents.Actor(r.By), At: r.At, Reason: r.Reason}
}

func fromDecision(v incidents.Decision) decision {
	return decision{Question: v.Question, Answer: v.Answer, Reason: v.Reason, By: Actor(v.By), At: cut(v.At), ReopenedAt: cut(v.ReopenedAt), Advised: v.Advised}
}

func (r decision) toDecision() incidents.Decision {
	return incidents.Decision{Question: r.Question, Answer: r.Answer, Reason: r.Reason, By: incidents.Actor(r.By), At: r.At, ReopenedAt: r.ReopenedAt, Advised: r.Advised}
}

func fromFiling(v incidents.Filing) filing {
	return filing{
		ID: v.ID, Authority: v.Authority, Kind: v.Kind, Complete: v.Complete, FiledAt: cut(v.FiledAt), Reference: v.Reference,
		LateReason: v.LateReason, By: Actor(v.By), RecordedAt: cut(v.RecordedAt), UpdateBy: cut(v.UpdateBy),
		LateGround: v.LateGround, Form: v.Form, Answers: list(v.Answers, func(a incidents.FiledAnswer) filedAnswer { return filedAnswer(a) }),
	}
}

func (r filing) toFiling() incidents.Filing {
	return incidents.Filing{
		ID: r.ID, Authority: r.Authority, Kind: r.Kind, Complete: r.Complete, FiledAt: r.FiledAt, Reference: r.Reference,
		LateReason: r.LateReason, By: incidents.Actor(r.By), RecordedAt: r.RecordedAt, UpdateBy: r.UpdateBy,
		LateGround: r.LateGround, Form: r.Form, Answers: list(r.Answers, func(a filedAnswer) incidents.FiledAnswer { return incidents.FiledAnswer(a) }),
	}
}

func fromControllerNotice(v incidents.ControllerNotice) controllerNotice {
	return controllerNotice{At: cut(v.At), Channel: v.Channel, To: v.To, Note: v.Note, By: Actor(v.By), RecordedAt: cut(v.RecordedAt)}
}

func (r controllerNotice) toControllerNotice() incidents.ControllerNotice {
	return incidents.ControllerNotice{At: r.At, Channel: r.Channel, To: r.To, Note: r.Note, By: incidents.Actor(r.By), RecordedAt: r.RecordedAt}
}
