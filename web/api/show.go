package api

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"datalek/incidents"
	"datalek/incidents/register"
)

// incidentView is a case as the API shows it.
type incidentView struct {
	ID              string          `json:"id"`
	Reference       string          `json:"reference"`
	State           string          `json:"state"`
	Source          string          `json:"source"`
	CreatedAt       *string         `json:"created_at"`
	ClosedAt        *string         `json:"closed_at"`
	Version         int64           `json:"version"`
	Playbook        string          `json:"playbook"`
	Summary         string          `json:"summary"`
	OccurredFrom    *string         `json:"occurred_from"`
	OccurredUntil   *string         `json:"occurred_until"`
	OccurredApprox  bool            `json:"occurred_approx"`
	DiscoveredAt    *string         `json:"discovered_at"`
	DiscoveredHow   string          `json:"discovered_how"`
	AwareAt         *string         `json:"aware_at"`
	AwareBasis      string          `json:"aware_basis"`
	AwareHistory    []findingView   `json:"aware_history"`
	Systems         []string        `json:"systems"`
	Categories      []string        `json:"categories"`
	BreachKinds     []string        `json:"breach_kinds"`
	Subjects        subjectsView    `json:"subjects"`
	Recipients      []recipientBody `json:"recipients"`
	Unintelligible  string          `json:"unintelligible"`
	MeasuresTaken   string          `json:"measures_taken"`
	MeasuresPlanned string          `json:"measures_planned"`
	Consequences    string          `json:"consequences"`
	Role            string          `json:"role"`
	Controller      *string         `json:"controller"`
	// Answers are those to the questions of its own playbook.
	Answers map[string]string `json:"answers"`
	// FromAnswers are the facts of the risk that follow from them alone.
	FromAnswers []saidView     `json:"risk_from_answers"`
	Processor   *string        `json:"processor"`
	Clocks      []clockView    `json:"clocks"`
	Assessment  assessmentView `json:"assessment"`
	Decisions   []decisionView `json:"decisions"`
	Filings     []filingView   `json:"filings"`
	// ControllerNotices are empty when the practice is itself the controller.
	ControllerNotices []controllerNoticeView `json:"controller_notices"`
	// Preliminary is null when no notice was chosen to go by itself.
	Preliminary *preliminaryView `json:"preliminary"`
	// Rules are the rules of law of the day of awareness; empty in older cases.
	Rules []ruleView `json:"rules"`
}

type saidView struct {
	Question string `json:"question"`
	Fact     string `json:"fact"`
	Value    string `json:"value"`
}

func showSaid(i *incidents.Incident) []saidView {
	said := []saidView{}
	for _, s := range i.SaidFacts() {
		said = append(said, saidView{Question: s.Question, Fact: string(s.Fact), Value: s.Value})
	}
	return said
}

type findingView struct {
	AwareAt    *string `json:"aware_at"`
	Basis      string  `json:"basis"`
	Estimated  bool    `json:"estimated"`
	RecordedAt *string `json:"recorded_at"`
	Reason     *string `json:"reason"`
}

type subjectsView struct {
	All         bool     `json:"all"`
	Emails      []string `json:"emails"`
	ExternalIDs []string `json:"external_ids"`
}

type assessmentView struct {
	Version     int64   `json:"version"`
	Complete    bool    `json:"complete"`
	At          *string `json:"at"`
	InGuidance  int     `json:"in_guidance"`
	Former      int     `json:"former"`
	Other       int     `json:"other"`
	NotAffected int     `json:"not_affected"`
	Certain     int     `json:"certain"`
	Possible    int     `json:"possible"`
	InScope     int     `json:"in_scope"`
	Undecided   int     `json:"undecided"`
	NotTold     int     `json:"not_told"`
	Came        int     `json:"came"`
	Went        int     `json:"went"`
}

type decisionView struct {
	Question   string  `json:"question"`
	Answer     string  `json:"answer"`
	Reason     string  `json:"reason"`
	At         *string `json:"at"`
	ReopenedAt *string `json:"reopened_at"`
}

type filingView struct {
	ID         string  `json:"id"`
	Authority  string  `json:"authority"`
	Kind       string  `json:"kind"`
	Complete   bool    `json:"complete"`
	FiledAt    *string `json:"filed_at"`
	Reference  *string `json:"reference"`
	LateReason *string `json:"late_reason"`
	UpdateBy   *string `json:"update_by"`
	// LateGround is the kind of reason, null when none was chosen; Form the edition
	// whose answers were kept, null for none.
	LateGround *string `json:"late_ground"`
	Form       *string `json:"form"`
}

