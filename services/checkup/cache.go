package checkup

import (
	"context"
	"sync"
	"time"

	"datalek/incidents/tenant"
)

// fresh is how long findings are shown again instead of asked for anew.
const fresh = time.Minute

// Report is what a round of checks found.
type Report struct {
	At       time.Time
	Findings []Finding
}

// Doctor keeps the findings for a minute, so that however often somebody looks,
// the servers outside are asked seldom and by one at a time. Make it with NewDoctor.
type Doctor struct {
	checks func(ctx context.Context, practice tenant.ID) ([]Check, error)
	now    func() time.Time
	turn   chan struct{} // one at a time

	mu   sync.Mutex
	last map[tenant.ID]Report // by practice
}

// NewDoctor returns a doctor who does the checks that are named for a practice.
func NewDoctor(checks func(ctx context.Context, practice tenant.ID) ([]Check, error), now func() time.Time) *Doctor {
	return &Doctor{checks: checks, now: now, turn: make(chan struct{}, 1), last: map[tenant.ID]Report{}}
}

// Report returns what was found less than a minute ago, or looks. It ends with
// ctx; a round begun for one reader goes on for the next.
func (d *Doctor) Report(ctx context.Context, practice tenant.ID) (Report, error) {
	if r, known := d.known(practice); known {
		return r, nil
	}
	select {
	case d.turn <- struct{}{}:
		defer func() { <-d.turn }()
	case <-ctx.Done():
		return Report{}, ctx.Err()
	}
	if r, known := d.known(practice); known {
		return r, nil
	}
	checks, err := d.checks(ctx, practice)
	if err != nil {
		return Report{}, err
	}
	r := Report{At: d.now(), Findings: Run(context.WithoutCancel(ctx), checks)}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last[practice] = r
	return r, nil
}

// Forget lets the next reader look anew, since something was changed.
func (d *Doctor) Forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.last)
}

// known returns findings still fresh and drops all that are not.
func (d *Doctor) known(practice tenant.ID) (Report, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for id, r := range d.last {
		if age := d.now().Sub(r.At); age < 0 || age >= fresh {
			delete(d.last, id)
		}
	}
	r, known := d.last[practice]
	return r, known
}
