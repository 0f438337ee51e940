package notifier_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/notifier"
)

// note lets a practice note Microsoft, as the pages and the API do.
func (w *world) note(practice tenant.ID, change func(*registry.Processor)) {
	w.t.Helper()
	p := registry.Processor{ID: "microsoft-365", PracticeID: practice, Name: "Microsoft"}
	if change != nil {
		change(&p)
	}
	w.store.processors[key(practice, p.ID)] = p
	at := incidents.LookBackPrefix + practice
	raw, version, err := w.store.Setting(w.t.Context(), string(at))
	if err == nil {
		err = w.store.PutSetting(w.t.Context(), string(at), incidents.ReadLookBack(raw).Again(w.clock()), version)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// lookBackAt lets time pass, and all workers look at once.
func (w *world) lookBackAt(d time.Duration, workers ...*notifier.Notifier) {
	w.t.Helper()
	w.move(d)
	failed := make([]error, len(workers))
	var all sync.WaitGroup
	for at, n := range workers {
		all.Go(func() { failed[at] = n.LookBack(w.t.Context()) })
	}
	all.Wait()
	if err := errors.Join(failed...); err != nil {
		w.t.Fatalf("look back: %v", err)
	}
	w.settle(workers...)
}

func (w *world) waitingToLook() []string {
	keys, err := w.store.SettingKeys(w.t.Context(), incidents.LookBackPrefix, 10)
	if err != nil {
		w.t.Fatal(err)
	}
	return keys
}

func TestWhoNotesASupplierLaterIsToldOfItsEarlierReportsOnce(t *testing.T) {
	w := hosted(t)
	one, two := w.notifier(), w.notifier()
	w.receive("r-1", "", payload(nil))
	w.receive("r-2", "", []byte("{broken"))
	w.receive("r-test", "", messageOf("processor.breach.test", map[string]any{"reference": "T-1", "stage": "initial", "summary": "Proef."}))
	w.receive("r-own", "p-1", payload(func(d map[string]any) { d["reference"] = "MS-OWN" }))
	w.settle(one)
	w.move(48 * time.Hour)
	w.receive("r-3", "", payload(func(d map[string]any) { d["stage"], d["summary"] = "update", "Ook de agenda." }))
	w.settle(one)
	before := len(w.incidentsOf("p-1"))

	hours := 24
	w.note("p-4", func(p *registry.Processor) { p.ContractHours = &hours })
	w.note("p-1", func(p *registry.Processor) { p.ContractHours = &hours })
	w.lookBackAt(9*time.Minute, one, two)
	if n := len(w.reportsOf("p-4")); n != 0 || len(w.waitingToLook()) != 2 {
		t.Fatalf("%d reports before the practice was done noting", n)
	}
	w.lookBackAt(time.Minute, one, two)
	told := w.clock()
	w.note("p-4", func(p *registry.Processor) { p.ContractHours = &hours }) // noting it again tells nothing again
	w.lookBackAt(time.Hour, one, two)

	inc := w.onlyCase(t, "p-4")
	if !inc.AwareAt().Equal(told) || inc.Clock(incidents.AuthorityClock).StartsAt != told || len(inc.ReportIDs) != 2 {
		t.Errorf("aware at %s with %d reports, want %s with two", inc.AwareAt(), len(inc.ReportIDs), told)
	}
	if c := inc.Clock(incidents.ContractClock); c == nil || !c.MetAt.Equal(monday) {
		t.Errorf("contract's clock %+v; the supplier told the host on monday", c)
	}
	reports := w.reportsOf("p-4")
	if len(reports) != 3 {
		t.Fatalf("%d reports, want two stages and what cannot be read", len(reports))
	}
	for _, r := range reports {
		if b := r.Words.Message.Because; len(b) == 0 || b[len(b)-1].Code != incidents.CauseNotedLater || !r.ReceivedAt.Equal(told) {
			t.Errorf("%s came at %s because of %v", r.ReceiptID, r.ReceivedAt, b)
		}
	}
	if n := len(w.incidentsOf("p-1")); n != before || len(w.waitingToLook()) != 0 {
		t.Errorf("who had it has %d cases, was %d; %v wait", n, before, w.waitingToLook())
	}
}

func TestWhoUsesASupplierForSomethingElseIsToldNothingUntilHeNotesMore(t *testing.T) {
	w := hosted(t)
	n := w.notifier()
	named := func(id, customer string) {
		w.receive(id, "", payload(func(d map[string]any) { d["customerRefs"], d["reference"] = []string{customer}, id }))
		w.settle(n)
	}
	named("old", "K-4")
	w.move(31 * 24 * time.Hour)
	named("new", "K-4")
	w.move(24 * time.Hour)
	w.note("p-4", func(p *registry.Processor) { p.CustomerRefs = []string{"K-5"} })
	w.lookBackAt(time.Hour, n)
	if n := len(w.reportsOf("p-4")); n != 0 {
		t.Fatalf("%d reports of another customer", n)
	}
	w.note("p-4", func(p *registry.Processor) { p.CustomerRefs = []string{"K-5", "K-4"} })
	w.note("p-5", func(p *registry.Processor) { p.EndedAt = w.clock() })
	w.lookBackAt(time.Hour, n)
	if got := w.incidentsOf("p-4"); len(got) != 1 || got[0].CaseKey != "microsoft-365/new" {
		t.Errorf("%d cases, want that of the last 30 days alone", len(got))
	}
	if n := len(w.reportsOf("p-5")); n != 0 {
		t.Errorf("who no longer uses it has %d reports", n)
	}
}

func TestLookingBackGoesOnWhereItFailed(t *testing.T) {
	w := hosted(t)
	n := w.notifier()
	w.receive("r-1", "", payload(nil))
	w.settle(n)
	w.note("p-4", nil)
	w.move(time.Hour)
	for _, at := range []string{"Receipts", "CreateIncident", "CreateReport", "RemoveSetting"} {
		failed := false
		w.store.meddle = func(call string, after bool) error {
			if call == at && after == (at != "Receipts") && !failed {
				failed = true
				return fault.Unavailable
			}
			return nil
		}
		_ = n.LookBack(t.Context())
	}
	w.store.meddle = nil
	w.lookBackAt(0, n)
	if len(w.incidentsOf("p-4")) != 1 || len(w.reportsOf("p-4")) != 1 || slices.Contains(w.waitingToLook(), incidents.LookBackPrefix+"p-4") {
		t.Errorf("%d cases, %d reports, %v wait", len(w.incidentsOf("p-4")), len(w.reportsOf("p-4")), w.waitingToLook())
	}
}
