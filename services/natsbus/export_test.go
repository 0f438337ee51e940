package natsbus

import (
	"context"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Patient makes a bus wait so long that what happens is decided by answers and
// never by the clock: a request for a message lies an hour, and a question that
// is not lost is answered in time on any machine.
func Patient(opts Options) Options {
	opts.waits = waits{answer: 40 * time.Second, lookUp: 40 * time.Second, pull: time.Hour}
	return opts
}

// Repair begins a repair of the streams, which ends with the returned function.
func (b *Bus) Repair() func() {
	b.mending <- struct{}{}
	return func() { <-b.mending }
}

// What the pure rules decide, for their tables.
var (
	Backoff = backoff
	Cause   = cause
)

// Judge returns the fate of a message in words, the delay of a retry and
// whether the failure counts.
func Judge(err error, delivered, failed int, jitter float64) (string, time.Duration, bool) {
	v := judge(err, delivered, failed, maxTries, jitter)
	return [...]string{done: "done", retry: "retry", dead: "dead"}[v.fate], v.delay, v.counts
}

// Panicked is what a panic with value becomes.
func Panicked(value any) error { return newPanic(value, nil) }

// WatchAfterAMessage watches a consumer of which a message came and was handed on.
// unasked is closed when messages wait that nobody asked for, and ended at the end.
func WatchAfterAMessage(ctx context.Context, c jetstream.Consumer) (unasked, ended <-chan struct{}) {
	found, over := make(chan struct{}), make(chan struct{})
	h := &hand{here: ctx, came: make(chan struct{}, 1)}
	h.free.Store(true)
	h.came <- struct{}{}
	go func() { defer close(over); h.watch(c, found) }()
	return found, over
}
