package registry

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"

	"datalek/incidents/fault"
)

// The letters before keys and secrets (Standard Webhooks, "Signature scheme").
const (
	PublicKeyPrefix  = "whpk_"
	privateKeyPrefix = "whsk_"
	SecretPrefix     = "whsec_"
)

// ReadPublicKey returns the ed25519 key that a sender gave out, whpk_ and base64 of
// its 32 bytes. A private key or a shared secret is refused by its name, since who
// pastes one has given away what must stay with the sender.
func ReadPublicKey(text string) (ed25519.PublicKey, error) {
	text = strings.TrimSpace(text)
	refuse := func(key, message string) error {
		return &fault.Error{Code: fault.Invalid, Field: "public_key", Key: key, Message: message}
	}
	switch {
	case strings.HasPrefix(text, privateKeyPrefix), strings.Contains(text, "PRIVATE KEY"):
		return nil, refuse("error.key_private", "this is the private key, which nobody but the firm may have; let the firm make a new pair and give you the public key, which begins with whpk_")
	case strings.HasPrefix(text, SecretPrefix):
		return nil, refuse("error.key_secret", "this is a shared secret and no public key; a public key begins with whpk_")
	case !strings.HasPrefix(text, PublicKeyPrefix):
		return nil, refuse("error.key_prefix", "a public key begins with whpk_; ask the firm for it")
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(text, PublicKeyPrefix))
	switch {
	case err == nil && len(raw) == ed25519.PrivateKeySize:
		return nil, refuse("error.key_private", "this is the private key, which nobody but the firm may have; let the firm make a new pair and give you the public key, which begins with whpk_")
	case err != nil || len(raw) != ed25519.PublicKeySize || forgeable(raw):
		return nil, refuse("error.key_broken", "this is no whole ed25519 key; copy it again, from whpk_ to the end")
	}
	return raw, nil
}

// forgeable reports whether a signature that nobody made passes for the key. That is
// so for the few points of small order, at least one message in eight (RFC 8032,
// section 5.1.7 lets them through).
func forgeable(key ed25519.PublicKey) bool {
	nobodys := make([]byte, ed25519.SignatureSize)
	nobodys[0] = 1 // the neutral point, and zero
	for n := range uint32(256) {
		sum := sha256.Sum256(binary.BigEndian.AppendUint32(nil, n))
		if ed25519.Verify(key, sum[:], nobodys) {
			return true
		}
	}
	return false
}

// AddKey adds a sender's public key, once; every fault comes back.
func (e *Endpoint) AddKey(text string) error {
	key, err := ReadPublicKey(text)
	if err != nil {
		return err
	}
	known := PublicKeyPrefix + base64.StdEncoding.EncodeToString(key)
	for _, k := range e.PublicKeys {
		if k == known {
			return nil
		}
	}
	if len(e.PublicKeys) >= MostPublicKeys {
		return &fault.Error{Code: fault.Invalid, Field: "public_key", Key: "error.keys_many", Message: "there are four keys already; remove one first"}
	}
	e.PublicKeys = append(e.PublicKeys, known)
	return nil
}

// RemoveKey removes a public key; fault.NotFound for one that is not there.
func (e *Endpoint) RemoveKey(text string) error {
	for n, k := range e.PublicKeys {
		if k == text {
			e.PublicKeys = append(e.PublicKeys[:n:n], e.PublicKeys[n+1:]...)
			return nil
		}
	}
	return fault.NotFound
}
