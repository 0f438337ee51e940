package notifier

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/playbooks"
)

// store is everything the workers call.
type store interface {
	relayStore
	registerStore
	clockReader
	intakeStore
	assessorStore
	drafterStore
	mailerStore
	warnerStore
	keeperStore
	recountStore
	sweepStore
	renewStore
	repairStore
	bookStore
	stuckStore
	pauseStore
	preliminaryStore
	lookBackStore
}

// bus carries jobs and wakes clocks.
type bus interface {
	publisher
	clockBus
	Consume(ctx context.Context, queue string, parallel int, handle func(ctx context.Context, key string, data []byte, attempt int) error) error
	ConsumeTicks(ctx context.Context, handle func(ctx context.Context, incident, clock, mark string, version int64) error) error
}

// Options is what the workers need; all but HostSender and Log are required.
type Options struct {
	Store  store
	Bus    bus
	Book   *playbooks.Book
	Sender mailSender
	// Reader makes out what suppliers send.
	Reader messageReader
	// HostSender is the host's own address. Warnings come from it when all of a
	// practice's addresses are part of the breach; zero takes the practice's first.
	HostSender registry.Sender
	Now        func() time.Time // UTC, cut to milliseconds
	NewID      func() string    // a random id of [A-Za-z0-9-]
	Log        *slog.Logger     // nil is silent
	// Connections is how many mails go out at once, 0 for eight: as many as the
	// sender has connections.
	Connections int
	// Envelope gives mails return addresses of their own; nil gives none.
	Envelope *Envelope
	// ReadingAt gives the address at which readers of a practice's notices see them
	// again; nil, or "", leaves it out of the mails.
	ReadingAt func(p registry.Practice) string
	// BaseURL begins the links in warnings, without a slash at the end.
	BaseURL string
	// Escalation is the address of the person whom the host names, the last in the
	// chain of an alarm; "" for nobody.
	Escalation string
	// Passed, when set, is told of each pass of the keeper that was whole. It must
	// not block.
	Passed func()
	// Heard, when set, is told of each supplier's message that was read. It must not
	// block.
	Heard func(kind incidents.MessageKind, format string)
	// Rights keeps what people ask about their own data; nil has none.
	Rights rightsStore
	// Retention keeps what practices must destroy; nil tells nobody of it.
	Retention digestStore
	// Dead is where the bus keeps what it gave up; nil for nowhere.
	Dead graveyard
	// Heads says how the heads of the registers' trees are published; nil publishes none.
	Heads *Heads
}

// Notifier runs the workers. Several may run at once, in one process or many.
type Notifier struct {
	bus      bus
	log      *slog.Logger
	jobs     *dispatcher
	relay    *relay
	keeper   *keeper
	sweeper  *sweeper
	lookBack *lookBack
	repairer *repairer
	recount  *recounter
	mailer   *mailer
	salvager *salvager
	waker    *waker
	digester *digester // nil without retention
	herald   *herald
	rights   *rights       // nil without requests
	wake     chan struct{} // rings for the relay: something was saved
	look     chan struct{} // rings for the sweeper: it came from outside
}

