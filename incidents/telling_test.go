package incidents_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

// confidential is a policy like that of a confidential adviser.
func confidential() registry.Policy {
	p := promise48
	p.Telling = []registry.Telling{{Relation: registry.RelationAccused, When: registry.TellByDecision}, {Relation: registry.RelationReferrer, When: registry.TellByLaw}}
	return p
}

func spans(from, until int) []registry.Guidance {
	if from == 0 {
		return nil
	}
	g := registry.Guidance{From: registry.Date{Year: from, Month: 1, Day: 1}}
	if until != 0 {
		g.Until = registry.Date{Year: until, Month: 1, Day: 1}
	}
	return []registry.Guidance{g}
}

func TestWhoHearsByWhatHeIsToThePractice(t *testing.T) {
	tell := &incidents.PersonDecision{ClientID: "c", Tell: true, By: anna}
	not := func(g incidents.Ground) *incidents.PersonDecision {
		return &incidents.PersonDecision{ClientID: "c", Ground: g, Reason: "r", By: anna}
	}
	held := []registry.Holding{{System: "mailbox", Categories: []registry.Category{registry.Name}, Identifiability: registry.Identified, From: at(1)}}
	for _, tt := range []struct {
		name     string
		relation registry.Relation
		guidance []registry.Guidance
		decided  *incidents.PersonDecision
		group    incidents.Group
		inScope  bool
		why      incidents.ReasonCode
		clients  bool // reads a notice to clients
		former   bool // reads one to those beyond the promise
	}{
		{"a client in guidance", registry.RelationClient, spans(2026, 0), nil, incidents.InGuidance, true, incidents.ReasonInGuidance, true, false},
		{"a relation without a rule is told as clients are", registry.RelationTrainee, spans(2026, 0), nil, incidents.InGuidance, true, incidents.ReasonInGuidance, true, false},
		{"a former client", registry.RelationClient, spans(2025, 2026), nil, incidents.Former, false, incidents.ReasonGuidanceEnded, false, true},
		{"a referrer is never within the promise", registry.RelationReferrer, spans(2026, 0), nil, incidents.OtherPeople, false, incidents.ReasonByLawOnly, false, true},
		{"a referrer of former times", registry.RelationReferrer, spans(2025, 2026), nil, incidents.Former, false, incidents.ReasonByLawOnly, false, true},
		{"an accused person about whom nobody decided", registry.RelationAccused, nil, nil, incidents.Undecided, true, incidents.ReasonToDecide, false, false},
		{"one who is told", registry.RelationAccused, nil, tell, incidents.OtherPeople, true, incidents.ReasonDecidedToTell, true, false},
		{"one in guidance who is told", registry.RelationAccused, spans(2026, 0), tell, incidents.InGuidance, true, incidents.ReasonDecidedToTell, true, false},
		{"one to whom it would reveal a complaint", registry.RelationAccused, spans(2026, 0), not(incidents.GroundReveals), incidents.NotTold, false, incidents.ReasonRevealsComplaint, false, false},
		{"one whom it would harm", registry.RelationAccused, nil, not(incidents.GroundHarms), incidents.NotTold, false, incidents.ReasonTellingHarms, false, false},
		{"one left out for another reason", registry.RelationAccused, nil, not(incidents.GroundOther), incidents.NotTold, false, incidents.ReasonNotTold, false, false},
		{"a decision about who needs none changes nothing", registry.RelationClient, spans(2026, 0), not(incidents.GroundOther), incidents.InGuidance, true, incidents.ReasonInGuidance, true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inc := open(t, func(n *incidents.NewIncident) { n.Facts.OccurredFrom, n.Facts.OccurredUntil = at(10), at(20) })
			if tt.decided != nil {
				must(t, inc.DecidePerson(*tt.decided, noon))
			}
			c := registry.Client{ID: "c", Language: "nl", Relation: tt.relation, Guidance: tt.guidance, Holdings: held, Person: registry.Person{Email: "c@x.example"}}
			got := incidents.NewAssessor(inc, nil, confidential(), amsterdam(t)).Assess(c)
			if got.Group != tt.group || got.InScope != tt.inScope || got.Certainty != incidents.Certain {
				t.Errorf("group %s, in scope %t, %s; want %s, %t", got.Group, got.InScope, got.Certainty, tt.group, tt.inScope)
			}
			if last := got.Reasons[len(got.Reasons)-1].Code; last != tt.why {
				t.Errorf("the last reason is %s, want %s", last, tt.why)
			}
			dir := incidents.Directory{Clients: map[string]registry.Client{"c": c}}
			for audience, want := range map[incidents.Audience]bool{incidents.ToClients: tt.clients, incidents.ToFormerClients: tt.former} {
				if reads := len(incidents.Recipients(inc, audience, []incidents.Affected{got}, dir, 2027, "nl")) == 1; reads != want {
					t.Errorf("reads a notice to %s: %t, want %t", audience, reads, want)
				}
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestADecisionAboutAPersonIsReasonedAndKept(t *testing.T) {
	for _, tt := range []struct {
		name   string
		d      incidents.PersonDecision
		fields []string
	}{
		{"tell, without more", incidents.PersonDecision{Tell: true}, nil},
		{"tell, with a reason", incidents.PersonDecision{Tell: true, Reason: "Hij weet van de klacht."}, nil},
		{"not, with ground and reason", incidents.PersonDecision{Ground: incidents.GroundReveals, Reason: "Hij weet van niets."}, nil},
		{"not, without anything", incidents.PersonDecision{}, []string{"ground", "reason"}},
		{"not, with an unknown ground", incidents.PersonDecision{Ground: "mood", Reason: "x"}, []string{"ground"}},
		{"not, without a reason", incidents.PersonDecision{Ground: incidents.GroundHarms}, []string{"reason"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inc := open(t, nil)
			wanted := inc.Assessment.Wanted
			tt.d.ClientID, tt.d.By = "c", anna
			err := inc.DecidePerson(tt.d, noon)
			var fields []string
			for _, f := range fault.Fields(err) {
				fields = append(fields, f.Field)
			}
			if !slices.Equal(fields, tt.fields) {
				t.Fatalf("faults at %v, want %v", fields, tt.fields)
			}
			if tt.fields != nil {
				return
			}
			d, some := inc.PersonDecision("c")
			last := inc.Outbox.Pending[len(inc.Outbox.Pending)-1]
			kind := incidents.PersonNotTold
			if tt.d.Tell {
				kind = incidents.PersonToBeTold
			}
			if !some || d.Tell != tt.d.Tell || d.At != noon || inc.Assessment.Wanted != wanted+1 {
				t.Errorf("decision %+v, version %d wanted", d, inc.Assessment.Wanted)
			}
			if last.Kind != kind || last.Subject != "c" || last.Actor != anna || last.Words["reason"] != tt.d.Reason || last.Facts["ground"] != string(tt.d.Ground) {
				t.Errorf("the log says %+v", last)
			}
		})
	}
}

func TestANewerDecisionWinsAndBothAreKept(t *testing.T) {
	inc := open(t, nil)
	must(t, inc.DecidePerson(incidents.PersonDecision{ClientID: "c", Ground: incidents.GroundReveals, Reason: "nog niet", By: anna}, noon))
	must(t, inc.DecidePerson(incidents.PersonDecision{ClientID: "c", Tell: true, Ground: incidents.GroundHarms, By: anna}, noon.Add(time.Hour)))
	if d, _ := inc.PersonDecision("c"); !d.Tell || d.Ground != "" || len(inc.PersonDecisions) != 2 {
		t.Errorf("the newest is %+v of %d", d, len(inc.PersonDecisions))
	}
	if _, some := inc.PersonDecision("d"); some {
		t.Error("somebody else is decided about")
	}
	inc.State = incidents.StateClosed
	if err := inc.DecidePerson(incidents.PersonDecision{ClientID: "c", Tell: true, By: anna}, noon); !errors.Is(err, fault.Conflict) {
		t.Errorf("a closed case took a decision: %v", err)
	}
}

// While somebody is to be decided about the client clock stays open, though
// everybody else is told; once nobody is left to tell it is met.
func TestWhoIsUndecidedKeepsTheClockOpen(t *testing.T) {
	inc := open(t, nil)
	var counts incidents.Counts
	for _, f := range []incidents.Affected{{Group: incidents.InGuidance, InScope: true, Certainty: incidents.Certain}, {Group: incidents.Undecided, InScope: true, Certainty: incidents.Certain},
		{Group: incidents.NotTold, Certainty: incidents.Possible}} {
		counts.Add(f)
	}
	if want := (incidents.Counts{InGuidance: 1, Undecided: 1, NotTold: 1, Certain: 2, Possible: 1, InScope: 2}); counts != want || counts.Affected() != 3 {
		t.Fatalf("counts %+v, want %+v", counts, want)
	}
	inc.Assessed(1, counts, 0, 0, noon)
	inc.SetProgress(incidents.Progress{Told: 1, LastAt: noon}, noon)
	if clock := inc.Clock(incidents.ClientClock); !clock.MetAt.IsZero() {
		t.Error("the clock is met while somebody is undecided")
	}
	must(t, inc.DecidePerson(incidents.PersonDecision{ClientID: "c", Ground: incidents.GroundReveals, Reason: "r", By: anna}, noon))
	inc.Assessed(2, incidents.Counts{InGuidance: 1, NotTold: 2, Certain: 3, InScope: 1}, 0, 0, noon)
	inc.SetProgress(incidents.Progress{Told: 1, LastAt: noon}, noon)
	if clock := inc.Clock(incidents.ClientClock); clock.MetAt.IsZero() {
		t.Error("the clock is not met though nobody is left to tell")
	}
}