func (a *Area) showIncident(i *incidents.Incident) incidentView {
	f, s, aware := i.Facts, i.Story, i.Aware[len(i.Aware)-1]
	v := incidentView{
		ID: i.ID, Reference: i.Reference, State: string(i.State), Source: string(i.Source), CreatedAt: stamp(i.CreatedAt), ClosedAt: stamp(i.ClosedAt),
		Version: i.Version, Playbook: f.Playbook, Summary: s.Summary, OccurredFrom: stampOf(f.OccurredFrom), OccurredUntil: stampOf(f.OccurredUntil),
		OccurredApprox: f.OccurredApprox, DiscoveredAt: stamp(f.DiscoveredAt), DiscoveredHow: s.DiscoveredHow,
		AwareAt: stamp(aware.AwareAt), AwareBasis: aware.Basis, Systems: f.Systems, Categories: words(f.Categories), BreachKinds: words(f.BreachKinds),
		Subjects:   subjectsView{All: !f.HandPicked, Emails: orEmpty(s.Subjects.Emails), ExternalIDs: orEmpty(s.Subjects.ExternalIDs)},
		Recipients: []recipientBody{}, Unintelligible: string(f.Unintelligible), MeasuresTaken: s.MeasuresTaken, MeasuresPlanned: s.MeasuresPlanned,
		Consequences: s.Consequences, Role: string(f.Role), Controller: orNull(s.Controller), Answers: ownAnswers(i), FromAnswers: showSaid(i), Processor: orNull(f.ProcessorID), Clocks: showClocks(i, a.opts.Now()),
		Assessment: showAssessment(i.Assessment), Decisions: []decisionView{}, Filings: []filingView{}, AwareHistory: []findingView{},
		ControllerNotices: []controllerNoticeView{},
		Preliminary:       showPreliminary(i),
		Rules:             showRules(i.Law),
	}
	for _, r := range s.Recipients {
		v.Recipients = append(v.Recipients, recipientBody{Email: r.Email, Kind: string(r.Kind)})
	}
	for _, d := range i.Decisions {
		v.Decisions = append(v.Decisions, showDecision(d))
	}
	for _, f := range i.Filings {
		v.Filings = append(v.Filings, showFiling(f))
	}
	for _, n := range i.ControllerNotices {
		v.ControllerNotices = append(v.ControllerNotices, showControllerNotice(n))
	}
	for _, f := range i.Aware {
		v.AwareHistory = append(v.AwareHistory, findingView{AwareAt: stamp(f.AwareAt), Basis: f.Basis, Estimated: f.Estimated, RecordedAt: stamp(f.At), Reason: orNull(f.Reason)})
	}
	return v
}

func ownAnswers(i *incidents.Incident) map[string]string {
	own := map[string]string{}
	for key, answer := range i.Story.Answers {
		if question, is := strings.CutPrefix(key, incidents.AnswerKey(i.Facts.Playbook, "")); is {
			own[question] = answer
		}
	}
	return own
}

func showAssessment(a incidents.Assessment) assessmentView {
	c := a.Counts
	return assessmentView{Version: a.Done, Complete: a.Complete(), At: stamp(a.At), InGuidance: c.InGuidance, Former: c.Former, Other: c.Other,
		NotAffected: c.NotAffected, Certain: c.Certain, Possible: c.Possible, InScope: c.InScope, Undecided: c.Undecided, NotTold: c.NotTold, Came: a.Came, Went: a.Went}
}

func showDecision(d incidents.Decision) decisionView {
	return decisionView{Question: string(d.Question), Answer: string(d.Answer), Reason: d.Reason, At: stamp(d.At), ReopenedAt: stamp(d.ReopenedAt)}
}

func showFiling(f incidents.Filing) filingView {
	return filingView{ID: f.ID, Authority: string(f.Authority), Kind: string(f.Kind), Complete: f.Complete, FiledAt: stamp(f.FiledAt),
		Reference: orNull(f.Reference), LateReason: orNull(f.LateReason), UpdateBy: stamp(f.UpdateBy), LateGround: orNull(string(f.LateGround)), Form: orNull(f.Form)}
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// entryView is one entry of the register. Seq is null for what the worker has
// not yet chained, a moment after it happened.
type entryView struct {
	Seq        *int64            `json:"seq"`
	EventID    string            `json:"event_id"`
	IncidentID *string           `json:"incident_id"`
	Kind       string            `json:"kind"`
	At         *string           `json:"at"`
	Actor      actorView         `json:"actor"`
	Subject    *string           `json:"subject"`
	Facts      map[string]string `json:"facts"`
	Words      map[string]string `json:"words"`
	WordsHash  *string           `json:"words_hash"`
	Prev       *string           `json:"prev"`
	Hash       *string           `json:"hash"`
}

type actorView struct {
	Kind string  `json:"kind"`
	ID   *string `json:"id"`
}

func showEntry(e register.Entry) entryView {
	v := entryView{EventID: e.Event.ID, IncidentID: orNull(e.Event.IncidentID), Kind: string(e.Event.Kind), At: stamp(e.Event.At),
		Actor: actorView{Kind: string(e.Event.Actor.Kind), ID: orNull(e.Event.Actor.ID)}, Subject: orNull(e.Event.Subject),
		Facts: orNoWords(e.Event.Facts), Words: orNoWords(e.Event.Words), WordsHash: orNull(e.WordsHash), Prev: orNull(e.Prev), Hash: orNull(e.Hash)}
	if e.Seq > 0 {
		seq := e.Seq
		v.Seq = &seq
	}
	return v
}

func orNoWords(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

func entryKey(e register.Entry) string { return strconv.FormatInt(e.Seq, 10) }

// seqCursor reads the number that an entry's cursor wraps; "" is 0.
func seqCursor(key string) (int64, error) {
	if key == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(key, 10, 64)
	if err != nil || n < 0 {
		return 0, invalidParam("cursor", "take the cursor from the page before, as it is")
	}
	return n, nil
}

func decodeStrict(raw json.RawMessage, v any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return jsonFault(err)
	}
	return nil
}
