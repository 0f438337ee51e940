package incidents

import (
	"context"
	"fmt"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/tenant"
)

// KeepCases is how long a case stays after it was closed, with its register, its
// notices and all else that proves what was done (GDPR Art. 5(2) and 33(5)): five
// years, within which a claim for damages may come (for the Netherlands Civil Code,
// book 3, Art. 310(1)).
const KeepCases = 5 * 365 * 24 * time.Hour

// KeptUntil says until when a case must stay; false for an open one, which always must.
func (i *Incident) KeptUntil() (time.Time, bool) {
	if i.State != StateClosed || i.ClosedAt.IsZero() {
		return time.Time{}, false
	}
	return i.ClosedAt.Add(KeepCases), true
}

// ErrCaseOpen and ErrCaseKept say why something must not be destroyed.
var (
	ErrCaseOpen = fault.New(fault.Conflict, "error.kept_open", "a case is open: what belongs to it is never destroyed before it is closed")
	ErrCaseKept = fault.New(fault.Conflict, "error.kept_closed", "a closed case must be kept for five years after it was closed")
)

// casesStore lists a practice's cases.
type casesStore interface {
	Incidents(ctx context.Context, practice tenant.ID, after string, limit int) ([]*Incident, error)
}

// MayDestroy is the one rule of what may be destroyed with its cases: nothing while
// one of them is open (ErrCaseOpen), and nothing before the last of them was closed
// KeepCases ago (ErrCaseKept, and until when).
func MayDestroy(ctx context.Context, s casesStore, practice tenant.ID, now time.Time) (until time.Time, err error) {
	const page = 100
	for after := ""; ; {
		cases, err := s.Incidents(ctx, practice, after, page)
		if err != nil {
			return time.Time{}, fmt.Errorf("list the cases that must be kept: %w", err)
		}
		for _, i := range cases {
			end, closed := i.KeptUntil()
			if !closed {
				return time.Time{}, ErrCaseOpen
			}
			if end.After(until) {
				until = end
			}
			after = i.ID
		}
		if len(cases) < page {
			break
		}
	}
	if until.After(now) {
		return until, ErrCaseKept
	}
	return until, nil
}
