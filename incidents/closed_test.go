package incidents_test

import (
	"errors"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
)

// closed returns a case that was closed with its duties done: the one person in
// scope was told, and the authority need not be notified.
func closed(t *testing.T) *incidents.Incident {
	t.Helper()
	inc := told(t)
	at := noon.Add(3 * time.Hour)
	if err := inc.Decide(incidents.Decision{Question: incidents.AboutAuthority, Answer: incidents.NotNotifiable, Reason: "Alleen een adres.", By: anna}, at); err != nil {
		t.Fatal(err)
	}
	if err := inc.Close("Klaar.", at, anna); err != nil {
		t.Fatal(err)
	}
	return inc
}

// A duty that stands again opens its case again.
func TestADutyThatStandsAgainOpensTheCase(t *testing.T) {
	later := noon.Add(5 * time.Hour)
	from := noon.Add(-200 * time.Hour)
	for _, tt := range []struct {
		name string
		what func(*incidents.Incident)
		open bool
	}{
		{"a processor's later stage with other facts", func(i *incidents.Incident) {
			i.Facts.OccurredFrom = nil
			i.Join("r-2", incidents.ProcessorFacts{Stage: "final", Summary: "Longer than we thought.", OccurredFrom: &from}, later, incidents.System())
		}, true},
		{"a processor's later stage with other words alone", func(i *incidents.Incident) {
			i.Join("r-2", incidents.ProcessorFacts{Stage: "final", Summary: "We are done."}, later, incidents.System())
		}, false},
		{"a mail that came back", func(i *incidents.Incident) { i.SetProgress(incidents.Progress{}, later) }, true},
		{"a count that says the same", func(i *incidents.Incident) {
			i.SetProgress(incidents.Progress{Told: 1, LastAt: noon.Add(time.Hour)}, later)
		}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inc := closed(t)
			tt.what(inc)
			if got := inc.State == incidents.StateOpen; got != tt.open || inc.ClosedAt.IsZero() != tt.open {
				t.Errorf("the case is %s, closed at %v; want open %t", inc.State, inc.ClosedAt, tt.open)
			}
		})
	}
}

func TestNobodyIsAddedToAClosedCase(t *testing.T) {
	inc := closed(t)
	before := inc.Assessment.Wanted
	err := inc.Override(incidents.Override{ClientID: "c-9", Include: true, Reason: "Ook hij.", By: anna}, noon.Add(5*time.Hour))
	if !errors.Is(err, fault.Conflict) || inc.Assessment.Wanted != before || len(inc.Story.Overrides) != 0 {
		t.Errorf("override = %v, wanted %d; want a conflict and nothing changed", err, inc.Assessment.Wanted)
	}
}
