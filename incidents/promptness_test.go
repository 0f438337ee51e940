package incidents_test

import (
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
)

func TestWhetherAProcessorToldInTime(t *testing.T) {
	knew := time.Date(2027, 3, 27, 20, 0, 0, 0, time.UTC) // the night in which Europe's clocks go forward
	day := 24
	claims := func(name string, at time.Time) []incidents.Claim {
		return []incidents.Claim{{Name: "timestamp", At: at.Add(time.Hour)}, {Name: name, At: at}}
	}
	clock := incidents.NewClock(incidents.ContractClock, knew, registry.Term{Within: 12 * time.Hour})
	clock.MetAt = knew.Add(15 * time.Hour)
	for _, tt := range []struct {
		name   string
		clock  *incidents.Clock
		hours  *int
		told   time.Time
		claims []incidents.Claim
		want   incidents.PromptnessWord
		took   time.Duration
		late   time.Duration
	}{
		{"in time at the last instant", nil, &day, knew.Add(24 * time.Hour), claims(incidents.ClaimAware, knew), incidents.ToldOnTime, 24 * time.Hour, 0},
		{"late one millisecond after", nil, &day, knew.Add(24*time.Hour + time.Millisecond), claims(incidents.ClaimAware, knew), incidents.ToldLate, 24*time.Hour + time.Millisecond, time.Millisecond},
		{"three hours late", nil, &day, knew.Add(27 * time.Hour), claims(incidents.ClaimAware, knew), incidents.ToldLate, 27 * time.Hour, 3 * time.Hour},
		{"by when it was found, when it does not say when it knew", nil, &day, knew.Add(25 * time.Hour), claims(incidents.ClaimDiscovered, knew), incidents.ToldLate, 25 * time.Hour, time.Hour},
		{"when it knew goes before when it was found", nil, &day, knew.Add(25 * time.Hour),
			append(claims(incidents.ClaimDiscovered, knew.Add(-time.Hour)), incidents.Claim{Name: incidents.ClaimAware, At: knew.Add(2 * time.Hour)}), incidents.ToldOnTime, 23 * time.Hour, 0},
		{"it does not say when it knew", nil, &day, knew, claims("createTime", knew), incidents.ToldUnsaid, 0, 0},
		{"nothing is agreed and nothing said", nil, nil, knew, nil, incidents.ToldUnsaid, 0, 0},
		{"no hours were agreed", nil, nil, knew.Add(30 * time.Hour), claims(incidents.ClaimAware, knew), incidents.ToldNoTerm, 30 * time.Hour, 0},
		{"its clock runs a little ahead of ours", nil, &day, knew.Add(-time.Minute), claims(incidents.ClaimAware, knew), incidents.ToldOnTime, 0, 0},
		{"the case's own clock decides, whatever was agreed since", &clock, &day, knew.Add(99 * time.Hour), nil, incidents.ToldLate, 15 * time.Hour, 3 * time.Hour},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := incidents.PromptnessOf(tt.clock, tt.hours, tt.told, tt.claims)
			if got.Word != tt.want || got.Took != tt.took || got.Late != tt.late {
				t.Errorf("%s, took %s, late %s; want %s, %s, %s", got.Word, got.Took, got.Late, tt.want, tt.took, tt.late)
			}
		})
	}
}
