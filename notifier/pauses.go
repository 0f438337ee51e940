package notifier

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
)

// pauseStore keeps what is known of refused accounts, sealed.
type pauseStore interface {
	settings
	SettingKeys(ctx context.Context, prefix string, limit int) ([]string, error)
	RemoveSetting(ctx context.Context, key string, version int64) error
}

const (
	pausePrefix = "mail/pause/"
	mostPauses  = 10_000 // that are counted and looked through
	// probeFor is how long one job alone may find out whether a refused account
	// works again.
	probeFor = lease
)

// Pauses knows which sending accounts the mail server refuses. It lies in the
// store, so that all workers rest together, and go on resting after a restart.
type Pauses struct {
	store pauseStore
	now   func() time.Time
	mu    sync.Mutex
	key   []byte
}

// NewPauses returns the pauses that lie in a store.
func NewPauses(store pauseStore, now func() time.Time) *Pauses {
	return &Pauses{store: store, now: now}
}

// Of returns the pauses that keep mail from these senders, that of the whole mail
// server first.
func (p *Pauses) Of(ctx context.Context, addresses ...string) ([]incidents.Pause, error) {
	var list []incidents.Pause
	for _, account := range accounts(addresses...) {
		v, _, err := p.read(ctx, account)
		if err != nil {
			return nil, err
		}
		if v.Active() {
			list = append(list, v)
		}
	}
	return list, nil
}

// TryNow lets mail from an account, "" for the whole server, be tried at once. It
// is false when there is nothing to try, or it was just asked.
func (p *Pauses) TryNow(ctx context.Context, account string) (bool, error) {
	asked := false
	_, err := p.change(ctx, strings.ToLower(account), func(v *incidents.Pause) bool {
		asked = v.Ask(p.now())
		return asked
	})
	return asked, err
}

// Count returns how many accounts are refused.
func (p *Pauses) Count(ctx context.Context) (int, error) {
	list, err := p.all(ctx)
	return len(slices.DeleteFunc(list, func(v incidents.Pause) bool { return !v.Active() })), err
}

// accounts are those that a refusal of these senders may lie under.
func accounts(addresses ...string) []string {
	list := []string{""}
	for _, a := range addresses {
		list = append(list, strings.ToLower(a))
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// enter asks whether mail from an address may go out now. If not, it waits until
// the time returned, at most so long that there are tries before due. One that may
// go first after a refusal probes: others wait for it.
func (p *Pauses) enter(ctx context.Context, from string, due time.Time) (wait time.Time, probe bool, err error) {
	for _, account := range accounts(from) {
		var at time.Time
		v, err := p.change(ctx, account, func(v *incidents.Pause) bool {
			if !v.Active() {
				return false
			}
			before := *v
			at = v.Claim(p.now(), due, probeFor)
			return *v != before
		})
		if err != nil {
			return time.Time{}, false, err
		}
		probe = probe || v.Active()
		if at.After(wait) {
			wait = at
		}
	}
	return wait, probe, nil
}

// rests reports whether nothing may go out from an address now.
func (p *Pauses) rests(ctx context.Context, from string) (bool, error) {
	list, err := p.Of(ctx, from)
	return slices.ContainsFunc(list, func(v incidents.Pause) bool { return v.NextAt.After(p.now()) }), err
}

// refused notes a refusal and returns when mail is tried again.
func (p *Pauses) refused(ctx context.Context, from string, a incidents.Answer, due time.Time) (time.Time, error) {
	v, err := p.change(ctx, incidents.AccountRefused(a, from), func(v *incidents.Pause) bool {
		v.Refused(a, p.now(), due)
		return true
	})
	return v.NextAt, err
}

// passed ends the pauses of an address whose mail the server took.
func (p *Pauses) passed(ctx context.Context, from string) error {
	var all error
	for _, account := range accounts(from) {
		_, err := p.change(ctx, account, func(v *incidents.Pause) bool {
			was := v.Active()
			v.Ended = true
			return was
		})
		all = errors.Join(all, err)
	}
	return all
}

// all returns every pause there is, those that ended and are not forgotten too.
func (p *Pauses) all(ctx context.Context) ([]incidents.Pause, error) {
	keys, err := p.store.SettingKeys(ctx, pausePrefix, mostPauses)
	if err != nil {
		return nil, fmt.Errorf("list refused accounts: %w", err)
	}
	var list []incidents.Pause
	for _, key := range keys {
		v, version, err := p.at(ctx, key)
		if err != nil {
			return nil, err
		}
		if version > 0 {
			list = append(list, v)
		}
	}
	return list, nil
}

// forget removes a pause that has ended and that no mail waits for any more.
func (p *Pauses) forget(ctx context.Context, account string) error {
	v, version, err := p.read(ctx, account)
	if err != nil || version == 0 || !v.Ended {
		return err
	}
	key, err := p.name(ctx, account)
	if err == nil {
		err = p.store.RemoveSetting(ctx, key, version)
	}
	if errors.Is(err, fault.Conflict) {
		return nil // refused again meanwhile
	}
	return err
}

// change reads a pause, and writes it when change says that it did.
func (p *Pauses) change(ctx context.Context, account string, change func(*incidents.Pause) bool) (incidents.Pause, error) {
	for range settingTries {
		v, version, err := p.read(ctx, account)
		if err != nil {
			return v, err
		}
		if !change(&v) {
			return v, nil
		}
		if err = p.write(ctx, account, v, version); !errors.Is(err, fault.Conflict) {
			return v, err
		}
	}
	return incidents.Pause{}, fmt.Errorf("write refused account: %w", fault.Conflict)
}

func (p *Pauses) read(ctx context.Context, account string) (incidents.Pause, int64, error) {
	key, err := p.name(ctx, account)
	if err != nil {
		return incidents.Pause{}, 0, err
	}
	v, version, err := p.at(ctx, key)
	v.Account = account
	return v, version, err
}

func (p *Pauses) at(ctx context.Context, key string) (incidents.Pause, int64, error) {
	raw, version, err := p.store.Setting(ctx, key)
	if err != nil {
		return incidents.Pause{}, 0, fmt.Errorf("read refused account: %w", err)
	}
	var v incidents.Pause
	if version > 0 {
		if err := json.Unmarshal(raw, &v); err != nil {
			return v, 0, fmt.Errorf("read refused account: %w", err)
		}
	}
	return v, version, nil
}

func (p *Pauses) write(ctx context.Context, account string, v incidents.Pause, version int64) error {
	key, err := p.name(ctx, account)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write refused account: %w", err)
	}
	return p.store.PutSetting(ctx, key, raw, version)
}

// name is the key of an account's pause. It tells the address to nobody who has
// not the host's key.
func (p *Pauses) name(ctx context.Context, account string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.key == nil {
		key, err := returnKey(ctx, p.store)
		if err != nil {
			return "", fmt.Errorf("read the key of refused accounts: %w", err)
		}
		p.key = key
	}
	mac := hmac.New(sha256.New, p.key)
	mac.Write([]byte(pausePrefix + account))
	return pausePrefix + hex.EncodeToString(mac.Sum(nil)[:12]), nil
}
