// Package openpgp encrypts mail for clients who asked for it, and says whether
// a public key can be used for that (RFC 9580, RFC 4880).
//
// It wraps github.com/ProtonMail/go-crypto. It never holds a private key.
package openpgp

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"

	"datalek/incidents/fault"
)

// Check returns nil when a mail can be encrypted with the armored key now, else
// a *fault.Error of kind Invalid in words for who pasted it. What it says never
// holds any of the key.
func Check(armored string, now time.Time) error {
	_, err := read(armored, now)
	return err
}

// read returns the one usable public key in an armored text.
func read(armored string, now time.Time) (*openpgp.Entity, error) {
	if strings.Contains(armored, "PRIVATE KEY") {
		return nil, unusable("error.openpgp_private", "this is a private key; ask for the public one, and treat this one as no longer secret")
	}
	keys, err := openpgp.ReadArmoredKeyRing(strings.NewReader(strings.TrimSpace(armored)))
	if err != nil || len(keys) == 0 {
		return nil, unusable("error.openpgp_unreadable", "this cannot be read as an OpenPGP public key; paste it whole, with its first and last line")
	}
	key := keys[0]
	switch _, usable := key.EncryptionKey(now); {
	case len(keys) > 1:
		return nil, unusable("error.openpgp_many", "these are several keys; paste only this person's own")
	case key.PrivateKey != nil:
		return nil, unusable("error.openpgp_private", "this is a private key; ask for the public one, and treat this one as no longer secret")
	case key.Revoked(now):
		return nil, unusable("error.openpgp_revoked", "its owner has withdrawn this key; ask for a new one")
	case expired(key, now):
		return nil, unusable("error.openpgp_expired", "this key has expired; ask for a new one")
	case !usable:
		return nil, unusable("error.openpgp_no_encryption", "nothing can be encrypted with this key; ask for one with an encryption key that has not expired")
	}
	return key, nil
}

func expired(key *openpgp.Entity, now time.Time) bool {
	id := key.PrimaryIdentity()
	return id != nil && id.SelfSignature != nil && key.PrimaryKey.KeyExpired(id.SelfSignature, now)
}

func unusable(key, message string) error {
	return &fault.Error{Code: fault.Invalid, Field: "openpgp_key", Key: key, Message: message}
}

// Encrypt returns plain encrypted with the armored public key, as armored text.
// A key that cannot be used any more is an error: the caller must then reach the
// person in another way, and never send plain.
func Encrypt(armored string, plain []byte, now time.Time) ([]byte, error) {
	key, err := read(armored, now)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	wrap, err := armor.Encode(&out, "PGP MESSAGE", nil)
	if err != nil {
		return nil, fmt.Errorf("begin armor: %w", err)
	}
	config := &packet.Config{DefaultCipher: packet.CipherAES256, Time: func() time.Time { return now }}
	in, err := openpgp.Encrypt(wrap, []*openpgp.Entity{key}, nil, &openpgp.FileHints{IsBinary: true}, config)
	if err != nil {
		return nil, fmt.Errorf("begin encryption: %w", err)
	}
	for _, step := range []func() error{
		func() error { _, err := io.Copy(in, bytes.NewReader(plain)); return err }, in.Close, wrap.Close,
	} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("encrypt: %w", err)
		}
	}
	return out.Bytes(), nil
}
