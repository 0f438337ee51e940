package incidents_test

import (
	"testing"
	"time"

	"datalek/incidents"
)

// told returns a case whose one person in scope was told an hour after noon.
func told(t *testing.T) *incidents.Incident {
	t.Helper()
	inc := open(t, nil)
	inc.Assessed(1, incidents.Counts{InGuidance: 1, InScope: 1}, 1, 0, noon)
	inc.SetProgress(incidents.Progress{Told: 1, LastAt: noon.Add(time.Hour)}, noon.Add(time.Hour))
	if inc.Clock(incidents.ClientClock).MetAt.IsZero() {
		t.Fatal("the clock is not met")
	}
	return inc
}

// Told is told: that nobody counts any more later on makes no duty of it again.
func TestAMetClockStaysMetWhenNobodyIsInScopeAnyMore(t *testing.T) {
	inc := told(t)
	at := noon.Add(2 * time.Hour)
	if err := inc.Override(incidents.Override{ClientID: "c-1", Reason: "Zij was het niet.", By: anna}, at); err != nil {
		t.Fatal(err)
	}
	inc.Assessed(2, incidents.Counts{NotAffected: 1}, 0, 1, at)
	inc.SetProgress(incidents.Progress{}, at)
	if got := inc.Clock(incidents.ClientClock).State(noon.Add(100 * time.Hour)); got != incidents.ClockIsMet {
		t.Errorf("the clock is %s, want met", got)
	}
}

// A count that comes while the case is being assessed anew is about the persons
// of the assessment before: it can neither meet the clock nor reopen it.
func TestACountDuringAnAssessmentLeavesAMetClock(t *testing.T) {
	inc := told(t)
	at := noon.Add(30 * time.Hour) // the first warning's time went by
	inc.Reassess(at, anna)
	inc.SetProgress(incidents.Progress{Told: 1, LastAt: noon.Add(time.Hour)}, at)
	if got := inc.Clock(incidents.ClientClock).State(at); got != incidents.ClockIsMet {
		t.Errorf("the clock is %s while the assessment runs, want met", got)
	}
	for _, f := range inc.Fire(at) {
		if f.Clock == incidents.ClientClock {
			t.Errorf("a warning %s of a duty that is done", f.Mark)
		}
	}
	inc.Assessed(2, incidents.Counts{InGuidance: 2, InScope: 2}, 1, 0, at)
	inc.SetProgress(incidents.Progress{Told: 1, LastAt: noon.Add(time.Hour)}, at)
	if got := inc.Clock(incidents.ClientClock).State(at); got != incidents.ClockRunning {
		t.Errorf("with somebody new in scope the clock is %s, want running", got)
	}
}
