package notifier

import (
	"context"
	"errors"
	"sync"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
)

const (
	recordWait  = 10 * time.Second
	recordLimit = time.Minute            // for a store that cannot answer: well within the lease
	recordPause = 200 * time.Millisecond // before the second try; doubled each time
	longPause   = 2 * time.Second        // at most: once there is room nobody waits to count as told
	// linger is how long an answer waits for others to be written with it. A write
	// costs the same for one as for ten, and half of the lanes go on meanwhile.
	linger = time.Millisecond
)

// recorderStore keeps rows in one group.
type recorderStore interface {
	RecordDeliveries(ctx context.Context, practice string, rows []incidents.Delivery) ([]incidents.Delivery, error)
}

// recorder writes the claims and answers of all jobs of this process in common
// groups. Whoever comes first leads: it waits a moment for others and writes for
// them too. While it does the next group gathers.
type recorder struct {
	store recorderStore
	lanes *lanes

	mu      sync.Mutex
	waiting []*entry
	led     bool
	arrived chan struct{} // rings for the one who leads
}

// entry is what one job has to write.
type entry struct {
	practice string
	rows     []incidents.Delivery
	answers  int           // of the rows
	lanes    int           // that stand still until it is written
	turn     chan struct{} // gets an element when it is written, or must lead
	written  bool
	saved    []incidents.Delivery
	err      error
}

func newRecorder(s recorderStore, l *lanes) *recorder {
	return &recorder{store: s, lanes: l, arrived: make(chan struct{}, 1)}
}

// write writes an entry's rows and returns those saved. It ends with the
// write, whatever becomes of ctx: an answer that is lost sends a mail twice.
func (r *recorder) write(ctx context.Context, e *entry) ([]incidents.Delivery, error) {
	e.turn = make(chan struct{}, 1)
	if !r.join(e) {
		<-e.turn
	}
	if !e.written {
		r.lead(context.WithoutCancel(ctx))
	}
	return e.saved, e.err
}

// join queues an entry and reports whether it leads.
func (r *recorder) join(e *entry) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting = append(r.waiting, e)
	if !r.led {
		r.led = true
		return true
	}
	hit(r.arrived)
	return false
}

// lead writes what has gathered and hands over to the first that came meanwhile.
func (r *recorder) lead(ctx context.Context) {
	r.gather()
	r.mu.Lock()
	group := r.waiting
	r.waiting = nil
	r.mu.Unlock()
	defer r.handOver(group)
	for _, practice := range practicesOf(group) {
		r.writeFor(ctx, practice, group)
	}
}

// gather waits until half of the lanes in use have brought an answer, none is left
// that could bring one, or long enough.
func (r *recorder) gather() {
	patience := time.NewTimer(linger)
	defer patience.Stop()
	for r.worthWaiting() {
		select {
		case <-r.arrived:
		case <-patience.C:
			return
		}
	}
}

func (r *recorder) worthWaiting() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	answers, standing := 0, 0
	for _, e := range r.waiting {
		answers, standing = answers+e.answers, standing+e.lanes
	}
	used := r.lanes.used()
	return 2*answers < used && standing < used
}

func (r *recorder) handOver(group []*entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range group {
		if !e.written {
			e.written, e.err = true, errPanic // else nobody would come to know
		}
		e.turn <- struct{}{}
	}
	r.led = len(r.waiting) > 0
	if r.led {
		r.waiting[0].turn <- struct{}{}
	}
}

func practicesOf(group []*entry) []string {
	var list []string
	seen := map[string]bool{}
	for _, e := range group {
		if !seen[e.practice] {
			seen[e.practice], list = true, append(list, e.practice)
		}
	}
	return list
}

// writeFor writes the entries of one practice. A store that cannot answer is
// asked again for a while.
func (r *recorder) writeFor(ctx context.Context, practice string, group []*entry) {
	var rows []incidents.Delivery
	owner := map[string]*entry{}
	var mine []*entry
	for _, e := range group {
		if e.practice != practice {
			continue
		}
		mine = append(mine, e)
		for _, d := range e.rows {
			if owner[d.ID] == nil { // of two jobs that claim the same mail one gets it
				owner[d.ID], rows = e, append(rows, d)
			}
		}
	}
	saved, err := r.insist(ctx, practice, rows)
	for _, d := range saved {
		e := owner[d.ID]
		e.saved = append(e.saved, d)
	}
	for _, e := range mine {
		e.written, e.err = true, err
	}
}

func (r *recorder) insist(ctx context.Context, practice string, rows []incidents.Delivery) ([]incidents.Delivery, error) {
	ctx, cancel := context.WithTimeout(ctx, recordLimit)
	defer cancel()
	for wait := recordPause; ; wait = min(2*wait, longPause) {
		saved, err := r.try(ctx, practice, rows)
		if err == nil || !errors.Is(err, fault.Unavailable) || ctx.Err() != nil {
			return saved, err
		}
		pause(ctx, wait)
	}
}

func (r *recorder) try(ctx context.Context, practice string, rows []incidents.Delivery) ([]incidents.Delivery, error) {
	ctx, cancel := context.WithTimeout(ctx, recordWait)
	defer cancel()
	return r.store.RecordDeliveries(ctx, practice, rows)
}
