package incidents_test

import (
	"testing"
	"time"

	"datalek/incidents"
)

func TestTheContractsClockStartsWhenTheSupplierSaysSinceWhenItKnew(t *testing.T) {
	day, later := 24*time.Hour, noon.Add(5*time.Hour)
	since, told := noon.Add(-30*time.Hour), noon.Add(-10*time.Hour)
	for _, tt := range []struct {
		name     string
		knew     *time.Time // at first
		told     *time.Time // to the host, before this practice heard it
		contract *time.Duration
		says     *time.Time // later
		changed  bool
		late     time.Duration // of the clock; negative: there is none
	}{
		{"it never says", nil, nil, &day, nil, false, -1},
		{"it says so later, and was late", nil, nil, &day, &since, true, 6 * time.Hour},
		{"it says so later, and no hours were agreed", nil, nil, nil, &since, true, -1},
		{"it said so at first, and says another time later", &since, nil, &day, &told, false, 6 * time.Hour},
		{"it told the host in time, and the practice noted it later", &since, &told, &day, nil, false, 0},
		{"it told the host in time, and says later since when it knew", nil, &told, &day, &since, true, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inc := open(t, func(n *incidents.NewIncident) {
				n.Contract, n.Facts.ProcessorID, n.Facts.ProcessorAwareAt, n.Facts.ProcessorToldAt = tt.contract, "ms", tt.knew, tt.told
			})
			before, changed := len(inc.Outbox.Pending), 0
			for range 2 { // the same again changes nothing
				if inc.ProcessorKnewSince(tt.says, tt.contract, later, incidents.System()) {
					changed++
				}
			}
			if want := map[bool]int{true: 1}[tt.changed]; changed != want || len(inc.Outbox.Pending)-before != want {
				t.Errorf("changed %d times with %d events, want %d", changed, len(inc.Outbox.Pending)-before, want)
			}
			clocks := 0
			for _, c := range inc.Clocks {
				if c.Kind == incidents.ContractClock {
					if clocks++; c.Late(later) != tt.late || c.MetAt.IsZero() {
						t.Errorf("late by %s, met at %s; want %s", c.Late(later), c.MetAt, tt.late)
					}
				}
			}
			if want := map[bool]int{true: 1}[tt.late >= 0]; clocks != want {
				t.Errorf("%d clocks of the contract, want %d", clocks, want)
			}
		})
	}
}
