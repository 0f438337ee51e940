package notifier_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/notifier"
	"datalek/services/devstack/graphserver"
)

// feedShelf keeps feeds and receipts in memory.
type feedShelf struct {
	mu       sync.Mutex
	feeds    map[incidents.Key]registry.Feed
	receipts map[string]incidents.Receipt // by dedupe key
	broken   error                        // of SaveReceipt
}

func (s *feedShelf) DueFeeds(_ context.Context, at time.Time, _ int) ([]incidents.Key, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var due []incidents.Key
	for k, f := range s.feeds {
		if !f.NextAt.After(at) {
			due = append(due, k)
		}
	}
	return due, nil
}

func (s *feedShelf) UpdateFeed(_ context.Context, practice tenant.ID, id string, change func(*registry.Feed) error) (registry.Feed, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, some := s.feeds[key(practice, id)]
	if !some {
		return f, fault.NotFound
	}
	if err := change(&f); err != nil {
		return registry.Feed{}, err
	}
	s.feeds[key(practice, id)] = f
	return f, nil
}

func (s *feedShelf) SaveReceipt(_ context.Context, r incidents.Receipt) (string, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken != nil {
		return "", false, s.broken
	}
	if old, some := s.receipts[r.DedupeKey]; some {
		return old.ID, false, nil
	}
	s.receipts[r.DedupeKey] = r
	return r.ID, true, nil
}

// feedList is a supplier's list.
type feedList struct {
	mu    sync.Mutex
	posts []registry.FeedPost
	fault registry.FeedFault // at the end of the look
	wait  time.Duration
	since []time.Time
	meet  func() // in the middle of each look; may be nil
}

func (l *feedList) Read(ctx context.Context, _ registry.FeedLogin, since time.Time, keep func(context.Context, registry.FeedPost) (bool, error)) (registry.FeedLook, error) {
	l.mu.Lock()
	posts := slices.Clone(l.posts)
	l.since = append(l.since, since)
	look := registry.FeedLook{Fault: l.fault, Wait: l.wait}
	l.mu.Unlock()
	for _, p := range posts {
		if !p.Changed.IsZero() && p.Changed.Before(since) {
			continue
		}
		look.Seen++
		fresh, err := keep(ctx, p)
		if err != nil {
			return look, err
		}
		if fresh {
			look.Kept++
		}
		if p.Changed.After(look.Mark) {
			look.Mark = p.Changed
		}
	}
	if l.meet != nil {
		l.meet()
	}
	return look, ctx.Err()
}

// feedRig is a worker over a shelf and a list, with one feed of p-1.
type feedRig struct {
	*testing.T
	w     *world
	shelf *feedShelf
	list  *feedList
	log   bytes.Buffer
	told  []registry.FeedLook
}

func newFeedRig(t *testing.T) *feedRig {
	r := &feedRig{T: t, w: newWorld(t), list: &feedList{}}
	login := registry.FeedLogin{Tenant: graphserver.Tenant, Client: graphserver.Client}
	login.Secret = "woorden die nergens staan"
	r.shelf = &feedShelf{receipts: map[string]incidents.Receipt{}, feeds: map[incidents.Key]registry.Feed{
		key("p-1", "microsoft-365"): {ID: "microsoft-365", PracticeID: "p-1", Login: login, ChangedAt: monday, NextAt: monday}}}
	return r
}

func (r *feedRig) worker() *notifier.Feeds {
	return notifier.NewFeeds(notifier.FeedsOptions{Store: r.shelf, Reader: r.list, Now: r.w.clock, NewID: r.w.newID, Log: slog.New(slog.NewTextHandler(&r.log, nil)),
		Looked: func(l registry.FeedLook) { r.told = append(r.told, l) }})
}

