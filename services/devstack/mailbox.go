package devstack

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Message is one mail as the server took it.
type Message struct {
	ID   string    // ten digits, growing
	At   time.Time // UTC
	From string    // envelope sender
	To   []string  // envelope recipients
	Raw  []byte    // as it came, CRLF line ends
}

const (
	defaultKeep = 10_000
	extension   = ".eml"
	// caughtField is the line put before a kept message; it holds the envelope.
	caughtField = "X-Caught: "
)

// mailbox keeps messages, oldest first. With a folder the bytes are on disk
// and only the envelopes in memory.
type mailbox struct {
	folder string
	keep   int

	mu       sync.Mutex
	last     uint64 // highest id given
	messages []Message
	changed  chan struct{} // closed and replaced at each new message
}

func openMailbox(folder string, keep int) (*mailbox, error) {
	if keep <= 0 {
		keep = defaultKeep
	}
	b := &mailbox{folder: folder, keep: keep, changed: make(chan struct{})}
	if folder == "" {
		return b, nil
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	return b, b.load()
}

// load reads the envelopes of what an earlier run kept. Files that are not
// ours are left alone.
func (b *mailbox) load() error {
	names, err := filepath.Glob(filepath.Join(b.folder, "*"+extension))
	if err != nil {
		return err
	}
	slices.Sort(names)
	for _, name := range names {
		m, ok, err := readEnvelope(name)
		if err != nil {
			return err
		}
		if ok {
			b.messages = append(b.messages, m)
			b.last, _ = strconv.ParseUint(m.ID, 10, 64)
		}
	}
	b.trim()
	return nil
}

// trim lets the oldest messages go when there are too many.
func (b *mailbox) trim() {
	for len(b.messages) > b.keep {
		if b.folder != "" {
			_ = os.Remove(b.path(b.messages[0].ID)) // what stays behind goes at the next start
		}
		b.messages = slices.Delete(b.messages, 0, 1)
	}
}

func readEnvelope(name string) (Message, bool, error) {
	id := strings.TrimSuffix(filepath.Base(name), extension)
	if _, err := strconv.ParseUint(id, 10, 64); err != nil || len(id) != 10 {
		return Message{}, false, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return Message{}, false, err
	}
	defer f.Close()
	line, err := bufio.NewReader(f).ReadString('\n')
	if err != nil {
		return Message{}, false, nil
	}
	m := Message{ID: id}
	envelope, ours := strings.CutPrefix(line, caughtField)
	if !ours || json.Unmarshal([]byte(envelope), &m) != nil {
		return Message{}, false, nil
	}
	m.ID = id
	return m, true, nil
}

// add keeps m under a new id.
func (b *mailbox) add(m Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	m.ID = fmt.Sprintf("%010d", b.last+1)
	if b.folder != "" {
		if err := b.write(m); err != nil {
			return fmt.Errorf("keep message: %w", err)
		}
		m.Raw = nil
	}
	b.last++
	b.messages = append(b.messages, m)
	b.trim()
	close(b.changed)
	b.changed = make(chan struct{})
	return nil
}

// write puts the message in place whole or not at all, readable by its owner only.
func (b *mailbox) write(m Message) error {
	envelope, err := json.Marshal(struct {
		At   time.Time
		From string
		To   []string
	}{m.At, m.From, m.To})
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(b.folder, "incoming-*") // made with mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = fmt.Fprintf(f, "%s%s\r\n%s", caughtField, envelope, m.Raw)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), b.path(m.ID))
}

func (b *mailbox) path(id string) string { return filepath.Join(b.folder, id+extension) }

func (b *mailbox) list(before string, limit int) []Message {
	b.mu.Lock()
	end := len(b.messages)
	if before != "" {
		end, _ = b.find(before)
	}
	start := 0
	if limit > 0 {
		start = max(0, end-limit)
	}
	page := slices.Clone(b.messages[start:end])
	b.mu.Unlock()
	slices.Reverse(page)
	for i := range page {
		page[i] = b.withRaw(page[i])
	}
	return page
}

func (b *mailbox) get(id string) (Message, bool) {
	b.mu.Lock()
	i, ok := b.find(id)
	if !ok {
		b.mu.Unlock()
		return Message{}, false
	}
	m := b.messages[i]
	b.mu.Unlock()
	return b.withRaw(m), true
}

// find returns the place of id, or the one it would have.
func (b *mailbox) find(id string) (int, bool) {
	return slices.BinarySearchFunc(b.messages, id, func(m Message, id string) int {
		return strings.Compare(m.ID, id)
	})
}

// withRaw reads the bytes when they are on disk. A message that has just been
// let go is shown without them.
func (b *mailbox) withRaw(m Message) Message {
	if b.folder == "" {
		return m
	}
	content, err := os.ReadFile(b.path(m.ID))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return m
	}
	_, m.Raw, _ = bytes.Cut(content, []byte("\r\n"))
	return m
}

func (b *mailbox) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.messages)
}

func (b *mailbox) wait(ctx context.Context, n int) error {
	for {
		b.mu.Lock()
		have, changed := len(b.messages), b.changed
		b.mu.Unlock()
		if have >= n {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("wait for %d messages, have %d: %w", n, have, ctx.Err())
		}
	}
}