// New wires the workers up; nothing runs before Run.
func New(o Options) *Notifier {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.ReadingAt == nil {
		o.ReadingAt = func(registry.Practice) string { return "" }
	}
	n := &Notifier{bus: o.Bus, log: o.Log, wake: make(chan struct{}, 1), look: make(chan struct{}, 1)}
	n.jobs = newDispatcher(o.Bus, o.Log)
	n.recount = &recounter{store: &scopes{recountStore: o.Store}, now: o.Now, nudge: n.nudge, log: o.Log, dirty: map[incidents.Key]int{}}
	n.salvager = &salvager{store: o.Store, bus: o.Dead, jobs: n.jobs, now: o.Now, asked: map[string]time.Time{}}
	n.jobs.done = n.salvager.done
	n.herald = &herald{heads: o.Heads, jobs: n.jobs, now: o.Now, log: o.Log}
	if o.Retention != nil {
		n.digester = &digester{store: o.Retention, now: o.Now, nudge: n.nudge, log: o.Log}
	}
	near := newNearest()
	clocks := &armer{store: o.Store, bus: o.Bus, near: near, jobs: n.jobs, now: o.Now}
	warner := &warner{store: o.Store, book: o.Book, jobs: n.jobs, now: o.Now, host: o.Escalation, baseURL: o.BaseURL, rights: o.Rights}
	if o.Rights != nil {
		n.rights = &rights{store: o.Rights, now: o.Now, nudge: n.nudge, log: o.Log}
	}
	warner.systems = o.Retention
	n.relay = &relay{store: o.Store, register: &registrar{o.Store}, log: o.Log,
		follow: &follower{jobs: n.jobs, warner: warner, clocks: clocks, updates: &updates{store: o.Store, now: o.Now, nudge: n.nudge}}}
	n.keeper = &keeper{store: o.Store, near: near, jobs: n.jobs, now: o.Now, nudge: n.nudge, log: o.Log, passed: o.Passed}
	renew := &renewer{store: o.Store, now: o.Now, nudge: n.nudge, log: o.Log, asked: map[incidents.Key]bool{}}
	n.sweeper = &sweeper{store: o.Store, renew: renew, jobs: n.jobs, now: o.Now, seen: map[string]int{}}
	n.repairer = &repairer{store: o.Store, clocks: clocks, jobs: n.jobs, recount: n.recount, now: o.Now, log: o.Log}
	lanes, pauses := newLanes(o.Connections), NewPauses(o.Store, o.Now)
	n.waker = &waker{store: o.Store, pauses: pauses, now: o.Now, look: func() { hit(n.look) }, log: o.Log}
	n.mailer = &mailer{store: o.Store, sender: o.Sender, host: o.HostSender, recount: n.recount, jobs: n.jobs,
		lanes: lanes, record: newRecorder(o.Store, lanes, o.Log), begun: &underway{jobs: map[string]int{}}, paused: pauses, envelope: o.Envelope, now: o.Now, nudge: n.nudge, log: o.Log, readingAt: o.ReadingAt}
	intake := &intake{store: o.Store, book: o.Book, read: o.Reader, heard: o.Heard, now: o.Now, newID: o.NewID, nudge: n.nudge, log: o.Log}
	n.lookBack = &lookBack{store: o.Store, intake: intake, now: o.Now}
	assessor := &assessor{store: o.Store, recount: n.recount, now: o.Now, nudge: n.nudge, log: o.Log}
	drafter := &drafter{store: o.Store, book: openBook{o.Book, o.Store}, now: o.Now, nudge: n.nudge, log: o.Log}
	early := &preliminary{store: o.Store, book: openBook{o.Book, o.Store}, now: o.Now, nudge: n.nudge, log: o.Log}
	n.jobs.handlers = map[string]func(context.Context, job) error{
		queueIntake: intake.handle, queueAssess: assessor.handle, queueDraft: drafter.orPreliminary(early),
		queueMail: n.mailer.handle, queueWarn: warner.handle,
	}
	return n
}

// Nudge says that something was saved, so that the workers of this process look
// at once. Without it they find it within a second.
func (n *Notifier) Nudge() {
	n.nudge()
	hit(n.look)
}

// nudge wakes the relay alone: what a worker saved has its job from there.
func (n *Notifier) nudge() { hit(n.wake) }

func hit(bell chan struct{}) {
	select {
	case bell <- struct{}{}:
	default: // it rings already
	}
}

// How often the workers look, and how long one look may take.
const (
	relayEvery   = 250 * time.Millisecond
	keeperEvery  = time.Second
	sweepEvery   = time.Second
	recountEvery = 500 * time.Millisecond
	wakeEvery    = time.Second
	stuckEvery   = 2 * time.Second
	repairEvery  = 5 * time.Minute
	walkEvery    = time.Hour
	lookWait     = time.Minute
	repairWait   = 50 * time.Minute
	// worstPause is the longest wait after looks that failed in a row.
	worstPause = 5 * time.Second
)

