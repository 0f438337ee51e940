package notifier_test

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// hosted returns a world in which p-1, p-2 and p-3 use Microsoft, p-4 and p-5 do not.
func hosted(t *testing.T) *world {
	w := newWorld(t)
	for _, id := range []string{"p-1", "p-2", "p-3", "p-4", "p-5"} {
		w.practice(id)
		w.clients(tenant.ID(id), 2)
	}
	hours := 24
	for _, id := range []string{"p-1", "p-2", "p-3"} {
		w.store.processors[key(tenant.ID(id), "microsoft-365")] = registry.Processor{ID: "microsoft-365", PracticeID: tenant.ID(id), Name: "Microsoft", ContractHours: &hours}
	}
	return w
}

// receive stores a processor's message as the webhook does.
func (w *world) receive(id string, practice tenant.ID, raw []byte) {
	w.store.receipts[id] = incidents.Receipt{ID: id, ProcessorID: "microsoft-365", PracticeID: practice, ReceivedAt: w.clock(), Raw: raw}
}

func (w *world) incidentsOf(practice tenant.ID) []*incidents.Incident {
	return listOf(w.store.incidents, practice, "", 100, nil)
}

func (w *world) reportsOf(practice tenant.ID) []*incidents.Report {
	return listOf(w.store.reports, practice, "", 100, nil)
}

func TestEveryPracticeThatUsesTheProcessorHasACase(t *testing.T) {
	w := hosted(t)
	n := w.notifier()
	w.receive("r-1", "", payload(nil))
	w.settle(n)
	for _, id := range []string{"p-1", "p-2", "p-3"} {
		list := w.incidentsOf(tenant.ID(id))
		if len(list) != 1 {
			t.Fatalf("%s has %d cases, want 1", id, len(list))
		}
		inc := list[0]
		if inc.Source != incidents.FromWebhook || !inc.AwareAt().Equal(monday) || inc.CaseKey != "microsoft-365/MS-2027-0042" || inc.Reference != "2027-0001" {
			t.Errorf("%s: source %s, aware %s, case %s, reference %s", id, inc.Source, inc.AwareAt(), inc.CaseKey, inc.Reference)
		}
		if got := inc.Facts.Systems; !slices.Equal(got, []string{"mailbox"}) {
			t.Errorf("%s: systems %v, want the mailbox", id, got)
		}
		if c := inc.Clock(incidents.ContractClock); c == nil || c.MetAt.IsZero() || c.Late(w.clock()) != 0 {
			t.Errorf("%s: contract clock %+v, want met in time", id, c)
		}
		if !strings.Contains(inc.Aware[0].Basis, "Microsoft heeft het ons gemeld") {
			t.Errorf("basis = %q", inc.Aware[0].Basis)
		}
		reports := w.reportsOf(tenant.ID(id))
		if len(reports) != 1 || reports[0].State != incidents.BecameIncident || reports[0].IncidentID != inc.ID || reports[0].ReceiptID != "r-1" {
			t.Errorf("%s: reports = %+v", id, reports)
		}
		if w.notice(inc, incidents.ToClients) == nil {
			t.Errorf("%s: no draft for the clients", id)
		}
	}
	for _, id := range []string{"p-4", "p-5"} {
		if len(w.incidentsOf(tenant.ID(id)))+len(w.reportsOf(tenant.ID(id))) != 0 {
			t.Errorf("%s does not use the processor and has a case", id)
		}
	}
	if w.store.receipts["r-1"].DoneAt.IsZero() {
		t.Error("the receipt is not done")
	}
}

