package incidents_test

import (
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
)

func TestLocalTimeAcrossClockChanges(t *testing.T) {
	zone := amsterdam(t)
	for _, tt := range []struct {
		name  string
		local incidents.LocalTime
		pass  incidents.Pass
		want  string
		fault string
	}{
		{"an ordinary time", incidents.LocalTime{2027, 3, 27, 14, 30}, "", "2027-03-27T13:30:00Z", ""},
		{"skipped in spring", incidents.LocalTime{2026, 3, 29, 2, 30}, "", "", "error.time_skipped"},
		{"the last minute before the gap", incidents.LocalTime{2026, 3, 29, 1, 59}, "", "2026-03-29T00:59:00Z", ""},
		{"the first minute after the gap", incidents.LocalTime{2026, 3, 29, 3, 0}, "", "2026-03-29T01:00:00Z", ""},
		{"doubled in autumn is asked about", incidents.LocalTime{2026, 10, 25, 2, 30}, "", "", "error.time_doubled"},
		{"doubled, first pass", incidents.LocalTime{2026, 10, 25, 2, 30}, incidents.PassFirst, "2026-10-25T00:30:00Z", ""},
		{"doubled, second pass", incidents.LocalTime{2026, 10, 25, 2, 30}, incidents.PassSecond, "2026-10-25T01:30:00Z", ""},
		{"30 February", incidents.LocalTime{2027, 2, 30, 12, 0}, "", "", "error.date_invalid"},
		{"hour 24", incidents.LocalTime{2027, 2, 3, 24, 0}, "", "", "error.date_invalid"},
		{"nothing", incidents.LocalTime{}, "", "", "error.date_invalid"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.local.Instant(zone, tt.pass, "aware_at")
			if tt.fault != "" {
				if f := fault.Fields(err); len(f) != 1 || f[0].Key != tt.fault || f[0].Field != "aware_at" {
					t.Fatalf("err %v, want %s at the field", err, tt.fault)
				}
				return
			}
			if err != nil || got.Format(time.RFC3339) != tt.want {
				t.Errorf("got %v %v, want %s", got.Format(time.RFC3339), err, tt.want)
			}
		})
	}
}
