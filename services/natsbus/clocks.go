package natsbus

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"datalek/incidents/fault"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	versionHeader = "Datalek-Clock-Version"

	// tickTTL is how long the traces of fired and cancelled clocks are kept,
	// so that the stream stays about as large as the set of armed ones.
	tickTTL = "720h"
	// tickParallel is how many ticks are handled at once.
	tickParallel = 16
)

// clockName names one threshold of one clock on the bus.
type clockName struct{ incident, clock, mark string }

func (n clockName) check() error {
	for _, token := range []string{n.incident, n.clock, n.mark} {
		if !isToken(token) {
			return fmt.Errorf("clock: %w: its names are tokens of [A-Za-z0-9_-]", fault.Invalid)
		}
	}
	return checkKey(n.tail())
}

func (n clockName) tail() string      { return n.incident + "." + n.clock + "." + n.mark }
func (n clockName) set() string       { return "clock.set." + n.tail() }
func (n clockName) due() string       { return "clock.due." + n.tail() }
func (n clockName) cancelled() string { return "clock.cancelled." + n.tail() }

// Arm asks for a tick of this clock at the given instant, at once when that is
// past. It replaces an earlier one of the same name, sooner or later. version
// comes back with the tick. The tick is a hint: the store's row decides.
//
// The schedule is written out here since the client's own option cuts the time
// to whole seconds and so fires too early. It has no message id: one that was
// armed, lost and armed again would be taken for a repetition and never fire.
func (b *Bus) Arm(ctx context.Context, incident, clock, mark string, version int64, due time.Time) error {
	name := clockName{incident, clock, mark}
	if err := name.check(); err != nil {
		return err
	}
	if due.IsZero() {
		return fmt.Errorf("arm clock: %w: without a due time", fault.Invalid)
	}
	msg := nats.NewMsg(name.set())
	msg.Header.Set("Nats-Schedule", "@at "+due.UTC().Format(time.RFC3339Nano))
	msg.Header.Set("Nats-Schedule-Target", name.due())
	msg.Header.Set("Nats-Schedule-TTL", tickTTL)
	msg.Header.Set(versionHeader, strconv.FormatInt(version, 10))
	if err := b.send(ctx, clockStream, "", msg); err != nil {
		return fmt.Errorf("arm clock: %w", err)
	}
	return nil
}

// Cancel takes an armed clock back. One that is not armed, or fires at this
// moment, is no error: its tick finds the row changed.
func (b *Bus) Cancel(ctx context.Context, incident, clock, mark string) error {
	name := clockName{incident, clock, mark}
	if err := name.check(); err != nil {
		return err
	}
	ctx, cancel := b.asking(ctx, b.waits.answer)
	defer cancel()
	const rounds = 3 // it may be armed anew in between, hardly ever twice
	var err error
	for range rounds {
		if err = b.disarm(ctx, name); !isOvertaken(err) {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("cancel clock: %w", err)
	}
	return nil
}

// disarm removes the schedule in the one way that is atomic and leaves a
// trace. A plain message on its subject would disarm it too, silently.
func (b *Bus) disarm(ctx context.Context, name clockName) error {
	if !b.nc.IsConnected() {
		return fmt.Errorf("%w: not connected", fault.Unavailable)
	}
	clocks, err := b.lookUp(ctx, clockStream)
	if err != nil {
		return fmt.Errorf("%w: %w", fault.Unavailable, err)
	}
	armed, err := clocks.GetLastMsgForSubject(ctx, name.set())
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w: %w", fault.Unavailable, err)
	}
	msg := nats.NewMsg(name.cancelled())
	msg.Header.Set("Nats-Scheduler", name.set())
	msg.Header.Set("Nats-Schedule-Next", "purge")
	msg.Header.Set("Nats-Expected-Last-Subject-Sequence", strconv.FormatUint(armed.Sequence, 10))
	msg.Header.Set("Nats-Expected-Last-Subject-Sequence-Subject", name.set())
	msg.Header.Set("Nats-TTL", tickTTL)
	return b.send(ctx, clockStream, "", msg)
}

// isOvertaken reports that the subject changed since it was looked at.
func isOvertaken(err error) bool {
	var refused *jetstream.APIError
	return errors.As(err, &refused) && (refused.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence ||
		refused.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}

// ConsumeTicks hands each tick to handle until ctx is done; it returns when
// all handlers have finished. Errors mean what they mean to Consume, but a
// tick that is given up becomes no dead letter: the sweep over the store does
// what it asked for.
func (b *Bus) ConsumeTicks(ctx context.Context, handle func(ctx context.Context, incident, clock, mark string, version int64) error) error {
	l := &lane{
		bus: b, stream: clockStream, consumer: clockConsumer,
		slots: make(chan struct{}, tickParallel),
		handle: func(ctx context.Context, d *delivery) error {
			name, version, err := readTick(d)
			if err != nil {
				return err
			}
			return handle(ctx, name.incident, name.clock, name.mark, version)
		},
		end: func(context.Context, *delivery, string, string) error { return nil },
	}
	return l.run(ctx)
}

func readTick(d *delivery) (clockName, int64, error) {
	tokens := strings.Split(d.tail("clock.due"), ".")
	version, err := strconv.ParseInt(d.Headers().Get(versionHeader), 10, 64)
	if err != nil || len(tokens) != 3 {
		return clockName{}, 0, unreadable{}
	}
	return clockName{tokens[0], tokens[1], tokens[2]}, version, nil
}

// unreadable is a tick that no version of this package wrote.
type unreadable struct{}

func (unreadable) Error() string { return "tick: unreadable" }

// GiveUp says that trying again does not make it readable.
func (unreadable) GiveUp() bool { return true }
