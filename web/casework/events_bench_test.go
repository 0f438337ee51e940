package casework_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

const (
	benchRows  = 100_000
	benchBatch = 1_000 // as many clients as the API takes at once
)

// waitingFor counts the events of a practice's clients and imports that wait for its register.
func (w *world) waitingFor(practice tenant.ID) (n int) {
	w.t.Helper()
	rows, err := w.store.PendingEvents(w.t.Context(), 2*benchRows)
	w.must(err)
	for _, p := range rows {
		if p.PracticeID == practice {
			n += len(p.Events)
		}
	}
	return n
}

// BenchmarkImportAndItsEvents imports 100,000 people with numbers, and reports how many
// events of the register that makes.
func BenchmarkImportAndItsEvents(b *testing.B) {
	file := manyRows(benchRows)
	for b.Loop() {
		b.StopTimer()
		w := newWorld(b)
		before := w.waitingFor("p1")
		b.StartTimer()
		if result := w.take(file); result.Created != benchRows {
			b.Fatalf("%d created, %v", result.Created, result.Faults)
		}
		b.StopTimer()
		b.ReportMetric(float64(w.waitingFor("p1")-before), "events/import")
		b.StartTimer()
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*benchRows), "µs/row")
}

// BenchmarkNotesOfClients writes 100,000 people as the API does, a thousand in a write:
// each batch once with what happened to each of them, for one practice, and once without,
// for another. They take turns, and the batch in the middle counts, since other programs
// may want the same cores. What the register then makes of the events is not in it.
func BenchmarkNotesOfClients(b *testing.B) {
	took := map[bool][]float64{} // microseconds a row, of each batch
	var times []float64
	for b.Loop() {
		b.StopTimer()
		w := newWorld(b)
		before := w.waitingFor("p1") + w.waitingFor("p2")
		b.StartTimer()
		for n := range benchRows / benchBatch {
			for _, noted := range []bool{n%2 == 0, n%2 != 0} {
				took[noted] = append(took[noted], float64(w.putBatch(n, noted).Microseconds())/benchBatch)
			}
			times = append(times, took[true][len(times)]/took[false][len(times)])
		}
		b.StopTimer()
		b.ReportMetric(float64(w.waitingFor("p1")+w.waitingFor("p2")-before)/(benchRows/benchBatch), "events/batch")
		b.StartTimer()
	}
	for what, list := range map[string][]float64{"µs/row-without": took[false], "µs/row-with": took[true], "times": times} {
		slices.Sort(list)
		b.ReportMetric(list[len(list)/2], what)
	}
}

// putBatch writes a thousand new people and returns how long that took.
func (w *world) putBatch(n int, noted bool) time.Duration {
	w.t.Helper()
	practice := map[bool]tenant.ID{true: "p1", false: "p2"}[noted]
	clients := make([]registry.Client, benchBatch)
	for i := range clients {
		clients[i] = person(fmt.Sprintf("N-%06d", n*benchBatch+i))
		clients[i].ID, clients[i].PracticeID, clients[i].UpdatedAt = w.NewID(), practice, w.Now()
	}
	began := time.Now()
	if noted {
		act := incidents.Act{By: anna(), At: w.Now()}
		for i, c := range clients {
			clients[i].Notes = act.Client(nil, c)
		}
	}
	created, err := w.store.PutClients(w.t.Context(), practice, clients)
	took := time.Since(began)
	w.must(err)
	if len(created) != benchBatch || !created[0] {
		w.t.Fatalf("%d written", len(created))
	}
	return took
}
