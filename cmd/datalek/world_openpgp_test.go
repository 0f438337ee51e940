package main_test

import (
	"bytes"
	"io"
	"net/mail"
	"strings"
	"testing"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
)

// newReaderKey is somebody's pair of keys, and the public half as he gives it.
func newReaderKey(t *testing.T) (*openpgp.Entity, string) {
	t.Helper()
	key, err := openpgp.NewEntity("Sleutel Proef", "", "s-1@mensen.example", nil)
	if err != nil {
		t.Fatal(err)
	}
	var public bytes.Buffer
	out, err := armor.Encode(&public, openpgp.PublicKeyType, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := key.Serialize(out); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return key, public.String()
}

// opens decrypts the one mail of somebody who has a key and checks what it says:
// nothing of it can be read without.
func (w *practiceAtWork) opens(key *openpgp.Entity, number string, says ...string) {
	w.t.Helper()
	sealed := w.reads(number, nil, append(says, "Goedendag"))
	at := strings.Index(sealed.Raw, "-----BEGIN PGP MESSAGE-----")
	if at < 0 {
		w.t.Fatalf("this mail is not encrypted:\n%s", sealed.Raw)
	}
	block, err := armor.Decode(strings.NewReader(sealed.Raw[at:]))
	if err != nil {
		w.t.Fatal(err)
	}
	inside, err := openpgp.ReadMessage(block.Body, openpgp.EntityList{key}, nil, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	plain, err := io.ReadAll(inside.UnverifiedBody)
	if err != nil {
		w.t.Fatal(err)
	}
	words := plainWords(w.t, plain)
	for _, want := range says {
		if !strings.Contains(words, want) {
			w.t.Errorf("decrypted, the mail does not say %q:\n%s", want, words)
		}
	}
}

// plainWords is the text of a mail's part that was encrypted, on one line.
func plainWords(t *testing.T, part []byte) string {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(part))
	if err != nil {
		t.Fatal(err)
	}
	var l letter
	l.read(t, m)
	return strings.Join(strings.Fields(l.Text), " ")
}