func TestAReportReachesThoseAloneWhomItNames(t *testing.T) {
	w := hosted(t)
	note := func(practice tenant.ID, change func(*registry.Processor)) {
		p := w.store.processors[key(practice, "microsoft-365")]
		change(&p)
		w.store.processors[key(practice, "microsoft-365")] = p
	}
	note("p-1", func(p *registry.Processor) { p.CustomerRefs = []string{"K-1"} })
	note("p-2", func(p *registry.Processor) { p.CustomerRefs = []string{"K-2"} })
	w.store.processors[key("p-4", "host")] = registry.Processor{ID: "host", PracticeID: "p-4", Name: "Hosting BV", SubProcessors: []string{"microsoft-365"}, Host: true}
	n := w.notifier()
	w.receive("r-1", "", payload(func(d map[string]any) { d["customerRefs"] = []string{"k-1"} }))
	w.settle(n)
	why := func(practice tenant.ID) (codes []incidents.CauseCode) {
		for _, r := range w.reportsOf(practice) {
			for _, c := range r.Words.Message.Because {
				codes = append(codes, c.Code)
			}
		}
		return codes
	}
	for practice, want := range map[string][]incidents.CauseCode{
		"p-1": {incidents.CauseUses, incidents.CauseCustomer, incidents.CauseService}, "p-2": nil,
		"p-3": {incidents.CauseUses, incidents.CauseCustomerUnknown, incidents.CauseService}, "p-4": {incidents.CauseVia}, "p-5": nil} {
		if diff := cmp.Diff(want, why(tenant.ID(practice))); diff != "" || len(w.incidentsOf(tenant.ID(practice))) != min(1, len(want)) {
			t.Errorf("%s has %d cases (-want +got):\n%s", practice, len(w.incidentsOf(tenant.ID(practice))), diff)
		}
	}
	if via := w.incidentsOf("p-4")[0]; !strings.Contains(via.Aware[0].Basis, "Contoso Hosting BV (via Hosting BV) heeft het ons gemeld") {
		t.Errorf("basis = %q", via.Aware[0].Basis)
	}

	// The next stage names p-2 alone: p-1 has a case of it and hears that too.
	w.move(time.Hour)
	w.receive("r-2", "", payload(func(d map[string]any) {
		d["stage"], d["summary"], d["customerRefs"] = "update", "Alleen deze klant.", []string{"K-2"}
	}))
	w.settle(n)
	if got := w.incidentsOf("p-2"); len(got) != 1 || !got[0].AwareAt().Equal(w.clock()) {
		t.Errorf("p-2 has %d cases; it must be aware from the message that names it", len(got))
	}
	if got := w.reportsOf("p-1"); len(got) != 2 || got[0].Words.Message.Because[0].Code != incidents.CauseOpenCase && got[1].Words.Message.Because[0].Code != incidents.CauseOpenCase {
		t.Errorf("p-1 has %d reports, want two, one for its open case", len(got))
	}
}

func TestAPracticesOwnAddressReachesItAlone(t *testing.T) {
	w := hosted(t)
	w.receive("r-1", "p-2", payload(nil))
	w.settle(w.notifier())
	for id, want := range map[string]int{"p-1": 0, "p-2": 1, "p-3": 0} {
		if got := len(w.incidentsOf(tenant.ID(id))); got != want {
			t.Errorf("%s has %d cases, want %d", id, got, want)
		}
	}
	if got := w.reportsOf("p-2"); len(got) != 1 || got[0].ID != "r-1" {
		t.Errorf("reports = %+v, want one under the id that the sender was given", got)
	}
}

func TestAClockSetBackSinceAMessageCameLosesNoCase(t *testing.T) {
	w := hosted(t)
	w.receive("r-1", "p-1", payload(nil))
	w.move(-2 * time.Hour)
	if err := w.notifier().Handle(t.Context(), "intake", []byte(`{"receipt":"r-1"}`)); err != nil {
		t.Fatal(err)
	}
	if list := w.incidentsOf("p-1"); len(list) != 1 || !list[0].AwareAt().Equal(monday) {
		t.Errorf("%d cases, want one that is aware since the message came", len(list))
	}
}

func TestStagesOfOneReferenceMeetInOneCase(t *testing.T) {
	w := hosted(t)
	n := w.notifier()
	w.receive("r-1", "p-1", payload(nil))
	w.settle(n)
	w.move(time.Hour)
	w.receive("r-2", "p-1", payload(func(d map[string]any) {
		d["stage"], d["summary"], d["occurredFrom"] = "update", "Het begon eerder.", "2027-03-01T00:00:00Z"
		delete(d, "services")
		delete(d, "dataCategories")
	}))
	w.settle(n)
	w.receive("r-3", "p-1", payload(func(d map[string]any) { d["stage"], d["dataCategories"] = "final", []string{"name"} }))
	w.settle(n)

	list := w.incidentsOf("p-1")
	if len(list) != 1 || len(list[0].ReportIDs) != 3 {
		t.Fatalf("%d cases, reports %v; want one with three", len(list), list[0].ReportIDs)
	}
	f := list[0].Facts
	if !slices.Equal(f.Systems, []string{"mailbox"}) {
		t.Errorf("systems = %v; an update without services leaves them", f.Systems)
	}
	if diff := cmp.Diff([]registry.Category{registry.Name}, f.Categories); diff != "" {
		t.Errorf("categories: %s", diff)
	}
	if f.OccurredFrom == nil || !f.OccurredFrom.Equal(*instant("2027-03-05T02:48:00Z")) {
		t.Errorf("occurred from = %v, want what the final report says", f.OccurredFrom)
	}
	if got := list[0].Assessment; got.Wanted < 3 || !got.Complete() {
		t.Errorf("assessment = %+v, want a newer complete one", got)
	}
}

