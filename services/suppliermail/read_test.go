package suppliermail_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents"
	"datalek/services/suppliermail"
)

func TestAMailIsReadWhole(t *testing.T) {
	got := read(t, plainMail, nil)
	sent := time.Date(2027, 3, 5, 13, 0, 0, 0, time.UTC)
	want := incidents.MailReading{
		Text:   "Tussen 1 maart 2027 en 2 maart 2027 zijn mailboxen gelezen.\nZie https://status.contoso.example/CTS-2027-0042.",
		SentAt: sent, Headers: got.Headers,
		Message: incidents.Message{Kind: incidents.MessageUnknown, Format: "mail", Title: "Beveiligingsincident CTS-2027-0042 – café",
			Claims: []incidents.Claim{{Name: "Date", At: sent}, {Name: "Received", At: sent.Add(7 * time.Second)}},
			Mail: &incidents.SupplierMail{From: "security@mail.contoso.example", FromName: "Contoso Security", Domain: "contoso.example", MessageID: "<a1@contoso.example>",
				Links: []incidents.MailLink{{Target: "https://status.contoso.example/CTS-2027-0042"}}, Signing: incidents.SigningNone}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("reading (-want +got):\n%s", diff)
	}
	for _, name := range []string{"from", "subject", "date", "message-id", "received", "content-type"} {
		if got.Headers[name] == "" {
			t.Errorf("header %s is not kept", name)
		}
	}
}

func TestPartsAreDecodedAndHTMLBecomesText(t *testing.T) {
	body := base64.StdEncoding.EncodeToString([]byte(`<html><head><style>p{}</style></head><body><script>alert(1)</script><p onclick="x()">Beste klant,</p>` +
		`<ul><li>namen</li><li>adressen</li></ul><a href="https://track.example/x?u=1">Lees <b>meer</b></a> <a href="javascript:alert(1)">hier</a><img src="https://pixel.example/1.gif"></body></html>`))
	mail := "From: a@b.example\nSubject: x\nDate: Fri, 5 Mar 2027 14:00:00 +0100\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=M\n\n" +
		"--M\nContent-Type: multipart/alternative; boundary=A\n\n--A\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64\n\n" + body + "\n--A--\n" +
		"--M\nContent-Type: application/pdf; name=\"=?utf-8?q?rapport=C3=A9.pdf?=\"\nContent-Disposition: attachment\nContent-Transfer-Encoding: base64\n\nQUJDRA==\n--M--\n"
	got := read(t, mail, nil)
	if want := "Beste klant,\n\n- namen\n- adressen\n\nLees meer hier"; got.Text != want {
		t.Errorf("text = %q, want %q", got.Text, want)
	}
	m := got.Message.Mail
	if diff := cmp.Diff([]incidents.MailLink{{Text: "Lees meer", Target: "https://track.example/x?u=1"}}, m.Links); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]incidents.MailAttachment{{Name: "rapporté.pdf", Type: "application/pdf", Size: 4}}, m.Attachments); diff != "" {
		t.Errorf("attachments (-want +got):\n%s", diff)
	}
	if m.Fault != "" {
		t.Errorf("fault = %q", m.Fault)
	}
}

func TestOldTablesOfLettersAreRead(t *testing.T) {
	for _, tt := range []struct{ name, head, body, want string }{
		{"Western", "text/plain; charset=iso-8859-1", "caf\xe9", "café"},
		{"Windows quoted", "text/plain; charset=windows-1252\nContent-Transfer-Encoding: quoted-printable", "caf=E9 =80", "café €"},
		{"none named", "text/plain", "café", "café"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := read(t, "From: a@b.example\nDate: Fri, 5 Mar 2027 14:00:00 +0100\nContent-Type: "+tt.head+"\n\n"+tt.body+"\n", nil)
			if got.Text != tt.want || got.Message.Mail.Fault != "" {
				t.Errorf("text = %q fault %q, want %q", got.Text, got.Message.Mail.Fault, tt.want)
			}
		})
	}
}

