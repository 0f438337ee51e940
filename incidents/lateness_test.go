package incidents_test

import (
	"slices"
	"testing"
	"time"

	"datalek/incidents"
)

// stepsOf are the times of first steps, in hours after awareness.
func stepsOf(hours map[string]int) []incidents.StepTime {
	var steps []incidents.StepTime
	for id, h := range hours {
		steps = append(steps, incidents.StepTime{Step: id, Within: time.Duration(h) * time.Hour})
	}
	slices.SortFunc(steps, func(a, b incidents.StepTime) int { return int(a.Within - b.Within) })
	return steps
}

// warnings returns which steps each warning named, looking once a minute.
func warnings(t *testing.T, inc *incidents.Incident, from, until int) [][]string {
	t.Helper()
	var got [][]string
	for m := from * 60; m <= until*60; m++ {
		before := len(inc.Outbox.Pending)
		now := noon.Add(time.Duration(m) * time.Minute)
		next, some := inc.NextAt()
		inc.Tend(now)
		for _, e := range inc.Outbox.Pending[before:] {
			if e.Kind != incidents.StepsLate {
				continue
			}
			if !some || next.After(now) {
				t.Errorf("warned at %s, and the case was not to be looked at before %s", now, next)
			}
			got = append(got, incidents.LateSteps(e))
		}
	}
	return got
}

func TestLateFirstStepsAreToldOnceEachAndTogether(t *testing.T) {
	inc := open(t, func(n *incidents.NewIncident) {
		n.Facts.Steps = stepsOf(map[string]int{"password": 1, "bank": 2, "keep": 3, "ask": 4, "police": 24})
	})
	if err := inc.MarkStep(mark("bank", incidents.StepIsDone, ""), noon); err != nil {
		t.Fatal(err)
	}
	got := warnings(t, inc, 0, 23)
	want := [][]string{{"password"}, {"keep", "ask"}}
	if !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("warned of %v, want %v", got, want)
	}
	if err := inc.MarkStep(mark("password", incidents.StepIsDone, ""), noon); err != nil {
		t.Fatal(err)
	}
	if err := inc.MarkStep(mark("password", incidents.StepIsOpen, ""), noon); err != nil {
		t.Fatal(err)
	}
	if got := warnings(t, inc, 23, 60); !slices.EqualFunc(got, [][]string{{"police"}}, slices.Equal) {
		t.Errorf("on the second day warned of %v, want the police alone", got)
	}
}

func TestWhoFilesACaseIsNotWarnedOfItsStepsAtOnce(t *testing.T) {
	inc := open(t, func(n *incidents.NewIncident) {
		n.AwareAt = noon.Add(-48 * time.Hour)
		n.Facts.Steps = stepsOf(map[string]int{"password": 1, "ask": 4, "police": 24})
	})
	if inc.Tend(noon.Add(59 * time.Minute)); len(inc.StepsWarned) != 0 {
		t.Error("warned within the hour in which the case was made")
	}
	inc.Tend(noon.Add(time.Hour))
	if len(inc.StepsWarned) != 3 {
		t.Errorf("after the hour warned of %v, want all three in one", inc.StepsWarned)
	}
}

func TestAClosedCaseWarnsOfNoStep(t *testing.T) {
	inc := open(t, func(n *incidents.NewIncident) { n.Facts.Steps = stepsOf(map[string]int{"password": 1}) })
	inc.State = incidents.StateClosed
	if got := warnings(t, inc, 0, 5); got != nil {
		t.Errorf("warned of %v", got)
	}
}
