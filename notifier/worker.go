package notifier

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/tenant"
)

// ErrGiveUp says, joined with a cause, that trying again will not help: the job
// becomes a dead letter that a person sees.
const ErrGiveUp = finalError("given up")

type finalError string

func (e finalError) Error() string { return string(e) }

// GiveUp reports that the job is never tried again.
func (finalError) GiveUp() bool { return true }

// RetryAfter returns an error that brings a job back after d, without counting
// as a failure.
func RetryAfter(d time.Duration) error { return laterError{d} }

type laterError struct{ after time.Duration }

func (e laterError) Error() string { return "to be tried again after " + e.after.String() }

// RetryAfter returns how long to wait.
func (e laterError) RetryAfter() time.Duration { return e.after }

// errUnchanged, returned from an update, says that there is nothing to write.
var errUnchanged = errors.New("nothing to change")

// unlessUnchanged makes an update that had nothing to write a success.
func unlessUnchanged(err error) error {
	if errors.Is(err, errUnchanged) {
		return nil
	}
	return err
}

// missing makes a record that does not exist a final failure.
func missing(err error) error {
	if errors.Is(err, fault.NotFound) {
		return errors.Join(ErrGiveUp, err)
	}
	return err
}

// job is one message on the bus: names of records, never their content.
type job struct {
	Practice   tenant.ID `json:"practice,omitempty"`
	Incident   string    `json:"incident,omitempty"`
	Notice     string    `json:"notice,omitempty"`
	Receipt    string    `json:"receipt,omitempty"`
	Deliveries []string  `json:"deliveries,omitempty"`
	// Count asks for a look at how far a notice is, without sending anything.
	Count bool `json:"count,omitempty"`
	// Preliminary asks to let the notice go that came due by policy.
	Preliminary bool `json:"preliminary,omitempty"`
	// Event is what a warning tells of, without its words.
	Event *incidents.Event `json:"event,omitempty"`
}

func (j job) encode() []byte {
	raw, err := json.Marshal(j)
	if err != nil {
		panic("notifier: encode a plain value: " + err.Error()) // strings and times only
	}
	return raw
}

func decodeJob(data []byte) (job, error) {
	var j job
	if err := json.Unmarshal(data, &j); err != nil {
		return j, errors.Join(ErrGiveUp, errors.New("read job: not one of ours"))
	}
	return j, nil
}

// nameID returns the id that follows from its parts, in the form of a UUID of
// version 8 (RFC 9562 section 5.8): whoever makes the record makes the same.
func nameID(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	b := h.Sum(nil)[:16]
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// inParallel runs do over the items, at most limit at once, and waits for all. A
// panic comes out where the caller can catch it.
func inParallel[T any](items []T, limit int, do func(T)) {
	var all sync.WaitGroup
	slots := make(chan struct{}, limit)
	panics := make(chan any, len(items))
	for _, item := range items {
		slots <- struct{}{}
		all.Go(func() {
			defer func() {
				if value := recover(); value != nil {
					panics <- value
				}
				<-slots
			}()
			do(item)
		})
	}
	all.Wait()
	select {
	case value := <-panics:
		panic(value)
	default:
	}
}

// guarded runs step and makes a panic an error: one broken record must not stop
// the work for all others. What the panic says may be personal and is left out.
func guarded(log *slog.Logger, what string, step func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			log.Error("worker panicked", "worker", what, "stack", string(debug.Stack()))
			err = errPanic
		}
	}()
	return step()
}

var errPanic = errors.New("the worker panicked")

// complaints are what goes wrong in one round. It tells of the first few: a store
// that keeps nothing fails at everything, and would fill the log.
type complaints struct {
	log   *slog.Logger
	count atomic.Int64
	down  atomic.Bool // the store was the cause
}

// fewComplaints is of how many failures one round tells.
const fewComplaints = 3

func (c *complaints) tell(err error, text string, attrs ...any) {
	if errors.Is(err, fault.Unavailable) {
		c.down.Store(true)
	}
	if c.count.Add(1) <= fewComplaints {
		c.log.Error(text, append(attrs, "error", err)...)
	}
}

// end says how many were left out.
func (c *complaints) end() {
	if more := c.count.Load() - fewComplaints; more > 0 {
		c.log.Error("and more of this kind", "count", more)
	}
}

// pages reads a list page by page until it ends, handing each page to use. key
// returns what the next page comes after.
func pages[T, K any](size int, key func(T) K, read func(after K, limit int) ([]T, error), use func([]T) error) error {
	var after K
	for {
		page, err := read(after, size)
		if err != nil {
			return err
		}
		if len(page) > 0 {
			if err := use(page); err != nil {
				return err
			}
			after = key(page[len(page)-1])
		}
		if len(page) < size {
			return nil
		}
	}
}

// pause waits for d, less when ctx ends first.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