// forwarded is a mail that somebody sent on as an attachment.
func forwarded(inner string) string {
	return "From: Anke <anke@praktijk.example>\nTo: meldingen@praktijk.example\nSubject: Fwd: x\nDate: Fri, 5 Mar 2027 15:00:00 +0100\nMIME-Version: 1.0\n" +
		"Content-Type: multipart/mixed; boundary=F\n\n--F\nContent-Type: text/plain\n\nZie bijlage.\n--F\nContent-Type: message/rfc822\nContent-Disposition: attachment\n\n" + inner + "\n--F--\n"
}

func TestAMailSentOnAsAnAttachmentCountsItself(t *testing.T) {
	mail, keys := signed(t, plainMail, "contoso.example")
	got := read(t, forwarded(mail), keys)
	m := got.Message.Mail
	if m.From != "security@mail.contoso.example" || m.ForwardedBy != "anke@praktijk.example" || strings.Contains(got.Text, "bijlage") {
		t.Errorf("from %q by %q: %q", m.From, m.ForwardedBy, got.Text)
	}
	if m.Signing != incidents.SigningGood {
		t.Errorf("signing = %s: the signature of the inner mail is whole", m.Signing)
	}
}

func TestPastedWordsTellWhoTheyAreFrom(t *testing.T) {
	got := read(t, "Doorgestuurd bericht\n\nVan: Contoso Security <security@contoso.example>\nOnderwerp: Incident 42\nDatum: Fri, 5 Mar 2027 14:00:00 +0100\nAan: mij\n\nEr is iets gebeurd: zie http://contoso.example/a.", nil)
	m := got.Message.Mail
	if !m.Pasted || m.From != "security@contoso.example" || m.FromName != "Contoso Security" || m.Domain != "contoso.example" || got.Message.Title != "Incident 42" || got.SentAt.IsZero() {
		t.Errorf("read %+v, title %q, sent %s", m, got.Message.Title, got.SentAt)
	}
	if len(m.Links) != 1 || m.Links[0].Target != "http://contoso.example/a" {
		t.Errorf("links = %v", m.Links)
	}
}

func TestTimesOfTheFutureAreNotBelieved(t *testing.T) {
	got := read(t, strings.Replace(plainMail, "Date: Fri, 5 Mar 2027", "Date: Fri, 5 Mar 2037", 1), nil)
	if !got.SentAt.IsZero() || len(got.Message.Claims) != 1 {
		t.Errorf("sent %s, claims %v", got.SentAt, got.Message.Claims)
	}
}

