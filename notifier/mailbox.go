package notifier

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/tenant"
)

// BoxSetting is where it is written how the mailbox of returned mail fares.
const BoxSetting = "returns/box"

// BoxState is how a folder of a mailbox fares.
type BoxState struct {
	ReadAt  time.Time `json:"read_at"` // when it was last read whole; zero never
	Failing time.Time `json:"failing"` // since when it cannot be read; zero when it can
	Refused bool      `json:"refused"` // the login is refused: waiting does not mend it
	Written time.Time `json:"written"` // when this was noted
	// FailedAt is when a look was last noted to be in vain, also once it went well
	// again, and Place where it ended: "connect", "tls", "login", "folder", or "keep"
	// when mail came that could not be kept.
	FailedAt time.Time `json:"failed_at,omitzero"`
	Place    string    `json:"place,omitempty"`
	// Of a folder of suppliers' mail: its name, the practice whose it is, how many
	// mails came out of it, and when the last one did.
	Folder   string    `json:"folder,omitempty"`
	Practice tenant.ID `json:"practice,omitempty"`
	Took     int64     `json:"took,omitempty"`
	TookAt   time.Time `json:"took_at,omitzero"`
}

const (
	boxPause = time.Minute // between two looks at the mailbox
	// longestPause is between looks at one that cannot be read, and at once when its
	// login is refused, lest the provider lock it.
	longestPause = 15 * time.Minute
	// boxNote is how often it is noted that all is well.
	boxNote = 5 * time.Minute
	// boxTries is how often it is tried to note something that others note as well.
	boxTries = 5
)

// boxReader looks into a folder each minute and saves what came.
type boxReader struct {
	box     returnBox
	keep    func(ctx context.Context, raw []byte, place string) error
	store   settings
	setting string // where it is noted how the folder fares
	name    string // of the folder, for the log
	now     func() time.Time
	log     *slog.Logger

	// whose fills in what the state says of a folder of suppliers' mail; may be nil.
	whose func(ctx context.Context, s *BoxState)

	next     time.Time
	failures int
	state    BoxState // as this worker noted it last
	took     int64    // mails that are not noted yet
}

// step reads the mailbox when it is time. A mailbox that cannot be read is no
// failure of this worker: it is noted, and tried again after a while.
func (b *boxReader) step(ctx context.Context) (bool, error) {
	now := b.now()
	if early := b.next.Sub(now); early > 0 && early <= longestPause { // a clock set back is no reason to wait
		return false, nil
	}
	var unkept error
	err := b.box.Read(ctx, func(ctx context.Context, raw []byte, place string) error {
		unkept = b.keep(ctx, raw, place)
		return unkept
	})
	if err != nil && ctx.Err() != nil {
		return false, nil // we are going down, or the look took too long: the cursor stands
	}
	b.next = now.Add(b.pause(err))
	return false, b.note(ctx, err, placeOf(err, unkept), now)
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

// placeOf says where a look at the mailbox ended; "" when it went well.
func placeOf(err, unkept error) string {
	var placed interface{ Place() string }
	switch {
	case err == nil:
		return ""
	case unkept != nil:
		return "keep"
	case errors.Is(err, fault.Forbidden):
		return "login"
	case errors.As(err, &placed):
		return placed.Place()
	}
	return "connect"
}

// note writes down how the mailbox fares, when that changed or is long ago.
func (b *boxReader) note(ctx context.Context, cause error, place string, now time.Time) error {
	if cause != nil {
		b.log.Warn("a folder of the mailbox cannot be read", "folder", b.name, "error", cause)
	}
	refused := errors.Is(cause, fault.Forbidden)
	same := (cause == nil) == b.state.Failing.IsZero() && refused == b.state.Refused
	if age := now.Sub(b.state.Written); same && b.took == 0 && age >= 0 && age < boxNote {
		return nil
	}
	return b.write(ctx, func(s *BoxState) {
		s.Written, s.Refused = now, refused
		switch {
		case cause == nil:
			s.ReadAt, s.Failing = now, time.Time{}
		case s.Failing.IsZero():
			s.Failing = now
		}
		if cause != nil {
			s.FailedAt, s.Place = now, place
		}
	})
}

// came notes one more mail at once. What cannot be noted now is noted later.
func (b *boxReader) came(ctx context.Context) {
	b.took++
	if err := b.write(ctx, func(*BoxState) {}); err != nil {
		b.log.Warn("the count of a folder waits", "folder", b.name, "error", err)
	}
}

// write changes what is noted. Another worker may read the same folder and note
// the same at this moment: then it is tried again, lest a worker that ends takes
// its count with it. If that is in vain, the count waits for the next time.
func (b *boxReader) write(ctx context.Context, change func(*BoxState)) error {
	for range boxTries {
		if err := b.tryWrite(ctx, change); !errors.Is(err, fault.Conflict) {
			return err
		}
	}
	return nil
}

func (b *boxReader) tryWrite(ctx context.Context, change func(*BoxState)) error {
	raw, version, err := b.store.Setting(ctx, b.setting)
	if err != nil {
		return fmt.Errorf("note the mailbox's state: %w", err)
	}
	var s BoxState
	if version > 0 && json.Unmarshal(raw, &s) != nil {
		s = BoxState{} // nobody can read it: it begins anew
	}
	if b.took > 0 {
		s.Took, s.TookAt = s.Took+b.took, b.now()
	}
	if b.whose != nil {
		b.whose(ctx, &s)
	}
	change(&s)
	if raw, err = json.Marshal(s); err == nil {
		err = b.store.PutSetting(ctx, b.setting, raw, version)
	}
	if err != nil {
		return fmt.Errorf("note the mailbox's state: %w", err)
	}
	b.state, b.took = s, 0
	return nil
}
