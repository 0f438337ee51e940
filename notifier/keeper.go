package notifier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/tenant"
)

// keeperStore is what the keeper of the clocks reads and writes.
type keeperStore interface {
	Setting(ctx context.Context, key string) (value []byte, version int64, err error)
	PutSetting(ctx context.Context, key string, value []byte, version int64) error
	DueIncidents(ctx context.Context, at time.Time, limit int) ([]incidents.Key, error)
	UpcomingIncidents(ctx context.Context, until time.Time, after incidents.Upcoming, limit int) ([]incidents.Upcoming, error)
	DueReports(ctx context.Context, at time.Time, limit int) ([]incidents.Key, error)
	UpdateIncident(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Incident) error) (*incidents.Incident, error)
	UpdateReport(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Report) error) (*incidents.Report, error)
}

// HeartbeatKey is the setting in which the keeper writes, each second, the
// instant of its last pass (RFC 3339, UTC).
const HeartbeatKey = "heartbeat/keeper"

const (
	keeperPage = 500
	// tickEarly is how far ahead of its threshold a tick may come and wait; one
	// that is earlier belongs to a clock that was moved, and is armed anew.
	tickEarly = time.Minute
)

// keeper fires the thresholds of the clocks, and lets alarms go on to the next
// person. It reads the store, not messages,
// so no clock depends on the bus.
//
// Three look at the clocks: the watch holds the nearest thresholds in memory and
// fires them on time, a tick of the bus wakes it up should it sleep, and a sweep
// each second finds whatever both have missed.
type keeper struct {
	store keeperStore
	near  *nearest
	jobs  *dispatcher
	now   func() time.Time
	nudge func()
	log   *slog.Logger
	// passed is told of each pass that was whole; nil tells nobody.
	passed func()
}

// step fires all that is due. again says that more is waiting.
func (k *keeper) step(ctx context.Context) (bool, error) {
	now := k.now()
	cases, err := k.store.DueIncidents(ctx, now, keeperPage)
	if err != nil {
		return false, fmt.Errorf("find due clocks: %w", err)
	}
	reports, err := k.store.DueReports(ctx, now, keeperPage)
	if err != nil {
		return false, fmt.Errorf("find due shadow clocks: %w", err)
	}
	wrong := &complaints{log: k.log}
	defer wrong.end()
	fired := 0
	for i, err := range k.fireAll(ctx, cases, now) {
		fired += count(wrong, "incident", cases[i], err)
	}
	for _, key := range reports {
		fired += count(wrong, "report", key, k.fireReport(ctx, key, now))
	}
	if fired > 0 {
		k.nudge()
	}
	more := len(cases) == keeperPage || len(reports) == keeperPage
	err = k.beat(ctx, now)
	if err == nil && !wrong.down.Load() && k.passed != nil {
		k.passed()
	}
	return more && fired > 0, err
}

func count(wrong *complaints, what string, key incidents.Key, err error) int {
	if err != nil {
		wrong.tell(err, "clock not fired", "what", what, "practice", key.PracticeID, "id", key.ID)
		return 0
	}
	return 1
}

// manyCases is how many cases are worth firing at once; fewer go one by one.
const manyCases = 20

// fireAll fires cases; many at once share the store's commits.
func (k *keeper) fireAll(ctx context.Context, cases []incidents.Key, now time.Time) []error {
	limit := 1
	if len(cases) >= manyCases {
		limit = fireParallel
	}
	errs, places := make([]error, len(cases)), make([]int, len(cases))
	for i := range places {
		places[i] = i
	}
	inParallel(places, limit, func(i int) { errs[i] = k.fire(ctx, cases[i], now) })
	return errs
}

// fire marks what is due at now; when another was first it changes nothing.
func (k *keeper) fire(ctx context.Context, key incidents.Key, now time.Time) error {
	var fired []incidents.Firing
	_, err := k.store.UpdateIncident(ctx, key.PracticeID, key.ID, func(i *incidents.Incident) error {
		var some bool
		if fired, some = i.Tend(now); !some {
			return errUnchanged
		}
		return nil
	})
	if err == nil {
		askPreliminary(ctx, k.jobs, key, fired, now)
	}
	return unlessUnchanged(err)
}

func (k *keeper) fireReport(ctx context.Context, key incidents.Key, now time.Time) error {
	_, err := k.store.UpdateReport(ctx, key.PracticeID, key.ID, func(r *incidents.Report) error {
		if !r.Fire(now) {
			return errUnchanged
		}
		return nil
	})
	return unlessUnchanged(err)
}

// beat shows that the keeper lives. Of two keepers one writes; that is enough.
func (k *keeper) beat(ctx context.Context, now time.Time) error {
	value := now.UTC().Format(time.RFC3339)
	old, version, err := k.store.Setting(ctx, HeartbeatKey)
	if err == nil && string(old) != value {
		err = k.store.PutSetting(ctx, HeartbeatKey, []byte(value), version)
	}
	if err != nil && !errors.Is(err, fault.Conflict) {
		return fmt.Errorf("heartbeat: %w", err)
	}
	return nil
}

// tick fires one case because the bus woke it. The row decides whether anything
// is due.
func (k *keeper) tick(ctx context.Context, token, clock, mark string, _ int64) error {
	practice, incident, err := readClockToken(token)
	if err != nil {
		return err
	}
	now := k.now()
	var wait time.Duration
	var fired []incidents.Firing
	_, err = k.store.UpdateIncident(ctx, practice, incident, func(i *incidents.Incident) error {
		var some bool
		if fired, some = i.Tend(now); some {
			return nil
		}
		wait = untilThreshold(i.Clock(incidents.ClockKind(clock)), mark, now)
		return errUnchanged
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return missing(fmt.Errorf("fire clocks: %w", err))
	}
	if err == nil {
		askPreliminary(ctx, k.jobs, incidents.Key{PracticeID: practice, ID: incident}, fired, now)
	}
	if wait > 0 && wait <= tickEarly {
		return RetryAfter(wait)
	}
	k.nudge()
	return nil
}

// untilThreshold returns how long the named threshold, or step of an alarm, is
// still away; zero when it fired, or its duty is done.
func untilThreshold(c *incidents.Clock, mark string, now time.Time) time.Duration {
	if c == nil || !standing(*c) {
		return 0
	}
	if name, at, some := c.Coming(); some && name == mark {
		return max(at.Sub(now), 0)
	}
	for _, t := range c.Thresholds {
		if t.Mark == mark && t.FiredAt.IsZero() {
			return max(t.At.Sub(now), 0)
		}
	}
	return 0
}