// A supplier that says only later since when it knew is judged from then on, once.
func TestALaterStageStartsTheContractsClockOnce(t *testing.T) {
	w := hosted(t)
	n := w.notifier()
	stage := func(id, stage string, knew any) {
		w.receive(id, "p-1", payload(func(d map[string]any) { d["stage"], d["summary"], d["processorAwareAt"] = stage, stage, knew }))
		w.settle(n)
		w.move(time.Hour)
	}
	stage("r-1", "initial", nil)
	if c := w.onlyCase(t, "p-1").Clock(incidents.ContractClock); c != nil {
		t.Fatalf("a clock runs before it says since when it knew: %+v", c)
	}
	stage("r-2", "update", "2027-03-07T03:00:00Z")
	stage("r-3", "final", "2027-03-07T05:00:00Z")
	inc, clocks := w.onlyCase(t, "p-1"), 0
	for _, c := range inc.Clocks {
		if c.Kind == incidents.ContractClock {
			clocks++
			if !c.StartsAt.Equal(*instant("2027-03-07T03:00:00Z")) || !c.MetAt.Equal(monday) || c.Late(w.clock()) != monday.Sub(c.StartsAt)-24*time.Hour {
				t.Errorf("clock = %+v", c)
			}
		}
	}
	if clocks != 1 {
		t.Errorf("%d clocks of the contract", clocks)
	}
	told := 0
	for _, e := range w.store.entries["p-1"] {
		if e.Event.Kind == incidents.ProcessorKnew {
			told++
		}
	}
	if told != 1 {
		t.Errorf("the register tells of it %d times", told)
	}
}

func TestALateStageFillsGapsOnly(t *testing.T) {
	w := hosted(t)
	n := w.notifier()
	w.receive("r-1", "p-1", payload(func(d map[string]any) {
		d["stage"], d["summary"] = "final", "Zo was het."
		delete(d, "measuresTaken")
	}))
	w.settle(n)
	w.receive("r-2", "p-1", payload(func(d map[string]any) { d["dataCategories"] = []string{"photos"} }))
	w.settle(n)
	inc := w.incidentsOf("p-1")[0]
	if !strings.HasPrefix(inc.Story.Summary, "Zo was het.") || slices.Contains(inc.Facts.Categories, registry.Photos) {
		t.Errorf("the older stage won: %q, %v", inc.Story.Summary, inc.Facts.Categories)
	}
	if inc.Story.MeasuresTaken == "" {
		t.Error("the older stage filled no gap")
	}
}

func TestAnUpdateCannotTurnTheWindowAround(t *testing.T) {
	w := hosted(t)
	n := w.notifier()
	w.receive("r-1", "p-1", payload(func(d map[string]any) { d["occurredUntil"] = nil }))
	w.settle(n)
	w.receive("r-2", "p-1", payload(func(d map[string]any) {
		d["stage"], d["occurredFrom"], d["occurredUntil"] = "update", nil, "2027-03-01T00:00:00Z"
	}))
	w.settle(n)
	f := w.incidentsOf("p-1")[0].Facts
	if f.OccurredUntil != nil && f.OccurredUntil.Before(*f.OccurredFrom) {
		t.Errorf("window = %s to %s", f.OccurredFrom, f.OccurredUntil)
	}
}

