package retention

import (
	"context"
	"fmt"
	"time"

	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// Reader is what computing the calendar reads.
type Reader interface {
	Systems(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.System, error)
	MatchableClients(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.Client, error)
}

const perRead = 1_000

// ReadRules returns what a practice's ends are computed from.
func ReadRules(ctx context.Context, store Reader, p registry.Practice) (Rules, error) {
	var systems []registry.System
	err := pages(func(s registry.System) string { return s.ID }, func(after string) ([]registry.System, error) {
		return store.Systems(ctx, p.ID, after, perRead)
	}, func(s registry.System) error {
		systems = append(systems, s)
		return nil
	})
	if err != nil {
		return Rules{}, fmt.Errorf("list systems: %w", err)
	}
	return RulesOf(p, systems)
}

// EachDue calls do for everything that must be gone, person by person.
func EachDue(ctx context.Context, store Reader, practice tenant.ID, rules Rules, do func(c registry.Client, due []Due) error) error {
	err := pages(func(c registry.Client) string { return c.ID }, func(after string) ([]registry.Client, error) {
		return store.MatchableClients(ctx, practice, after, perRead)
	}, func(c registry.Client) error { return do(c, rules.Of(c)) })
	if err != nil {
		return fmt.Errorf("read people: %w", err)
	}
	return nil
}

// Read computes the calendar of a practice.
func Read(ctx context.Context, store Reader, p registry.Practice, now time.Time) (Calendar, error) {
	rules, err := ReadRules(ctx, store, p)
	if err != nil {
		return Calendar{}, err
	}
	b := NewBuilder(rules, registry.DateOf(now, rules.Zone))
	err = pages(func(c registry.Client) string { return c.ID }, func(after string) ([]registry.Client, error) {
		return store.MatchableClients(ctx, p.ID, after, perRead)
	}, func(c registry.Client) error {
		b.Add(c)
		return nil
	})
	if err != nil {
		return Calendar{}, fmt.Errorf("read people: %w", err)
	}
	return b.Calendar(p.Retained.ClearedMonth), nil
}

// pages calls do for each item of a list that comes page by page.
func pages[T any](key func(T) string, read func(after string) ([]T, error), do func(T) error) error {
	for after := ""; ; {
		some, err := read(after)
		if err != nil {
			return err
		}
		for _, v := range some {
			if err := do(v); err != nil {
				return err
			}
		}
		if len(some) < perRead {
			return nil
		}
		after = key(some[len(some)-1])
	}
}
