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

func TestNobodyIsAddedToAClosedCase(t *testing.T) {
	inc := closed(t)
	before := inc.Assessment.Wanted
	err := inc.Override(incidents.Override{ClientID: "c-9", Include: true, Reason: "Ook hij.", By: anna}, noon.Add(5*time.Hour))
	if !errors.Is(err, fault.Conflict) || inc.Assessment.Wanted != before || len(inc.Story.Overrides) != 0 {
		t.Errorf("override = %v, wanted %d; want a conflict and nothing changed", err, inc.Assessment.Wanted)
	}
}
