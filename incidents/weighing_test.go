package incidents_test

import (
	"slices"
	"testing"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/risk"
)

func TestRiskFactsFollowTheCase(t *testing.T) {
	to := func(kinds ...incidents.RecipientKind) []incidents.Recipient {
		var list []incidents.Recipient
		for _, k := range kinds {
			list = append(list, incidents.Recipient{Email: "a@b.example", Kind: k})
		}
		return list
	}
	known := incidents.RecipientKnown
	for _, tt := range []struct {
		name       string
		recipients []incidents.Recipient
		answers    risk.Answers
		recipient  risk.Recipient
		disclosed  risk.Disclosed
	}{
		{"nobody is known", nil, risk.Answers{}, "", ""},
		{"a trusted one", to(incidents.RecipientTrusted), risk.Answers{}, risk.Trusted, risk.WasDisclosed},
		{"a known one", to(known, incidents.RecipientTrusted), risk.Answers{}, risk.Known, risk.WasDisclosed},
		{"many known ones", to(known, known, known, known), risk.Answers{}, risk.KnownMany, risk.WasDisclosed},
		{"a stranger among them", to(known, incidents.RecipientUnknown), risk.Answers{}, risk.Unknown, risk.WasDisclosed},
		{"an answer goes first", to(known), risk.Answers{Recipient: risk.Offender, Disclosed: risk.PossiblyDisclosed}, risk.Offender, risk.PossiblyDisclosed},
		{"nobody opened it", to(known), risk.Answers{Disclosed: risk.NotDisclosed}, risk.Known, risk.NotDisclosed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inc := open(t, func(n *incidents.NewIncident) { n.Story.Recipients, n.Facts.Risk = tt.recipients, tt.answers })
			if f := inc.RiskFacts(); f.Recipient != tt.recipient || f.Disclosed != tt.disclosed || f.Context != risk.Care {
				t.Errorf("recipient %q, disclosed %q, context %q; want %q, %q, care", f.Recipient, f.Disclosed, f.Context, tt.recipient, tt.disclosed)
			}
		})
	}
}

func TestRiskFactsCountThePeopleFound(t *testing.T) {
	inc := open(t, nil)
	if f := inc.RiskFacts(); f.Persons.Min != nil || f.Persons.Max != nil {
		t.Error("people are counted before anybody looked")
	}
	inc.Assessment.Done, inc.Assessment.Counts = 1, incidents.Counts{InGuidance: 3, Former: 2, Other: 1, Certain: 4, Possible: 2}
	if f := inc.RiskFacts(); *f.Persons.Min != 4 || *f.Persons.Max != 6 {
		t.Errorf("from %d to %d people, want 4 to 6", *f.Persons.Min, *f.Persons.Max)
	}
	inc.Assessment.Counts = incidents.Counts{InGuidance: 1, Undecided: 1, NotTold: 2, Certain: 4}
	if f := inc.RiskFacts(); *f.Persons.Min != 4 || *f.Persons.Max != 4 {
		t.Errorf("from %d to %d people, want all 4, told or not", *f.Persons.Min, *f.Persons.Max)
	}
}

func TestNewAnswersReopenAndADecisionKeepsWhatWasAdvised(t *testing.T) {
	inc := open(t, func(n *incidents.NewIncident) {
		n.Facts.Categories = []registry.Category{registry.Name}
		n.Story.Recipients = []incidents.Recipient{{Email: "a@b.example", Kind: incidents.RecipientKnown}}
	})
	if err := inc.Decide(incidents.Decision{Question: incidents.AboutPersons, Answer: incidents.NotNotifiable, Reason: "Een bekende."}, noon); err != nil {
		t.Fatal(err)
	}
	d, standing := inc.Standing(incidents.AboutPersons)
	if !standing || d.Advised != risk.Depends {
		t.Errorf("advised %q, standing %t; want that it depends", d.Advised, standing)
	}
	if err := inc.Change(incidents.Change{Reason: "Het was een dader.", Apply: func(f *incidents.Facts, _ *incidents.Story) { f.Risk.Recipient = risk.Offender }}, noon); err != nil {
		t.Fatal(err)
	}
	if _, standing := inc.Standing(incidents.AboutPersons); standing {
		t.Error("the decision still stands after new answers")
	}
	if err := inc.Change(incidents.Change{Reason: "Zo.", Apply: func(f *incidents.Facts, _ *incidents.Story) { f.Risk.Recipient = "aunt" }}, noon); err == nil {
		t.Error("an unknown answer is taken")
	}
}

func TestWithoutAChoiceWhatIsUsualForTheKindIsWeighed(t *testing.T) {
	lost := func(n *incidents.NewIncident) {
		n.Facts.BreachKinds, n.Facts.Usual = nil, []incidents.BreachKind{incidents.Confidentiality, incidents.Availability}
		n.Facts.Risk = risk.Answers{Disclosed: risk.NotDisclosed, Backup: risk.NoBackup}
	}
	inc := open(t, lost)
	got, err := inc.Weighed()
	if err != nil || got.Authority != risk.Yes {
		t.Errorf("the only copy is gone: authority %s, %v; want yes", got.Authority, err)
	}
	if got.Reasons[0].Code != risk.UsualKinds || !slices.Contains(got.Reasons, risk.Reason{Code: risk.LostForGood}) {
		t.Errorf("reasons %v, want that what is usual was taken, and that it is lost", got.Reasons)
	}
	chosen := open(t, func(n *incidents.NewIncident) {
		lost(n)
		n.Facts.BreachKinds = []incidents.BreachKind{incidents.Confidentiality}
	})
	got, err = chosen.Weighed()
	if err != nil || got.Authority != risk.No || slices.Contains(got.Reasons, risk.Reason{Code: risk.UsualKinds}) {
		t.Errorf("with a choice: authority %s, %v, %v; want no, by what was chosen", got.Authority, got.Reasons, err)
	}
}
