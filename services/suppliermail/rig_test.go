package suppliermail_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"datalek/incidents"
	"datalek/services/suppliermail"
)

var told = time.Date(2027, 3, 5, 16, 42, 0, 0, time.UTC)

// records answers from a table.
type records map[string][]string

func (r records) LookupTXT(_ context.Context, name string) ([]string, error) {
	texts, known := r[name]
	if !known {
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	return texts, nil
}

// mute is a nameserver that never answers.
type mute struct{}

func (mute) LookupTXT(ctx context.Context, name string) ([]string, error) {
	<-ctx.Done()
	return nil, &net.DNSError{Err: "timeout", Name: name, IsTimeout: true, IsTemporary: true}
}

// down is a nameserver that is out of order.
type down struct{}

func (down) LookupTXT(context.Context, string) ([]string, error) { return nil, errors.New("refused") }

func read(t *testing.T, raw string, known records) incidents.MailReading {
	t.Helper()
	return suppliermail.New(suppliermail.Options{DNS: known}).Read(t.Context(), []byte(raw), told)
}

// wire gives text the line ends of the wire.
func wire(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\n", "\r\n")
}

// signed is a mail with a signature of a domain, and the record with its key.
func signed(t *testing.T, mail, domain string) (string, records) {
	t.Helper()
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	var out bytes.Buffer
	err := dkim.Sign(&out, strings.NewReader(wire(mail)), &dkim.SignOptions{Domain: domain, Selector: "s1", Signer: key,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed})
	if err != nil {
		t.Fatal(err)
	}
	public := base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey))
	return out.String(), records{"s1._domainkey." + domain: {"v=DKIM1; k=ed25519; p=" + public}}
}

const plainMail = `From: Contoso Security <security@mail.contoso.example>
To: info@praktijk.example
Subject: =?utf-8?q?Beveiligingsincident_CTS-2027-0042_=E2=80=93_caf=C3=A9?=
Date: Fri, 5 Mar 2027 14:00:00 +0100
Message-ID: <a1@contoso.example>
Received: from mx.contoso.example by mx.praktijk.example; Fri, 5 Mar 2027 14:00:07 +0100
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

Tussen 1 maart 2027 en 2 maart 2027 zijn mailboxen gelezen.
Zie https://status.contoso.example/CTS-2027-0042.
`