// broken are mails that nobody should send.
func broken() map[string]string {
	nested := strings.Builder{}
	nested.WriteString("From: a@b.example\nDate: Fri, 5 Mar 2027 14:00:00 +0100\nSubject: deep\n")
	for n := range 1000 {
		b := "B" + strings.Repeat("x", n%9) + string(rune('0'+n%10))
		nested.WriteString("Content-Type: multipart/mixed; boundary=" + b + "\n\n--" + b + "\n")
	}
	encodings := "From: a@b.example\nDate: Fri, 5 Mar 2027 14:00:00 +0100\nSubject: " + strings.Repeat("=?utf-8?b?"+strings.Repeat("QUFB", 20)+"?= ", 2000) + "\nContent-Transfer-Encoding: " +
		strings.Repeat("base64, ", 500) + "\n\nwords"
	return map[string]string{
		"nothing":                      "",
		"no header":                    "\n\nJust words.",
		"header without a body":        "From: a@b.example\nDate: x\nSubject: y",
		"10,000 Received lines":        strings.Repeat("Received: from a by b; Fri, 5 Mar 2027 14:00:07 +0100\n", 10_000) + plainMail,
		"10,000 signatures":            strings.Repeat("DKIM-Signature: v=1; a=rsa-sha256; d=x.example; s=s; h=from; bh=AA==; b=AA==\n", 10_000) + plainMail,
		"a header of 4 MB":             "From: a@b.example\nDate: x\nX-Long: " + strings.Repeat("x", 4<<20) + "\n\nwords",
		"1,000 nested parts":           nested.String(),
		"1,000 parts side by side":     "From: a@b.example\nDate: x\nContent-Type: multipart/mixed; boundary=P\n\n" + strings.Repeat("--P\nContent-Type: text/plain\n\nword\n", 1000) + "--P--\n",
		"a bomb of encodings":          encodings,
		"a charset that is none":       "From: a@b.example\nDate: x\nContent-Type: text/plain; charset=klingon\n\nHegh\xff",
		"a wrong charset":              "From: a@b.example\nDate: x\nContent-Type: text/plain; charset=utf-16\n\nabc",
		"an encoding that is none":     "From: a@b.example\nDate: x\nContent-Transfer-Encoding: rot13\n\nUryyb",
		"broken base64":                "From: a@b.example\nDate: x\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\n!!!!",
		"a part that never ends":       "From: a@b.example\nDate: x\nContent-Type: multipart/mixed; boundary=P\n\n--P\nContent-Type: text/plain\n\nword",
		"no boundary":                  "From: a@b.example\nDate: x\nContent-Type: multipart/mixed\n\nword",
		"nul bytes":                    "From: a@b.example\nDate: x\nSubject: a\x00b\n\n\x00\x00word\x00",
		"nuls alone":                   strings.Repeat("\x00", 1000),
		"a line break in the subject":  "From: a@b.example\nDate: x\nSubject: =?utf-8?q?a=0D=0ABcc:_x@y.example?=\n\nword",
		"a mail in a mail in a mail":   forwarded(forwarded(forwarded(forwarded(forwarded(forwarded(plainMail)))))),
		"HTML without an end":          "From: a@b.example\nDate: x\nContent-Type: text/html\n\n" + strings.Repeat("<div><a href=https://x.example>", 30_000),
		"25 MB":                        plainMail + strings.Repeat("x", 25<<20),
		"an attachment with no letter": "From: a@b.example\nDate: x\nContent-Type: application/pdf\n\n",
	}
}

func TestBrokenMailsAreKeptReadable(t *testing.T) {
	for name, raw := range broken() {
		t.Run(name, func(t *testing.T) {
			got := read(t, raw, nil)
			sound(t, got)
			if strings.ContainsAny(got.Message.Title, "\r\n\x00") {
				t.Errorf("title = %q", got.Message.Title)
			}
		})
	}
}

func TestWhatCannotBeReadIsShownWithTheReason(t *testing.T) {
	mails := broken()
	for name, want := range map[string]incidents.MailFault{
		"1,000 nested parts": incidents.MailDeep, "a charset that is none": incidents.MailCharset, "broken base64": incidents.MailBroken,
		"an encoding that is none": incidents.MailBroken, "a header of 4 MB": incidents.MailHeaderless, "nuls alone": incidents.MailWordless,
		"an attachment with no letter": incidents.MailWordless, "1,000 parts side by side": incidents.MailDeep,
	} {
		if got := read(t, mails[name], nil).Message.Mail.Fault; got != want {
			t.Errorf("%s: fault = %q, want %q", name, got, want)
		}
	}
	if got := read(t, mails["25 MB"], nil); !got.Message.Mail.Cut || !strings.HasPrefix(got.Text, "Tussen 1 maart") {
		t.Errorf("a mail of 25 MB is not cut, or its words are lost")
	}
	if got := read(t, mails["1,000 nested parts"], nil); !strings.Contains(got.Text, "Subject: deep") {
		t.Errorf("its bytes are not shown: %q", got.Text)
	}
}

func TestASlowNameserverDoesNotHoldAMail(t *testing.T) {
	mail, _ := signed(t, plainMail, "contoso.example")
	r := suppliermail.New(suppliermail.Options{DNS: mute{}, Patience: 20 * time.Millisecond})
	if got := r.Read(t.Context(), []byte(mail), told).Message.Mail.Signing; got != incidents.SigningUnchecked {
		t.Errorf("signing = %s", got)
	}
}
