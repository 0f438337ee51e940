package notifier_test

import (
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
)

// A promise of more news is kept by the message that goes out after it, also
// when the store fails at each call of the keeping once.
func TestAMessageThatGoesOutKeepsThePromise(t *testing.T) {
	w := newWorld(t)
	w.practice("p-1")
	w.clients("p-1", 2)
	n := w.notifier()
	inc := w.file("p-1", nil)
	w.settle(n)
	_, err := w.store.UpdateIncident(t.Context(), "p-1", inc.ID, func(i *incidents.Incident) error {
		return i.Promise(incidents.NewUpdate{Audience: incidents.UpdateToClients, PromisedAt: w.clock().Add(30 * time.Hour), By: annaUser}, w.clock())
	})
	if err != nil {
		t.Fatal(err)
	}
	w.settle(n)
	w.move(7 * time.Hour)
	w.settle(n)
	warned := 0
	for _, m := range w.sender.accepted() {
		if strings.HasPrefix(m.Subject, "Nog 23 uur voor het vervolgbericht") {
			warned++
		}
	}
	if warned != 2 { // two addresses of the practitioner
		t.Errorf("%d warnings of the promise, want 2", warned)
	}
	failures := 2
	w.store.meddle = func(call string, after bool) error {
		if failures > 0 && !after && call == "UpdateIncident/save" {
			failures--
			return fault.Unavailable
		}
		return nil
	}
	w.approve(inc, incidents.ToClients)
	for range 6 { // whoever failed is called again
		_, _ = n.Relay(t.Context()), n.Recount(t.Context())
		for j, some := w.bus.take(); some; j, some = w.bus.take() {
			_ = n.Handle(t.Context(), j.queue, j.data)
		}
		w.move(time.Second)
	}
	w.store.meddle = nil
	w.settle(n)
	u := w.incident(inc).Updates[0]
	if u.KeptBy != incidents.UpdateByNotice || w.incident(inc).Clock(incidents.ClientUpdateClock).MetAt.IsZero() {
		t.Errorf("promise %+v, want kept by the message", u)
	}
	if failures != 0 {
		t.Error("the store never failed: the test proves less than it says")
	}
}
