package notifier

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/tenant"
)

// The work queues of the bus.
const (
	queueIntake = "intake"
	queueAssess = "assess"
	queueDraft  = "draft"
	queueMail   = "mail"
	queueWarn   = "warn"
)

// publisher puts jobs on the bus.
type publisher interface {
	Publish(ctx context.Context, queue, key, id string, data []byte) error
}

const (
	publishWait = 6 * time.Second
	// downFor is how long the bus is left alone after it did not answer.
	downFor = 5 * time.Second
	// localRoom bounds the jobs that wait here while the bus is away. What finds
	// no room is not lost: the sweeps find it in the store.
	localRoom    = 1024
	localWorkers = 4
	localWait    = 15 * time.Minute
)

// dispatcher hands jobs to the bus, and to workers of this process while the
// bus cannot be reached. It never fails: a job is a hint, the store holds the truth.
type dispatcher struct {
	bus      publisher
	log      *slog.Logger
	handlers map[string]func(context.Context, job) error // by queue; fixed before Run

	down   atomic.Bool
	local  chan task
	mu     sync.Mutex
	inHand map[string]bool // ids of the local tasks
	// done hears of each job that was done; nil tells nobody.
	done func(ctx context.Context, queue string, data []byte, practice tenant.ID)
}

type task struct {
	queue, id string
	job       job
}

func newDispatcher(bus publisher, log *slog.Logger) *dispatcher {
	return &dispatcher{bus: bus, log: log, handlers: map[string]func(context.Context, job) error{},
		local: make(chan task, localRoom), inHand: map[string]bool{}}
}

// send puts a job on a queue. key is the tail of its subject; the same id
// within an hour is one job.
func (d *dispatcher) send(ctx context.Context, queue, key, id string, j job) {
	if !d.queued(ctx, queue, key, id, j) {
		d.keep(task{queue: queue, id: id, job: j})
	}
}

// queued puts a job on the bus and reports whether the bus has it.
func (d *dispatcher) queued(ctx context.Context, queue, key, id string, j job) bool {
	if d.down.Load() {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, publishWait)
	defer cancel()
	err := d.bus.Publish(ctx, queue, key, id, j.encode())
	switch {
	case errors.Is(err, fault.Invalid):
		d.log.Error("the bus refuses a job; this process does it", "queue", queue, "error", err)
	case err != nil:
		d.failed("publish to "+queue, err)
	}
	return err == nil
}

// failed notes that the bus did not answer, and leaves it alone for a while.
func (d *dispatcher) failed(step string, err error) {
	if d.down.CompareAndSwap(false, true) {
		d.log.Warn("the bus cannot be reached; this process does the work itself", "step", step, "error", err)
		time.AfterFunc(downFor, func() { d.down.Store(false) })
	}
}

// keep queues a task for the workers of this process.
func (d *dispatcher) keep(t task) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.inHand[t.id] {
		return
	}
	select {
	case d.local <- t:
		d.inHand[t.id] = true
	default:
	}
}

// work does local tasks until ctx is done.
func (d *dispatcher) work(ctx context.Context) {
	for {
		select {
		case t := <-d.local:
			d.do(ctx, t)
		case <-ctx.Done():
			return
		}
	}
}

// do runs one local task. It is not tried again here: what it did not finish
// the next sweep finds.
func (d *dispatcher) do(ctx context.Context, t task) {
	defer func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.inHand, t.id)
	}()
	ctx, cancel := context.WithTimeout(ctx, localWait)
	defer cancel()
	err := guarded(d.log, t.queue, func() error { return d.carryOut(ctx, t.queue, t.job, t.job.encode()) })
	if err != nil && ctx.Err() == nil {
		d.log.Warn("job not done", "queue", t.queue, "practice", t.job.Practice, "error", err)
	}
}

// handle reads a message of a queue and does the job.
func (d *dispatcher) handle(queue string) func(context.Context, string, []byte, int) error {
	return func(ctx context.Context, _ string, data []byte, _ int) error {
		j, err := decodeJob(data)
		if err != nil {
			return err
		}
		return d.carryOut(ctx, queue, j, data)
	}
}

// carryOut does a job, and tells that it was done.
func (d *dispatcher) carryOut(ctx context.Context, queue string, j job, data []byte) error {
	if err := d.handlers[queue](ctx, j); err != nil {
		return err
	}
	if d.done != nil {
		d.done(ctx, queue, data, j.Practice)
	}
	return nil
}
