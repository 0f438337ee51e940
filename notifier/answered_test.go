package notifier_test

import (
	"strings"
	"testing"

	"datalek/incidents"
	"datalek/incidents/advisory"
	"datalek/incidents/tenant"
)

// answer stores what a supplier answered on its page about the case of its report.
func (w *world) answer(id string, practice tenant.ID, form string) {
	w.store.receipts[id] = incidents.Receipt{ID: id, ProcessorID: "microsoft-365", PracticeID: practice, ReceivedAt: w.clock(), Raw: []byte(form), Proof: "page",
		Headers: map[string]string{"content-type": "application/x-www-form-urlencoded", advisory.AnswerHeader: "MS-2027-0042"}}
}

func TestAnAnswerOnThePageJoinsTheCaseAndKeepsItsStory(t *testing.T) {
	w := hosted(t)
	n := w.notifier()
	w.receive("r-1", "p-1", payload(func(data map[string]any) { delete(data, "measuresTaken") }))
	w.settle(n)
	before := w.onlyCase(t, "p-1")
	w.answer("r-2", "p-1", "measures=All+passwords+were+reset.&subjects=120&sub_processors=Disk+BV")
	w.settle(n)
	after := w.onlyCase(t, "p-1")
	if after.Story.MeasuresTaken != "All passwords were reset." || after.Story.Summary != before.Story.Summary {
		t.Errorf("measures %q, summary %q; want the answer, and %q", after.Story.MeasuresTaken, after.Story.Summary, before.Story.Summary)
	}
	var told *incidents.Report
	for _, r := range w.reportsOf("p-1") {
		if r.ReceiptID == "r-2" {
			told = r
		}
	}
	if told == nil || told.IncidentID != after.ID || told.Words.Message.Format != string(advisory.Answer) || strings.Join(told.Words.Message.Changed, ",") != "measures_taken" {
		t.Fatalf("report of the answer = %+v", told)
	}
	for _, line := range []string{"Uw leverancier antwoordde op de eigen pagina:", "Hoeveel mensen: 120", "Wat er is gedaan: All passwords were reset.", "Onderaannemers: Disk BV"} {
		if !strings.Contains(told.Words.Text, line) {
			t.Errorf("the report lacks %q:\n%s", line, told.Words.Text)
		}
	}
	if a, b := w.store.receipts["r-1"].CaseHash, w.store.receipts["r-2"].CaseHash; a == "" || a != b {
		t.Errorf("the two messages are of the cases %q and %q", a, b)
	}
}

// What came for all practices of the host is not found beside what came for one.
func TestMessagesForOnePracticeAreFiledApart(t *testing.T) {
	w := hosted(t)
	n := w.notifier()
	w.receive("r-1", "", payload(nil))
	w.receive("r-2", "p-1", payload(nil))
	w.receive("r-3", "p-1", []byte("{"))
	w.settle(n)
	hash := func(id string) string { return w.store.receipts[id].CaseHash }
	if hash("r-1") == hash("r-2") || hash("r-1") == "" || hash("r-2") == "" || hash("r-3") != "" {
		t.Errorf("filed as %q, %q and %q", hash("r-1"), hash("r-2"), hash("r-3"))
	}
}
