package natsbus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"datalek/incidents/fault"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	clockStream    = "CLOCKS"
	deadStream     = "DEAD_LETTERS"
	advisoryStream = "ADVISORIES"

	queueConsumer = "worker"
	clockConsumer = "enforcer"

	// ackWait is how long the server waits for a sign of life about a message
	// before it gives it to someone else. Running handlers give one thrice as often.
	ackWait = 30 * time.Second
	// maxAckPending bounds the messages handed out or waiting for a retry.
	// Retries that wait count too, so it is far above what runs at once: else
	// a few hundred put-off mails would stop the queue for all others.
	maxAckPending = 16384
	// lookUpWait bounds a question after a stream.
	lookUpWait = 2 * time.Second
	// sameID is how long the server remembers a message id.
	sameID = time.Hour
)

// layout is one stream as the code wants it, and the consumer on it, if any.
type layout struct {
	stream   jetstream.StreamConfig
	consumer *jetstream.ConsumerConfig
}

// topology returns every stream, each kept on the given number of servers.
func topology(replicas int) []layout {
	all := make([]layout, 0, len(queues())+3)
	for _, queue := range queues() {
		all = append(all, queueLayout(queue))
	}
	all = append(all, clockLayout(), deadLayout(), advisoryLayout())
	for i := range all {
		all[i].stream.Replicas = replicas
	}
	return all
}

// queueLayout is a work queue: a message is gone once it is acknowledged, and
// a full queue refuses what is new, which then stays in the outbox.
func queueLayout(queue string) layout {
	size := int64(256 << 20)
	if queue == "mail" {
		size = 1 << 30
	}
	return layout{
		stream: jetstream.StreamConfig{
			Name:       queueStream(queue),
			Subjects:   []string{queueSubject(queue) + ".>"},
			Retention:  jetstream.WorkQueuePolicy,
			Discard:    jetstream.DiscardNew,
			MaxBytes:   size,
			MaxMsgSize: maxData + 4<<10, // data and headers
			Duplicates: sameID,
			Storage:    jetstream.FileStorage,
		},
		consumer: consumer(queueConsumer, ""),
	}
}

// clockLayout has no limit of any kind: a stream with schedules cannot refuse
// what is new, so any limit would silently drop armed clocks.
func clockLayout() layout {
	return layout{
		stream: jetstream.StreamConfig{
			Name:              clockStream,
			Subjects:          []string{"clock.set.*.*.*", "clock.due.*.*.*", "clock.cancelled.*.*.*"},
			Retention:         jetstream.LimitsPolicy,
			AllowMsgSchedules: true,
			AllowMsgTTL:       true,
			AllowRollup:       true, // how a schedule replaces the one before it
			Duplicates:        sameID,
			Storage:           jetstream.FileStorage,
		},
		consumer: consumer(clockConsumer, "clock.due.>"),
	}
}

// deadLayout allows single messages to be deleted: that is how a requeued one
// leaves the list.
func deadLayout() layout {
	return layout{stream: jetstream.StreamConfig{
		Name:       deadStream,
		Subjects:   []string{"dead.>"},
		Retention:  jetstream.LimitsPolicy,
		Discard:    jetstream.DiscardNew,
		MaxBytes:   512 << 20,
		MaxAge:     400 * 24 * time.Hour,
		Duplicates: sameID,
		Storage:    jetstream.FileStorage,
	}}
}

// advisoryLayout keeps what the server itself says about ended messages, which
// would otherwise reach only who listens at that moment.
func advisoryLayout() layout {
	return layout{stream: jetstream.StreamConfig{
		Name: advisoryStream,
		Subjects: []string{
			"$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.>",
			"$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.>",
		},
		Retention:  jetstream.LimitsPolicy,
		Discard:    jetstream.DiscardOld,
		MaxBytes:   64 << 20,
		MaxAge:     90 * 24 * time.Hour,
		Duplicates: 2 * time.Minute,
		Storage:    jetstream.FileStorage,
	}}
}

// consumer never stops delivering by itself: a message that reaches the
// server's limit of deliveries would lie in its queue for ever, unseen. Tries
// are counted here, and end in a dead letter.
func consumer(name, filter string) *jetstream.ConsumerConfig {
	return &jetstream.ConsumerConfig{
		Durable:       name,
		DeliverPolicy: jetstream.DeliverAllPolicy,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       ackWait,
		MaxDeliver:    -1,
		MaxAckPending: maxAckPending,
		FilterSubject: filter,
	}
}

