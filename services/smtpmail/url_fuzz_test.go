package smtpmail_test

import (
	"strings"
	"testing"

	"datalek/services/smtpmail"
)

// An address of a mail server is read or refused; what is refused is not
// repeated, since it may hold a password.
func FuzzParseURL(f *testing.F) {
	for _, seed := range []string{"", "smtp://user@host", "smtp://user:geheim@host:1", "smtp://a%40b@host:993/INBOX", "smtp://[::1]:25", "smtp://host:99999", "smtp:x", "%zz", "smtp://host?tls=none&tls=x#y"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		a, err := smtpmail.ParseURL(address, "")
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
