package natsbus

import (
	"cmp"
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
	causeHeader    = "Datalek-Cause"
	kindHeader     = "Datalek-Kind"
	attemptsHeader = "Datalek-Attempts"

	// maxLetters bounds one page of dead letters.
	maxLetters = 1000
)

// DeadLetter is a message that was given up and waits for a person.
type DeadLetter struct {
	Seq      uint64    // its place in the list; Requeue takes it
	Queue    string    // the work queue it came from
	Key      string    // the tail of its subject
	Data     []byte    // the message itself
	Cause    string    // why it was given up, one line
	Kind     string    // what kind of failure that was: "missing", "invalid", "conflict", "unavailable", "crash" or "other"
	At       time.Time // when it was given up, by the server's time, UTC
	Attempts int       // how often it had been handed out
}

// bury copies a message to the dead letters and waits until it is stored. The
// same message twice makes one letter.
func (b *Bus) bury(ctx context.Context, queue string, d *delivery, cause, kind string) error {
	letter := nats.NewMsg("dead." + queue + "." + d.tail(queueSubject(queue)))
	letter.Data = d.Data()
	letter.Header.Set(causeHeader, cause)
	letter.Header.Set(kindHeader, kind)
	letter.Header.Set(attemptsHeader, strconv.Itoa(d.attempt()))
	return b.send(ctx, deadStream, "dead/"+d.name(), letter)
}

// DeadLetters returns up to limit dead letters behind the given place in the
// list, oldest first; after 0 begins at the beginning. No more than 1000 come
// at once.
func (b *Bus) DeadLetters(ctx context.Context, after uint64, limit int) ([]DeadLetter, error) {
	letters, err := b.openLetters(ctx)
	if err != nil {
		return nil, fmt.Errorf("list dead letters: %w", err)
	}
	var list []DeadLetter
	for range min(limit, maxLetters) {
		letter, err := b.nextLetter(ctx, letters, after+1)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("list dead letters: %w: %w", fault.Unavailable, err)
		}
		list = append(list, letter)
		after = letter.Seq
	}
	return list, nil
}

// Requeue puts a dead letter back on its queue and takes it from the list. It
// gets a message id of its own, since the server still remembers the old one.
// The error wraps fault.NotFound when there is no such letter.
func (b *Bus) Requeue(ctx context.Context, seq uint64) error {
	ctx, cancel := b.asking(ctx, 2*b.waits.answer)
	defer cancel()
	letters, err := b.openLetters(ctx)
	if err != nil {
		return fmt.Errorf("requeue %d: %w", seq, err)
	}
	raw, err := letters.GetMsg(ctx, seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return fmt.Errorf("requeue %d: %w", seq, fault.NotFound)
	}
	if err != nil {
		return fmt.Errorf("requeue %d: %w: %w", seq, fault.Unavailable, err)
	}
	letter := readLetter(raw)
	// The id holds the letter's place and time: pressed twice it is one message.
	id := fmt.Sprintf("requeue/%d/%d", seq, letter.At.UnixNano())
	if err := b.Publish(ctx, letter.Queue, letter.Key, id, letter.Data); err != nil {
		return fmt.Errorf("requeue %d: %w", seq, err)
	}
	if err := letters.DeleteMsg(ctx, seq); err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
		return fmt.Errorf("requeue %d: take from the list: %w: %w", seq, fault.Unavailable, err)
	}
	return nil
}

// Forget takes a dead letter from the list without doing anything with it; one
// that is not there is no error.
func (b *Bus) Forget(ctx context.Context, seq uint64) error {
	ctx, cancel := b.asking(ctx, b.waits.answer)
	defer cancel()
	letters, err := b.openLetters(ctx)
	if err != nil {
		return fmt.Errorf("forget dead letter %d: %w", seq, err)
	}
	err = letters.DeleteMsg(ctx, seq)
	if err == nil {
		return nil
	}
	// Servers say in several ways that it is not there.
	if _, gone := letters.GetMsg(ctx, seq); errors.Is(gone, jetstream.ErrMsgNotFound) {
		return nil
	}
	return fmt.Errorf("forget dead letter %d: %w: %w", seq, fault.Unavailable, err)
}

func (b *Bus) openLetters(ctx context.Context) (jetstream.Stream, error) {
	if !b.nc.IsConnected() {
		return nil, fmt.Errorf("%w: not connected", fault.Unavailable)
	}
	s, err := b.lookUp(ctx, deadStream)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", fault.Unavailable, err)
	}
	return s, nil
}

func (b *Bus) nextLetter(ctx context.Context, letters jetstream.Stream, from uint64) (DeadLetter, error) {
	ctx, cancel := b.asking(ctx, b.waits.answer)
	defer cancel()
	raw, err := letters.GetMsg(ctx, from, jetstream.WithGetMsgSubject("dead.>"))
	if err != nil {
		return DeadLetter{}, err
	}
	return readLetter(raw), nil
}

func readLetter(raw *jetstream.RawStreamMsg) DeadLetter {
	queue, key, _ := strings.Cut(strings.TrimPrefix(raw.Subject, "dead."), ".")
	attempts, _ := strconv.Atoi(raw.Header.Get(attemptsHeader)) // 0 when it is not told
	return DeadLetter{
		Seq: raw.Sequence, Queue: queue, Key: key, Data: raw.Data,
		Cause: raw.Header.Get(causeHeader), Kind: cmp.Or(raw.Header.Get(kindHeader), "other"), At: raw.Time.UTC(), Attempts: attempts,
	}
}
