package suppliermail_test

import (
	"strings"
	"testing"

	"datalek/incidents"
	"datalek/services/suppliermail"
)

func TestSignaturesAreChecked(t *testing.T) {
	own, keys := signed(t, plainMail, "contoso.example")
	other, otherKeys := signed(t, plainMail, "list.example")
	lookalike, lookalikeKeys := signed(t, plainMail, "evilcontoso.example")
	none := suppliermail.Options{DNS: records{}}
	for _, tt := range []struct {
		name, mail string
		with       suppliermail.Options
		want       incidents.Signing
	}{
		{"the sender's own, under the same name", own, suppliermail.Options{DNS: keys}, incidents.SigningGood},
		{"saved with the line ends of a machine", strings.ReplaceAll(own, "\r\n", "\n"), suppliermail.Options{DNS: keys}, incidents.SigningGood},
		{"another domain's", other, suppliermail.Options{DNS: otherKeys}, incidents.SigningOther},
		{"a domain that looks alike", lookalike, suppliermail.Options{DNS: lookalikeKeys}, incidents.SigningOther},
		{"one changed word", strings.Replace(own, "mailboxen", "agenda's", 1), suppliermail.Options{DNS: keys}, incidents.SigningBad},
		{"a second sender above the signed one", "From: x@microsoft.example\r\n" + own, suppliermail.Options{DNS: keys}, incidents.SigningBad},
		{"a second subject above the signed one", "Subject: Pay now\r\n" + own, suppliermail.Options{DNS: keys}, incidents.SigningBad},
		{"no signature", plainMail, suppliermail.Options{DNS: keys}, incidents.SigningNone},
		{"a key that is gone", own, none, incidents.SigningUnchecked},
		{"DNS out of order", own, suppliermail.Options{DNS: down{}}, incidents.SigningUnchecked},
		{"a tag line that is no signature", "DKIM-Signature: nonsense\r\n" + plainMail, none, incidents.SigningBad},
		{"another key under the name", own, suppliermail.Options{DNS: records{"s1._domainkey.contoso.example": {"v=DKIM1; k=rsa; p=AAAA"}}}, incidents.SigningBad},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := suppliermail.New(tt.with).Read(t.Context(), []byte(tt.mail), told).Message.Mail
			if m.Signing != tt.want {
				t.Errorf("signing = %s, want %s: %+v", m.Signing, tt.want, m.Signatures)
			}
		})
	}
}

func TestFewKeysAreAskedFor(t *testing.T) {
	asked := counter{records{}, new(int)}
	mail := strings.Repeat("DKIM-Signature: v=1; a=rsa-sha256; d=x.example; s=s; h=from; bh=AA==; b=AA==\n", 1000) + plainMail
	m := suppliermail.New(suppliermail.Options{DNS: asked}).Read(t.Context(), []byte(mail), told).Message.Mail
	if *asked.n > 5 || len(m.Signatures) > 5 {
		t.Errorf("%d keys were asked for, %d signatures kept", *asked.n, len(m.Signatures))
	}
}
