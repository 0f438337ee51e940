package natsbus

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"datalek/incidents/fault"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// drainWait is how long running handlers may go on after the consumer was
	// told to stop; then their context ends.
	drainWait = 20 * time.Second
	// endWait is how long a subscription may take to end.
	endWait = 5 * time.Second
	// maxParallel bounds the handlers of one call of Consume.
	maxParallel = 256
	// pullWait and pulse say how long one request for a message lies with the
	// server and how often the server says that it still does. Two pulses
	// missed and the consumer looks whether its stream still stands.
	pullWait = 30 * time.Second
	pulse    = 2 * time.Second
)

// Consume hands the messages of a queue to handle, at most parallel at once,
// until ctx is done; it returns when all handlers have finished. Handlers get a
// context that outlives ctx by 20 s, so that what has begun can end.
//
// attempt counts how often the message was handed out, from 1. A handler that
// returns nil has done the work and the message is gone. An error with
// GiveUp() true makes it a dead letter; one with RetryAfter() brings it back
// after that time, as often as it likes; one that wraps fault.Unavailable
// brings it back with growing waits, without a limit; any other does so too
// and makes it a dead letter after twelve tries. A panic is an error. Since
// tries are counted in this process, a restart gives a message new ones.
func (b *Bus) Consume(ctx context.Context, queue string, parallel int, handle func(ctx context.Context, key string, data []byte, attempt int) error) error {
	if err := checkQueue(queue); err != nil {
		return err
	}
	if parallel < 1 || parallel > maxParallel {
		return fmt.Errorf("consume %s: %w: %d at once, from 1 to %d are allowed", queue, fault.Invalid, parallel, maxParallel)
	}
	l := &lane{
		bus: b, stream: queueStream(queue), consumer: queueConsumer,
		slots: make(chan struct{}, parallel),
		handle: func(ctx context.Context, m *delivery) error {
			return handle(ctx, m.tail(queueSubject(queue)), m.Data(), m.attempt())
		},
		end: func(ctx context.Context, m *delivery, cause, kind string) error {
			return b.bury(ctx, queue, m, cause, kind)
		},
	}
	return l.run(ctx)
}

// lane is one running consumer.
type lane struct {
	bus              *Bus
	stream, consumer string
	slots            chan struct{} // one element for each running handler
	handle           func(ctx context.Context, m *delivery) error
	end              func(ctx context.Context, m *delivery, cause, kind string) error
	tries            tally
}

// run keeps a session going until ctx is done or the bus closes. A session
// ends early when its stream or consumer is gone; the next makes them anew.
func (l *lane) run(ctx context.Context) error {
	if err := l.bus.enter(); err != nil {
		return err
	}
	defer l.bus.running.Done()
	work, kill := context.WithCancel(context.WithoutCancel(ctx))
	defer kill()
	defer context.AfterFunc(l.bus.killed, kill)()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(l.bus.leaving, cancel)()

	for ctx.Err() == nil {
		if err := l.session(ctx, work); err != nil && ctx.Err() == nil {
			l.bus.log.Warn("bus: consumer starts over", "stream", l.stream, "error", err)
			pause(ctx, 250*time.Millisecond)
		}
	}
	l.drain(kill)
	return nil
}

// drain waits for the running handlers, and ends their context when they take
// too long.
func (l *lane) drain(kill context.CancelFunc) {
	defer time.AfterFunc(drainWait, kill).Stop()
	for range cap(l.slots) {
		l.slots <- struct{}{}
	}
}

// session takes messages until ctx is done (nil) or the consumer is lost. A
// message is asked for only when a handler is free for it, so none waits here
// unseen while its time at the server runs out.
func (l *lane) session(ctx, work context.Context) error {
	if !l.take(ctx) {
		return nil
	}
	here, leave := context.WithCancel(ctx)
	defer leave()
	hand := &hand{lane: l, here: here, work: work, came: make(chan struct{}, 1)}
	hand.free.Store(true)
	lost := make(chan error, 1)
	taking, consumer, err := l.open(ctx, hand.receive, lost)
	if err != nil {
		<-l.slots
		return err
	}
	unasked := make(chan struct{})
	watching := make(chan struct{})
	go func() { defer close(watching); hand.watch(consumer, unasked) }()
	defer func() { <-watching }()
	closed := taking.Closed()
	select {
	case <-ctx.Done():
		l.settleDown(taking)
	case <-unasked:
		l.settleDown(taking)
	case err = <-lost:
		taking.Stop()
	case <-closed:
		err = errors.New("the subscription ended")
	}
	leave()
	l.awaitEnd(closed)
	if hand.free.CompareAndSwap(true, false) {
		<-l.slots
	}
	return err
}

