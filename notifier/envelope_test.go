package notifier_test

import (
	"log/slog"
	"testing"
	"time"

	"datalek/notifier"
)

// A return address that the mail server refused in the middle of a mailing is used
// again once it is proven anew, without a restart.
func TestAReturnAddressThatWasRefusedCanBeProvenAnew(t *testing.T) {
	w := newWorld(t)
	e := notifier.NewEnvelope(notifier.EnvelopeOptions{Settings: w.store, Address: "bounces@host.example", Trusted: true, Now: w.clock, Log: slog.New(slog.DiscardHandler)})
	const delivery = "0123456789abcdef01234567"
	used := func() bool { return e.For(t.Context(), "p-1")(delivery) != "" }
	if !used() {
		t.Fatal("a trusted return address is not used")
	}
	e.Refuse(t.Context())
	w.move(2 * time.Minute)
	if used() {
		t.Error("a refused return address is used")
	}
	if err := notifier.ProveEnvelope(t.Context(), w.store, "bounces@host.example", true, w.clock()); err != nil {
		t.Fatal(err)
	}
	w.move(2 * time.Minute)
	if !used() {
		t.Error("a return address that was proven anew is not used")
	}
}
