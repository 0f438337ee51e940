// Package vault keeps what is sealed readable to this installation alone.
//
// One key-encryption key lies apart from the data: in a file, or in what somebody
// types. It wraps two sets of keys for each practice, and for the host itself
// (practice ""): one that seals (AES-256-GCM) and one that makes lookup hashes
// (HMAC-SHA256). The wrapped sets lie in the store. Losing the key-encryption key
// loses every personal field; Destroy loses one practice's (GDPR Art. 17).
//
// Rotate gives a practice a new sealing key. What is written from then on is
// sealed with it; what was written before is sealed anew while the work goes on,
// and Finish drops the older keys. The lookup key stays: it opens nothing, and
// every hash would have to change at one instant.
//
// The host's own set is the canary: when the key in the file does not open it,
// Open says so and nothing has been touched.
package vault

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/tink-crypto/tink-go/v2/tink"

	"datalek/incidents/fault"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

// keyring is the store's part: wrapped keys, one set for each practice.
type keyring interface {
	// LoadKeys returns a practice's wrapped keys, fault.NotFound when there are none.
	LoadKeys(ctx context.Context, practice tenant.ID) ([]byte, error)
	// SaveKeys stores them once: fault.Duplicate when there are some already.
	SaveKeys(ctx context.Context, practice tenant.ID, wrapped []byte) error
	// ReplaceKeys writes over sets that are still as they were read, else fault.Conflict.
	ReplaceKeys(ctx context.Context, sets []record.KeyChange) error
	// KeySets lists the practices' sets, without the host's, after the one given.
	KeySets(ctx context.Context, after string, limit int) ([]record.KeySet, error)
}

// indexBytes is the length of a lookup hash: 128 bits make chance equals
// impossible within a practice.
const indexBytes = 16

// host is the practice id of the installation's own keys.
const host = ""

// Vault seals, opens and makes lookup hashes. It is safe for use by several
// goroutines.
type Vault struct {
	// Now lets keys in memory be read again once they are a minute old, since
	// another process may have changed them; nil keeps them. Set it before use.
	Now   func() time.Time
	kek   tink.AEAD
	keys  keyring
	cache *cache
}

// Open reads the key-encryption key from keyFile and returns a vault whose
// wrapped keys lie in keys. On a new installation it makes the file (mode 0600)
// and the host's keys. It refuses a key that does not open what is there.
func Open(ctx context.Context, keyFile string, keys keyring) (*Vault, error) {
	return OpenFrom(ctx, File(keyFile), keys)
}

// OpenFrom is Open for a key-encryption key from any source.
func OpenFrom(ctx context.Context, from Source, keys keyring) (*Vault, error) {
	_, err := keys.LoadKeys(ctx, host)
	if err != nil && !errors.Is(err, fault.NotFound) {
		return nil, fmt.Errorf("load host keys: %w", err)
	}
	kek, err := from(ctx, keys, err != nil)
	if err != nil {
		return nil, err
	}
	return New(ctx, kek, keys)
}

// ErrWrongKey says that the key-encryption key is not the one that the stored
// keys were wrapped with.
var ErrWrongKey = errors.New("this key does not open the stored data; use the key file that belongs to it, from your backup when need be")

// New returns a vault whose keys are wrapped by kek. It makes the host's keys
// when there are none, and returns ErrWrongKey when kek does not open them.
func New(ctx context.Context, kek tink.AEAD, keys keyring) (*Vault, error) {
	v := &Vault{kek: kek, keys: keys, cache: newCache(cachedPractices)}
	if _, err := v.keysOf(ctx, host); err != nil {
		return nil, err
	}
	return v, nil
}

// Seal encrypts plain with the practice's key and binds it to its place.
func (v *Vault) Seal(ctx context.Context, practice tenant.ID, collection, field, id string, plain []byte) ([]byte, error) {
	keys, err := v.keysOf(ctx, practice)
	if err != nil {
		return nil, err
	}
	sealed, err := keys.aead.Encrypt(plain, join(collection, field, string(practice), id))
	if err != nil {
		return nil, fmt.Errorf("encrypt: %w", err)
	}
	return sealed, nil
}

// Open decrypts what Seal made for the same place; anywhere else it fails.
func (v *Vault) Open(ctx context.Context, practice tenant.ID, collection, field, id string, sealed []byte) ([]byte, error) {
	keys, err := v.keysOf(ctx, practice)
	if err != nil {
		return nil, err
	}
	place := join(collection, field, string(practice), id)
	plain, err := keys.aead.Decrypt(sealed, place)
	if err != nil && !keys.has(sealed) { // another process may have a newer key
		if keys, err = v.reload(ctx, practice); err != nil {
			return nil, err
		}
		plain, err = keys.aead.Decrypt(sealed, place)
	}
	if err != nil {
		return nil, errors.New("decrypt: the sealed part was changed, moved, or sealed with another key")
	}
	return plain, nil
}

// Reseal returns what the practice's newest key makes of a sealed part, and
// false, with the part as it is, when that key sealed it.
func (v *Vault) Reseal(ctx context.Context, practice tenant.ID, collection, field, id string, sealed []byte) ([]byte, bool, error) {
	keys, err := v.keysOf(ctx, practice)
	if err != nil {
		return nil, false, err
	}
	if keyOf(sealed) == keys.newest {
		return sealed, false, nil
	}
	plain, err := v.Open(ctx, practice, collection, field, id, sealed)
	if err != nil {
		return nil, false, err
	}
	fresh, err := v.Seal(ctx, practice, collection, field, id, plain)
	return fresh, true, err
}

// Index returns the keyed hash, 32 hex digits, under which a normalised value is
// looked up. It tells nothing but which values of one practice's field are equal.
func (v *Vault) Index(ctx context.Context, practice tenant.ID, field, normalised string) (string, error) {
	keys, err := v.keysOf(ctx, practice)
	if err != nil {
		return "", err
	}
	hash, err := keys.prf.ComputePrimaryPRF(join(string(practice), field, normalised), indexBytes)
	if err != nil {
		return "", fmt.Errorf("compute lookup hash: %w", err)
	}
	return hex.EncodeToString(hash), nil
}

// join makes one unmistakable text of parts: each stands behind its length.
func join(parts ...string) []byte {
	n := 0
	for _, p := range parts {
		n += len(p) + binary.MaxVarintLen32
	}
	out := make([]byte, 0, n)
	for _, p := range parts {
		out = binary.AppendUvarint(out, uint64(len(p)))
		out = append(out, p...)
	}
	return out
}
