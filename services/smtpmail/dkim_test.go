package smtpmail_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/google/go-cmp/cmp"

	"datalek/incidents"
	"datalek/services/devstack"
	"datalek/services/smtpmail"
)

func pkcs8(t testing.TB, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func rsaKey(t testing.TB, bits int) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func ed25519Key(t testing.TB) ed25519.PrivateKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// verify looks the key up in a table instead of in DNS.
func verify(t *testing.T, raw []byte, records map[string]string) []*dkim.Verification {
	t.Helper()
	got, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
		if record, known := records[name]; known {
			return []string{record}, nil
		}
		return nil, errors.New("no such name")
	}})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestAMailIsSignedForItsSendersDomain(t *testing.T) {
	long := rsaKey(t, 2048)
	pkcs1 := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(long)})
	for _, tt := range []struct {
		name, from, want string
		pem              []byte
	}{
		{"by RSA", "post@praktijk.example", "praktijk.example", pkcs8(t, long)},
		{"by RSA in its older form", "post@praktijk.example", "praktijk.example", pkcs1},
		{"by Ed25519", "post@praktijk.example", "praktijk.example", pkcs8(t, ed25519Key(t))},
		{"from under the domain", "post@mail.praktijk.example", "praktijk.example", pkcs8(t, long)},
		{"from a domain in other letters", "post@Bücher.example", "xn--bcher-kva.example", pkcs8(t, long)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			key, err := smtpmail.NewDKIM(tt.pem, "s2027", []string{"praktijk.example", "Bücher.example"})
			if err != nil {
				t.Fatal(err)
			}
			record, err := key.TXT()
			if err != nil {
				t.Fatal(err)
			}
			raw := sentWith(t, key, tt.from)
			got := verify(t, raw, map[string]string{key.Name(tt.want): record})
			if len(got) != 1 || got[0].Err != nil || got[0].Domain != tt.want {
				t.Fatalf("verification = %+v, want one good one of %s", got, tt.want)
			}
			for _, field := range []string{"From", "To", "Subject", "Date", "Message-ID", "Content-Type", "Content-Language", "MIME-Version", "Auto-Submitted"} {
				if !containsFold(got[0].HeaderKeys, field) {
					t.Errorf("the signature does not cover %s", field)
				}
			}
		})
	}
}

func containsFold(list []string, want string) bool {
	for _, one := range list {
		if strings.EqualFold(one, want) {
			return true
		}
	}
	return false
}

// sentWith sends a mail and returns the bytes that arrived.
func sentWith(t *testing.T, key *smtpmail.DKIM, from string) []byte {
	t.Helper()
	server := serve(t, devstack.SMTPOptions{})
	a := account(t, server.Addr())
	a.DKIM = key
	m := notice()
	m.From.Email = from
	if got := sender(t, a).Send(t.Context(), m); got.Kind != incidents.Accepted {
		t.Fatalf("answer = %+v", got)
	}
	return server.Messages("", 1)[0].Raw
}

func TestASignedMailCannotBeChangedUnseen(t *testing.T) {
	key, err := smtpmail.NewDKIM(pkcs8(t, ed25519Key(t)), "s2027", []string{"praktijk.example"})
	if err != nil {
		t.Fatal(err)
	}
	record, err := key.TXT()
	if err != nil {
		t.Fatal(err)
	}
	raw := sentWith(t, key, "post@praktijk.example")
	records := map[string]string{key.Name("praktijk.example"): record}
	for _, tt := range []struct{ name, from, to string }{
		{"another subject", "\r\nSubject: ", "\r\nSubject: Re: "},
		{"a second From", "\r\nFrom: ", "\r\nFrom: x@evil.example\r\nFrom: "},
		{"another body", "\r\n\r\n", "\r\n\r\nBel 0900-1234.\r\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			changed := strings.Replace(string(raw), tt.from, tt.to, 1)
			if changed == string(raw) {
				t.Fatal("nothing was changed")
			}
			if got := verify(t, []byte(changed), records); len(got) != 1 || got[0].Err == nil {
				t.Errorf("verification = %+v, want a failure", got)
			}
		})
	}
}

func TestOtherMailIsNotSigned(t *testing.T) {
	key, err := smtpmail.NewDKIM(pkcs8(t, ed25519Key(t)), "s2027", []string{"praktijk.example"})
	if err != nil {
		t.Fatal(err)
	}
	plain := sentWith(t, nil, "post@praktijk.example")
	m := notice()
	m.From.Email = "post@praktijk.example"
	want, err := smtpmail.Compose(m)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(plain)); diff != "" {
		t.Errorf("without a key (-want +got):\n%s", diff)
	}
	for _, from := range []string{"post@other.example", "post@notpraktijk.example"} {
		if raw := sentWith(t, key, from); bytes.Contains(raw, []byte("DKIM-Signature")) {
			t.Errorf("mail from %s is signed", from)
		}
	}
}

func TestNewDKIMSaysWhatIsWrong(t *testing.T) {
	good := pkcs8(t, ed25519Key(t))
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, selector, want string
		pem                  []byte
		domains              []string
	}{
		{"no PEM", "s", "PEM", []byte("geheim"), []string{"a.example"}},
		{"a broken key", "s", "PKCS #8", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("geheim")}), []string{"a.example"}},
		{"a broken RSA key", "s", "RSA", pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: []byte("geheim")}), []string{"a.example"}},
		{"a short RSA key", "s", "1024 bits", pkcs8(t, rsaKey(t, 1024)), []string{"a.example"}},
		{"another kind of key", "s", "Ed25519", pkcs8(t, curve), []string{"a.example"}},
		{"no selector", "", "selector", good, []string{"a.example"}},
		{"a selector with a line end", "s\r\nX: y", "selector", good, []string{"a.example"}},
		{"no domain", "s", "domain", good, nil},
		{"a domain that is none", "s", "domain", good, []string{"a b"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := smtpmail.NewDKIM(tt.pem, tt.selector, tt.domains)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "geheim") {
				t.Errorf("error = %v, want %q in it", err, tt.want)
			}
		})
	}
}
