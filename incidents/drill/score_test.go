package drill_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents"
	"datalek/incidents/drill"
	"datalek/incidents/registry"
)

var began = time.Date(2027, 3, 8, 9, 0, 0, 0, time.UTC)

func made(t *testing.T, pace int) *incidents.Incident {
	t.Helper()
	inc, err := incidents.Open(incidents.NewIncident{ID: "i", PracticeID: "d", Reference: "2027-0001", Source: incidents.FromForm,
		Facts:   incidents.Facts{Playbook: "lost-device", DiscoveredAt: began, Role: incidents.AsController, Unintelligible: incidents.UnintelligibleNo},
		Story:   incidents.Story{Summary: "verzonnen"},
		AwareAt: began, AwareBasis: "verzonnen", Pace: pace,
		Policy: registry.Policy{ClientHours: 48, AuthorityHours: 72, ClientThresholds: []int{50}}, By: incidents.System()}, began)
	if err != nil {
		t.Fatal(err)
	}
	return inc
}

func steps() []drill.Step {
	return []drill.Step{{ID: "wipe", Within: time.Hour}, {ID: "police", Within: 48 * time.Hour}, {ID: "insurer", Within: 48 * time.Hour}}
}

func marks(s drill.Score) map[string]drill.Mark {
	got := map[string]drill.Mark{}
	for _, l := range s.Lines {
		got[l.ID] = l.Mark
	}
	return got
}

func TestADrillRunsAtItsPace(t *testing.T) {
	inc := made(t, 720)
	client, authority := inc.Clock(incidents.ClientClock), inc.Clock(incidents.AuthorityClock)
	if client.Within != 4*time.Minute || authority.Within != 6*time.Minute {
		t.Errorf("48 and 72 hours take %s and %s", client.Within, authority.Within)
	}
	if at := client.Thresholds[0].At.Sub(began); at != 2*time.Minute {
		t.Errorf("half of the time is over after %s", at)
	}
	if real := made(t, 0).Clock(incidents.ClientClock).Within; real != 48*time.Hour {
		t.Errorf("in a real case 48 hours take %s", real)
	}
}

func TestNothingDoneIsAllForgotten(t *testing.T) {
	inc := made(t, 60)
	inc.StopDrill(began.Add(time.Hour), incidents.System())
	s := drill.Judge(inc, steps())
	if s.Percent != 0 || s.InTime+s.Late != 0 || s.Forgotten != 8 {
		t.Errorf("score %+v", s)
	}
	if _, some := inc.NextAt(); some {
		t.Error("a stopped drill still has a warning to come")
	}
}

func TestEachThingIsJudgedByTheDrillsOwnClock(t *testing.T) {
	inc := made(t, 60) // an hour takes a minute
	at := func(minutes int) time.Time { return began.Add(time.Duration(minutes) * time.Minute) }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(inc.MarkStep(incidents.StepMark{Playbook: "lost-device", Step: "wipe", State: incidents.StepIsDone, By: incidents.System()}, at(2)))
	must(inc.MarkStep(incidents.StepMark{Playbook: "lost-device", Step: "police", State: incidents.StepIsDone, By: incidents.System()}, at(47)))
	must(inc.MarkStep(incidents.StepMark{Playbook: "lost-device", Step: "insurer", State: incidents.StepDoesNotApply, Reason: "geen", By: incidents.System()}, at(3)))
	must(inc.Decide(incidents.Decision{Question: incidents.AboutPersons, Answer: incidents.Notify, Reason: "hoog", By: incidents.System()}, at(20)))
	must(inc.Decide(incidents.Decision{Question: incidents.AboutAuthority, Answer: incidents.NotNotifiable, Reason: "klein", By: incidents.System()}, at(80)))
	inc.Clock(incidents.ClientClock).MetAt = at(40)
	inc.StopDrill(at(90), incidents.System())
	s := drill.Judge(inc, steps())
	want := map[string]drill.Mark{"step/wipe": drill.Late, "step/police": drill.InTime, "step/insurer": drill.NotNeeded, drill.Risk: drill.InTime,
		drill.Clients: drill.InTime, drill.Authority: drill.Late, drill.Measures: drill.Forgotten, drill.Closing: drill.Forgotten}
	if diff := cmp.Diff(want, marks(s)); diff != "" {
		t.Error(diff)
	}
	if s.Percent != 57 { // three in time and two late of seven
		t.Errorf("%d percent", s.Percent)
	}
}

func TestTheNextDrillIsComparedThingByThing(t *testing.T) {
	score := func(list ...drill.Line) drill.Score { return drill.Score{Lines: list} }
	before := score(drill.Line{ID: "a", Mark: drill.Forgotten}, drill.Line{ID: "b", Mark: drill.InTime}, drill.Line{ID: "c", Mark: drill.Late}, drill.Line{ID: "d", Mark: drill.NotNeeded})
	now := score(drill.Line{ID: "a", Mark: drill.Late}, drill.Line{ID: "b", Mark: drill.Late}, drill.Line{ID: "c", Mark: drill.Late}, drill.Line{ID: "d", Mark: drill.Forgotten}, drill.Line{ID: "e", Mark: drill.InTime})
	if diff := cmp.Diff(map[string]drill.Change{"a": drill.Better, "b": drill.Worse}, drill.Compare(before, now)); diff != "" {
		t.Error(diff)
	}
}
