package vault

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	"github.com/tink-crypto/tink-go/v2/tink"

	"datalek/incidents/fault"
	"datalek/incidents/tenant"
)

// practiceKeys are one practice's keys, ready for use.
type practiceKeys struct {
	aead   tink.AEAD
	prf    *prf.Set
	newest uint32          // the id of the key that seals
	known  map[uint32]bool // the ids of all that open
	readAt time.Time       // zero in a vault that keeps no time
}

// wrapped is how a practice's keys lie in the store: both sets encrypted with
// the key-encryption key and bound to the practice.
type wrapped struct {
	Form  int    `json:"form"`
	Seal  []byte `json:"seal,omitempty"`
	Index []byte `json:"index,omitempty"`
	// Since is when the newest key was added, nil when it is the only one.
	Since *time.Time `json:"since,omitempty"`
	// DestroyedAt says that the sets are gone for good, and Reason, sealed by the
	// host's keys, why.
	DestroyedAt *time.Time `json:"destroyed_at,omitempty"`
	Reason      []byte     `json:"reason,omitempty"`
}

const wrappedForm = 1

// oldestRead is how long keys in memory are used before they are read again.
const oldestRead = time.Minute

// keysOf returns the practice's keys: from memory, from the store, or new.
func (v *Vault) keysOf(ctx context.Context, practice tenant.ID) (*practiceKeys, error) {
	keys, found := v.cache.get(practice)
	if found && (v.Now == nil || v.Now().Sub(keys.readAt).Abs() < oldestRead) {
		return keys, nil
	}
	return v.reload(ctx, practice)
}

// reload reads the practice's keys from the store, and makes them when there are none.
func (v *Vault) reload(ctx context.Context, practice tenant.ID) (*practiceKeys, error) {
	raw, err := v.keys.LoadKeys(ctx, practice)
	if errors.Is(err, fault.NotFound) {
		raw, err = v.create(ctx, practice)
	}
	if err != nil {
		return nil, fmt.Errorf("load keys: %w", err)
	}
	return v.hold(practice, raw)
}

// hold keeps the practice's keys in memory.
func (v *Vault) hold(practice tenant.ID, raw []byte) (*practiceKeys, error) {
	keys, err := v.unwrap(practice, raw)
	if err != nil {
		v.cache.drop(practice)
		return nil, err
	}
	if v.Now != nil {
		keys.readAt = v.Now()
	}
	v.cache.put(practice, keys)
	return keys, nil
}

// has reports whether one of the keys sealed a part.
func (k *practiceKeys) has(sealed []byte) bool { return k.known[keyOf(sealed)] }

// keyOf returns the id of the key that sealed a part: a byte that says so, then
// the id.
func keyOf(sealed []byte) uint32 {
	if len(sealed) < 5 || sealed[0] != 1 {
		return 0
	}
	return binary.BigEndian.Uint32(sealed[1:5])
}

// create makes and stores a practice's keys. When another worker was first, his
// stand.
func (v *Vault) create(ctx context.Context, practice tenant.ID) ([]byte, error) {
	raw, err := v.wrap(practice)
	if err != nil {
		return nil, err
	}
	err = v.keys.SaveKeys(ctx, practice, raw)
	if errors.Is(err, fault.Duplicate) {
		return v.keys.LoadKeys(ctx, practice)
	}
	return raw, err
}

func (v *Vault) wrap(practice tenant.ID) ([]byte, error) {
	sealing, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("make sealing key: %w", err)
	}
	indexing, err := keyset.NewHandle(prf.HMACSHA256PRFKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("make lookup key: %w", err)
	}
	w := wrapped{Form: wrappedForm}
	if w.Seal, err = v.encrypt(sealing, "seal", practice); err != nil {
		return nil, err
	}
	if w.Index, err = v.encrypt(indexing, "index", practice); err != nil {
		return nil, err
	}
	return json.Marshal(w)
}

func (v *Vault) encrypt(handle *keyset.Handle, use string, practice tenant.ID) ([]byte, error) {
	var out bytes.Buffer
	if err := handle.WriteWithAssociatedData(keyset.NewBinaryWriter(&out), v.kek, join(use, string(practice))); err != nil {
		return nil, fmt.Errorf("wrap %s key: %w", use, err)
	}
	return out.Bytes(), nil
}

func (v *Vault) unwrap(practice tenant.ID, raw []byte) (*practiceKeys, error) {
	w, err := parse(raw)
	if err != nil {
		return nil, err
	}
	sealing, err := v.decrypt(w.Seal, "seal", practice)
	if err != nil {
		return nil, err
	}
	indexing, err := v.decrypt(w.Index, "index", practice)
	if err != nil {
		return nil, err
	}
	info := sealing.KeysetInfo()
	keys := &practiceKeys{newest: info.GetPrimaryKeyId(), known: map[uint32]bool{}}
	for _, k := range info.GetKeyInfo() {
		keys.known[k.GetKeyId()] = true
	}
	if keys.aead, err = aead.New(sealing); err != nil {
		return nil, fmt.Errorf("use sealing key: %w", err)
	}
	if keys.prf, err = prf.NewPRFSet(indexing); err != nil {
		return nil, fmt.Errorf("use lookup key: %w", err)
	}
	return keys, nil
}

// parse reads a set as it lies in the store; ErrDestroyed for one that is gone.
func parse(raw []byte) (wrapped, error) {
	var w wrapped
	if err := json.Unmarshal(raw, &w); err != nil || w.Form != wrappedForm {
		return wrapped{}, fmt.Errorf("stored keys have form %d; this program knows %d", w.Form, wrappedForm)
	}
	if w.DestroyedAt != nil {
		return w, ErrDestroyed
	}
	return w, nil
}

func (v *Vault) decrypt(raw []byte, use string, practice tenant.ID) (*keyset.Handle, error) {
	handle, err := keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(raw)), v.kek, join(use, string(practice)))
	if err != nil {
		return nil, ErrWrongKey
	}
	return handle, nil
}
