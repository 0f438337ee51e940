package casework_test

import (
	"fmt"
	"testing"

	"datalek/incidents"
	"datalek/web/casework"
)

// openCases is how many cases stand open in a practice that has a bad year.
const openCases = 75

// BenchmarkSaveClient is one client saved while many cases are open: in the one
// benchmark all of them wait to be assessed anew already, in the other each save
// is the first after all were assessed.
func BenchmarkSaveClient(b *testing.B) {
	for name, settled := range map[string]bool{"cases wait already": false, "cases all assessed": true} {
		b.Run(name, func(b *testing.B) { benchSave(b, settled) })
	}
}

func benchSave(b *testing.B, settled bool) {
	w := newWorld(b)
	var ids []string
	for range openCases {
		ids = append(ids, w.openCase())
	}
	p := w.Practice("p1")
	for n := 0; b.Loop(); n++ {
		if settled {
			b.StopTimer()
			w.assess(ids)
			b.StartTimer()
		}
		in := casework.ClientInput{Client: person(fmt.Sprintf("N-%d", n%100))}
		if _, _, err := w.SaveClients(b.Context(), p, []casework.ClientInput{in}); err != nil {
			b.Fatal(err)
		}
	}
}

// assess does what the workers do, without finding anybody.
func (w *world) assess(ids []string) {
	w.t.Helper()
	for _, id := range ids {
		_, err := w.store.UpdateIncident(w.t.Context(), "p1", id, func(i *incidents.Incident) error {
			i.Renew(w.Now())
			i.Assessed(i.Assessment.Wanted, incidents.Counts{}, 0, 0, w.Now())
			i.Outbox.Pending = nil
			return nil
		})
		w.must(err)
	}
}
