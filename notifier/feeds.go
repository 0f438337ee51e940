package notifier

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// feedStore is what reading feeds reads and writes.
type feedStore interface {
	DueFeeds(ctx context.Context, at time.Time, limit int) ([]incidents.Key, error)
	UpdateFeed(ctx context.Context, practice tenant.ID, id string, change func(*registry.Feed) error) (registry.Feed, error)
	SaveReceipt(ctx context.Context, r incidents.Receipt) (id string, fresh bool, err error)
}

// feedReader reads a supplier's list since an instant and hands over what may tell of
// a breach, each message at least once. Its error is that of keep or of ctx.
type feedReader interface {
	Read(ctx context.Context, l registry.FeedLogin, since time.Time, keep func(context.Context, registry.FeedPost) (bool, error)) (registry.FeedLook, error)
}

// FeedsOptions is what the worker of feeds needs; Nudge, Looked and Log may be nil.
type FeedsOptions struct {
	Store  feedStore
	Reader feedReader
	Now    func() time.Time
	NewID  func() string
	Nudge  func()                    // tells other workers that something was saved
	Looked func(l registry.FeedLook) // is told of each look; it must not block
	Log    *slog.Logger
}

// Feeds looks at the suppliers' lists that send nothing themselves. What it keeps
// goes the way of a message that a supplier sent. Several may run at once.
type Feeds struct{ opts FeedsOptions }

// NewFeeds returns the worker; nothing is done before Run or Look.
func NewFeeds(o FeedsOptions) *Feeds {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Nudge == nil {
		o.Nudge = func() {}
	}
	if o.Looked == nil {
		o.Looked = func(registry.FeedLook) {}
	}
	return &Feeds{opts: o}
}

const (
	feedsEvery    = time.Second // of looking whether one is due
	feedsPage     = 100
	feedsParallel = 8
	feedWithin    = registry.FeedTurn - time.Minute
	feedAgain     = time.Minute     // after a look whose result could not be kept
	releaseWithin = 5 * time.Second // of giving a turn back while going down
)

// Run works until ctx is done, then lets what has begun end.
func (f *Feeds) Run(ctx context.Context) {
	looper := &Notifier{log: f.opts.Log}
	looper.loop(ctx, loop{name: "feeds", every: feedsEvery, wait: registry.FeedTurn, step: f.step})
}

// step looks at the feeds that are due. One that cannot be looked at leaves the
// others alone.
func (f *Feeds) step(ctx context.Context) (bool, error) {
	due, err := f.opts.Store.DueFeeds(ctx, f.opts.Now(), feedsPage)
	if err != nil {
		return false, fmt.Errorf("list due feeds: %w", err)
	}
	inParallel(due, feedsParallel, func(k incidents.Key) {
		_, err := f.look(ctx, k, false)
		if err != nil && !errors.Is(err, fault.Conflict) && !errors.Is(err, fault.NotFound) && ctx.Err() == nil {
			f.opts.Log.Error("a feed could not be looked at", "practice", k.PracticeID, "processor", k.ID, "error", err)
		}
	})
	return len(due) == feedsPage, nil
}

// Look looks at one feed now, due or not, and returns it as it is afterwards. It is
// fault.Conflict while somebody else looks.
func (f *Feeds) Look(ctx context.Context, practice tenant.ID, id string) (registry.Feed, error) {
	return f.look(ctx, incidents.Key{PracticeID: practice, ID: id}, true)
}

func (f *Feeds) look(ctx context.Context, k incidents.Key, asked bool) (registry.Feed, error) {
	began := f.opts.Now()
	feed, err := f.opts.Store.UpdateFeed(ctx, k.PracticeID, k.ID, func(v *registry.Feed) error {
		if !asked && v.NextAt.After(began) || !v.Claim(began) {
			return fault.New(fault.Conflict, "error.feed_busy", "this is being read just now; wait a moment")
		}
		return nil
	})
	if err != nil {
		return registry.Feed{}, fmt.Errorf("take the turn: %w", err)
	}
	within, cancel := context.WithTimeout(ctx, feedWithin)
	defer cancel()
	look, err := f.opts.Reader.Read(within, feed.Login, feed.Since(began), func(ctx context.Context, p registry.FeedPost) (bool, error) {
		return f.keep(ctx, k, p)
	})
	if err != nil && ctx.Err() == nil && within.Err() != nil { // it took too long there
		look, err = registry.FeedLook{Seen: look.Seen, Kept: look.Kept, Odd: look.Odd, Fault: registry.FeedAway}, nil
	}
	if err != nil {
		return registry.Feed{}, errors.Join(err, f.release(ctx, feed))
	}
	return f.note(ctx, feed, look, began)
}

// keep saves a message before the look goes on, so that the mark never passes one
// that is not saved. The same state of a message is saved once.
func (f *Feeds) keep(ctx context.Context, k incidents.Key, p registry.FeedPost) (bool, error) {
	sum := sha256.Sum256(p.Raw)
	hash := hex.EncodeToString(sum[:])
	state := "raw " + hash // one without a number or a time is known by its words
	if p.ID != "" && !p.Changed.IsZero() {
		state = p.ID + " " + p.Changed.Format(time.RFC3339Nano)
	}
	_, fresh, err := f.opts.Store.SaveReceipt(ctx, incidents.Receipt{ID: f.opts.NewID(), DedupeKey: "feed/" + nameID(string(k.PracticeID), k.ID, state),
		ProcessorID: k.ID, PracticeID: k.PracticeID, ReceivedAt: f.opts.Now(), Raw: p.Raw, RawHash: hash, Headers: map[string]string{"content-type": "application/json"}})
	if fresh && err == nil {
		f.opts.Nudge()
	}
	return fresh, err
}

// note writes down what a look came to, unless the login was changed meanwhile.
func (f *Feeds) note(ctx context.Context, feed registry.Feed, look registry.FeedLook, began time.Time) (registry.Feed, error) {
	f.opts.Looked(look)
	if look.Fault != "" {
		f.opts.Log.Warn("a feed cannot be read", "practice", feed.PracticeID, "processor", feed.ID, "fault", look.Fault)
	}
	if look.Odd > 0 {
		f.opts.Log.Warn("a feed has messages without a number or a time", "practice", feed.PracticeID, "processor", feed.ID, "messages", look.Odd)
	}
	after := feed
	_, err := f.opts.Store.UpdateFeed(ctx, feed.PracticeID, feed.ID, func(v *registry.Feed) error {
		if v.Ended() || !v.ChangedAt.Equal(feed.ChangedAt) {
			return errUnchanged
		}
		v.Note(look, began, f.opts.Now())
		after = *v
		return nil
	})
	if err = unlessUnchanged(err); err != nil {
		return registry.Feed{}, fmt.Errorf("note the look: %w", err)
	}
	return after, nil
}

// release gives the turn back, also while the program goes down.
func (f *Feeds) release(ctx context.Context, feed registry.Feed) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseWithin)
	defer cancel()
	_, err := f.opts.Store.UpdateFeed(ctx, feed.PracticeID, feed.ID, func(v *registry.Feed) error {
		if !v.TurnUntil.Equal(feed.TurnUntil) {
			return errUnchanged
		}
		v.Release(f.opts.Now().Add(feedAgain))
		return nil
	})
	return unlessUnchanged(err)
}
