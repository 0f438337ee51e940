package registry_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

// pair is a sender's key pair in the form in which it is given out.
func pair(seed byte) (public, private string) {
	key := ed25519.NewKeyFromSeed([]byte(strings.Repeat(string(rune(seed)), ed25519.SeedSize)))
	return "whpk_" + base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey)), "whsk_" + base64.StdEncoding.EncodeToString(key)
}

func keyOf(t *testing.T, hexadecimal string) string {
	t.Helper()
	raw, err := hex.DecodeString(hexadecimal)
	if err != nil {
		t.Fatal(err)
	}
	return "whpk_" + base64.StdEncoding.EncodeToString(raw)
}

func TestOnlyAPublicKeyIsTaken(t *testing.T) {
	public, private := pair('a')
	for _, tt := range []struct{ name, text, want string }{
		{"a public key", public, ""},
		{"with a line's end", " " + public + "\n", ""},
		{"a private key", private, "error.key_private"},
		{"a private key under the public key's name", "whpk_" + strings.TrimPrefix(private, "whsk_"), "error.key_private"},
		{"a private key as PEM", "-----BEGIN PRIVATE KEY-----", "error.key_private"},
		{"a shared secret", "whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 32)), "error.key_secret"},
		{"without its first letters", strings.TrimPrefix(public, "whpk_"), "error.key_prefix"},
		{"nothing", "", "error.key_prefix"},
		{"half a key", public[:20], "error.key_broken"},
		{"the neutral point, for which anybody can sign", keyOf(t, "01"+strings.Repeat("00", 31)), "error.key_broken"},
		{"a point of order two", keyOf(t, "ec"+strings.Repeat("ff", 30)+"7f"), "error.key_broken"},
		{"a point of order four", keyOf(t, strings.Repeat("00", 32)), "error.key_broken"},
		{"a point of order eight", keyOf(t, "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "error.key_broken"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := registry.ReadPublicKey(tt.text)
			faults := fault.Fields(err)
			if tt.want == "" && err != nil || tt.want != "" && (len(faults) != 1 || faults[0].Key != tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestAnAddressKnowsAFewKeysOnce(t *testing.T) {
	var e registry.Endpoint
	for n := range registry.MostPublicKeys {
		public, _ := pair('a' + byte(n))
		if err := errors.Join(e.AddKey(public), e.AddKey(public)); err != nil || len(e.PublicKeys) != n+1 {
			t.Fatalf("%d keys, %v", len(e.PublicKeys), err)
		}
	}
	more, _ := pair('z')
	if err := e.AddKey(more); !errors.Is(err, fault.Invalid) || len(e.PublicKeys) != registry.MostPublicKeys {
		t.Errorf("one more: %v, %d keys", err, len(e.PublicKeys))
	}
	first := e.PublicKeys[0]
	if err := e.RemoveKey(first); err != nil || len(e.PublicKeys) != registry.MostPublicKeys-1 || e.PublicKeys[0] == first {
		t.Errorf("removed: %v, %v", err, e.PublicKeys)
	}
	if err := e.RemoveKey(first); !errors.Is(err, fault.NotFound) {
		t.Errorf("removed twice: %v", err)
	}
}
