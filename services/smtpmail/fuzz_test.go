package smtpmail_test

import (
	"bytes"
	"errors"
	"net/mail"
	"slices"
	"strings"
	"testing"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/services/smtpmail"
)

// FuzzCompose tries to get a second recipient or a header of its own into a
// mail through each thing that people type.
func FuzzCompose(f *testing.F) {
	f.Add("Zoë", "zoe@vandijk.example", "", "klant@example.nl", "Bericht over uw gegevens", "Dag.\n", "<p>Dag</p>", "nl", "id-1")
	f.Add("a\r\nBcc: x@evil.example", "a@b.example", "x, y", "c@d.example", "s\r\nTo: x@evil.example", "t", "", "en", "1")
	f.Add("=?utf-8?q?a=0D=0ABcc:_x?=", "a@b.example,c@d.example", `"`, "<c@d.example>", "=?utf-8?b?DQpCY2M6IHg=?=", "\r\n.\r\n", "<html>", "nl-BE", "a.b")
	f.Add("x", "a@[127.0.0.1]", "\\", "\"a b\"@c.example", strings.Repeat("é", 500), "--=_", "<HTML LANG=x>", "de", "..")
	f.Fuzz(func(t *testing.T, fromName, from, toName, to, subject, text, html, language, id string) {
		m := incidents.Mail{
			MessageID: id, From: incidents.Address{Name: fromName, Email: from}, To: incidents.Address{Name: toName, Email: to},
			ReplyTo: incidents.Address{Name: toName, Email: from}, Subject: subject, Text: text, HTML: html, Language: language, At: sent,
		}
		raw, err := smtpmail.Compose(m)
		if err != nil {
			if !errors.Is(err, fault.Invalid) {
				t.Fatalf("a guard let through what could not be composed: %v", err)
			}
			return
		}
		checkOneRecipient(t, raw, to)
	})
}

func checkOneRecipient(t *testing.T, raw []byte, to string) {
	t.Helper()
	parsed, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	known := []string{"Date", "From", "Reply-To", "To", "Message-Id", "Subject", "Content-Language", "Auto-Submitted",
		"Mime-Version", "Content-Type", "Content-Transfer-Encoding"}
	for name, values := range parsed.Header {
		if !slices.Contains(known, name) || len(values) != 1 {
			t.Errorf("header %s: %q", name, values)
		}
	}
	list, err := parsed.Header.AddressList("To")
	if err != nil || len(list) != 1 {
		t.Fatalf("To = %v, %v", list, err)
	}
	local, _, _ := strings.Cut(to, "@")
	if !strings.HasPrefix(list[0].Address, local+"@") {
		t.Errorf("To = %s, asked for %s", list[0].Address, to)
	}
	for i, line := range bytes.Split(raw, []byte("\r\n")) {
		if len(line) > 998 || bytes.ContainsAny(line, "\r\n") {
			t.Errorf("line %d: %q", i, line)
		}
	}
}
