package vault

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/tink"
	"golang.org/x/crypto/argon2"

	"datalek/incidents/fault"
)

// Source gives the key-encryption key. It makes one when the installation is new.
type Source func(ctx context.Context, keys keyring, isNew bool) (tink.AEAD, error)

// File is a key file, made with mode 0600 when the installation is new.
func File(path string) Source {
	return func(ctx context.Context, keys keyring, isNew bool) (tink.AEAD, error) {
		if isNew {
			if err := createKeyFile(path); err != nil {
				return nil, fmt.Errorf("create key file %s: %w", path, err)
			}
		}
		kek, err := readKeyFile(path)
		if err != nil || isNew {
			return kek, err
		}
		if err := opens(ctx, kek, keys); err != nil {
			return nil, fmt.Errorf("key file %s: %w", path, err)
		}
		return kek, nil
	}
}

// ExistingFile is a key file that must be there.
func ExistingFile(path string) Source {
	return func(context.Context, keyring, bool) (tink.AEAD, error) { return readKeyFile(path) }
}

// Text is what stands in a variable or was typed: the content of a key file, or a
// passphrase of at least fifteen characters.
func Text(text string) Source {
	return func(ctx context.Context, keys keyring, _ bool) (tink.AEAD, error) {
		if kek, err := readKey([]byte(text)); err == nil || strings.HasPrefix(strings.TrimSpace(text), "{") {
			return kek, err
		}
		if len([]rune(text)) < shortestPassphrase {
			return nil, fmt.Errorf("a passphrase has at least %d characters; several words are easy to remember", shortestPassphrase)
		}
		salt, err := saltOf(ctx, keys)
		if err != nil {
			return nil, fmt.Errorf("read the passphrase's salt: %w", err)
		}
		return fromPassphrase(text, salt)
	}
}

// Asked is a Text that somebody is asked for, when the installation is new in a
// way that lets him see a slip.
func Asked(ask func(isNew bool) (string, error)) Source {
	return func(ctx context.Context, keys keyring, isNew bool) (tink.AEAD, error) {
		text, err := ask(isNew)
		if err != nil {
			return nil, err
		}
		return Text(text)(ctx, keys, isNew)
	}
}

// FileKey is the key-encryption key in a file that must be there.
func FileKey(path string) (tink.AEAD, error) { return readKeyFile(path) }

// TextKey is the key-encryption key whose text is the content of a key file; an
// error for any other text, such as a passphrase.
func TextKey(text string) (tink.AEAD, error) { return readKey([]byte(text)) }

// NewKeyFile makes a key file for Rewrap. It never writes over one that is there.
func NewKeyFile(path string) error { return createKeyFile(path) }

const (
	shortestPassphrase = 15
	// saltSet is where the salt of passphrases lies among the sets of keys. It is no
	// secret, and stays when the passphrase changes.
	saltSet   = "*passphrase"
	saltBytes = 16
)

// How a passphrase becomes a key: Argon2id with the first of the two choices of
// RFC 9106 section 4 scaled to a machine with little memory: 3 passes over 128 MiB.
const (
	passes  = 3
	memory  = 128 << 10 // KiB
	threads = 2
)

func fromPassphrase(text string, salt []byte) (tink.AEAD, error) {
	kek, err := subtle.NewAESGCM(argon2.IDKey([]byte(text), salt, passes, memory, threads, 32))
	if err != nil {
		return nil, fmt.Errorf("use passphrase: %w", err)
	}
	return kek, nil
}

type passphraseForm struct {
	Form int    `json:"form"`
	Salt []byte `json:"salt"`
}

// saltOf returns the installation's salt, made when there is none.
func saltOf(ctx context.Context, keys keyring) ([]byte, error) {
	raw, err := keys.LoadKeys(ctx, saltSet)
	if errors.Is(err, fault.NotFound) {
		if raw, err = newSalt(); err != nil {
			return nil, err
		}
		err = keys.SaveKeys(ctx, saltSet, raw)
		if errors.Is(err, fault.Duplicate) { // another process was just first
			raw, err = keys.LoadKeys(ctx, saltSet)
		}
	}
	if err != nil {
		return nil, err
	}
	var p passphraseForm
	if err := json.Unmarshal(raw, &p); err != nil || p.Form != 1 || len(p.Salt) != saltBytes {
		return nil, errors.New("it has a form that this program does not know")
	}
	return p.Salt, nil
}

func newSalt() ([]byte, error) {
	salt := make([]byte, saltBytes)
	if _, err := rand.Read(salt); err != nil {
		return nil, err
	}
	return json.Marshal(passphraseForm{Form: 1, Salt: salt})
}

// opens returns ErrWrongKey when kek does not open the host's keys.
func opens(ctx context.Context, kek tink.AEAD, keys keyring) error {
	raw, err := keys.LoadKeys(ctx, host)
	if err != nil {
		return fmt.Errorf("load host keys: %w", err)
	}
	_, err = (&Vault{kek: kek}).unwrap(host, raw)
	return err
}
