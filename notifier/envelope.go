package notifier

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/tenant"
)

// settings keeps values of the whole host.
type settings interface {
	Setting(ctx context.Context, key string) (value []byte, version int64, err error)
	PutSetting(ctx context.Context, key string, value []byte, version int64) error
}

const (
	returnKeySetting = "returns/key"
	envelopeSetting  = "mail/envelope"
	// envelopeFresh is how long a finding about the envelope is believed before it
	// is read again.
	envelopeFresh = time.Minute
	returnKeySize = 32
)

// envelopeProof says whether the mail server lets a return address pass that is
// not the sender's own.
type envelopeProof struct {
	Address string    `json:"address"`
	Passes  bool      `json:"passes"`
	At      time.Time `json:"at"`
}

// ProveEnvelope records whether the provider takes mails with this return address
// and a token in it, and delivers what comes back.
func ProveEnvelope(ctx context.Context, s settings, address string, passes bool, at time.Time) error {
	raw, err := json.Marshal(envelopeProof{Address: strings.ToLower(address), Passes: passes, At: at})
	if err != nil {
		return fmt.Errorf("write what the provider lets pass: %w", err)
	}
	for range settingTries {
		_, version, err := s.Setting(ctx, envelopeSetting)
		if err == nil {
			err = s.PutSetting(ctx, envelopeSetting, raw, version)
		}
		if !errors.Is(err, fault.Conflict) {
			return err
		}
	}
	return fmt.Errorf("write what the provider lets pass: %w", fault.Conflict)
}

// EnvelopeProven reports whether this return address was proven to pass; when is
// zero if nobody tried it.
func EnvelopeProven(ctx context.Context, s settings, address string) (passes bool, when time.Time, err error) {
	raw, version, err := s.Setting(ctx, envelopeSetting)
	if err != nil || version == 0 {
		return false, time.Time{}, err
	}
	var p envelopeProof
	if err := json.Unmarshal(raw, &p); err != nil {
		return false, time.Time{}, fmt.Errorf("read what the provider lets pass: %w", err)
	}
	if p.Address != strings.ToLower(address) {
		return false, time.Time{}, nil
	}
	return p.Passes, p.At, nil
}

const settingTries = 5

// returnKey returns the key of the return addresses' tokens, made once for the host.
func returnKey(ctx context.Context, s settings) ([]byte, error) {
	for range settingTries {
		key, version, err := s.Setting(ctx, returnKeySetting)
		if err != nil || version > 0 {
			return key, err
		}
		key = make([]byte, returnKeySize)
		_, _ = rand.Read(key) // never fails (crypto/rand, Go 1.24)
		if err = s.PutSetting(ctx, returnKeySetting, key, 0); !errors.Is(err, fault.Conflict) {
			return key, err
		}
	}
	return nil, fmt.Errorf("key of the return addresses: %w", fault.Conflict)
}

// EnvelopeOptions is what an Envelope needs.
type EnvelopeOptions struct {
	Settings settings
	// Address is where returned mail goes, such as bounces@example.nl; "" gives
	// every mail its plain sender.
	Address string
	// Trusted says that the host knows that the mail server lets it pass; else it
	// must have been proven.
	Trusted bool
	Now     func() time.Time
	Log     *slog.Logger
}

// Envelope gives each mail a return address of its own, where that is known to
// pass. It is safe for several goroutines; a nil one gives none.
type Envelope struct {
	opts    EnvelopeOptions
	mu      sync.Mutex
	key     []byte
	passes  bool
	refused time.Time // when the mail server did, since this process began; zero when not
	readAt  time.Time
}

// NewEnvelope returns an envelope; nothing is read before the first mail.
func NewEnvelope(o EnvelopeOptions) *Envelope { return &Envelope{opts: o} }

// For returns what gives a delivery of the practice its return address, "" for the
// plain sender. A store that cannot answer costs a mail its own address and no more.
func (e *Envelope) For(ctx context.Context, practice tenant.ID) func(delivery string) string {
	plain := func(string) string { return "" }
	if e == nil || e.opts.Address == "" {
		return plain
	}
	key, err := e.usable(ctx)
	if err != nil {
		e.opts.Log.Warn("mails go out under their plain sender", "error", err)
	}
	if err != nil || key == nil {
		return plain
	}
	return func(delivery string) string {
		return incidents.ReturnAddress(e.opts.Address, incidents.ReturnToken(key, practice, delivery))
	}
}

// usable returns the key when return addresses may be used, nil when not.
func (e *Envelope) usable(ctx context.Context) ([]byte, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.opts.Now()
	if age := now.Sub(e.readAt); e.readAt.IsZero() || age < 0 || age > envelopeFresh {
		if err := e.refresh(ctx); err != nil {
			return nil, err
		}
		e.readAt = now
	}
	if !e.passes {
		return nil, nil
	}
	return e.key, nil
}

func (e *Envelope) refresh(ctx context.Context) error {
	proven, when, err := EnvelopeProven(ctx, e.opts.Settings, e.opts.Address)
	if err != nil {
		return err
	}
	e.passes = (proven || e.opts.Trusted && when.IsZero()) && (e.refused.IsZero() || when.After(e.refused))
	if e.key == nil && e.passes {
		e.key, err = returnKey(ctx, e.opts.Settings)
	}
	return err
}

// refuse notes that the mail server did not take a return address: mails go out
// under their plain sender from here on, until it is proven anew.
func (e *Envelope) refuse(ctx context.Context) {
	e.mu.Lock()
	first := e.refused.IsZero() || e.passes
	e.refused, e.passes = e.opts.Now(), false
	e.mu.Unlock()
	if !first {
		return
	}
	e.opts.Log.Error("the mail server refuses the return address; mails go out under their plain sender")
	if err := ProveEnvelope(ctx, e.opts.Settings, e.opts.Address, false, e.opts.Now()); err != nil {
		e.opts.Log.Warn("the refusal is not written down", "error", err)
	}
}
