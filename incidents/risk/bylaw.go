package risk

import (
	"slices"

	"datalek/incidents/law"
)

// By returns what is recommended under other rules of law than the GDPR's first:
// Assess says when a risk is likely in Authority, and when a high one is in Persons.
func (a Assessment) By(rules law.Set) Assessment {
	likely, high := a.Authority, a.Persons
	pick := func(r law.Risk) Answer {
		if r == law.HighRisk {
			return high
		}
		return likely
	}
	a.Authority, a.Persons = pick(rules.AuthorityRisk()), pick(rules.PersonsRisk())
	if a.Authority != likely {
		a.Reasons = append(slices.Clone(a.Reasons), Reason{Code: HighRiskOnly})
	}
	return a
}
