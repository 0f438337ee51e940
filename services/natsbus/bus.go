// Package natsbus carries the work of datalek over NATS JetStream: work queues
// with retries and dead letters, and the schedules that wake the clocks.
//
// The bus holds no truth. Every message names records by id, carries no
// personal data, and may come twice; whoever handles it reads the store first.
// Losing the whole bus loses time only: the streams are made anew and are
// filled again from the store. The register has no queue: the relay writes its
// entries itself, before it publishes anything.
package natsbus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"datalek/incidents/fault"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// answerWait bounds each single question to the server.
const answerWait = 5 * time.Second

const (
	// maxData is the largest message taken, in bytes. Messages name records;
	// one that is larger carries content, which belongs in the store.
	maxData = 64 << 10
	// frozenAfter is how many publishes in a row may stay unanswered before
	// Healthy says so: a stream whose disk was full takes nothing more until
	// its server is started again, while everything else looks well.
	frozenAfter = 3
)

// Bus is one connection to the bus. It is safe for use by many goroutines.
type Bus struct {
	nc        *nats.Conn
	js        jetstream.JetStream
	log       *slog.Logger
	waits     waits
	tries     int             // failures before a message is given up
	layouts   func() []layout // when connected
	recreated func(stream string)
	gone      chan struct{} // closed once the connection is closed for good

	link       link
	mending    chan struct{} // holds one element while the streams are repaired
	unanswered atomic.Int32

	// leaving ends when Close begins: consumers take nothing new. killed ends
	// when Close may wait no longer: running handlers are told to stop.
	leaving, killed context.Context
	leave, kill     context.CancelFunc

	mu      sync.Mutex // guards closing and the first Add of running
	closing bool
	running sync.WaitGroup // calls of Consume and ConsumeTicks
}

// Publish puts data on a work queue and waits until the server has stored it.
//
// key is the tail of the subject, tokens of [A-Za-z0-9_-] joined with dots.
// id lets the server drop a repetition within an hour, which is success here;
// empty means that every call counts. The error wraps fault.Invalid when the
// arguments are at fault, else fault.Unavailable: the caller keeps the message
// in its outbox and tries again.
func (b *Bus) Publish(ctx context.Context, queue, key, id string, data []byte) error {
	if err := checkQueue(queue); err != nil {
		return err
	}
	if err := checkKey(key); err != nil {
		return err
	}
	if err := checkID(id); err != nil {
		return err
	}
	if len(data) > maxData {
		return fmt.Errorf("publish to %s: %w: %d bytes, at most %d", queue, fault.Invalid, len(data), maxData)
	}
	msg := nats.NewMsg(queueSubject(queue) + "." + key)
	msg.Data = data
	if err := b.send(ctx, queueStream(queue), id, msg); err != nil {
		return fmt.Errorf("publish to %s: %w", queue, err)
	}
	return nil
}

// send publishes msg to the stream and waits for the answer. A stream that is
// missing is made anew once.
func (b *Bus) send(ctx context.Context, stream, id string, msg *nats.Msg) error {
	if !b.nc.IsConnected() {
		return fmt.Errorf("%w: not connected", fault.Unavailable)
	}
	if b.link.lasts().Err() != nil {
		return errRefused
	}
	ctx, cancel := b.asking(ctx, b.waits.answer)
	defer cancel()
	opts := []jetstream.PublishOpt{
		jetstream.WithExpectStream(stream),
		jetstream.WithRetryAttempts(1),
		jetstream.WithRetryWait(100 * time.Millisecond),
	}
	if id != "" {
		opts = append(opts, jetstream.WithMsgID(id))
	}
	_, err := b.js.PublishMsg(ctx, msg, opts...)
	if errors.Is(err, jetstream.ErrNoStreamResponse) {
		if err = b.mend(ctx); err == nil {
			_, err = b.js.PublishMsg(ctx, msg, opts...)
		}
	}
	b.noteAnswer(err)
	if err != nil {
		return fmt.Errorf("%w: %w", fault.Unavailable, err)
	}
	return nil
}

// errRefused says that the embedded server waits for its disk.
var errRefused = fmt.Errorf("%w: its disk refused a write; is it full?", fault.Unavailable)

func (b *Bus) noteAnswer(err error) {
	switch {
	case err == nil:
		b.unanswered.Store(0)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, nats.ErrTimeout):
		b.unanswered.Add(1)
	}
}

// Healthy returns nil when the bus is connected, every stream stands and has a
// leader, and publishes are being answered; else an error wrapping fault.Unavailable.
func (b *Bus) Healthy(ctx context.Context) error {
	if !b.nc.IsConnected() {
		return fmt.Errorf("bus: %w: not connected", fault.Unavailable)
	}
	if b.link.lasts().Err() != nil {
		return fmt.Errorf("bus: %w", errRefused)
	}
	ctx, cancel := b.asking(ctx, b.waits.answer)
	defer cancel()
	for _, l := range b.layouts() {
		s, err := b.lookUp(ctx, l.stream.Name)
		if err != nil {
			return fmt.Errorf("bus: %w: stream %s: %w", fault.Unavailable, l.stream.Name, err)
		}
		if c := s.CachedInfo().Cluster; c != nil && c.Name != "" && c.Leader == "" {
			return fmt.Errorf("bus: %w: stream %s has no leader", fault.Unavailable, l.stream.Name)
		}
	}
	if n := b.unanswered.Load(); n >= frozenAfter {
		return fmt.Errorf("bus: %w: the last %d publishes were not answered; is the disk full?", fault.Unavailable, n)
	}
	return nil
}

// Close stops all consumers, waits for running handlers until ctx is done,
// then tells them to stop, and closes the connection. An embedded server is
// closed by its owner, afterwards.
func (b *Bus) Close(ctx context.Context) error {
	b.mu.Lock()
	b.closing = true
	b.mu.Unlock()
	b.leave()
	defer b.kill()
	idle := make(chan struct{})
	go func() { b.running.Wait(); close(idle) }()
	var late error
	select {
	case <-idle:
	case <-ctx.Done():
		late = fmt.Errorf("close bus: handlers still running: %w", ctx.Err())
		b.kill()
	}
	if err := b.nc.Drain(); err != nil {
		b.nc.Close()
	}
	select {
	case <-b.gone:
	case <-ctx.Done():
		b.nc.Close()
	}
	return late
}

// enter notes that a consumer runs; it refuses one that comes after Close.
func (b *Bus) enter() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closing {
		return fmt.Errorf("consume: %w: the bus is closed", fault.Unavailable)
	}
	b.running.Add(1)
	return nil
}

// asking bounds a question to the server: by its time, and by the connection
// over which the answer would come.
func (b *Bus) asking(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, d)
	forget := context.AfterFunc(b.link.lasts(), cancel)
	return ctx, func() { forget(); cancel() }
}

// link ends what waits for an answer when the connection is lost, or the embedded
// server takes nothing more: the client itself would wait on, though the answer
// cannot come any more.
type link struct {
	mu  sync.Mutex
	ctx context.Context
	cut context.CancelFunc
}

// lasts returns a context that ends with the present connection.
func (l *link) lasts() context.Context {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ctx
}

func (l *link) up() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ctx, l.cut = context.WithCancel(context.Background())
}

func (l *link) down() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut()
}
