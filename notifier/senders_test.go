package notifier_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents"
	"datalek/incidents/advisory"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/services/processors"
)

// azureAlert is one communication about a security advisory, as Azure sends it in
// its old schema.
func azureAlert(stage, communication, at, words string) []byte {
	return azureOf(stage, communication, at, words, "Security")
}

func azureOf(stage, communication, at, words, kind string) []byte {
	raw, err := json.Marshal(map[string]any{"schemaId": "Microsoft.Insights/activityLogs", "data": map[string]any{"context": map[string]any{"activityLog": map[string]any{
		"eventSource": "ServiceHealth", "eventTimestamp": at, "subscriptionId": "11112222-3333-4444-5555-666677778888",
		"properties": map[string]any{"title": "Security advisory", "communication": "<p>" + words + "</p>", "incidentType": kind, "trackingId": "0NIH-U2O",
			"stage": stage, "communicationId": communication, "impactStartTime": "2027-03-05T02:48:00.1234567Z"}}}}})
	if err != nil {
		panic(err)
	}
	return raw
}

// commonAlert is the same communication in the common schema.
func commonAlert(stage, communication, at, words string) []byte {
	raw, err := json.Marshal(map[string]any{"schemaId": "azureMonitorCommonAlertSchema", "data": map[string]any{
		"essentials": map[string]any{"monitoringService": "ServiceHealth"},
		"alertContext": map[string]any{"eventSource": 2, "eventTimestamp": at, "properties": map[string]any{"title": "Security advisory", "communication": "<p>" + words + "</p>",
			"incidentType": "Security", "trackingId": "0NIH-U2O", "stage": stage, "communicationId": communication}}}})
	if err != nil {
		panic(err)
	}
	return raw
}

func (w *world) onlyCase(t *testing.T, practice tenant.ID) *incidents.Incident {
	t.Helper()
	list := w.incidentsOf(practice)
	if len(list) != 1 {
		t.Fatalf("%s has %d cases, want 1", practice, len(list))
	}
	return list[0]
}

func TestStagesOfAnAzureAdvisoryAreOneCase(t *testing.T) {
	w := hosted(t)
	n := w.notifier()
	w.receive("r-1", "p-1", azureAlert("Active", "1", "2027-03-08T07:00:00Z", "Mail was read."))
	w.settle(n)
	w.move(time.Hour)
	w.receive("r-2", "p-1", commonAlert("Resolved", "2", "2027-03-08T08:30:00Z", "It is closed."))
	w.settle(n)
	w.move(time.Hour)
	w.receive("r-3", "p-1", commonAlert("RCA", "3", "2027-03-08T09:30:00Z", "A key had leaked."))
	w.settle(n)

	inc := w.onlyCase(t, "p-1")
	if !inc.AwareAt().Equal(monday) {
		t.Errorf("aware at %s; it is when we were told, %s", inc.AwareAt(), monday)
	}
	if got := inc.Story.Summary; !strings.Contains(got, "A key had leaked.") {
		t.Errorf("summary = %q", got)
	}
	var changed [][]string
	for _, r := range w.reportsOf("p-1") {
		if m := r.Words.Message; m.Kind != incidents.MessageReport || m.Stage == "" || len(m.Claims) == 0 || r.IncidentID != inc.ID {
			t.Errorf("report = %+v", r)
		}
		changed = append(changed, r.Words.Message.Changed)
	}
	slices.SortFunc(changed, func(a, b []string) int { return len(a) - len(b) })
	if diff := cmp.Diff([][]string{nil, {"summary"}, {"summary"}}, changed); diff != "" {
		t.Errorf("what changed (-want +got):\n%s", diff)
	}
}

// The same communication by two rules of the customer's, in both schemas, and once
// more by the host's own address, is one message.
func TestACommunicationThatComesTwiceChangesNothing(t *testing.T) {
	w := hosted(t)
	n := w.notifier()
	w.receive("r-1", "p-1", azureAlert("Active", "1", "2027-03-08T07:00:00Z", "Mail was read."))
	w.settle(n)
	before, mails := w.onlyCase(t, "p-1").Version, len(w.sender.accepted())
	w.receive("r-2", "p-1", commonAlert("Active", "1", "2027-03-08T07:00:00Z", "Mail was read."))
	w.receive("r-3", "", azureAlert("Active", "1", "2027-03-08T07:00:00Z", "Mail was read."))
	w.settle(n)
	if inc := w.onlyCase(t, "p-1"); len(inc.ReportIDs) != 1 || inc.Version != before || len(w.reportsOf("p-1")) != 1 {
		t.Errorf("reports %v, version %d, was %d; %d reports", inc.ReportIDs, inc.Version, before, len(w.reportsOf("p-1")))
	}
	about := 0
	for _, m := range w.sender.accepted()[mails:] {
		if strings.Contains(m.Text, w.onlyCase(t, "p-1").Reference) && m.To.Email == "anna@praktijk.example" && strings.Contains(m.Subject, "stuurde meer") {
			about++
		}
	}
	if about != 0 {
		t.Errorf("%d mails tell of news that is none", about)
	}
}

