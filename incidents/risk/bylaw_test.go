package risk_test

import (
	"testing"

	"datalek/incidents/law"
	"datalek/incidents/risk"
)

func TestWhatIsAdvisedFollowsTheDegreeOfRiskThatTheLawNames(t *testing.T) {
	rules := func(authority, persons law.Risk) law.Set {
		return law.Set{{Topic: law.TellAuthority, Risk: authority}, {Topic: law.TellPersons, Risk: persons}}
	}
	risky := risk.Assessment{Authority: risk.Yes, Persons: risk.Depends}
	for _, tt := range []struct {
		name               string
		rules              law.Set
		authority, persons risk.Answer
	}{
		{"as the GDPR began", nil, risk.Yes, risk.Depends},
		{"as it stands", rules(law.AnyRisk, law.HighRisk), risk.Yes, risk.Depends},
		{"the authority of a high risk alone", rules(law.HighRisk, law.HighRisk), risk.Depends, risk.Depends},
		{"persons of any risk", rules(law.AnyRisk, law.AnyRisk), risk.Yes, risk.Yes},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := risky.By(tt.rules)
			if got.Authority != tt.authority || got.Persons != tt.persons {
				t.Errorf("authority %s, persons %s", got.Authority, got.Persons)
			}
			if said := len(got.Reasons) == 1; said != (tt.authority != risk.Yes) {
				t.Errorf("reasons %v", got.Reasons)
			}
		})
	}
}
