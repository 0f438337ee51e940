package vault_test

import (
	"strings"
	"testing"

	"datalek/services/vault"
)

// The content of a key file is a key that seals and opens, or is refused without
// being repeated.
func FuzzTextKey(f *testing.F) {
	for _, seed := range []string{"", "geheim", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "{}", `{"primaryKeyId":1,"key":[]}`, `{"primaryKeyId":1,"key":[{"keyData":{"typeUrl":"type.googleapis.com/google.crypto.tink.AesGcmKey","value":"GhA=","keyMaterialType":"SYMMETRIC"},"status":"ENABLED","keyId":1,"outputPrefixType":"TINK"}]}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		key, err := vault.TextKey(text)
		if err != nil {
			if len(text) > 20 && strings.Contains(err.Error(), text) {
				t.Errorf("the fault repeats the key: %v", err)
			}
			return
		}
		sealed, err := key.Encrypt([]byte("x"), nil)
		if err != nil {
			return // a keyset whose only key may not encrypt
		}
		if plain, err := key.Decrypt(sealed, nil); err != nil || string(plain) != "x" {
			t.Errorf("the key opens %q, %v", plain, err)
		}
	})
}
