package smtpmail_test

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"

	"datalek/incidents"
	"datalek/services/devstack"
)

// seal encrypts as services/openpgp does, which this package may not import.
func seal(key *openpgp.Entity) func(string, []byte, time.Time) ([]byte, error) {
	return func(_ string, plain []byte, _ time.Time) ([]byte, error) {
		var out bytes.Buffer
		w, err := armor.Encode(&out, "PGP MESSAGE", nil)
		if err != nil {
			return nil, err
		}
		in, err := openpgp.Encrypt(w, []*openpgp.Entity{key}, nil, nil, nil)
		if err != nil {
			return nil, err
		}
		_, err = in.Write(plain)
		err = errors.Join(err, in.Close(), w.Close())
		return out.Bytes(), err
	}
}

func TestAMailIsEncryptedForWhoAskedForThat(t *testing.T) {
	key, err := openpgp.NewEntity("Klant", "", "klant@example.nl", nil)
	if err != nil {
		t.Fatal(err)
	}
	server := serve(t, devstack.SMTPOptions{})
	a := account(t, server.Addr())
	a.Encrypt = seal(key)
	m := notice()
	m.EncryptTo = "the key"
	if got := sender(t, a).Send(t.Context(), m); got.Kind != incidents.Accepted {
		t.Fatalf("answer %+v", got)
	}
	messages := server.Messages("", 0)
	if len(messages) != 1 || len(messages[0].To) != 1 || messages[0].To[0] != m.To.Email {
		t.Fatalf("%d messages, want one to one person", len(messages))
	}
	raw := messages[0].Raw
	for _, line := range strings.Split(m.Text, "\n") {
		if line = strings.TrimSpace(line); len(line) > 12 && bytes.Contains(raw, []byte(line)) {
			t.Errorf("the mail says %q for all to read", line)
		}
	}
	parsed, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject"))
	if err != nil || subject != m.Subject {
		t.Errorf("subject %q, %v", subject, err)
	}
	kind, params, err := mime.ParseMediaType(parsed.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/encrypted" || params["protocol"] != "application/pgp-encrypted" {
		t.Fatalf("content type %s %v, %v", kind, params, err)
	}
	parts := partsOf(t, parsed.Body, params["boundary"])
	if len(parts) != 2 || parts[0].kind != "application/pgp-encrypted" || strings.TrimSpace(parts[0].text) != "Version: 1" || parts[1].kind != "application/octet-stream" {
		t.Fatalf("parts %+v", parts)
	}
	inner, err := mail.ReadMessage(strings.NewReader(opened(t, key, parts[1].text)))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err = mime.ParseMediaType(inner.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("inside stands %s, %v", kind, err)
	}
	inside := partsOf(t, inner.Body, params["boundary"])
	if want := strings.TrimSpace(m.Text); len(inside) != 2 || strings.TrimSpace(strings.ReplaceAll(inside[0].text, "\r\n", "\n")) != want {
		t.Errorf("the reader finds %+v, want %q", inside, want)
	}
}

type part struct{ kind, text string }

func partsOf(t *testing.T, r io.Reader, boundary string) []part {
	t.Helper()
	var out []part
	for parts := multipart.NewReader(r, boundary); ; {
		p, err := parts.NextPart() // undoes quoted-printable
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(p)
		if err != nil {
			t.Fatal(err)
		}
		kind, _, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, part{kind, string(raw)})
	}
}

func opened(t *testing.T, key *openpgp.Entity, armored string) string {
	t.Helper()
	block, err := armor.Decode(strings.NewReader(armored))
	if err != nil {
		t.Fatal(err)
	}
	m, err := openpgp.ReadMessage(block.Body, openpgp.EntityList{key}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(m.UnverifiedBody)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestWhatCannotBeEncryptedIsNotSentReadable(t *testing.T) {
	for name, encrypt := range map[string]func(string, []byte, time.Time) ([]byte, error){
		"no way to encrypt":   nil,
		"a key that is spent": func(string, []byte, time.Time) ([]byte, error) { return nil, errors.New("expired") },
	} {
		t.Run(name, func(t *testing.T) {
			server := serve(t, devstack.SMTPOptions{})
			a := account(t, server.Addr())
			a.Encrypt = encrypt
			m := notice()
			m.EncryptTo = "the key"
			got := sender(t, a).Send(t.Context(), m)
			wantAnswer(t, got, incidents.RefusedPerson, "compose", 0, "another way")
			if n := len(server.Messages("", 0)); n != 0 {
				t.Errorf("%d mails went out", n)
			}
		})
	}
}