// mend makes every stream and consumer stand as the code wants it. It creates
// what is missing, widens what can be changed without loss, and refuses the rest.
func (b *Bus) mend(ctx context.Context) error {
	select {
	case b.mending <- struct{}{}:
		defer func() { <-b.mending }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for _, l := range b.layouts() {
		s, err := b.mendStream(ctx, l.stream)
		if err != nil {
			return fmt.Errorf("stream %s: %w", l.stream.Name, err)
		}
		if l.consumer == nil {
			continue
		}
		if err := b.mendConsumer(ctx, s, *l.consumer); err != nil {
			return fmt.Errorf("consumer of %s: %w", l.stream.Name, err)
		}
	}
	return nil
}

func (b *Bus) mendStream(ctx context.Context, want jetstream.StreamConfig) (jetstream.Stream, error) {
	s, err := b.lookUp(ctx, want.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		s, err = b.createStream(ctx, want)
	}
	if err != nil {
		return nil, err
	}
	live := s.CachedInfo().Config
	faults, mendable := streamDifferences(live, want)
	if len(faults) == 0 {
		return s, nil
	}
	if !mendable {
		return nil, mismatch(faults)
	}
	b.log.Warn("bus: a stream stood otherwise than the code wants it", "stream", want.Name, "fields", faults)
	ctx, cancel := b.asking(ctx, b.waits.answer)
	defer cancel()
	if s, err = b.js.UpdateStream(ctx, merged(live, want)); err != nil {
		return nil, fmt.Errorf("%w: %w", mismatch(faults), err)
	}
	if faults, _ = streamDifferences(s.CachedInfo().Config, want); len(faults) > 0 {
		return nil, mismatch(faults)
	}
	return s, nil
}

// lookUp asks for a stream. A question to a cluster that is just choosing its
// leader is lost, so it is given little time and asked again by the caller.
func (b *Bus) lookUp(ctx context.Context, stream string) (jetstream.Stream, error) {
	ctx, cancel := b.asking(ctx, b.waits.lookUp)
	defer cancel()
	return b.js.Stream(ctx, stream)
}

// createStream makes a missing stream; another process may have just done so.
func (b *Bus) createStream(ctx context.Context, want jetstream.StreamConfig) (jetstream.Stream, error) {
	ctx, cancel := b.asking(ctx, b.waits.answer)
	defer cancel()
	s, err := b.js.CreateStream(ctx, want)
	if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
		return b.js.Stream(ctx, want.Name)
	}
	if err != nil {
		return nil, err
	}
	b.log.Info("bus: stream made anew", "stream", want.Name, "replicas", want.Replicas)
	if b.recreated != nil {
		b.recreated(want.Name)
	}
	return s, nil
}

func (b *Bus) mendConsumer(ctx context.Context, s jetstream.Stream, want jetstream.ConsumerConfig) error {
	ctx, cancel := b.asking(ctx, b.waits.answer)
	defer cancel()
	c, err := s.Consumer(ctx, want.Durable)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		c, err = s.CreateConsumer(ctx, want)
	}
	if err != nil {
		return err
	}
	faults := consumerDifferences(c.CachedInfo().Config, want)
	if len(faults) == 0 {
		return nil
	}
	if c, err = s.UpdateConsumer(ctx, want); err != nil {
		return fmt.Errorf("%w: %w", mismatch(faults), err)
	}
	if faults = consumerDifferences(c.CachedInfo().Config, want); len(faults) > 0 {
		return mismatch(faults)
	}
	return nil
}

func mismatch(faults []string) error {
	return fmt.Errorf("%w: the server keeps it otherwise than this version needs it: %s", fault.Conflict, strings.Join(faults, ", "))
}

// isFinal reports that trying again is of no use. "No peers" (10005) is a
// cluster that is still gathering, though it counts as a wrong request.
func isFinal(err error) bool {
	const noPeers = 10005
	if errors.Is(err, fault.Conflict) || errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount) {
		return true
	}
	var refused *jetstream.APIError
	return errors.As(err, &refused) && refused.Code >= 400 && refused.Code < 500 &&
		refused.ErrorCode != noPeers && !slices.Contains([]jetstream.ErrorCode{
		jetstream.JSErrCodeStreamNotFound, jetstream.JSErrCodeConsumerNotFound}, refused.ErrorCode)
}

// cannotKeep reports whether the server failed at its own store.
func cannotKeep(err error) bool {
	var refused *jetstream.APIError
	return errors.As(err, &refused) && refused.Code == 500
}
