package vault

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	"github.com/tink-crypto/tink-go/v2/tink"

	"datalek/incidents/fault"
)

// practiceKeys are one practice's keys, ready for use.
type practiceKeys struct {
	aead tink.AEAD
	prf  *prf.Set
}

// wrapped is how a practice's keys lie in the store: both sets encrypted with
// the key-encryption key and bound to the practice.
type wrapped struct {
	Form  int    `json:"form"`
	Seal  []byte `json:"seal"`
	Index []byte `json:"index"`
}

const wrappedForm = 1

// keysOf returns the practice's keys: from memory, from the store, or new.
func (v *Vault) keysOf(ctx context.Context, practice string) (*practiceKeys, error) {
	if keys, found := v.cache.get(practice); found {
		return keys, nil
	}
	raw, err := v.keys.LoadKeys(ctx, practice)
	if errors.Is(err, fault.NotFound) {
		raw, err = v.create(ctx, practice)
	}
	if err != nil {
		return nil, fmt.Errorf("load keys: %w", err)
	}
	keys, err := v.unwrap(practice, raw)
	if err != nil {
		return nil, err
	}
	v.cache.put(practice, keys)
	return keys, nil
}

// create makes and stores a practice's keys. When another worker was first, his
// stand.
func (v *Vault) create(ctx context.Context, practice string) ([]byte, error) {
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

func (v *Vault) wrap(practice string) ([]byte, error) {
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

func (v *Vault) encrypt(handle *keyset.Handle, use, practice string) ([]byte, error) {
	var out bytes.Buffer
	if err := handle.WriteWithAssociatedData(keyset.NewBinaryWriter(&out), v.kek, join(use, practice)); err != nil {
		return nil, fmt.Errorf("wrap %s key: %w", use, err)
	}
	return out.Bytes(), nil
}

func (v *Vault) unwrap(practice string, raw []byte) (*practiceKeys, error) {
	var w wrapped
	if err := json.Unmarshal(raw, &w); err != nil || w.Form != wrappedForm {
		return nil, fmt.Errorf("stored keys have form %d; this program knows %d", w.Form, wrappedForm)
	}
	sealing, err := v.decrypt(w.Seal, "seal", practice)
	if err != nil {
		return nil, err
	}
	indexing, err := v.decrypt(w.Index, "index", practice)
	if err != nil {
		return nil, err
	}
	keys := &practiceKeys{}
	if keys.aead, err = aead.New(sealing); err != nil {
		return nil, fmt.Errorf("use sealing key: %w", err)
	}
	if keys.prf, err = prf.NewPRFSet(indexing); err != nil {
		return nil, fmt.Errorf("use lookup key: %w", err)
	}
	return keys, nil
}

func (v *Vault) decrypt(raw []byte, use, practice string) (*keyset.Handle, error) {
	handle, err := keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(raw)), v.kek, join(use, practice))
	if err != nil {
		return nil, ErrWrongKey
	}
	return handle, nil
}
