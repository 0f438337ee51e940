package vault

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"datalek/incidents/fault"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

// ErrDestroyed says that a practice's keys are gone for good; it is fault.NotFound.
var ErrDestroyed = fmt.Errorf("the keys of this practice were destroyed: %w", fault.NotFound)

// ErrTurning says that a practice has a new key already, and older parts still
// wait to be sealed with it; it is fault.Conflict.
var ErrTurning = fmt.Errorf("the key is being changed already: %w", fault.Conflict)

// Rotate gives a practice ("" the host) a new key that seals from now on. The
// older ones go on opening until Finish. A vault elsewhere knows of it after a
// minute at the latest, or when it meets a part sealed with the new key.
func (v *Vault) Rotate(ctx context.Context, practice tenant.ID, now time.Time) error {
	return v.change(ctx, practice, func(w *wrapped) error {
		if w.Since != nil {
			return ErrTurning
		}
		at := now.UTC()
		w.Since = &at
		return v.alter(w, practice, func(m *keyset.Manager, _ *keyset.Handle) error {
			id, err := m.Add(aead.AES256GCMKeyTemplate())
			if err != nil {
				return err
			}
			return m.SetPrimary(id)
		})
	})
}

// Finish drops all of a practice's sealing keys but the newest. What they sealed
// is lost: call it once nothing is left of that.
func (v *Vault) Finish(ctx context.Context, practice tenant.ID) error {
	return v.change(ctx, practice, func(w *wrapped) error {
		w.Since = nil
		return v.alter(w, practice, func(m *keyset.Manager, h *keyset.Handle) error {
			info := h.KeysetInfo()
			for _, k := range info.GetKeyInfo() {
				if k.GetKeyId() == info.GetPrimaryKeyId() {
					continue
				}
				if err := m.Delete(k.GetKeyId()); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// Renew reads a practice's keys again, so that Reseal measures by the newest.
func (v *Vault) Renew(ctx context.Context, practice tenant.ID) error {
	_, err := v.reload(ctx, practice)
	return err
}

// Turn is a practice ("" the host) whose older parts wait to be sealed anew.
type Turn struct {
	Practice tenant.ID
	Since    time.Time
}

// Turning lists the practices that have a new key and still older ones. It needs
// no key for that.
func Turning(ctx context.Context, keys keyring) ([]Turn, error) {
	var list []Turn
	err := eachSet(ctx, keys, func(s record.KeySet) error {
		w, err := parse(s.Wrapped)
		if err == nil && w.Since != nil {
			list = append(list, Turn{s.Practice, *w.Since})
		}
		if errors.Is(err, ErrDestroyed) {
			return nil
		}
		return err
	})
	return list, err
}

// Practices lists who has keys, without the host and those whose keys are destroyed.
func (v *Vault) Practices(ctx context.Context) ([]string, error) {
	var list []string
	err := eachSet(ctx, v.keys, func(s record.KeySet) error {
		_, err := parse(s.Wrapped)
		if errors.Is(err, ErrDestroyed) || s.Practice == host {
			return nil
		}
		list = append(list, string(s.Practice))
		return err
	})
	return list, err
}

// Destroyed reports whether a practice's keys are gone for good.
func (v *Vault) Destroyed(ctx context.Context, practice tenant.ID) (bool, error) {
	raw, err := v.keys.LoadKeys(ctx, practice)
	if errors.Is(err, fault.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	_, err = parse(raw)
	if errors.Is(err, ErrDestroyed) {
		return true, nil
	}
	return false, err
}

// Destroy puts a mark in the place of a practice's keys: nothing that they sealed
// can be opened any more, and no new ones are made. The reason is kept, sealed by
// the host's keys. A second call changes nothing.
func (v *Vault) Destroy(ctx context.Context, practice tenant.ID, reason string, now time.Time) error {
	if practice == host {
		return errors.New("the host's own keys cannot be destroyed")
	}
	sealed, err := v.Seal(ctx, host, record.Keys, "reason", string(practice), []byte(reason))
	if err != nil {
		return err
	}
	at := now.UTC()
	err = v.change(ctx, practice, func(w *wrapped) error {
		*w = wrapped{Form: wrappedForm, DestroyedAt: &at, Reason: sealed}
		return nil
	})
	if errors.Is(err, ErrDestroyed) {
		return nil
	}
	return err
}

// Rewrap puts another key-encryption key in the place of this vault's, for every
// set, the host's last, and returns how many it changed. When it was cut off, the
// next call with the same keys does the rest. This vault is of no use afterwards.
func (v *Vault) Rewrap(ctx context.Context, to Source) (int, error) {
	kek, err := to(ctx, v.keys, false)
	if err != nil {
		return 0, err
	}
	next := &Vault{kek: kek}
	var changes []record.KeyChange
	err = eachSet(ctx, v.keys, func(s record.KeySet) error {
		w, err := v.rewrapped(s, next)
		if err != nil || w == nil {
			return err
		}
		changes = append(changes, record.KeyChange{Practice: s.Practice, Old: s.Wrapped, New: w})
		return nil
	})
	if err != nil || len(changes) == 0 {
		return 0, err
	}
	return len(changes), v.keys.ReplaceKeys(ctx, changes)
}

// rewrapped returns a set as next wraps it, nil for one that it wraps already.
func (v *Vault) rewrapped(s record.KeySet, next *Vault) ([]byte, error) {
	w, err := parse(s.Wrapped)
	if errors.Is(err, ErrDestroyed) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if _, err := next.decrypt(w.Seal, "seal", s.Practice); err == nil {
		return nil, nil
	}
	if w.Seal, err = v.moved(w.Seal, "seal", s.Practice, next); err != nil {
		return nil, err
	}
	if w.Index, err = v.moved(w.Index, "index", s.Practice, next); err != nil {
		return nil, err
	}
	return json.Marshal(w)
}

func (v *Vault) moved(raw []byte, use string, practice tenant.ID, next *Vault) ([]byte, error) {
	handle, err := v.decrypt(raw, use, practice)
	if err != nil {
		return nil, err
	}
	return next.encrypt(handle, use, practice)
}

// WrappingKey is the key-encryption key, by which a backup can be encrypted.
func (v *Vault) WrappingKey() tink.AEAD { return v.kek }

// eachSet visits every set of keys, the host's last.
func eachSet(ctx context.Context, keys keyring, visit func(record.KeySet) error) error {
	const page = 500
	for after := ""; ; {
		sets, err := keys.KeySets(ctx, after, page)
		if err != nil {
			return fmt.Errorf("list keys: %w", err)
		}
		for _, s := range sets {
			if after = string(s.Practice); after == saltSet {
				continue
			}
			if err := visit(s); err != nil {
				return err
			}
		}
		if len(sets) < page {
			break
		}
	}
	raw, err := keys.LoadKeys(ctx, host)
	if err != nil {
		return fmt.Errorf("load host keys: %w", err)
	}
	return visit(record.KeySet{Practice: host, Wrapped: raw})
}

// change edits a practice's set of keys as it lies in the store, and again when
// another process was just first.
func (v *Vault) change(ctx context.Context, practice tenant.ID, edit func(*wrapped) error) error {
	const most = 5
	var err error
	for range most {
		if err = v.changeOnce(ctx, practice, edit); !errors.Is(err, errOvertaken) {
			return err
		}
	}
	return err
}

// errOvertaken is what change meets when another process was just first.
var errOvertaken = errors.New("somebody else changed the keys meanwhile")

func (v *Vault) changeOnce(ctx context.Context, practice tenant.ID, edit func(*wrapped) error) error {
	raw, err := v.keys.LoadKeys(ctx, practice)
	if err != nil {
		return fmt.Errorf("load keys: %w", err)
	}
	w, err := parse(raw)
	if err != nil {
		return err
	}
	if err := edit(&w); err != nil {
		return err
	}
	fresh, err := json.Marshal(w)
	if err != nil {
		return err
	}
	err = v.keys.ReplaceKeys(ctx, []record.KeyChange{{Practice: practice, Old: raw, New: fresh}})
	if errors.Is(err, fault.Conflict) {
		return errOvertaken
	}
	if err != nil {
		return fmt.Errorf("write keys: %w", err)
	}
	if w.DestroyedAt != nil {
		v.cache.drop(practice)
		return nil
	}
	_, err = v.hold(practice, fresh)
	return err
}

// alter edits the set of sealing keys.
func (v *Vault) alter(w *wrapped, practice tenant.ID, edit func(*keyset.Manager, *keyset.Handle) error) error {
	handle, err := v.decrypt(w.Seal, "seal", practice)
	if err != nil {
		return err
	}
	m := keyset.NewManagerFromHandle(handle)
	if err := edit(m, handle); err != nil {
		return fmt.Errorf("change sealing key: %w", err)
	}
	if handle, err = m.Handle(); err != nil {
		return fmt.Errorf("change sealing key: %w", err)
	}
	w.Seal, err = v.encrypt(handle, "seal", practice)
	return err
}
