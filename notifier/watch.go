package notifier

import (
	"context"
	"fmt"
	"sync"
	"time"

	"datalek/incidents"
)

const (
	// nearAhead is how far ahead thresholds are held in memory, and nearEvery how
	// often the store is read for them.
	nearAhead = time.Minute
	nearEvery = 10 * time.Second
	// nearMost bounds them; of more than that the earliest are held.
	nearMost = 50_000
	nearPage = 2_000
	// longestNap is how long the watch sleeps at most: the clock may be set.
	longestNap = 100 * time.Millisecond
	// fireParallel is how many cases are fired at once. They share the store's
	// commits.
	fireParallel = 64
)

// load reads which thresholds fall due in the next minute.
func (k *keeper) load(ctx context.Context) (bool, error) {
	until := k.now().Add(nearAhead)
	k.near.reach(until)
	var after incidents.Upcoming
	for read := 0; read < nearMost; read += nearPage {
		page, err := k.store.UpcomingIncidents(ctx, until, after, nearPage)
		if err != nil {
			return false, fmt.Errorf("read the nearest thresholds: %w", err)
		}
		for _, u := range page {
			k.near.put(u.Key, u.At)
		}
		if len(page) < nearPage {
			return false, nil
		}
		after = page[len(page)-1]
	}
	k.near.reach(after.At)
	return false, nil
}

// watch fires thresholds at their instants until ctx is done.
func (k *keeper) watch(ctx context.Context) {
	work := make(chan incidents.Key, fireParallel)
	var all sync.WaitGroup
	defer all.Wait()
	defer close(work)
	for range fireParallel {
		all.Go(func() {
			for key := range work {
				k.fireNear(context.WithoutCancel(ctx), key)
			}
		})
	}
	nap := time.NewTimer(0)
	defer nap.Stop()
	for {
		select {
		case <-nap.C:
		case <-k.near.bell:
		case <-ctx.Done():
			return
		}
		due, wait := k.near.take(k.now(), longestNap)
		for _, key := range due {
			work <- key
		}
		nap.Reset(wait)
	}
}

// fireNear fires a case, and holds what comes next for it.
func (k *keeper) fireNear(ctx context.Context, key incidents.Key) {
	ctx, cancel := context.WithTimeout(ctx, recordWait)
	defer cancel()
	var next time.Time
	var fired []incidents.Firing
	some := false
	failed := guarded(k.log, "keeper", func() error {
		_, err := k.store.UpdateIncident(ctx, key.PracticeID, key.ID, func(i *incidents.Incident) error {
			fired, some = i.Tend(k.now())
			if next, _ = i.NextAt(); !some {
				return errUnchanged
			}
			return nil
		})
		return unlessUnchanged(err)
	})
	if failed != nil {
		return // the row is still due: the sweep finds it, and says what is wrong
	}
	k.near.put(key, next)
	if some {
		askPreliminary(ctx, k.jobs, key, fired, k.now())
		k.nudge()
	}
}
