package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"datalek/incidents/tenant"
	"datalek/services/contract"
	"datalek/services/record"
	"datalek/services/vault"
)

const (
	// turnEvery is how often a server looks whether keys are being changed.
	turnEvery = 10 * time.Second
	// turnRows is how many rows are sealed anew in one write.
	turnRows = 200
	// settleAlone and settleShared are how long after a new key was added the old one
	// is kept at least: keys in memory are a minute old at most, and what was sealed
	// with them must have been written. Shared is a store with several processes.
	settleAlone  = 2 * time.Minute
	settleShared = 10 * time.Minute
)

// turner seals anew what lies under older keys, a few rows at a time, and drops
// the older keys when nothing is left. It keeps no place of its own: whoever goes
// on after a cut passes over what is done already.
type turner struct {
	keys   *vault.Vault
	store  contract.Keys
	now    clockFunc
	settle time.Duration // 0: nobody else can write
	log    *slog.Logger
}

// run looks again and again until ctx ends.
func (k turner) run(ctx context.Context) {
	tick := time.NewTicker(turnEvery)
	defer tick.Stop()
	for {
		if _, err := k.pass(ctx); err != nil && ctx.Err() == nil {
			k.log.Warn("change of keys", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// pass goes once through all that is being changed, and returns how many
// practices, with the host, still are.
func (k turner) pass(ctx context.Context) (left int, err error) {
	turning, err := vault.Turning(ctx, k.store)
	if err != nil {
		return 0, fmt.Errorf("list changing keys: %w", err)
	}
	for _, t := range turning {
		done, err := k.turn(ctx, t)
		if err != nil {
			return 0, fmt.Errorf("practice %q: %w", t.Practice, err)
		}
		if !done {
			left++
		}
	}
	return left, nil
}

// turn goes through a practice's collections. The old key goes when a pass that
// began late enough found nothing under it.
func (k turner) turn(ctx context.Context, t vault.Turn) (done bool, err error) {
	began := k.now()
	if err := k.keys.Renew(ctx, t.Practice); err != nil {
		return false, err
	}
	changed := 0
	for _, collection := range record.SealedCollections(t.Practice) {
		n, err := k.collection(ctx, t.Practice, collection)
		if err != nil {
			return false, err
		}
		changed += n
	}
	if changed > 0 || k.settle > 0 && began.Sub(t.Since) < k.settle {
		return false, nil
	}
	if err := k.keys.Finish(ctx, t.Practice); err != nil {
		return false, err
	}
	k.log.Info("key changed", "practice", t.Practice)
	return true, nil
}

func (k turner) collection(ctx context.Context, practice tenant.ID, collection string) (changed int, err error) {
	for after := ""; ; {
		next, n, err := k.store.Reseal(ctx, practice, collection, after, turnRows)
		if err != nil {
			return changed, err
		}
		if changed += n; next == "" {
			return changed, nil
		}
		after = next
	}
}

// turner goes on with changes of keys beside the other workers.
func (a *app) turner() turner {
	settle := settleShared
	if a.cfg.sqlite() {
		settle = settleAlone
	}
	return turner{keys: a.keys, store: a.store, now: a.now, settle: settle, log: a.log}
}