func TestWhatCannotBeReadGoesBeforeAPerson(t *testing.T) {
	w := hosted(t)
	n := w.notifier()
	w.receive("r-1", "", []byte("{broken"))
	w.receive("r-2", "p-1", []byte("type=unsubscribe&data[email]=jan%40weg.example"))
	w.receive("r-3", "p-1", nil)
	w.settle(n)
	if got := len(w.incidentsOf("p-1")); got != 0 {
		t.Fatalf("%d cases, want none", got)
	}
	for id, want := range map[string]int{"p-1": 3, "p-2": 1, "p-4": 0} {
		list := w.reportsOf(tenant.ID(id))
		if len(list) != want {
			t.Fatalf("%s has %d reports, want %d", id, len(list), want)
		}
		for _, r := range list {
			if r.State != incidents.InTriage || len(r.Clock.Thresholds) == 0 {
				t.Errorf("%s: %s without a running clock", id, r.State)
			}
		}
	}
	w.move(24 * time.Hour)
	w.settle(n)
	if w.mails()["anna@thuis.example"] == 0 {
		t.Error("nobody was warned of the shadow clock")
	}
}

func TestFanningOutGoesOnWhereItStoppedAndDoublesNothing(t *testing.T) {
	for _, at := range []string{"CreateIncident", "CreateReport", "FileReceipt", "AdvanceReceipt", "NextNumber", "Processor"} {
		t.Run("cut off at "+at, func(t *testing.T) {
			w := hosted(t)
			var calls atomic.Int32 // practices are reached side by side
			w.store.meddle = func(call string, after bool) error {
				if call == at && after {
					if n := calls.Add(1); n%2 == 1 && n < 8 {
						return fault.Unavailable
					}
				}
				return nil
			}
			w.receive("r-1", "", payload(nil))
			n := w.notifier()
			for range 12 {
				_ = n.Handle(t.Context(), "intake", []byte(`{"receipt":"r-1"}`))
			}
			w.store.meddle = nil
			w.settle(n)
			for _, id := range []string{"p-1", "p-2", "p-3"} {
				if len(w.incidentsOf(tenant.ID(id))) != 1 || len(w.reportsOf(tenant.ID(id))) != 1 {
					t.Errorf("%s has %d cases and %d reports, want one of each", id, len(w.incidentsOf(tenant.ID(id))), len(w.reportsOf(tenant.ID(id))))
				}
			}
		})
	}
}

func TestAReceiptThatIsDoneIsLeftAlone(t *testing.T) {
	w := hosted(t)
	n := w.notifier()
	w.receive("r-1", "", payload(nil))
	w.settle(n)
	before := w.store.writes()
	looked := false
	w.store.meddle = func(call string, _ bool) error { looked = looked || call == "PracticesUsing"; return nil }
	if err := n.Handle(t.Context(), "intake", []byte(`{"receipt":"r-1"}`)); err != nil {
		t.Fatal(err)
	}
	if looked || w.store.writes() != before {
		t.Error("it was fanned out again")
	}
}

func TestAHundredPracticesAreReachedPageByPage(t *testing.T) {
	w := newWorld(t)
	for i := range 230 {
		id := "p-" + string(rune('a'+i/26%26)) + string(rune('a'+i%26)) + string(rune('a'+i/676))
		w.practice(id)
		w.store.processors[key(tenant.ID(id), "microsoft-365")] = registry.Processor{ID: "microsoft-365", PracticeID: tenant.ID(id), Name: "Microsoft"}
	}
	w.receive("r-1", "", payload(nil))
	n := w.notifier()
	if err := n.Handle(t.Context(), "intake", []byte(`{"receipt":"r-1"}`)); err != nil {
		t.Fatal(err)
	}
	if got := len(w.store.incidents); got != 230 {
		t.Errorf("%d cases, want 230", got)
	}
}

// What became a case at once is told as a case, and never also as a report that
// waits for a decision; a later stage is told as that.
func TestAReportThatIsACaseIsToldOnce(t *testing.T) {
	w := hosted(t)
	n := w.notifier()
	w.receive("r-1", "p-1", payload(nil))
	w.settle(n)
	w.receive("r-2", "p-1", payload(func(data map[string]any) { data["stage"], data["summary"] = "update", "Ook de agenda." }))
	w.settle(n)
	var subjects []string
	for _, m := range w.sender.accepted() {
		subjects = append(subjects, m.To.Email+": "+m.Subject)
	}
	slices.Sort(subjects)
	want := []string{
		"anna@praktijk.example: Een leverancier meldde iets: 2027-0001", "anna@praktijk.example: Een leverancier stuurde meer: 2027-0001",
		"anna@thuis.example: Een leverancier meldde iets: 2027-0001", "anna@thuis.example: Een leverancier stuurde meer: 2027-0001",
	}
	if diff := cmp.Diff(want, subjects); diff != "" {
		t.Errorf("mails (-want +got):\n%s", diff)
	}
}
