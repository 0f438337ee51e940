package notifier

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/tenant"
)

const (
	recordWait  = 10 * time.Second
	recordLimit = time.Minute            // for a store that cannot answer: well within the lease
	recordPause = 200 * time.Millisecond // before the second try; doubled each time
	longPause   = 2 * time.Second        // at most: once there is room nobody waits to count as told
	// linger is how long an answer waits at most for others to be written with it: a
	// write costs the same for one as for ten.
	linger = 4 * time.Millisecond
	// recordParallel is of how many practices the answers are written at once: they
	// share the store's commits.
	recordParallel = 8
)

// recorderStore keeps rows in one group.
type recorderStore interface {
	RecordDeliveries(ctx context.Context, practice tenant.ID, rows []incidents.Delivery) ([]incidents.Delivery, error)
}

// recorder writes the claims and answers of all jobs of this process in common
// groups, one after the other. While one is written the next gathers.
type recorder struct {
	store recorderStore
	lanes *lanes
	log   *slog.Logger

	mu      sync.Mutex
	waiting []*entry
	working bool
	arrived chan struct{} // rings when an entry came while working
}

// entry is what one job has to write at a time, and then what became of it.
type entry struct {
	practice tenant.ID
	answers  []incidents.Delivery
	claims   []*departure
	standing int         // lanes that stand still until it is written
	done     chan *entry // gets the entry when it is written

	saved []incidents.Delivery
	err   error
}

func newRecorder(s recorderStore, l *lanes, log *slog.Logger) *recorder {
	return &recorder{store: s, lanes: l, log: log, arrived: make(chan struct{}, 1)}
}

// write queues an entry. It is written whatever becomes of ctx: an answer that is
// lost sends a mail twice.
func (r *recorder) write(ctx context.Context, e *entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting = append(r.waiting, e)
	if r.working {
		hit(r.arrived)
		return
	}
	r.working = true
	go r.work(context.WithoutCancel(ctx))
}

// work writes group after group until none waits.
func (r *recorder) work(ctx context.Context) {
	for more := true; more; {
		r.gather()
		r.writeGroup(ctx, r.take())
		r.mu.Lock()
		r.working = len(r.waiting) > 0
		more = r.working
		r.mu.Unlock()
	}
}

func (r *recorder) take() []*entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	group := r.waiting
	r.waiting = nil
	return group
}

// gather waits until most of the lanes in use have brought an answer, none is left
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
		answers, standing = answers+len(e.answers), standing+e.standing
	}
	used := r.lanes.used()
	return answers < used && standing < used
}

func (r *recorder) writeGroup(ctx context.Context, group []*entry) {
	lists := byPracticeOf(group)
	inParallel(slices.Collect(maps.Keys(lists)), recordParallel, func(practice tenant.ID) {
		list := lists[practice]
		err := guarded(r.log, "mail", func() error { r.writeFor(ctx, practice, list); return nil })
		for _, e := range list {
			e.err = errors.Join(e.err, err)
			e.done <- e
		}
	})
}

func byPracticeOf(group []*entry) map[tenant.ID][]*entry {
	lists := map[tenant.ID][]*entry{}
	for _, e := range group {
		lists[e.practice] = append(lists[e.practice], e)
	}
	return lists
}

// writeFor writes the entries of one practice. A store that cannot answer is
// asked again for a while.
func (r *recorder) writeFor(ctx context.Context, practice tenant.ID, list []*entry) {
	var rows []incidents.Delivery
	owner := map[string]*entry{}
	for _, e := range list {
		for _, d := range e.rows() {
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
	for _, e := range list {
		e.err = err
	}
}

func (e *entry) rows() []incidents.Delivery {
	rows := slices.Clone(e.answers)
	for _, p := range e.claims {
		rows = append(rows, p.row)
	}
	return rows
}

func (r *recorder) insist(ctx context.Context, practice tenant.ID, rows []incidents.Delivery) ([]incidents.Delivery, error) {
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

func (r *recorder) try(ctx context.Context, practice tenant.ID, rows []incidents.Delivery) ([]incidents.Delivery, error) {
	ctx, cancel := context.WithTimeout(ctx, recordWait)
	defer cancel()
	return r.store.RecordDeliveries(ctx, practice, rows)
}
