package risk_test

import (
	"testing"

	"datalek/incidents/fault"
	"datalek/incidents/risk"

	"github.com/google/go-cmp/cmp"
)

func TestEveryFactThatAnAnswerSettlesIsAValueThatIsWeighed(t *testing.T) {
	for _, fact := range risk.SettledFacts() {
		for _, v := range fact.Values() {
			f := risk.Facts{Kinds: []risk.BreachKind{risk.Confidentiality}}
			said := risk.Said{Question: "q", Fact: fact, Value: v}
			if got := f.Heed([]risk.Said{said}); len(got) != 1 || !said.Valid() {
				t.Errorf("%s %s is not heeded", fact, v)
			}
			if err := f.Check(); err != nil {
				t.Errorf("%s %s is no fact: %v", fact, v, fault.Fields(err))
			}
		}
	}
	if (risk.Said{Fact: "weather", Value: "bad"}).Valid() || (risk.Said{Fact: risk.FactBackup, Value: "sunny"}).Valid() {
		t.Error("what is no fact is taken")
	}
}

func TestTheGravestOfTwoAnswersCounts(t *testing.T) {
	f := risk.Facts{}
	got := f.Heed([]risk.Said{{Question: "encrypted", Fact: risk.FactUnintelligible, Value: "yes"}, {Question: "locked", Fact: risk.FactUnintelligible, Value: "no"},
		{Question: "views", Fact: risk.FactDisclosed, Value: "yes"}, {Question: "log", Fact: risk.FactDisclosed, Value: "no"}})
	want := []risk.Said{{Question: "locked", Fact: risk.FactUnintelligible, Value: "no"}, {Question: "views", Fact: risk.FactDisclosed, Value: "yes"}}
	if diff := cmp.Diff(want, got); diff != "" || f.Unintelligible != risk.UnintelligibleNo || f.Disclosed != risk.WasDisclosed {
		t.Errorf("heeded (-want +got):\n%s%+v", diff, f)
	}
}

func TestWhatAPersonSaidGoesBeforeWhatFollowsFromAnAnswer(t *testing.T) {
	said := []risk.Said{{Question: "a", Fact: risk.FactMalicious, Value: "yes"}, {Question: "b", Fact: risk.FactBackup, Value: "complete"},
		{Question: "c", Fact: risk.FactRecipient, Value: "criminal"}, {Question: "d", Fact: risk.FactDeleted, Value: "yes"}}
	for _, tt := range []struct {
		name    string
		given   risk.Answers
		stored  risk.Answers
		follows int
	}{
		{"the same four go on following", risk.Answers{Malicious: true, Backup: risk.CompleteBackup, Recipient: risk.Offender, Deleted: new(true)}, risk.Answers{}, 4},
		{"others are his own, not known too", risk.Answers{Backup: risk.NoBackup, Deleted: new(false)},
			risk.Answers{Backup: risk.NoBackup, Deleted: new(false), Own: []risk.Fact{risk.FactRecipient, risk.FactDeleted, risk.FactMalicious, risk.FactBackup}}, 0},
		{"one is his own", risk.Answers{Malicious: false, Backup: risk.CompleteBackup, Recipient: risk.Offender, Deleted: new(true)}, risk.Answers{Own: []risk.Fact{risk.FactMalicious}}, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			stored := tt.given.Beside(said)
			if diff := cmp.Diff(tt.stored, stored); diff != "" {
				t.Errorf("stored (-want +got):\n%s", diff)
			}
			f := risk.Facts{Answers: stored}
			if got := f.Heed(said); len(got) != tt.follows || f.Malicious != tt.given.Malicious || f.Backup != tt.given.Backup || f.Recipient != tt.given.Recipient {
				t.Errorf("%d follow, and the facts are %+v", len(got), f)
			}
		})
	}
}
