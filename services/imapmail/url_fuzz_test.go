package imapmail_test

import (
	"strings"
	"testing"

	"datalek/services/imapmail"
)

// An address of a mail server is read or refused; what is refused is not
// repeated, since it may hold a password.
func FuzzParseURL(f *testing.F) {
	for _, seed := range []string{"", "imaps://user@host", "imaps://user:geheim@host:1", "imaps://a%40b@host:993/INBOX", "imaps://[::1]:25", "imaps://host:99999", "imaps:x", "%zz", "imaps://host?tls=none&tls=x#y"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		a, err := imapmail.ParseURL(address, "")
		if err == nil {
			if a.Host == "" || a.Port < 1 || a.Port > 65535 {
				t.Errorf("%q is read as %s:%d", address, a.Host, a.Port)
			}
			return
		}
		if _, given, found := strings.Cut(address, ":geheim"); found && len(given) > 0 && strings.Contains(err.Error(), "geheim") {
			t.Errorf("the fault repeats the password: %v", err)
		}
	})
}
