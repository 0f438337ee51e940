package casework

import (
	"context"
	"errors"
	"fmt"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

// feedStore is what keeping feeds reads and writes.
type feedStore interface {
	CreateFeed(ctx context.Context, f registry.Feed) error
	Feed(ctx context.Context, practice, id string) (registry.Feed, error)
	UpdateFeed(ctx context.Context, practice, id string, change func(*registry.Feed) error) (registry.Feed, error)
	DropFeed(ctx context.Context, practice, id string) error
	UpdatePractice(ctx context.Context, id string, change func(*registry.Practice) error) (registry.Practice, error)
}

// Feed returns how a processor's message centre is read for the practice, false when
// it is not; fault.NotFound for a processor that is not the practice's.
func (o *Office) Feed(ctx context.Context, practice, processor string) (registry.Feed, bool, error) {
	if _, err := o.store.Processor(ctx, practice, processor); err != nil {
		return registry.Feed{}, false, fmt.Errorf("look up processor: %w", err)
	}
	f, err := o.store.Feed(ctx, practice, processor)
	if errors.Is(err, fault.NotFound) {
		return registry.Feed{}, false, nil
	}
	if err != nil {
		return registry.Feed{}, false, fmt.Errorf("look up feed: %w", err)
	}
	return f, true, nil
}

// SetFeed lets a processor's message centre be read from now on, by this login. An
// empty secret keeps the one that is stored for the same app.
func (o *Office) SetFeed(ctx context.Context, practice, processor string, l registry.FeedLogin, by incidents.Actor) (registry.Feed, error) {
	known, some, err := o.Feed(ctx, practice, processor)
	if err != nil {
		return registry.Feed{}, err
	}
	if some && l.Secret == "" && l.Tenant == known.Login.Tenant && l.Client == known.Login.Client {
		l.Secret = known.Login.Secret
	}
	if err := l.Validate(); err != nil {
		return registry.Feed{}, err
	}
	if err := o.noteFeed(ctx, incidents.FeedSet, practice, processor, by); err != nil {
		return registry.Feed{}, err
	}
	f := registry.Feed{ID: processor, PracticeID: practice}
	f.SetLogin(l, o.now())
	if !some {
		err = o.store.CreateFeed(ctx, f)
	}
	if some || errors.Is(err, fault.Duplicate) { // somebody else was just first
		f, err = o.store.UpdateFeed(ctx, practice, processor, func(v *registry.Feed) error {
			v.SetLogin(l, o.now())
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
func (o *Office) DropFeed(ctx context.Context, practice, processor string, by incidents.Actor) error {
	_, some, err := o.Feed(ctx, practice, processor)
	if err != nil || !some {
		return err
	}
	if err := o.noteFeed(ctx, incidents.FeedDropped, practice, processor, by); err != nil {
		return err
	}
	if err := o.store.DropFeed(ctx, practice, processor); err != nil {
		return fmt.Errorf("drop feed: %w", err)
	}
	return nil
}

// noteFeed writes into the register what is about to happen.
func (o *Office) noteFeed(ctx context.Context, kind incidents.EventKind, practice, processor string, by incidents.Actor) error {
	_, err := o.store.UpdatePractice(ctx, practice, func(p *registry.Practice) error {
		p.Outbox.Put(p.ID, incidents.Event{PracticeID: p.ID, Subject: processor, Kind: kind, At: o.now(), Actor: by})
		return nil
	})
	if err != nil {
		return fmt.Errorf("tell the register %s: %w", kind, err)
	}
	return nil
}
