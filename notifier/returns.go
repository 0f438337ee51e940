package notifier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/tenant"
)

// returnsStore is what applying returned mail reads and writes.
type returnsStore interface {
	settings
	recountStore
	SaveReturn(ctx context.Context, r incidents.Return) (id string, fresh bool, err error)
	Return(ctx context.Context, id string) (incidents.Return, error)
	SettleReturn(ctx context.Context, r incidents.Return) error
	WaitingReturns(ctx context.Context, limit int) ([]string, error)
	DeliveriesNamed(ctx context.Context, id string, limit int) ([]incidents.Key, error)
	Delivery(ctx context.Context, practice tenant.ID, id string) (incidents.Delivery, error)
	UpdateDelivery(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Delivery) error) (incidents.Delivery, error)
	UpdateNotice(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Notice) error) (*incidents.Notice, error)
}

// returnBox is a mailbox in which returned mail lies. It hands over each message
// at least once, with the place where it lies.
type returnBox interface {
	Read(ctx context.Context, keep func(ctx context.Context, raw []byte, place string) error) error
}

// ReturnsOptions is what the worker of returned mail needs; Box, Nudge and Log
// may be nil.
type ReturnsOptions struct {
	Store returnsStore
	// Read understands a message that came back; it never fails.
	Read  func(raw []byte) incidents.ReturnReading
	Box   returnBox
	Now   func() time.Time
	NewID func() string
	Nudge func() // tells other workers that something was saved
	Log   *slog.Logger
}

// Returns reads the mailbox of returned mail and applies what came back: to the
// delivery that a token or Message-ID leads to, and to none by guessing. Several
// may run at once.
type Returns struct {
	opts ReturnsOptions
	box  *boxReader
	mu   sync.Mutex
	key  []byte // of the tokens; read once
}

// NewReturns returns the worker; nothing is done before Run.
func NewReturns(o ReturnsOptions) *Returns {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Nudge == nil {
		o.Nudge = func() {}
	}
	r := &Returns{opts: o}
	if o.Box != nil {
		r.box = &boxReader{box: o.Box, keep: func(ctx context.Context, raw []byte, _ string) error { return r.save(ctx, raw) }, store: o.Store, setting: BoxSetting, name: "returned mail", now: o.Now, log: o.Log}
	}
	return r
}

// save stores a message before the mailbox is read on.
func (r *Returns) save(ctx context.Context, raw []byte) error {
	_, _, err := r.opts.Store.SaveReturn(ctx, incidents.NewReturn(r.opts.NewID(), "", incidents.ReturnByIMAP, raw, r.opts.Now()))
	return err
}

const (
	returnsEvery = time.Second
	boxEvery     = time.Second // of looking whether it is time; see boxPause
	boxWait      = 10 * time.Minute
	returnsPage  = 100
	mostSameID   = 8
)

// Run works until ctx is done, then lets what has begun end.
func (r *Returns) Run(ctx context.Context) {
	var all sync.WaitGroup
	looper := &Notifier{log: r.opts.Log}
	all.Go(func() {
		looper.loop(ctx, loop{name: "returns", every: returnsEvery, wait: lookWait, step: r.step})
	})
	if r.box != nil {
		all.Go(func() {
			looper.loop(ctx, loop{name: "mailbox", every: boxEvery, wait: boxWait, step: r.box.step})
		})
	}
	all.Wait()
}

// step applies what waits. One that cannot be applied now leaves the others alone.
func (r *Returns) step(ctx context.Context) (bool, error) {
	ids, err := r.opts.Store.WaitingReturns(ctx, returnsPage)
	if err != nil {
		return false, fmt.Errorf("list returned mail: %w", err)
	}
	var failed error
	for _, id := range ids {
		if err := r.settle(ctx, id); err != nil {
			failed = errors.Join(failed, fmt.Errorf("returned mail %s: %w", id, err))
		}
	}
	return false, failed
}

// settle reads one message, finds its delivery and applies it. Each step may be
// done twice: a worker that was cut off left the message waiting.
func (r *Returns) settle(ctx context.Context, id string) error {
	v, err := r.opts.Store.Return(ctx, id)
	if errors.Is(err, fault.NotFound) || err == nil && v.State != incidents.ReturnWaits {
		return nil
	}
	if err != nil {
		return err
	}
	reading := r.opts.Read(v.Raw)
	to, back, err := r.find(ctx, v, reading)
	if err != nil {
		return err
	}
	if to.ID == "" {
		v.Settle(reading.Kind, statusOf(reading), incidents.Key{}, r.opts.Now())
		return r.opts.Store.SettleReturn(ctx, v)
	}
	back.Hash = v.RawHash
	done, err := r.apply(ctx, to, back)
	if err != nil || !done {
		return err
	}
	v.Settle(back.Kind, back.Status, to, r.opts.Now())
	return r.opts.Store.SettleReturn(ctx, v)
}

func statusOf(reading incidents.ReturnReading) string {
	if len(reading.Reports) != 1 {
		return ""
	}
	return reading.Reports[0].Status
}

