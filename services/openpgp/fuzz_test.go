package openpgp_test

import (
	"errors"
	"testing"
	"time"

	"datalek/incidents/fault"
	"datalek/services/openpgp"
)

// What is pasted as a key is a key or a fault in words, never a crash.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{"", "x", "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDMEZ\n=AAAA\n-----END PGP PUBLIC KEY BLOCK-----", "-----BEGIN PGP PRIVATE KEY BLOCK-----",
		"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDMEAAAAABYJKwYBBAHaRw8BAQdA\n-----END PGP PUBLIC KEY BLOCK-----"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, armored string) {
		var said *fault.Error
		if err := openpgp.Check(armored, time.Date(2027, 3, 5, 12, 0, 0, 0, time.UTC)); err != nil && !errors.As(err, &said) {
			t.Errorf("the fault is %v", err)
		}
	})
}
