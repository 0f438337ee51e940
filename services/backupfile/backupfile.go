// Package backupfile is the form of a backup: an age file (age-encryption.org/v1),
// in which a head that says what there must be stands before the database.
//
// It is encrypted to the installation's wrapping key, to people's age recipients,
// or to a passphrase. A file for a passphrase or a recipient can be opened by any
// age program; behind the head's length in four bytes stand the head as JSON and
// the SQLite database.
package backupfile

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Lock says who can open a backup: whoever has the wrapping key, or one of the
// recipients' identities; or, alone, whoever knows the passphrase.
type Lock struct {
	Key        tink.AEAD // nil: not to it
	Recipients []string  // "age1…"
	Passphrase string
}

// Head is what stands before the database.
type Head struct {
	Form    int              `json:"form"`
	MadeAt  time.Time        `json:"made_at"`
	Program string           `json:"program"` // the version that made it
	Tables  map[string]int64 `json:"tables"`  // how many rows each has
}

const (
	form        = 1
	longestHead = 1 << 20
)

// Write encrypts the database that db gives, behind its head.
func Write(w io.Writer, lock Lock, head Head, db io.Reader) error {
	recipients, err := lock.recipients()
	if err != nil {
		return err
	}
	head.Form = form
	raw, err := json.Marshal(head)
	if err != nil {
		return fmt.Errorf("write head: %w", err)
	}
	sealed, err := age.Encrypt(w, recipients...)
	if err != nil {
		return fmt.Errorf("encrypt: %w", err)
	}
	if _, err := sealed.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(raw))), raw...)); err != nil {
		return fmt.Errorf("write head: %w", err)
	}
	if _, err := io.Copy(sealed, db); err != nil {
		return fmt.Errorf("write database: %w", err)
	}
	if err := sealed.Close(); err != nil {
		return fmt.Errorf("write database: %w", err)
	}
	return nil
}

func (l Lock) recipients() ([]age.Recipient, error) {
	if l.Passphrase != "" {
		if l.Key != nil || len(l.Recipients) > 0 {
			return nil, errors.New("a backup for a passphrase is for that alone")
		}
		r, err := age.NewScryptRecipient(l.Passphrase)
		if err != nil {
			return nil, fmt.Errorf("use passphrase: %w", err)
		}
		return []age.Recipient{r}, nil
	}
	var list []age.Recipient
	if l.Key != nil {
		list = append(list, wrappingKey{l.Key})
	}
	for _, text := range l.Recipients {
		r, err := age.ParseX25519Recipient(strings.TrimSpace(text))
		if err != nil {
			return nil, fmt.Errorf("%q is no age recipient, such as age1…", text)
		}
		list = append(list, r)
	}
	if len(list) == 0 {
		return nil, errors.New("a backup needs somebody who can open it")
	}
	return list, nil
}

// ErrLocked says that nothing that was given opens the backup.
var ErrLocked = errors.New("nothing that was given opens this backup; name the key file of the day it was made, its passphrase, or an age identity")

// Unlock is what may open a backup.
type Unlock struct {
	Key        tink.AEAD
	Identities string // what stands in an age identity file
	Passphrase string
}

// Open decrypts the head, and returns it with a reader of the database, which
// fails before its end when the file was changed or cut off.
func Open(r io.Reader, u Unlock) (Head, io.Reader, error) {
	identities, err := u.identities()
	if err != nil {
		return Head{}, nil, err
	}
	if len(identities) == 0 {
		return Head{}, nil, ErrLocked
	}
	plain, err := age.Decrypt(r, identities...)
	var none *age.NoIdentityMatchError
	if errors.As(err, &none) {
		return Head{}, nil, ErrLocked
	}
	if err != nil {
		return Head{}, nil, fmt.Errorf("the backup is damaged: %w", err)
	}
	head, err := readHead(plain)
	return head, plain, err
}

func (u Unlock) identities() (list []age.Identity, err error) {
	if u.Key != nil {
		list = append(list, wrappingKey{u.Key})
	}
	if u.Identities != "" {
		some, err := age.ParseIdentities(strings.NewReader(u.Identities))
		if err != nil {
			return nil, errors.New("this is no file of age identities")
		}
		list = append(list, some...)
	}
	if u.Passphrase != "" {
		p, err := age.NewScryptIdentity(u.Passphrase)
		if err != nil {
			return nil, fmt.Errorf("use passphrase: %w", err)
		}
		list = append(list, p)
	}
	return list, nil
}

func readHead(r io.Reader) (Head, error) {
	var size [4]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return Head{}, fmt.Errorf("the backup is damaged: %w", err)
	}
	n := binary.BigEndian.Uint32(size[:])
	if n > longestHead {
		return Head{}, errors.New("this is no backup of datalek")
	}
	raw := make([]byte, n)
	if _, err := io.ReadFull(r, raw); err != nil {
		return Head{}, fmt.Errorf("the backup is damaged: %w", err)
	}
	var head Head
	if err := json.Unmarshal(raw, &head); err != nil {
		return Head{}, errors.New("this is no backup of datalek")
	}
	if head.Form != form {
		return Head{}, fmt.Errorf("this backup has form %d and this program knows %d; use a newer datalek", head.Form, form)
	}
	return head, nil
}

// Encrypted reports whether a file begins as an age file; what is read for that
// can still be read from the returned reader.
func Encrypted(r io.Reader) (io.Reader, bool) {
	const intro = "age-encryption.org/"
	ahead := bufio.NewReader(r)
	begin, _ := ahead.Peek(len(intro)) // a shorter file is none
	return ahead, string(begin) == intro
}

// wrappingKey wraps a file's own key with the installation's.
type wrappingKey struct{ key tink.AEAD }

const (
	stanzaType = "datalek-wrapping-key"
	boundTo    = "datalek backup"
)

// Wrap is age.Recipient.
func (w wrappingKey) Wrap(fileKey []byte) ([]*age.Stanza, error) {
	body, err := w.key.Encrypt(fileKey, []byte(boundTo))
	if err != nil {
		return nil, fmt.Errorf("wrap file key: %w", err)
	}
	return []*age.Stanza{{Type: stanzaType, Body: body}}, nil
}

// Unwrap is age.Identity.
func (w wrappingKey) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	for _, s := range stanzas {
		if s.Type != stanzaType {
			continue
		}
		if key, err := w.key.Decrypt(s.Body, []byte(boundTo)); err == nil {
			return key, nil
		}
	}
	return nil, age.ErrIncorrectIdentity
}
