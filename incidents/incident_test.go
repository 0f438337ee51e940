package incidents_test

import (
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"

	"github.com/google/go-cmp/cmp"
)

func TestOpenRefusesEveryFaultAtOnce(t *testing.T) {
	early, late := noon.Add(-time.Hour), noon.Add(-2*time.Hour)
	_, err := incidents.Open(filed(func(n *incidents.NewIncident) {
		n.AwareAt = noon.Add(6 * time.Minute)
		n.AwareBasis = " "
		n.Facts.Playbook = ""
		n.Facts.DiscoveredAt = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
		n.Facts.OccurredFrom, n.Facts.OccurredUntil = &early, &late
		n.Facts.Systems = []string{}
		n.Facts.Unintelligible = "perhaps"
		n.Facts.Role = "owner"
		n.Story.Summary = "a\x00b"
		n.Story.Consequences = strings.Repeat("x", 5001)
	}), noon)
	var fields []string
	for _, f := range fault.Fields(err) {
		fields = append(fields, f.Field)
	}
	want := []string{"aware_at", "aware_basis", "playbook", "discovered_at", "occurred_until", "systems", "unintelligible", "role", "summary", "consequences"}
	if diff := cmp.Diff(want, fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}

func TestAwarenessRange(t *testing.T) {
	for _, tt := range []struct {
		name  string
		aware time.Time
		ok    bool
	}{
		{"the day before the GDPR", time.Date(2018, 5, 24, 23, 59, 59, 0, time.UTC), false},
		{"its first instant", time.Date(2018, 5, 25, 0, 0, 0, 0, time.UTC), true},
		{"five minutes ahead", noon.Add(5 * time.Minute), true},
		{"a second more", noon.Add(5*time.Minute + time.Second), false},
		{"none", time.Time{}, false},
	} {
		if _, err := incidents.Open(filed(func(n *incidents.NewIncident) { n.AwareAt = tt.aware }), noon); (err == nil) != tt.ok {
			t.Errorf("%s: err %v, want ok %t", tt.name, err, tt.ok)
		}
	}
}

func TestProcessorUpdateJoinsWithoutWipingWhatPeopleChanged(t *testing.T) {
	from := noon.Add(-48 * time.Hour)
	first := incidents.ProcessorFacts{Stage: "initial", Summary: "Mail was read.", Systems: []string{"mailbox"}}
	inc := open(t, func(n *incidents.NewIncident) {
		n.Source, n.ReportID = incidents.FromWebhook, "r-1"
		n.Facts.OccurredFrom, n.Facts.OccurredUntil = nil, nil
		n.Story.Summary, n.Story.ProcessorSays = first.Summary, &first
	})
	err := inc.Change(incidents.Change{Reason: "Our words.", By: anna, Apply: func(_ *incidents.Facts, s *incidents.Story) { s.Summary = "Strangers read our mail." }}, noon)
	if err != nil {
		t.Fatal(err)
	}
	wanted := inc.Assessment.Wanted
	inc.Join("r-2", incidents.ProcessorFacts{Stage: "update", Summary: "Mail and agenda were read.", OccurredFrom: &from, Systems: []string{"mailbox", "agenda"}}, noon, incidents.System())
	if inc.Story.Summary != "Strangers read our mail." {
		t.Errorf("summary %q: the practitioner's words were overwritten", inc.Story.Summary)
	}
	if diff := cmp.Diff([]string{"mailbox", "agenda"}, inc.Facts.Systems); diff != "" || inc.Facts.OccurredFrom == nil {
		t.Errorf("new facts were not taken over: %s", diff)
	}
	if inc.Assessment.Wanted != wanted+1 {
		t.Error("no new assessment was asked for")
	}
	events := len(inc.Outbox.Pending)
	inc.Join("r-2", incidents.ProcessorFacts{Stage: "update", Summary: "again"}, noon, incidents.System())
	if len(inc.Outbox.Pending) != events {
		t.Error("the same report joined twice")
	}
}

func TestCloseNeedsTheDutiesDone(t *testing.T) {
	inc := open(t, nil)
	if err := inc.Close("done", noon, anna); err == nil {
		t.Fatal("closed with both duties undone")
	}
	inc.Assessed(1, incidents.Counts{}, 0, 0, noon)
	no := incidents.Decision{Question: incidents.AboutAuthority, Answer: incidents.NotNotifiable, Reason: "No risk.", By: anna}
	if err := inc.Decide(no, noon); err != nil {
		t.Fatal(err)
	}
	if err := inc.Close("done", noon, anna); err != nil || inc.State != incidents.StateClosed {
		t.Errorf("state %s, err %v; want closed", inc.State, err)
	}
}

// The clock runs from when it came in; the register says when it was put on record.
func TestAReportThatCameInEarlierIsRecordedAtItsOwnTime(t *testing.T) {
	r, err := incidents.NewTriage("r", "p", incidents.FromPaste, incidents.ReportWords{Text: "My file is on the internet."}, noon, promise48.AuthorityTerm(), anna)
	if err != nil {
		t.Fatal(err)
	}
	r.RecordedAt(noon)
	if e := r.Outbox.Pending[0]; !e.At.Equal(noon) || e.Facts["received_at"] != "" {
		t.Errorf("recorded at once: %+v", e)
	}
	r.RecordedAt(noon.Add(time.Hour))
	if e := r.Outbox.Pending[0]; !e.At.Equal(noon.Add(time.Hour)) || e.Facts["received_at"] != noon.Format(time.RFC3339) {
		t.Errorf("recorded an hour later: %+v", e)
	}
	if due, _ := r.Clock.DueAt(); !due.Equal(noon.Add(72*time.Hour)) || !r.ReceivedAt.Equal(noon) {
		t.Errorf("received %s, due %s", r.ReceivedAt, due)
	}
}

func TestTriageRunsAShadowOfTheAuthoritysHours(t *testing.T) {
	r, err := incidents.NewTriage("r", "p", incidents.FromPublic, incidents.ReportWords{Text: "My file is on the internet."}, noon, promise48.AuthorityTerm(), anna)
	if err != nil {
		t.Fatal(err)
	}
	if due, _ := r.Clock.DueAt(); !due.Equal(noon.Add(72 * time.Hour)) {
		t.Errorf("due %v", due)
	}
	if !r.Fire(noon.Add(24*time.Hour)) || r.Fire(noon.Add(24*time.Hour)) {
		t.Error("the first threshold must fire once")
	}
	if err := r.Became("i-1", noon, anna); err != nil {
		t.Fatal(err)
	}
	if _, some := r.NextAt(); some {
		t.Error("the shadow still runs although it became an incident")
	}
	if diff := cmp.Diff([]incidents.EventKind{incidents.ReportReceived, incidents.ThresholdPassed, incidents.ReportBecameCase}, kinds(r.Outbox.Pending)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}
