package incidents_test

import (
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/register"
	"datalek/incidents/registry"
)

var (
	noon      = time.Date(2027, 3, 5, 12, 0, 0, 0, time.UTC)
	anna      = incidents.Actor{Kind: register.ActorUser, ID: "anna"}
	promise48 = registry.Policy{ID: "p", ClientHours: 48, ClientThresholds: []int{50, 75, 90}, AuthorityHours: 72, AuthorityThresholds: []int{24, 48, 60, 68, 71}}
)

func amsterdam(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// filed returns what it takes to open a case about the mailbox, aware at noon.
func filed(edit func(*incidents.NewIncident)) incidents.NewIncident {
	from, until := noon.Add(-24*time.Hour), noon.Add(-time.Hour)
	n := incidents.NewIncident{
		ID: "i-1", PracticeID: "p-1", Reference: "2027-0001", Source: incidents.FromForm, AwareAt: noon, AwareBasis: "I saw strange mail in my sent folder.",
		Facts: incidents.Facts{Playbook: "phished-mailbox", OccurredFrom: &from, OccurredUntil: &until, DiscoveredAt: noon,
			Systems: []string{"mailbox"}, Unintelligible: incidents.UnintelligibleNo, Role: incidents.AsController},
		Story:  incidents.Story{Summary: "Somebody read my mailbox."},
		Policy: promise48, By: anna,
	}
	if edit != nil {
		edit(&n)
	}
	return n
}

func open(t *testing.T, edit func(*incidents.NewIncident)) *incidents.Incident {
	t.Helper()
	inc, err := incidents.Open(filed(edit), noon)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return inc
}

func kinds(events []incidents.Event) []incidents.EventKind {
	var out []incidents.EventKind
	for _, e := range events {
		out = append(out, e.Kind)
	}
	return out
}
