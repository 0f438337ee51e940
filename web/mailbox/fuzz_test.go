package mailbox_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"datalek/web/mailbox"
)

// Whatever was caught as a mail is shown as text, and no bigger than its parts.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{"", "x", "Subject: =?utf-8?q?=00?=\n\nx", "Content-Type: multipart/mixed; boundary=x\n\n" + strings.Repeat("--x\nContent-Type: multipart/mixed; boundary=x\n\n", 40),
		"Content-Type: text/html; charset=utf-7\nContent-Transfer-Encoding: base64\n\n====", "From: a\nFrom: b\nContent-Transfer-Encoding: quoted-printable\n\n=zz"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if shown := mailbox.ReadAll(mailbox.Caught{From: "a@x.example", To: []string{"b@x.example"}, Raw: []byte(raw)}); !utf8.ValidString(shown) {
			t.Errorf("%q is shown as %q", raw, shown)
		}
	})
}
