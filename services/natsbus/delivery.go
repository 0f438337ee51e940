package natsbus

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// handlerWait bounds one run of a handler: a hung one must not keep its
// message for ever.
const handlerWait = 15 * time.Minute

// delivery is one message as handed out once.
type delivery struct {
	jetstream.Msg
	meta *jetstream.MsgMetadata
}

// tail is what follows prefix in the subject.
func (d *delivery) tail(prefix string) string { return strings.TrimPrefix(d.Subject(), prefix+".") }

func (d *delivery) attempt() int { return int(d.meta.NumDelivered) }

// name identifies the message also across a stream made anew, whose sequence
// starts over.
func (d *delivery) name() string {
	return fmt.Sprintf("%s/%d/%d", d.meta.Stream, d.meta.Sequence.Stream, d.meta.Timestamp.UnixNano())
}

// work runs the handler over one message and settles what becomes of it. The
// server hears that the message is being worked on until that is settled.
func (l *lane) work(ctx context.Context, msg jetstream.Msg) {
	meta, err := msg.Metadata()
	if err != nil {
		l.bus.log.Error("bus: a message without metadata", "stream", l.stream, "error", err)
		return
	}
	d := &delivery{Msg: msg, meta: meta}
	busy := stillAtIt(msg)
	defer busy()
	err = l.call(ctx, d)
	if err != nil && ctx.Err() != nil {
		l.later(d, time.Second) // told to stop half-way: not the message's fault
		return
	}
	l.settle(context.WithoutCancel(ctx), d, err)
}

// call runs the handler and makes its panic an error.
func (l *lane) call(ctx context.Context, d *delivery) error {
	ctx, cancel := context.WithTimeout(ctx, handlerWait)
	defer cancel()
	var crash *panicError
	err := func() error {
		defer func() {
			if value := recover(); value != nil {
				crash = newPanic(value, debug.Stack())
			}
		}()
		return l.handle(ctx, d)
	}()
	if crash != nil {
		return crash
	}
	return err
}

// stillAtIt tells the server thrice in each ackWait that msg is being worked
// on, until the returned function is called.
func stillAtIt(msg jetstream.Msg) func() {
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		ticker := time.NewTicker(ackWait / 3)
		defer ticker.Stop()
		for {
			select {
			case <-stop:
				return
			case <-ticker.C:
				_ = msg.InProgress() // missed when disconnected: it then comes twice, which is allowed
			}
		}
	}()
	return func() { close(stop); <-stopped }
}

// settle carries out the verdict over one delivery.
func (l *lane) settle(ctx context.Context, d *delivery, err error) {
	name := d.name()
	v := judge(err, d.attempt(), l.tries.of(name), l.bus.tries, rand.Float64()) // #nosec G404 -- jitter, not a secret
	l.report(d, v, err)
	switch v.fate {
	case done:
		l.acknowledge(ctx, d)
	case dead:
		l.finish(ctx, d, cause(err), kindOf(err))
	case retry:
		if v.counts {
			l.tries.add(name)
		}
		l.later(d, v.delay)
		return
	}
	l.tries.forget(name)
}

func (l *lane) report(d *delivery, v verdict, err error) {
	if err == nil {
		return
	}
	attrs := []any{"stream", l.stream, "subject", d.Subject(), "attempt", d.attempt(), "cause", cause(err)}
	var crash *panicError
	if errors.As(err, &crash) {
		l.bus.log.Error("bus: handler panicked", append(attrs, "stack", string(crash.stack))...)
		return
	}
	if v.fate == dead {
		l.bus.log.Error("bus: message given up", attrs...)
		return
	}
	l.bus.log.Warn("bus: message comes back", append(attrs, "in", v.delay)...)
}

// acknowledge waits until the server has noted that the message is done: only
// then is it sure not to come again.
func (l *lane) acknowledge(ctx context.Context, d *delivery) {
	ctx, cancel := l.bus.asking(ctx, l.bus.waits.answer)
	defer cancel()
	if err := d.DoubleAck(ctx); err != nil {
		l.bus.log.Warn("bus: acknowledgement not answered; the message may come again", "stream", l.stream, "error", err)
	}
}

// finish ends a message for good; when its dead letter cannot be stored it
// comes back instead.
func (l *lane) finish(ctx context.Context, d *delivery, cause, kind string) {
	if err := l.end(ctx, d, cause, kind); err != nil {
		l.bus.log.Error("bus: dead letter not stored", "stream", l.stream, "error", err)
		l.later(d, time.Minute)
		return
	}
	if err := d.TermWithReason(cause); err != nil {
		l.bus.log.Warn("bus: message not ended; it may come again", "stream", l.stream, "error", err)
	}
}

func (l *lane) later(d *delivery, delay time.Duration) {
	if err := d.NakWithDelay(delay); err != nil {
		l.bus.log.Warn("bus: message not put off; it comes again after its time", "stream", l.stream, "error", err)
	}
}

// tally counts the failures of messages that keep coming back. The zero value
// is empty.
type tally struct {
	mu     sync.Mutex
	failed map[string]int
}

// maxTally bounds the memory of a tally. What another process finished stays
// in it, so it is emptied when full: some messages then get new tries.
const maxTally = 1 << 15

func (t *tally) of(name string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failed[name]
}

func (t *tally) add(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failed == nil || len(t.failed) >= maxTally {
		t.failed = make(map[string]int)
	}
	t.failed[name]++
}

func (t *tally) forget(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.failed, name)
}
