package notifier

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"datalek/incidents/fault"
)

// BoxSetting is where it is written how the mailbox of returned mail fares.
const BoxSetting = "returns/box"

// BoxState is how the mailbox of returned mail fares.
type BoxState struct {
	ReadAt  time.Time `json:"read_at"` // when it was last read whole; zero never
	Failing time.Time `json:"failing"` // since when it cannot be read; zero when it can
	Refused bool      `json:"refused"` // the login is refused: waiting does not mend it
	Written time.Time `json:"written"` // when this was noted
}

const (
	boxPause = time.Minute // between two looks at the mailbox
	// longestPause is between looks at one that cannot be read, and at once when its
	// login is refused, lest the provider lock it.
	longestPause = 15 * time.Minute
	// boxNote is how often it is noted that all is well.
	boxNote = 5 * time.Minute
)

// boxReader looks into a folder each minute and saves what came.
type boxReader struct {
	box     returnBox
	keep    func(ctx context.Context, raw []byte) error
	store   settings
	setting string // where it is noted how the folder fares
	name    string // of the folder, for the log
	now     func() time.Time
	log     *slog.Logger

	next     time.Time
	failures int
	state    BoxState
}

// step reads the mailbox when it is time. A mailbox that cannot be read is no
// failure of this worker: it is noted, and tried again after a while.
func (b *boxReader) step(ctx context.Context) (bool, error) {
	now := b.now()
	if early := b.next.Sub(now); early > 0 && early <= longestPause { // a clock set back is no reason to wait
		return false, nil
	}
	err := b.box.Read(ctx, b.keep)
	if err != nil && ctx.Err() != nil {
		return false, nil // we are going down, or the look took too long: the cursor stands
	}
	b.next = now.Add(b.pause(err))
	return false, b.note(ctx, err, now)
}

func (b *boxReader) pause(err error) time.Duration {
	if err == nil {
		b.failures = 0
		return boxPause
	}
	b.failures++
	if errors.Is(err, fault.Forbidden) {
		return longestPause
	}
	return min(boxPause<<min(b.failures, 4), longestPause)
}

// note writes down how the mailbox fares, when that changed or is long ago.
func (b *boxReader) note(ctx context.Context, cause error, now time.Time) error {
	next := BoxState{ReadAt: now, Written: now}
	if cause != nil {
		b.log.Warn("a folder of the mailbox cannot be read", "folder", b.name, "error", cause)
		next = BoxState{ReadAt: b.state.ReadAt, Failing: b.state.Failing, Refused: errors.Is(cause, fault.Forbidden), Written: now}
		if next.Failing.IsZero() {
			next.Failing = now
		}
	}
	same := next.Failing.IsZero() == b.state.Failing.IsZero() && next.Refused == b.state.Refused
	if age := now.Sub(b.state.Written); same && age >= 0 && age < boxNote {
		return nil
	}
	raw, err := json.Marshal(next)
	if err != nil {
		return fmt.Errorf("note the mailbox's state: %w", err)
	}
	_, version, err := b.store.Setting(ctx, b.setting)
	if err == nil {
		err = b.store.PutSetting(ctx, b.setting, raw, version)
	}
	if err != nil && !errors.Is(err, fault.Conflict) { // another worker reads it too
		return fmt.Errorf("note the mailbox's state: %w", err)
	}
	b.state = next
	return nil
}