// awaitEnd waits until the client has ended a subscription, but not for ever: one
// that its server forgot meanwhile must not hold up the process.
func (l *lane) awaitEnd(closed <-chan struct{}) {
	patience := time.NewTimer(endWait)
	defer patience.Stop()
	select {
	case <-closed:
	case <-patience.C:
		l.bus.log.Warn("bus: a subscription did not end", "stream", l.stream)
	}
}

// settleDown ends a subscription so that what the server has sent already
// still arrives; without a connection there is nothing to wait for.
func (l *lane) settleDown(taking jetstream.ConsumeContext) {
	if l.bus.nc.IsConnected() {
		taking.Drain()
		return
	}
	taking.Stop()
}

// take waits for a free slot and takes it; it reports false when ctx ended first.
func (l *lane) take(ctx context.Context) bool {
	select {
	case l.slots <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// open makes sure that the consumer stands and starts to take from it. What
// ends the session is sent to lost.
func (l *lane) open(ctx context.Context, receive jetstream.MessageHandler, lost chan<- error) (jetstream.ConsumeContext, jetstream.Consumer, error) {
	if !l.bus.nc.IsConnected() {
		return nil, nil, fmt.Errorf("%w: not connected", fault.Unavailable)
	}
	ctx, cancel := l.bus.asking(ctx, 4*l.bus.waits.answer)
	defer cancel()
	if err := l.bus.mend(ctx); err != nil {
		return nil, nil, err
	}
	c, err := l.bus.js.Consumer(ctx, l.stream, l.consumer)
	if err != nil {
		return nil, nil, err
	}
	taking, err := c.Consume(receive,
		jetstream.PullMaxMessages(1),
		jetstream.PullExpiry(l.bus.waits.pull),
		jetstream.PullHeartbeat(pulse),
		jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) {
			if !endsSession(err) {
				return
			}
			select {
			case lost <- err:
			default: // one cause is enough
			}
		}))
	return taking, c, err
}

// endsSession tells the signs that the stream or consumer may be gone from
// those that the client deals with itself.
func endsSession(err error) bool {
	for _, sign := range []error{
		jetstream.ErrConsumerDeleted, jetstream.ErrConsumerNotFound, jetstream.ErrStreamNotFound,
		jetstream.ErrNoHeartbeat, jetstream.ErrBadRequest, jetstream.ErrConnectionClosed, nats.ErrNoResponders,
	} {
		if errors.Is(err, sign) {
			return true
		}
	}
	return false
}

// hand takes the messages of one session, one after another. free says that a
// slot is held for the next one.
type hand struct {
	lane       *lane
	here, work context.Context
	free       atomic.Bool
	came       chan struct{} // rings when a message came
}

// receive starts a handler and returns once there is room for the next
// message: the client asks for one only then.
func (h *hand) receive(msg jetstream.Msg) {
	if !h.free.CompareAndSwap(true, false) {
		_ = msg.NakWithDelay(time.Second) // came while leaving: another worker has it then
		return
	}
	select {
	case h.came <- struct{}{}:
	default: // it rings already
	}
	go func() {
		defer func() { <-h.lane.slots }()
		h.lane.work(h.work, msg)
	}()
	if h.here.Err() == nil && h.lane.take(h.here) {
		h.free.Store(true)
	}
}

const (
	// unaskedFirst is how long after a message the server is first asked whether it
	// holds messages that nobody asked it for; each further time is twice as long,
	// until a missing pulse would tell.
	unaskedFirst = 25 * time.Millisecond
	unaskedWait  = 2 * time.Second
)

// watch closes unasked when messages wait at the server while a handler is free and
// nobody has asked for one. The client does not ask for the next message when the
// one before arrived before its own request was done, and would notice only after
// two pulses; on a busy machine that happens to one message in some hundreds.
func (h *hand) watch(c jetstream.Consumer, unasked chan<- struct{}) {
	patience := time.NewTimer(0)
	defer patience.Stop()
	wait := pulse // no message yet: the first request is always made
	for {
		if patience.Stop(); wait < pulse {
			patience.Reset(wait)
		}
		select {
		case <-h.came:
			wait = unaskedFirst
			continue
		case <-h.here.Done():
			return
		case <-patience.C:
		}
		if h.free.Load() && h.unasked(c) {
			close(unasked)
			return
		}
		wait *= 2
	}
}

// unasked asks the server whether messages wait that nobody has asked for.
func (h *hand) unasked(c jetstream.Consumer) bool {
	ctx, cancel := context.WithTimeout(h.here, unaskedWait)
	defer cancel()
	at, err := c.Info(ctx)
	return err == nil && at.NumPending > 0 && at.NumWaiting == 0 && at.NumAckPending < at.Config.MaxAckPending
}