func TestAnOlderCommunicationOfTheSameStageFillsGapsOnly(t *testing.T) {
	w := hosted(t)
	n := w.notifier()
	w.receive("r-1", "p-1", azureAlert("Active", "2", "2027-03-08T08:00:00Z", "The newer words."))
	w.settle(n)
	w.receive("r-2", "p-1", azureAlert("Active", "1", "2027-03-08T07:00:00Z", "The older words."))
	w.settle(n)
	if got := w.onlyCase(t, "p-1").Story.Summary; !strings.Contains(got, "newer") {
		t.Errorf("summary = %q", got)
	}
	w.receive("r-3", "p-1", azureAlert("Active", "3", "2027-03-08T08:30:00Z", "The newest words."))
	w.settle(n)
	if got := w.onlyCase(t, "p-1").Story.Summary; !strings.Contains(got, "newest") {
		t.Errorf("summary = %q", got)
	}
}

func TestTrialsAndWhatIsBesideMakeNoCaseAndNoClock(t *testing.T) {
	w := hosted(t)
	heard := map[incidents.MessageKind]int{}
	n := w.notifierWith(func(kind incidents.MessageKind, _ string) { heard[kind]++ })
	w.receive("r-1", "p-1", messageOf(processors.OwnTestType, map[string]any{}))
	w.receive("r-2", "p-1", azureOf("Planned", "9", "2027-03-08T07:00:00Z", "We replace disks.", "Maintenance"))
	w.settle(n)
	w.move(100 * time.Hour)
	w.settle(n)
	if got := w.incidentsOf("p-1"); len(got) != 0 {
		t.Fatalf("%d cases", len(got))
	}
	kinds := map[incidents.MessageKind]string{}
	for _, r := range w.reportsOf("p-1") {
		kinds[r.Words.Message.Kind] = r.Words.Message.Why
		if _, runs := r.NextAt(); runs || r.State != incidents.KeptAside || r.ProcessorID != "microsoft-365" {
			t.Errorf("report = %+v", r)
		}
	}
	want := map[incidents.MessageKind]string{incidents.MessageTest: "", incidents.MessageBeside: advisory.WhyMaintenance}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("reports (-want +got):\n%s", diff)
	}
	if heard[incidents.MessageTest] != 1 || heard[incidents.MessageBeside] != 1 {
		t.Errorf("counted %v", heard)
	}
	if mails := w.mails(); len(mails) != 0 {
		t.Errorf("mails were sent: %v", mails)
	}
}

// An unknown body is kept readable, with what it came as, and its clock runs.
func TestAnUnknownBodyIsReadableBeforeAPerson(t *testing.T) {
	w := hosted(t)
	r := incidents.Receipt{ID: "r-1", ProcessorID: "microsoft-365", PracticeID: "p-1", ReceivedAt: monday, Raw: []byte("type=unsubscribe&data[email]=jan%40weg.example"),
		Headers: map[string]string{"content-type": "application/x-www-form-urlencoded"}}
	w.store.receipts[r.ID] = r
	w.settle(w.notifier())
	reports := w.reportsOf("p-1")
	if len(reports) != 1 || reports[0].State != incidents.InTriage || len(reports[0].Clock.Thresholds) == 0 {
		t.Fatalf("reports = %+v", reports)
	}
	if got := reports[0].Words; !strings.Contains(got.Text, "data[email]: jan@weg.example") || got.Message.Format != string(advisory.FormBody) {
		t.Errorf("words = %+v", got)
	}
	// What is wrong with it by our contract is for its sender, on his own page.
	if first, _, _ := strings.Cut(reports[0].Words.Text, "\n"); first != "Een leverancier stuurde een bericht dat datalek niet kon lezen. Lees het zelf en bepaal of het een datalek is." {
		t.Errorf("a person reads %q", first)
	}
}

// The sender's own clock moves nothing: the practice is aware from when it was told.
func TestTheSendersTimesMoveNoClock(t *testing.T) {
	w := hosted(t)
	w.receive("r-1", "p-1", azureAlert("Active", "1", "2026-01-01T07:00:00Z", "Mail was read."))
	w.settle(w.notifier())
	inc := w.onlyCase(t, "p-1")
	if c := inc.Clock(incidents.AuthorityClock); !inc.AwareAt().Equal(monday) || !c.StartsAt.Equal(monday) {
		t.Errorf("aware at %s, the clock starts at %s", inc.AwareAt(), c.StartsAt)
	}
	if diff := cmp.Diff([]registry.Category(nil), inc.Facts.Categories); diff != "" {
		t.Errorf("categories: %s", diff)
	}
}
