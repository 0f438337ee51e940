package vault

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// readKeyFile returns the key-encryption key that lies in a file.
func readKeyFile(path string) (tink.AEAD, error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("key file %s is missing, but there is data sealed with it; put it back from your backup", path)
	}
	if err != nil {
		return nil, fmt.Errorf("the key file cannot be read; look at its rights, or put it back from your backup: %w", err)
	}
	kek, err := readKey(raw)
	if err != nil {
		return nil, fmt.Errorf("key file %s is not a key file, or is damaged; put it back from your backup", path)
	}
	return kek, nil
}

// readKey reads a key-encryption key as it stands in a key file: a Tink keyset as
// JSON, which this program makes, or 32 random bytes in base64, which anything can
// make (openssl rand -base64 32).
func readKey(raw []byte) (tink.AEAD, error) {
	if key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(raw))); err == nil && len(key) == 32 {
		return subtle.NewAESGCM(key)
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(raw)))
	if err != nil {
		return nil, errors.New("this is not the content of a key file")
	}
	kek, err := aead.New(handle)
	if err != nil {
		return nil, errors.New("this key file holds no AES-256-GCM key")
	}
	return kek, nil
}

// createKeyFile makes a new key file, whole or not at all, and leaves one that
// is there as it is. It is on the disk before anything is sealed with it.
func createKeyFile(path string) (err error) {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&text)); err != nil {
		return err
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	draft, err := os.CreateTemp(dir, ".key-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(draft.Name())) }()
	if err := writeSynced(draft, text.Bytes()); err != nil {
		return err
	}
	// Link, unlike Rename, never replaces a file that another process just made.
	if err := os.Link(draft.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(dir)
}

func writeSynced(f *os.File, text []byte) error {
	_, err := f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}
