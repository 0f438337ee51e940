package backupfile_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"
	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/tink"

	"datalek/services/backupfile"
)

func key(t *testing.T, with byte) tink.AEAD {
	t.Helper()
	k, err := subtle.NewAESGCM(bytes.Repeat([]byte{with}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func head() backupfile.Head {
	return backupfile.Head{Form: 1, MadeAt: time.Date(2027, 3, 8, 12, 0, 0, 0, time.UTC), Program: "1.0", Tables: map[string]int64{"clients": 3}}
}

const database = "SQLite format 3 and then Anna Peeters"

func written(t *testing.T, lock backupfile.Lock) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := backupfile.Write(&out, lock, head(), strings.NewReader(database)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestABackupOpensForThoseItIsMadeForAlone(t *testing.T) {
	me, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	other, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	both := written(t, backupfile.Lock{Key: key(t, 1), Recipients: []string{me.Recipient().String()}})
	phrase := written(t, backupfile.Lock{Passphrase: "vier losse woorden samen"})
	for _, tt := range []struct {
		name  string
		file  []byte
		with  backupfile.Unlock
		opens bool
	}{
		{"its wrapping key", both, backupfile.Unlock{Key: key(t, 1)}, true},
		{"another wrapping key", both, backupfile.Unlock{Key: key(t, 2)}, false},
		{"its recipient", both, backupfile.Unlock{Identities: "# mine\n" + me.String()}, true},
		{"another recipient, and the key", both, backupfile.Unlock{Key: key(t, 1), Identities: other.String()}, true},
		{"another recipient", both, backupfile.Unlock{Identities: other.String()}, false},
		{"nothing", both, backupfile.Unlock{}, false},
		{"its passphrase", phrase, backupfile.Unlock{Passphrase: "vier losse woorden samen"}, true},
		{"another passphrase", phrase, backupfile.Unlock{Passphrase: "vier losse woorden apart"}, false},
		{"the key, for a passphrase", phrase, backupfile.Unlock{Key: key(t, 1)}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if bytes.Contains(tt.file, []byte("SQLite")) || bytes.Contains(tt.file, []byte("clients")) {
				t.Error("the backup can be read without a key")
			}
			got, db, err := backupfile.Open(bytes.NewReader(tt.file), tt.with)
			if !tt.opens {
				if !errors.Is(err, backupfile.ErrLocked) {
					t.Errorf("opening gives %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			raw, err := io.ReadAll(db)
			if err != nil || string(raw) != database {
				t.Errorf("database %q, %v", raw, err)
			}
			if diff := cmp.Diff(head(), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAChangedOrCutOffBackupIsRefused(t *testing.T) {
	whole := written(t, backupfile.Lock{Key: key(t, 1)})
	changed := bytes.Clone(whole)
	changed[len(changed)-5] ^= 1
	for name, file := range map[string][]byte{"changed": changed, "cut off": whole[:len(whole)-9], "headless": whole[:30]} {
		_, db, err := backupfile.Open(bytes.NewReader(file), backupfile.Unlock{Key: key(t, 1)})
		if err == nil {
			_, err = io.ReadAll(db)
		}
		if err == nil {
			t.Errorf("%s: it was read as if it were whole", name)
		}
	}
}

func TestALockThatNobodyCouldOpenIsRefused(t *testing.T) {
	for name, lock := range map[string]backupfile.Lock{
		"nobody":                   {},
		"a passphrase beside more": {Passphrase: "vier losse woorden samen", Key: key(t, 1)},
		"no recipient":             {Recipients: []string{"age1nobody"}},
	} {
		if err := backupfile.Write(io.Discard, lock, head(), strings.NewReader("")); err == nil {
			t.Errorf("%s: a backup was written", name)
		}
	}
}

func TestAnAgeFileIsKnownByItsBeginning(t *testing.T) {
	for text, want := range map[string]bool{"age-encryption.org/v1\nmore": true, "SQLite format 3\x00": false, "": false} {
		again, is := backupfile.Encrypted(strings.NewReader(text))
		raw, err := io.ReadAll(again)
		if is != want || err != nil || string(raw) != text {
			t.Errorf("%q: %v, read again as %q, %v", text, is, raw, err)
		}
	}
}
