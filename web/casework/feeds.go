package casework

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// feedStore is what keeping feeds reads and writes.
type feedStore interface {
	CreateFeed(ctx context.Context, f registry.Feed) error
	Feed(ctx context.Context, practice tenant.ID, id string) (registry.Feed, error)
	UpdateFeed(ctx context.Context, practice tenant.ID, id string, change func(*registry.Feed) error) (registry.Feed, error)
}

// Feed returns how a processor's message centre is read for the practice, false when
// it is not; fault.NotFound for a processor that is not the practice's.
func (o *Office) Feed(ctx context.Context, practice tenant.ID, processor string) (registry.Feed, bool, error) {
	if _, err := o.store.Processor(ctx, practice, processor); err != nil {
		return registry.Feed{}, false, fmt.Errorf("look up processor: %w", err)
	}
	f, err := o.store.Feed(ctx, practice, processor)
	if errors.Is(err, fault.NotFound) || err == nil && f.Ended() {
		return registry.Feed{}, false, nil
	}
	if err != nil {
		return registry.Feed{}, false, fmt.Errorf("look up feed: %w", err)
	}
	return f, true, nil
}

// SetFeed lets a processor's message centre be read from now on, by this login. An
// empty secret keeps the one that is stored for the same app.
func (o *Office) SetFeed(ctx context.Context, practice tenant.ID, processor string, l registry.FeedLogin, by incidents.Actor) (registry.Feed, error) {
	known, some, err := o.Feed(ctx, practice, processor)
	if err != nil {
		return registry.Feed{}, err
	}
	l.Tenant, l.Client = strings.ToLower(l.Tenant), strings.ToLower(l.Client) // as Microsoft shows them, or as people write them
	if some && l.Secret == "" && l.Tenant == known.Login.Tenant && l.Client == known.Login.Client {
		l.Secret = known.Login.Secret
	}
	if err := l.Validate(); err != nil {
		return registry.Feed{}, err
	}
	set := func(f *registry.Feed) {
		f.SetLogin(l, o.now())
		o.noteFeed(f, incidents.FeedSet, by)
	}
	f := registry.Feed{ID: processor, PracticeID: practice}
	set(&f)
	if !some {
		err = o.store.CreateFeed(ctx, f)
	}
	if some || errors.Is(err, fault.Duplicate) { // it ended once, or somebody else was just first
		f, err = o.store.UpdateFeed(ctx, practice, processor, func(v *registry.Feed) error {
			set(v)
			return nil
		})
	}
	if err != nil {
		return registry.Feed{}, fmt.Errorf("save feed: %w", err)
	}
	o.nudge()
	return f, nil
}

// DropFeed ends the reading of a processor's message centre, and forgets the login;
// none is no error.
func (o *Office) DropFeed(ctx context.Context, practice tenant.ID, processor string, by incidents.Actor) error {
	_, some, err := o.Feed(ctx, practice, processor)
	if err != nil || !some {
		return err
	}
	_, err = o.store.UpdateFeed(ctx, practice, processor, func(v *registry.Feed) error {
		if v.Ended() {
			return errUnchanged
		}
		v.End(o.now())
		o.noteFeed(v, incidents.FeedDropped, by)
		return nil
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return fmt.Errorf("end feed: %w", err)
	}
	return nil
}

// noteFeed notes what is done to a feed with the write under way.
func (o *Office) noteFeed(f *registry.Feed, kind incidents.EventKind, by incidents.Actor) {
	f.Notes.Add(incidents.Event{PracticeID: f.PracticeID, Subject: f.ID, Kind: kind, At: o.now(), Actor: by})
}