func (r *feedRig) post(id string, changed time.Time) {
	raw, err := json.Marshal(graphserver.NewPost(id, changed, "Mailboxen ingezien", "Data privacy"))
	if err != nil {
		r.Fatal(err)
	}
	r.list.mu.Lock()
	defer r.list.mu.Unlock()
	r.list.posts = append(r.list.posts, registry.FeedPost{ID: id, Changed: changed, Raw: raw})
}

func (r *feedRig) step(w *notifier.Feeds) registry.Feed {
	r.Helper()
	if err := w.Step(r.Context()); err != nil {
		r.Fatal(err)
	}
	return r.feed()
}

func (r *feedRig) feed() registry.Feed {
	r.shelf.mu.Lock()
	defer r.shelf.mu.Unlock()
	return r.shelf.feeds[key("p-1", "microsoft-365")]
}

func TestAFeedIsReadEachFiveMinutesAndEachStateOfAMessageIsKeptOnce(t *testing.T) {
	r := newFeedRig(t)
	worker := r.worker()
	r.post("MC1", monday.Add(-time.Hour))
	f := r.step(worker)
	if !f.Mark.Equal(monday.Add(-time.Hour)) || f.Kept != 1 || !f.ReadAt.Equal(monday) || !f.NextAt.Equal(monday.Add(registry.FeedPause)) {
		t.Errorf("after the first look: %+v", f)
	}
	r.step(worker) // it is not due
	if len(r.list.since) != 1 {
		t.Errorf("it was looked at %d times", len(r.list.since))
	}
	r.w.move(registry.FeedPause)
	r.post("MC1", monday.Add(time.Minute)) // changed since
	if f = r.step(worker); f.Kept != 2 || len(r.shelf.receipts) != 2 || !f.Mark.Equal(monday.Add(time.Minute)) {
		t.Errorf("after the second look: %+v, %d kept", f, len(r.shelf.receipts))
	}
	if want := monday.Add(-time.Hour - registry.FeedOverlap); !r.list.since[0].Equal(monday.Add(-registry.FeedBeginning)) || !r.list.since[1].Equal(want) {
		t.Errorf("it was read since %v", r.list.since)
	}
	for _, kept := range r.shelf.receipts {
		if kept.PracticeID != "p-1" || kept.ProcessorID != "microsoft-365" || kept.ReceivedAt.IsZero() || kept.RawHash == "" {
			t.Errorf("kept %+v", kept)
		}
	}
}

func TestTheMarkNeverPassesWhatIsSaved(t *testing.T) {
	r := newFeedRig(t)
	worker := r.worker()
	r.post("MC1", monday.Add(-time.Hour))
	r.shelf.broken = errors.New("the disk is full")
	if f := r.step(worker); !f.Mark.IsZero() || f.FailingSince.IsZero() == false || f.NextAt.Before(monday) {
		t.Errorf("after a store that refuses: %+v", f)
	}
	r.shelf.broken = nil
	r.w.move(registry.FeedPause)
	if f := r.step(worker); f.Mark.IsZero() || len(r.shelf.receipts) != 1 {
		t.Errorf("after it mended: %+v, %d kept", f, len(r.shelf.receipts))
	}
	r.post("MC2", monday.Add(time.Minute))
	r.list.fault = registry.FeedAway // on a later page
	r.w.move(registry.FeedPause)
	if f := r.step(worker); !f.Mark.Equal(monday.Add(-time.Hour)) || len(r.shelf.receipts) != 2 || f.Fault != registry.FeedAway {
		t.Errorf("after a look that was not whole: %+v", f)
	}
	r.post("MC3", monday.AddDate(9, 0, 0)) // of the future
	r.list.fault = ""
	r.w.move(registry.FeedPause)
	if f := r.step(worker); f.Mark.After(r.w.clock()) || f.Fault != "" || !f.FailingSince.IsZero() {
		t.Errorf("after a message of the future: %+v", f)
	}
}