// find returns the delivery that a message leads to, and what it says of it. A
// token proves it; a Message-ID alone is believed about the mail's own reader.
func (r *Returns) find(ctx context.Context, v incidents.Return, reading incidents.ReturnReading) (incidents.Key, incidents.Returned, error) {
	proven, err := r.proven(ctx, v, reading.Tokens)
	if err != nil {
		return incidents.Key{}, incidents.Returned{}, err
	}
	if len(proven) > 1 {
		return incidents.Key{}, incidents.Returned{}, nil // to two of our addresses at once: nothing certain
	}
	for _, key := range proven {
		if back, fits, err := r.about(ctx, key, reading, true); err != nil || fits {
			return key, back, err
		}
	}
	for _, message := range reading.MessageIDs {
		keys, err := r.named(ctx, v, incidents.DeliveryOfMessage(message))
		if err != nil {
			return incidents.Key{}, incidents.Returned{}, err
		}
		if len(keys) != 1 {
			continue
		}
		if back, fits, err := r.about(ctx, keys[0], reading, false); err != nil || fits {
			return keys[0], back, err
		}
	}
	return incidents.Key{}, incidents.Returned{}, nil
}

// proven returns the deliveries whose own addresses the message came to.
func (r *Returns) proven(ctx context.Context, v incidents.Return, tokens []string) ([]incidents.Key, error) {
	var proven []incidents.Key
	for _, token := range tokens {
		keys, err := r.named(ctx, v, incidents.DeliveryOfToken(token))
		if err != nil {
			return nil, err
		}
		secret, err := r.secret(ctx)
		if err != nil {
			return nil, err
		}
		for _, key := range keys {
			if incidents.ProvesReturn(secret, key.PracticeID, token) && !slices.Contains(proven, key) {
				proven = append(proven, key)
			}
		}
	}
	return proven, nil
}

// named finds the deliveries with an id that a message may speak of: what came to
// a practice's own mailbox or address speaks of its own alone.
func (r *Returns) named(ctx context.Context, v incidents.Return, id string) ([]incidents.Key, error) {
	if id == "" {
		return nil, nil
	}
	keys, err := r.opts.Store.DeliveriesNamed(ctx, id, mostSameID)
	if err != nil {
		return nil, fmt.Errorf("find delivery: %w", err)
	}
	return slices.DeleteFunc(keys, func(k incidents.Key) bool { return v.PracticeID != "" && k.PracticeID != v.PracticeID }), nil
}

// about says what a reading means for a delivery, false when it is no evidence
// about it, or no mail of it ever went out.
func (r *Returns) about(ctx context.Context, key incidents.Key, reading incidents.ReturnReading, proven bool) (incidents.Returned, bool, error) {
	d, err := r.opts.Store.Delivery(ctx, key.PracticeID, key.ID)
	if errors.Is(err, fault.NotFound) || err == nil && len(d.Attempts) == 0 {
		return incidents.Returned{}, false, nil
	}
	if err != nil {
		return incidents.Returned{}, false, fmt.Errorf("read delivery: %w", err)
	}
	back, fits := reading.About(d.To.Email, proven)
	return back, fits, nil
}

// apply records what came back at its delivery, in the case's log and on the
// clock. done is false when a mail is just going out: it waits for the answer.
func (r *Returns) apply(ctx context.Context, to incidents.Key, back incidents.Returned) (done bool, err error) {
	d, err := r.opts.Store.UpdateDelivery(ctx, to.PracticeID, to.ID, func(d *incidents.Delivery) error {
		changed, err := d.Return(back, r.opts.Now())
		if err == nil && !changed {
			err = errUnchanged
		}
		return err
	})
	switch {
	case errors.Is(err, fault.Conflict):
		return false, nil
	case errors.Is(err, errUnchanged):
		d, err = r.opts.Store.Delivery(ctx, to.PracticeID, to.ID)
	}
	if err != nil {
		return false, fmt.Errorf("record at its delivery: %w", err)
	}
	kept, some := d.ReturnOf(back.Hash)
	if !some {
		return true, nil // too many came back about it
	}
	return true, r.follow(ctx, d, kept)
}

// follow tells of a return in the case's log, and counts the told anew.
func (r *Returns) follow(ctx context.Context, d incidents.Delivery, kept incidents.Returned) error {
	if d.NoticeID == "" {
		r.opts.Log.Warn("a warning to the practitioner came back", "practice", d.PracticeID, "incident", d.IncidentID, "kind", kept.Kind)
		return nil
	}
	_, err := r.opts.Store.UpdateNotice(ctx, d.PracticeID, d.NoticeID, func(n *incidents.Notice) error {
		if !n.Returned(d, kept) {
			return errUnchanged
		}
		return nil
	})
	if err = unlessUnchanged(err); err != nil {
		return fmt.Errorf("note in the log: %w", err)
	}
	if kept.Effect != incidents.EffectNone {
		if err := incidents.Recount(ctx, r.opts.Store, d.PracticeID, d.IncidentID, r.opts.Now()); err != nil {
			return fmt.Errorf("count the told: %w", err)
		}
	}
	r.opts.Nudge()
	return nil
}

// secret returns the key of the tokens.
func (r *Returns) secret(ctx context.Context) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.key != nil {
		return r.key, nil
	}
	key, err := returnKey(ctx, r.opts.Store)
	if err == nil {
		r.key = key
	}
	return key, err
}
