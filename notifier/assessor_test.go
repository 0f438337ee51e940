package notifier_test

import (
	"context"
	"errors"
	"testing"

	"datalek/incidents"
	"datalek/incidents/fault"
)

func TestNewerFactsMakeAnOlderAssessmentStop(t *testing.T) {
	w := newWorld(t)
	w.practice("p-1")
	w.clients("p-1", 2500)
	n := w.notifier()
	inc := w.file("p-1", nil)
	pages := 0
	w.store.meddle = func(call string, after bool) error {
		if call == "SaveAffected" && after {
			if pages++; pages == 1 {
				_, _ = w.store.UpdateIncident(context.Background(), "p-1", inc.ID, func(i *incidents.Incident) error {
					return i.Override(incidents.Override{ClientID: "c-001", Reason: "weet het al", By: incidents.System()}, w.clock())
				})
			}
		}
		return nil
	}
	assess := []byte(`{"practice":"p-1","incident":"` + inc.ID + `"}`)
	if err := n.Handle(t.Context(), "assess", assess); err != nil {
		t.Fatal(err)
	}
	if got := w.incident(inc).Assessment; got.Done != 0 || pages != 1 {
		t.Fatalf("assessment = %+v after %d pages, want none done", got, pages)
	}
	if err := n.Handle(t.Context(), "assess", assess); err != nil {
		t.Fatal(err)
	}
	got := w.incident(inc).Assessment
	if got.Done != 2 || got.Counts.InScope != 2499 {
		t.Errorf("assessment = %+v, want version 2 with 2499 in scope", got)
	}
}

func TestCountsFitTheRowsOfARunThatWasCutOff(t *testing.T) {
	w := newWorld(t)
	w.practice("p-1")
	w.clients("p-1", 4)
	n := w.notifier()
	inc := w.file("p-1", nil)
	w.store.meddle = func(call string, after bool) error {
		if call == "AffectedPersons" {
			return fault.Unavailable
		}
		return nil
	}
	assess := []byte(`{"practice":"p-1","incident":"` + inc.ID + `"}`)
	if err := n.Handle(t.Context(), "assess", assess); !errors.Is(err, fault.Unavailable) {
		t.Fatalf("error = %v, want unavailable", err)
	}
	w.store.meddle = nil
	c := w.store.clients[key("p-1", "c-000")]
	c.Holdings = nil // he changed between the two runs; his row stands
	w.store.clients[key("p-1", "c-000")] = c
	if err := n.Handle(t.Context(), "assess", assess); err != nil {
		t.Fatal(err)
	}
	readers, _ := w.store.ReadersInScope(t.Context(), "p-1", inc.ID, 1)
	if got := w.incident(inc).Assessment.Counts.InScope; got != len(readers) {
		t.Errorf("counted %d in scope, the rows say %d", got, len(readers))
	}
}

func TestALaterAssessmentSaysWhoCameAndWent(t *testing.T) {
	w := newWorld(t)
	w.practice("p-1")
	w.clients("p-1", 3)
	n := w.notifier()
	inc := w.file("p-1", nil)
	w.settle(n)
	outside := w.client("p-1", "c-900", "later@clienten.example", "nl")
	outside.Holdings = nil
	w.store.clients[key("p-1", "c-900")] = outside
	_, err := w.store.UpdateIncident(t.Context(), "p-1", inc.ID, func(i *incidents.Incident) error {
		for _, o := range []incidents.Override{{ClientID: "c-900", Include: true, Reason: "stond er toch in"}, {ClientID: "c-000", Reason: "was het niet"}} {
			if err := i.Override(o, w.clock()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w.settle(n)
	if got := w.incident(inc).Assessment; got.Came != 1 || got.Went != 1 {
		t.Errorf("came %d, went %d; want one each", got.Came, got.Went)
	}
	if got := w.notice(inc, incidents.ToClients); got.AffectedVersion != w.incident(inc).Assessment.Done || got.Recipients != 3 {
		t.Errorf("the draft is for version %d and %d readers", got.AffectedVersion, got.Recipients)
	}
}
