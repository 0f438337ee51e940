package imapmail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"

	"datalek/incidents"
	"datalek/incidents/fault"
)

// settings keeps the cursor.
type settings interface {
	Setting(ctx context.Context, key string) (value []byte, version int64, err error)
	PutSetting(ctx context.Context, key string, value []byte, version int64) error
}

// Options is what a Box needs; all but Wanted are required.
type Options struct {
	Settings settings
	// Wanted says by its header whether a message is read at all; nil reads every one.
	Wanted func(header []byte) bool
	// Most is how many bytes of a message are handed over; 0 is incidents.MaxReturn.
	Most int
	Now  func() time.Time
}

// Box is one folder that is read now and then. Several may read the same one:
// each message is handed over at least once.
type Box struct {
	account Account
	opts    Options
}

// New returns a box; nothing is dialled before Read.
func New(a Account, o Options) *Box {
	if o.Wanted == nil {
		o.Wanted = func([]byte) bool { return true }
	}
	if o.Most <= 0 {
		o.Most = incidents.MaxReturn
	}
	return &Box{account: a.withDefaults(), opts: o}
}

const (
	// lookBack is how far the first look at a folder goes back.
	lookBack   = 7 * 24 * time.Hour
	mostHeader = 64 << 10 // bytes
	group      = 20       // messages whose headers are fetched together
	mostRound  = 2000     // messages of one Read; the next goes on
)

// cursor is how far a folder is read. Another validity means that the server
// numbered it anew (RFC 9051 section 2.3.1.1).
type cursor struct {
	Validity uint32   `json:"validity"`
	UID      imap.UID `json:"uid"`
}

// Read hands over each message that came since the last time and is wanted, cut
// to Options.Most bytes, with its place: where it lies, the same at each look, by
// which messages of which the server gives nothing are told apart. A message that
// keep refuses is handed over again the next time, and so are those after it.
func (b *Box) Read(ctx context.Context, keep func(ctx context.Context, raw []byte, place string) error) error {
	c, err := dial(ctx, b.account)
	if err != nil {
		return err
	}
	defer c.goodbye(ctx)
	at, version, err := b.cursor(ctx)
	if err != nil {
		return err
	}
	since := time.Time{}
	if version == 0 || at.Validity != c.folder.UIDValidity {
		at, since = cursor{Validity: c.folder.UIDValidity}, b.opts.Now().Add(-lookBack)
	}
	ids, err := c.newer(ctx, at.UID, since)
	if err != nil {
		return err
	}
	slices.Sort(ids)
	ids = slices.DeleteFunc(ids, func(id imap.UID) bool { return id <= at.UID }) // the range *:n holds the last one too
	if len(ids) == 0 && since.IsZero() {
		return nil
	}
	for part := range slices.Chunk(ids[:min(len(ids), mostRound)], group) {
		if err := b.hand(ctx, c, part, keep); err != nil {
			return err
		}
		at.UID = part[len(part)-1]
		if version, err = b.advance(ctx, at, version); err != nil {
			return err
		}
	}
	if len(ids) == 0 { // the first look at a folder with nothing new in it
		at.UID = before(c.folder.UIDNext)
		_, err = b.advance(ctx, at, version)
	}
	return err
}

func before(next imap.UID) imap.UID {
	if next == 0 {
		return 0
	}
	return next - 1
}

// hand hands over what is wanted of a few messages.
func (b *Box) hand(ctx context.Context, c *conn, ids []imap.UID, keep func(context.Context, []byte, string) error) error {
	headers, err := c.fetch(ctx, ids, imap.PartSpecifierHeader, mostHeader)
	if err != nil {
		return err
	}
	for _, id := range ids {
		header, there := headers[id]
		if !there || !b.opts.Wanted(header) {
			continue
		}
		whole, err := c.fetch(ctx, []imap.UID{id}, imap.PartSpecifierNone, int64(b.opts.Most))
		if err != nil {
			return err
		}
		raw, there := whole[id]
		if !there {
			continue // deleted meanwhile
		}
		if err := keep(ctx, raw, fmt.Sprintf("%s/%d/%d", b.account.key(), c.folder.UIDValidity, id)); err != nil {
			return fmt.Errorf("keep mail: %w", err)
		}
	}
	return nil
}

func (b *Box) cursor(ctx context.Context) (cursor, int64, error) {
	var at cursor
	raw, version, err := b.opts.Settings.Setting(ctx, b.account.key())
	if err != nil {
		return at, 0, fmt.Errorf("read the mailbox's cursor: %w", err)
	}
	if version > 0 {
		if err := json.Unmarshal(raw, &at); err != nil {
			return at, 0, fmt.Errorf("read the mailbox's cursor: %w", err)
		}
	}
	return at, version, nil
}

// advance writes the cursor, unless another reader of the folder has come further.
func (b *Box) advance(ctx context.Context, at cursor, version int64) (int64, error) {
	raw, err := json.Marshal(at)
	if err != nil {
		return version, fmt.Errorf("write the mailbox's cursor: %w", err)
	}
	err = b.opts.Settings.PutSetting(ctx, b.account.key(), raw, version)
	if !errors.Is(err, fault.Conflict) {
		return version + 1, err
	}
	other, version, err := b.cursor(ctx)
	if err != nil || other.Validity == at.Validity && other.UID >= at.UID {
		return version, err
	}
	if err := b.opts.Settings.PutSetting(ctx, b.account.key(), raw, version); err != nil {
		return version, fmt.Errorf("write the mailbox's cursor: %w", err)
	}
	return version + 1, nil
}

// Find returns the header of a message to an address, nil when there is none. The
// cursor stays where it is.
func (b *Box) Find(ctx context.Context, to string) ([]byte, error) {
	c, err := dial(ctx, b.account)
	if err != nil {
		return nil, err
	}
	defer c.goodbye(ctx)
	id, err := c.to(ctx, to)
	if err != nil || id == 0 {
		return nil, err
	}
	found, err := c.fetch(ctx, []imap.UID{id}, imap.PartSpecifierHeader, mostHeader)
	return found[id], err
}

// Check connects, logs in and opens the folder, and reads nothing.
func (b *Box) Check(ctx context.Context) error {
	c, err := dial(ctx, b.account)
	if err != nil {
		return err
	}
	c.goodbye(ctx)
	return nil
}
