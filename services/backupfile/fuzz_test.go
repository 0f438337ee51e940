package backupfile_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"testing"

	"filippo.io/age"

	"datalek/services/backupfile"
)

// A backup comes from elsewhere: neither what is no backup, nor what somebody
// else encrypted for us, takes the program down.
func FuzzOpen(f *testing.F) {
	own, err := age.GenerateX25519Identity()
	if err != nil {
		f.Fatal(err)
	}
	head := func(text string) []byte {
		return append(binary.BigEndian.AppendUint32(nil, uint32(len(text))), text...)
	}
	for _, seed := range [][]byte{nil, {0xff, 0xff, 0xff, 0xff}, {0, 0, 0, 9, 1}, head(`{"form":1,"tables":{"a":1}}`), head(`{"form":2}`), head("null"), []byte("age-encryption.org/v1\n-> X25519 a\n")} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		unlock := backupfile.Unlock{Identities: own.String()}
		if _, _, err := backupfile.Open(bytes.NewReader(raw), unlock); err == nil {
			t.Error("bytes that nobody encrypted are taken for a backup")
		}
		var sealed bytes.Buffer
		w, err := age.Encrypt(&sealed, own.Recipient())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(raw); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		read, rest, err := backupfile.Open(&sealed, unlock)
		if err != nil {
			return
		}
		if read.Form != 1 {
			t.Errorf("a head of form %d is taken", read.Form)
		}
		if _, err := io.Copy(io.Discard, rest); err != nil {
			t.Errorf("what follows cannot be read: %v", err)
		}
	})
}
