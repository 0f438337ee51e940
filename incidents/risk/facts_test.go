package risk_test

import (
	"datalek/incidents/registry"
	"datalek/incidents/risk"
)

// facts are risk.Facts in one row, as tables want them.
type facts struct {
	Kinds          []risk.BreachKind
	Categories     []registry.Category
	Persons        risk.Persons
	PersonKinds    []risk.PersonKind
	Context        risk.Context
	Unintelligible risk.Unintelligible
	Disclosed      risk.Disclosed
	Recipient      risk.Recipient
	Deleted        *bool
	Malicious      bool
	Backup         risk.Backup
	RestoredAfter  *float64
	Harm           risk.Harm
	Severity       risk.Override
}

func (f facts) sorted() risk.Facts {
	return risk.Facts{Kinds: f.Kinds, Categories: f.Categories, Persons: f.Persons, Unintelligible: f.Unintelligible,
		Answers: risk.Answers{PersonKinds: f.PersonKinds, Context: f.Context, Disclosed: f.Disclosed, Recipient: f.Recipient, Deleted: f.Deleted,
			Malicious: f.Malicious, Backup: f.Backup, RestoredAfter: f.RestoredAfter, Harm: f.Harm, Severity: f.Severity}}
}
