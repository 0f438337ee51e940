package main_test

import (
	"testing"
	"time"
)

// TestAVeryLongMailingStaysSmallAndTellsTheTruth tells thousands of people of one
// incident in the real program: its memory stays flat, its progress never runs
// ahead of the mail server, and its connections are used again and again. It is
// killed in the middle and goes on.
func TestAVeryLongMailingStaysSmallAndTellsTheTruth(t *testing.T) {
	t.Parallel()
	people := larger(1_500, 10_000)
	w := startSite(t, shape{clients: people})
	incident := w.file("one")
	notice := w.approve(incident)
	var memory []float64
	last, killed := 0, false
	awaitWithin(t, 5*time.Minute, "nearly all are told", func() error {
		told := w.told(incident)
		if taken := w.post.Count(); told > taken || told < last {
			t.Errorf("the clock reads %d told after %d, and the mail server took %d mails", told, last, taken)
		}
		last, memory = told, append(memory, w.all[0].metric("process_resident_memory_bytes")/(1<<20))
		if !killed && w.post.Count() > people/2 {
			killed = true
			w.all[0].kill()
			w.proof.cut(1)
			w.all[0].serve()
		}
		if n := w.post.Count(); n < people-2*connections {
			return errNot("%d mails", n)
		}
		return nil
	})
	w.settled(notice)
	w.checkStates(notice, 0)
	first, most := memory[len(memory)/4], 0.0
	for _, m := range memory[len(memory)/4:] {
		most = max(most, m)
	}
	t.Logf("%d people: %.0f MiB of memory after a quarter of the looks, %.0f at most; %d connections", people, first, most, w.post.Connections())
	if most > first+64 {
		t.Errorf("the memory grew from %.0f to %.0f MiB", first, most)
	}
	if n := w.post.Connections(); n > 4*connections {
		t.Errorf("%d connections for %d mails of two processes", n, people)
	}
	w.finish()
	if w.proof.doubled > connections {
		t.Errorf("%d mails went out twice, and one kill cuts off at most %d", w.proof.doubled, connections)
	}
}

// told is what the client clock of an incident says.
func (w *site) told(incident string) int {
	w.t.Helper()
	for _, c := range list[clockView](w.proof, "/incidents/"+incident+"/clocks") {
		if c.Kind == "client" {
			return c.Told
		}
	}
	w.t.Fatal("the incident has no client clock")
	return 0
}
