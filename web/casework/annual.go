package casework

import (
	"context"
	"fmt"

	"datalek/incidents"
	"datalek/incidents/annual"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// annualStore is what the annual report reads.
type annualStore interface {
	Incidents(ctx context.Context, practice tenant.ID, after string, limit int) ([]*incidents.Incident, error)
}

// casesPerLook is how many cases the report holds at once.
const casesPerLook = 100

// Annual makes the anonymous report of a year. It looks at every case of the
// practice, page by page: a moment of awareness may be corrected into another year.
func (o *Office) Annual(ctx context.Context, p registry.Practice, year int) (annual.Report, error) {
	zone, err := p.Zone()
	if err != nil {
		return annual.Report{}, fmt.Errorf("time zone of the practice: %w", err)
	}
	tally, after := annual.NewTally(year), ""
	for {
		cases, err := o.store.Incidents(ctx, p.ID, after, casesPerLook)
		if err != nil {
			return annual.Report{}, fmt.Errorf("list incidents: %w", err)
		}
		for _, inc := range cases {
			tally.Add(annual.CaseOf(inc, zone))
		}
		if len(cases) < casesPerLook {
			return tally.Report(), nil
		}
		after = cases[len(cases)-1].ID
	}
}