func TestAWorkerThatWasKilledLosesNothing(t *testing.T) {
	r := newFeedRig(t)
	r.post("MC1", monday.Add(-time.Hour))
	ctx, kill := context.WithCancel(t.Context())
	r.list.meet = kill // after the message is kept, before the mark
	if err := r.worker().Step(ctx); err != nil {
		t.Fatal(err)
	}
	if f := r.feed(); !f.Mark.IsZero() || len(r.shelf.receipts) != 1 {
		t.Fatalf("after the cut: %+v, %d kept", f, len(r.shelf.receipts))
	}
	r.list.meet = nil
	r.w.move(2 * registry.FeedTurn)
	if f := r.step(r.worker()); f.Mark.IsZero() || len(r.shelf.receipts) != 1 || f.Kept != 0 {
		t.Errorf("after the restart: %+v, %d kept", f, len(r.shelf.receipts))
	}
}

func TestTwoWorkersAtOnceKeepEachMessageOnce(t *testing.T) {
	r := newFeedRig(t)
	for _, id := range []string{"MC1", "MC2", "MC3"} {
		r.post(id, monday.Add(-time.Hour))
	}
	var during registry.Feed
	var refused error
	r.list.meet = func() { // another one comes while this one looks
		r.list.meet = nil
		during, refused = r.worker().Look(t.Context(), "p-1", "microsoft-365")
	}
	f := r.step(r.worker())
	if !errors.Is(refused, fault.Conflict) || during.ID != "" {
		t.Errorf("the second one: %+v, %v", during, refused)
	}
	if f.Kept != 3 || len(r.shelf.receipts) != 3 {
		t.Errorf("kept %d, %d receipts", f.Kept, len(r.shelf.receipts))
	}
	r.list.meet = func() { // the first one hangs past its turn, another one takes it
		r.list.meet = nil
		r.w.move(registry.FeedTurn + time.Minute)
		r.step(r.worker())
	}
	r.w.move(registry.FeedPause)
	r.step(r.worker())
	if len(r.shelf.receipts) != 3 {
		t.Errorf("%d receipts", len(r.shelf.receipts))
	}
}

func TestAFeedThatFailsIsTriedLessOftenAndToldAfterADay(t *testing.T) {
	r := newFeedRig(t)
	worker := r.worker()
	for fault, want := range map[registry.FeedFault]time.Duration{registry.FeedLoginRefused: 30 * time.Minute, registry.FeedAway: 5 * time.Minute, registry.FeedBusy: 20 * time.Minute} {
		r.list.fault, r.list.wait = fault, 0
		if fault == registry.FeedBusy {
			r.list.wait = 20 * time.Minute
		}
		r.shelf.feeds[key("p-1", "microsoft-365")] = registry.Feed{ID: "microsoft-365", PracticeID: "p-1", ChangedAt: monday, NextAt: monday}
		if f := r.step(worker); !f.NextAt.Equal(monday.Add(want)) || !f.FailingSince.Equal(monday) || f.Stuck(monday.Add(23*time.Hour)) || !f.Stuck(monday.Add(25*time.Hour)) {
			t.Errorf("%s: %+v", fault, f)
		}
	}
	if len(r.told) != 3 || strings.Contains(r.log.String(), "woorden die nergens staan") || !strings.Contains(r.log.String(), "a feed cannot be read") {
		t.Errorf("told %+v, logged %s", r.told, r.log.String())
	}
}

func TestALoginChangedMeanwhileDropsTheResult(t *testing.T) {
	r := newFeedRig(t)
	r.post("MC1", monday.Add(-time.Hour))
	r.list.meet = func() {
		r.w.move(time.Minute)
		_, err := r.shelf.UpdateFeed(t.Context(), "p-1", "microsoft-365", func(f *registry.Feed) error {
			f.SetLogin(registry.FeedLogin{Tenant: "elders.example"}, r.w.clock())
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	if f := r.step(r.worker()); !f.Mark.IsZero() || f.Kept != 0 || !f.ReadAt.IsZero() {
		t.Errorf("the feed is %+v", f)
	}
}
