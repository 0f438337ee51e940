package main_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"

	"datalek/services/devstack/nameserver"
)

// signedMail is a supplier's mail with a signature, and the DNS record of its key.
func signedMail(t *testing.T) (mail, record string) {
	t.Helper()
	text := strings.ReplaceAll("From: Contoso Security <security@contoso.example>\nTo: info@praktijk.example\nSubject: Beveiligingsincident\nDate: Mon, 2 Mar 2026 14:00:00 +0100\n"+
		"Message-ID: <a1@contoso.example>\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\nTussen 1 maart 2026 en 2 maart 2026 lazen vreemden uw mailbox.\nKenmerk: CTS-2026-42.\n", "\n", "\r\n")
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	var out bytes.Buffer
	if err := dkim.Sign(&out, strings.NewReader(text), &dkim.SignOptions{Domain: "contoso.example", Selector: "s1", Signer: key}); err != nil {
		t.Fatal(err)
	}
	return out.String(), "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey))
}

// Story of a supplier's mail: somebody forwards it as an attachment and uploads
// it, its signature is checked, the form beside it is completed, and a case runs.
func TestStorySupplierMail(t *testing.T) {
	mail, record := signedMail(t)
	names, err := nameserver.Start(map[string][]string{"s1._domainkey.contoso.example": {record}})
	if err != nil {
		t.Fatal(err)
	}
	defer names.Close()
	d := startDemo(t, "--empty", "--dns-server", names.Addr())
	d.must(201, "POST", "/processors", map[string]any{"id": "contoso", "name": "Contoso", "contact": "privacy@contoso.example"}, nil)
	d.must(201, "POST", "/systems", map[string]any{"id": "mailbox", "name": "Mailbox", "processor": "contoso", "categories": []string{"name", "contact"}}, nil)
	forwarded := "From: anna@praktijk.example\r\nSubject: Fwd\r\nDate: Mon, 2 Mar 2026 15:00:00 +0100\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=F\r\n\r\n" +
		"--F\r\nContent-Type: text/plain\r\n\r\nZie bijlage.\r\n--F\r\nContent-Type: message/rfc822\r\n\r\n" + mail + "\r\n--F--\r\n"
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "fwd.eml")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write([]byte(forwarded))
	_ = form.Close()
	sent := loggedIn(t, d.BaseURL, d.Login, d.Password).send(http.MethodPost, "/triage/mail", form.FormDataContentType(), body.Bytes())
	at := sent.Header.Get("Location")
	if sent.Status != http.StatusSeeOther || !strings.HasPrefix(at, "/triage/") {
		t.Fatalf("the upload answered %d to %q", sent.Status, at)
	}
	if cases := d.cases(); len(cases) != 0 {
		t.Fatalf("a mail opened %d cases by itself", len(cases))
	}
	p := &person{visitor: openBrowser(t, d.BaseURL, deskWidth), t: t, disturb: func() {}}
	p.logIn(d)
	p.open(at)
	p.sees("De handtekening van contoso.example klopt", "anna@praktijk.example", "Contoso Security", "Voorstel, uit de tekst van de mail")
	p.fill("Wat is er gebeurd?", "Vreemden lazen de mailbox bij Contoso.")
	p.click("Leg dit vast als datalek")
	p.sees("Het datalek is vastgelegd", "Uw termijnen")
	cases := d.cases()
	if len(cases) != 1 || cases[0].Source != "mail" || cases[0].Playbook != "processor-breach" || strings.Join(cases[0].Systems, ",") != "mailbox" {
		t.Fatalf("cases = %+v", cases)
	}
	if len(cases[0].Clocks) < 2 {
		t.Errorf("clocks = %+v", cases[0].Clocks)
	}
}
