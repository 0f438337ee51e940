package main_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/services/sqlitestore"
)

// armedCases names how many cases BenchmarkThresholds arms; a million when unset.
const armedCases = "DATALEK_TEST_ARMED"

// BenchmarkThresholds fires 10,000 thresholds that fall due within 20 seconds
// among a million armed ones, on the default store with all workers running, and
// prints how late each was: by the instant that was recorded, and by the moment
// at which that was on the disk.
func BenchmarkThresholds(b *testing.B) {
	const due, within = 10_000, 20 * time.Second
	armed := 1_000_000
	if n, err := strconv.Atoi(os.Getenv(armedCases)); err == nil {
		armed = n
	}
	h := newHouse(b, nil)
	h.fill(1)
	began := time.Now()
	h.arm(armed-due, func() time.Time { return realNow().Add(-time.Duration(rand.Int64N(int64(20 * time.Hour)))) })
	b.Logf("%d cases armed in %s", armed-due, time.Since(began).Round(time.Second))
	for b.Loop() {
		h.close()
		first := realNow().Add(25 * time.Second) // until then they are written and the workers run
		w := &witness{fired: map[incidents.Key][]time.Duration{}}
		h.openWith(func(*sqlitestore.Store) {
			h.arm(due, func() time.Time { return first.Add(-24*time.Hour + time.Duration(rand.Int64N(int64(within)))) })
			b.Logf("the workers start %s before the first is due", first.Sub(realNow()).Round(time.Millisecond))
		}, w)
		time.Sleep(time.Until(first.Add(within + 3*time.Second)))
		w.report(b, due)
	}
	b.ReportMetric(residentMiB(b, os.Getpid()), "MiB")
}

// arm stores so many cases, told of already, whose next threshold comes a day
// after the instants of aware.
func (h *house) arm(n int, aware func() time.Time) {
	h.tb.Helper()
	var all sync.WaitGroup
	work := make(chan int, 64)
	for range 16 {
		all.Go(func() {
			for range work {
				if err := h.store.CreateIncident(context.Background(), h.armedCase(aware())); err != nil {
					h.tb.Error(err)
				}
			}
		})
	}
	for i := range n {
		work <- i
	}
	close(work)
	all.Wait()
}

func (h *house) armedCase(aware time.Time) *incidents.Incident {
	id := strconv.FormatUint(rand.Uint64(), 36) + strconv.FormatUint(rand.Uint64(), 36)
	inc, err := incidents.Open(incidents.NewIncident{ID: id, PracticeID: "p-1", Reference: "2027-" + id, Source: incidents.FromForm, AwareAt: aware, AwareBasis: "Meting.",
		Policy: registry.Policy{AuthorityHours: 72, AuthorityThresholds: []int{24, 48}},
		Facts: incidents.Facts{Playbook: "phished-mailbox", DiscoveredAt: aware, Systems: []string{"mailbox"}, BreachKinds: []incidents.BreachKind{incidents.Confidentiality},
			Unintelligible: incidents.UnintelligibleNo, Role: incidents.AsController},
		Story: incidents.Story{Summary: "Meting."}}, aware)
	if err != nil {
		panic(fmt.Sprintf("the case is refused: %v", err))
	}
	inc.Outbox.Pending, inc.Assessment.Done, inc.Assessment.At = nil, inc.Assessment.Wanted, aware
	return inc
}

// witness stands between the workers and the store and notes how late each firing
// was on the disk.
type witness struct {
	*sqlitestore.Store
	mu       sync.Mutex
	fired    map[incidents.Key][]time.Duration
	recorded []time.Duration
}

func (w *witness) UpdateIncident(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Incident) error) (*incidents.Incident, error) {
	before := time.Time{}
	inc, err := w.Store.UpdateIncident(ctx, practice, id, func(i *incidents.Incident) error {
		before = firstOf(i).FiredAt
		return change(i)
	})
	if err != nil {
		return inc, err
	}
	if t := firstOf(inc); before.IsZero() && !t.FiredAt.IsZero() {
		w.mu.Lock()
		defer w.mu.Unlock()
		key := incidents.Key{PracticeID: practice, ID: id}
		w.fired[key] = append(w.fired[key], time.Since(t.At))
		w.recorded = append(w.recorded, t.FiredAt.Sub(t.At))
	}
	return inc, err
}

func firstOf(i *incidents.Incident) incidents.Threshold {
	return i.Clock(incidents.AuthorityClock).Thresholds[0]
}

func (w *witness) report(b *testing.B, want int) {
	b.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	var durable []time.Duration
	for key, list := range w.fired {
		if len(list) != 1 {
			b.Errorf("%s fired %d times", key.ID, len(list))
		}
		durable = append(durable, list[0])
	}
	slices.Sort(durable)
	slices.Sort(w.recorded)
	if len(durable) != want || w.recorded[0] < 0 {
		b.Errorf("%d of %d fired, the earliest %s after its instant", len(durable), want, w.recorded[0])
	}
	for name, list := range map[string][]time.Duration{"recorded": w.recorded, "durable": durable} {
		for _, q := range []int{50, 99, 100} {
			late := list[(len(list)-1)*q/100]
			b.ReportMetric(float64(late.Microseconds())/1000, fmt.Sprintf("ms-%s-p%d", name, q))
		}
	}
}
