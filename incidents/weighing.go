package incidents

import (
	"slices"

	"datalek/incidents/risk"
)

// RiskFacts gathers what is known of the case for weighing its risk. What was
// answered for that alone goes before what follows from the case, and what was
// recorded of the case before what follows from answers to the kind's questions.
func (i *Incident) RiskFacts() risk.Facts {
	f, _ := i.riskFacts()
	return f
}

// SaidFacts returns the facts of the risk that follow from answers to the kind's
// questions alone: nothing else was recorded in their place.
func (i *Incident) SaidFacts() []risk.Said {
	_, heeded := i.riskFacts()
	return heeded
}

// Unreadable says whether strangers could read the data: what was recorded, or what
// follows from an answer to the kind's questions.
func (i *Incident) Unreadable() Unintelligible { return i.RiskFacts().Unintelligible }

func (i *Incident) riskFacts() (risk.Facts, []risk.Said) {
	f := risk.Facts{Categories: i.Facts.Categories, Unintelligible: i.Facts.Unintelligible, Answers: i.Facts.Risk}
	f.Kinds = i.BrokenKinds()
	if f.Context == "" {
		f.Context = risk.Care // that is what these practices give, whatever they call it
	}
	if i.Assessment.Done > 0 {
		n := i.Assessment.Counts
		least, most := n.Certain, n.Affected()
		f.Persons = risk.Persons{Min: &least, Max: &most}
	}
	named := f.Recipient == "" && len(i.Story.Recipients) > 0
	if named && !slices.Contains(f.Own, risk.FactRecipient) {
		f.Recipient = i.worstRecipient()
	}
	heeded := f.Heed(i.Facts.Said)
	if named {
		f.Disclosed = wasDisclosed(f.Disclosed)
	}
	return f, heeded
}

// wasDisclosed says that others saw it, unless somebody answered that himself.
func wasDisclosed(answered risk.Disclosed) risk.Disclosed {
	if answered == "" {
		return risk.WasDisclosed
	}
	return answered
}

// fewRecipients is up to how many known people are a few.
const fewRecipients = 3

func (i *Incident) worstRecipient() risk.Recipient {
	all := i.Story.Recipients
	is := func(kind RecipientKind) func(Recipient) bool {
		return func(r Recipient) bool { return r.Kind == kind }
	}
	switch {
	case slices.ContainsFunc(all, is(RecipientUnknown)):
		return risk.Unknown
	case slices.ContainsFunc(all, is(RecipientKnown)) && len(all) > fewRecipients:
		return risk.KnownMany
	case slices.ContainsFunc(all, is(RecipientKnown)):
		return risk.Known
	default:
		return risk.Trusted
	}
}

// BrokenKinds returns the kinds of breach that are weighed: those that were chosen,
// else what is usual for this kind of case, else what weighs most.
func (i *Incident) BrokenKinds() []BreachKind {
	switch {
	case len(i.Facts.BreachKinds) > 0:
		return i.Facts.BreachKinds
	case len(i.Facts.Usual) > 0:
		return i.Facts.Usual
	default:
		return []BreachKind{Confidentiality}
	}
}

// Weighed is what the risk comes to, and what the rules of the case ask for it.
func (i *Incident) Weighed() (risk.Assessment, error) {
	a, err := risk.Assess(i.RiskFacts())
	if err == nil && len(i.Facts.BreachKinds) == 0 && len(i.Facts.Usual) > 0 {
		a.Reasons = append([]risk.Reason{{Code: risk.UsualKinds}}, a.Reasons...)
	}
	return a.By(i.Law), err
}

// advised is what is recommended about a question as things stand; "" when the
// facts cannot be weighed.
func (i *Incident) advised(q Question) risk.Answer {
	a, err := i.Weighed()
	switch {
	case err != nil:
		return ""
	case q == AboutPersons:
		return a.Persons
	default:
		return a.Authority
	}
}