// Run works until ctx is done, then lets what has begun end, and returns nil.
func (n *Notifier) Run(ctx context.Context) error {
	n.mailer.stopping = ctx.Done()
	var all sync.WaitGroup
	for _, l := range []loop{
		{name: "relay", every: relayEvery, wait: lookWait, step: n.relay.step, bell: n.wake, rung: n.relay.step},
		{name: "keeper", ahead: true, every: keeperEvery, wait: lookWait, step: n.keeper.step},
		{name: "nearest", ahead: true, every: nearEvery, wait: lookWait, step: n.keeper.load},
		{name: "sweep", every: sweepEvery, wait: lookWait, step: n.sweeper.step, bell: n.look, rung: n.sweeper.fresh},
		{name: "look back", every: lookBackEvery, wait: repairWait, step: n.lookBack.step},
		{name: "recount", every: recountEvery, wait: lookWait, step: n.recount.step},
		{name: "wake", every: wakeEvery, wait: lookWait, step: n.waker.step},
		{name: "tree heads", every: headTick, wait: repairWait, step: n.herald.step},
		{name: "stuck", every: stuckEvery, wait: lookWait, step: n.salvager.step},
		{name: "repair", every: repairEvery, wait: repairWait, step: n.repairer.armed},
		{name: "walk", every: walkEvery, wait: repairWait, step: n.repairer.all},
	} {
		all.Go(func() { n.loop(ctx, l) })
	}
	if n.rights != nil {
		all.Go(func() {
			n.loop(ctx, loop{name: "rights", every: rightsEvery, wait: repairWait, step: n.rights.step})
		})
	}
	if n.digester != nil {
		all.Go(func() {
			n.loop(ctx, loop{name: "retention", every: digestEvery, wait: repairWait, step: n.digester.step})
		})
	}
	for queue, parallel := range map[string]int{queueIntake: 4, queueAssess: 4, queueDraft: 4, queueMail: 4, queueWarn: 2} {
		all.Go(func() {
			n.consume(ctx, queue, func(ctx context.Context) error {
				return n.bus.Consume(incidents.Behind(ctx), queue, parallel, n.jobs.handle(queue))
			})
		})
	}
	all.Go(func() {
		n.consume(ctx, "ticks", func(ctx context.Context) error { return n.bus.ConsumeTicks(ctx, n.keeper.tick) })
	})
	all.Go(func() { n.keeper.watch(ctx) })
	for range localWorkers {
		all.Go(func() { n.jobs.work(incidents.Behind(ctx)) })
	}
	all.Wait()
	return nil
}

// loop is one worker that looks at the store again and again.
type loop struct {
	name  string
	every time.Duration
	wait  time.Duration // for one look
	step  stepFunc
	ahead bool            // the store serves it like who waits at a screen
	bell  <-chan struct{} // nil: none
	rung  stepFunc        // what is done when the bell rings
}

// stepFunc makes one look; again says that more is waiting.
type stepFunc func(context.Context) (again bool, err error)

func (n *Notifier) loop(ctx context.Context, l loop) {
	ticker := time.NewTicker(l.every)
	defer ticker.Stop()
	failures, step := 0, l.step
	for ctx.Err() == nil {
		again, err := n.round(ctx, l, step)
		switch {
		case err != nil && ctx.Err() == nil:
			n.log.Error("worker could not do its round", "worker", l.name, "error", err)
			failures++
			pause(ctx, min(l.every<<min(failures, 5), worstPause))
			continue
		case again:
			continue
		}
		failures = 0
		select {
		case <-ticker.C:
			step = l.step
		case <-l.bell:
			step = l.rung
		case <-ctx.Done():
		}
	}
}

// round makes one look at the store.
func (n *Notifier) round(ctx context.Context, l loop, step stepFunc) (again bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, l.wait)
	defer cancel()
	if !l.ahead {
		ctx = incidents.Behind(ctx)
	}
	err = guarded(n.log, l.name, func() error {
		again, err = step(ctx)
		return err
	})
	return again, err
}

// consume keeps a consumer of the bus running.
func (n *Notifier) consume(ctx context.Context, queue string, run func(context.Context) error) {
	for ctx.Err() == nil {
		err := run(ctx)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			err = errEnded
		}
		n.log.Error("consumer starts over", "queue", queue, "error", err)
		pause(ctx, time.Second)
	}
}

var errEnded = errors.New("it ended by itself")
