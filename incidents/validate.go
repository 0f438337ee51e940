package incidents

import (
	"slices"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/risk"
)

// earliestAware is the day the GDPR began to apply (Art. 99(2)).
var earliestAware = time.Date(2018, 5, 25, 0, 0, 0, 0, time.UTC)

// clockSkew is how far ahead of our clock a sender's may run.
const clockSkew = 5 * time.Minute

func (n NewIncident) validate(now time.Time) error {
	var faults fault.List
	checkAware(&faults, n.AwareAt, now)
	registry.CheckText(&faults, "aware_basis", n.AwareBasis, 1, 2_000)
	n.Facts.check(&faults, now)
	n.Story.check(&faults, n.Facts)
	return faults.Err()
}

func checkAware(faults *fault.List, at, now time.Time) {
	switch {
	case at.IsZero():
		faults.Add("aware_at", "error.time_missing", "give the date and time at which you became aware")
	case at.Before(earliestAware):
		faults.Add("aware_at", "error.aware_too_early", "give a time from 25 May 2018 on")
	case at.After(now.Add(clockSkew)):
		faults.Add("aware_at", "error.future", "this lies in the future; give the time at which you became aware")
	}
}

func (f Facts) check(faults *fault.List, now time.Time) {
	if f.Playbook == "" {
		faults.Add("playbook", "error.playbook", "choose what happened from the list of playbooks")
	}
	switch {
	case f.DiscoveredAt.IsZero():
		faults.Add("discovered_at", "error.time_missing", "give the date and time of discovery")
	case f.DiscoveredAt.Before(earliestPast) || f.DiscoveredAt.After(now.Add(clockSkew)):
		faults.Add("discovered_at", "error.time_range", "give a time between 1990 and now")
	}
	if knew := f.ProcessorAwareAt; knew != nil && (knew.Before(earliestPast) || knew.After(now.Add(clockSkew))) {
		faults.Add("processor_aware_at", "error.time_range", "give a time between 1990 and now, or leave it unknown")
	}
	f.checkWindow(faults, now)
	f.checkChoices(faults)
	f.Risk.Check(faults)
}

var earliestPast = time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)

func (f Facts) checkWindow(faults *fault.List, now time.Time) {
	from, until := f.OccurredFrom, f.OccurredUntil
	if from != nil && (from.Before(earliestPast) || from.After(now.Add(clockSkew))) {
		faults.Add("occurred_from", "error.time_range", "give a time between 1990 and now, or leave it unknown")
	}
	if until != nil && (until.Before(earliestPast) || until.After(now.Add(clockSkew))) {
		faults.Add("occurred_until", "error.time_range", "give a time between 1990 and now, or leave it unknown")
	}
	if from != nil && until != nil && until.Before(*from) {
		faults.Add("occurred_until", "error.end_before_start", "the end lies before the start")
	}
}

func (f Facts) checkChoices(faults *fault.List) {
	if f.Systems != nil && len(f.Systems) == 0 && !f.HandPicked {
		faults.Add("systems", "error.systems_empty", "name at least one system, or say that you do not know which")
	}
	if f.Categories != nil {
		registry.CheckCategories(faults, "categories", f.Categories)
	}
	for _, k := range f.BreachKinds {
		if !slices.Contains([]BreachKind{Confidentiality, Integrity, Availability}, k) {
			faults.Add("breach_kinds", "error.breach_kind", "choose confidentiality, integrity or availability")
			break
		}
	}
	if !slices.Contains([]Unintelligible{UnintelligibleYes, UnintelligiblePartly, UnintelligibleNo, UnintelligibleUnknown}, f.Unintelligible) {
		faults.Add("unintelligible", "error.unintelligible", "choose yes, partly, no or unknown")
	}
	if slices.ContainsFunc(f.Said, func(s risk.Said) bool { return !s.Valid() }) {
		faults.Add("answers", "error.answer_option", "choose one of the answers that the question offers")
	}
	if !slices.Contains([]PracticeRole{AsController, AsProcessor, AsJoint}, f.Role) {
		faults.Add("role", "error.role", "choose controller, processor or joint")
	}
}

func (s Story) check(faults *fault.List, facts Facts) {
	registry.CheckText(faults, "summary", s.Summary, 1, 5_000)
	registry.CheckText(faults, "discovered_how", s.DiscoveredHow, 0, 2_000)
	registry.CheckText(faults, "measures_taken", s.MeasuresTaken, 0, 5_000)
	registry.CheckText(faults, "measures_planned", s.MeasuresPlanned, 0, 5_000)
	registry.CheckText(faults, "consequences", s.Consequences, 0, 5_000)
	registry.CheckLine(faults, "controller", s.Controller, 0, 200)
	s.checkAnswers(faults)
	if facts.HandPicked && len(s.Subjects.Emails)+len(s.Subjects.ExternalIDs) == 0 {
		faults.Add("subjects", "error.subjects_missing", "name at least one person it was about")
	}
	for _, e := range s.Subjects.Emails {
		registry.CheckEmail(faults, "subjects", e)
	}
	for _, id := range s.Subjects.ExternalIDs {
		registry.CheckLine(faults, "subjects", id, 1, 100)
	}
	s.checkRecipients(faults)
}

// mostAnswers is how many answers a case keeps, those to a former kind's
// questions too.
const mostAnswers = 200

// checkAnswers bounds what is kept; which answers a question has is the playbook's
// to say.
func (s Story) checkAnswers(faults *fault.List) {
	for key, answer := range s.Answers {
		if len(s.Answers) > mostAnswers || len(key) > 200 || len(answer) > 100 {
			faults.Add("answers", "error.answer_option", "choose one of the answers that the question offers")
			return
		}
	}
}

func (s Story) checkRecipients(faults *fault.List) {
	about := map[string]bool{}
	for _, e := range s.Subjects.Emails {
		about[registry.NormalEmail(e)] = true
	}
	for _, r := range s.Recipients {
		registry.CheckEmail(faults, "recipients", r.Email)
		if !slices.Contains([]RecipientKind{RecipientTrusted, RecipientKnown, RecipientUnknown}, r.Kind) {
			faults.Add("recipients", "error.recipient_kind", "choose trusted, known or unknown")
		}
		if about[registry.NormalEmail(r.Email)] {
			faults.Add("recipients", "error.recipient_is_subject", "this address stands in both lists; name the person it was about and the person it went to apart")
		}
	}
}
