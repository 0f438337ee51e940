package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/services/devstack"
	"datalek/services/devstack/issuer"
	"datalek/services/smtpmail"
)

// The whole way with a local issuer and a server that demands XOAUTH2: tokens lie
// in the real store, a token taken back early costs no mail, and consent taken
// back ends in a refused account.
func TestMailGoesOutByToken(t *testing.T) {
	giver := issuer.Start("geheim", "refresh-1")
	defer giver.Close()
	post, err := devstack.StartSMTP(devstack.SMTPOptions{Tokens: giver.Valid})
	if err != nil {
		t.Fatal(err)
	}
	defer post.Close()
	dir := t.TempDir()
	file := filepath.Join(dir, "refresh")
	if err := os.WriteFile(file, []byte("refresh-1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := config{SMTP: "smtp://anna%40praktijk.example@" + post.Addr() + "?tls=none",
		mailFlags: mailFlags{SMTPOAuthTokenURL: giver.URL(), SMTPOAuthClientID: "datalek", SMTPOAuthRefreshTokenFile: file}}
	store, err := openStore(t.Context(), storeFlags{Data: filepath.Join(dir, "data"), Store: "sqlite"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	now := func() time.Time { return time.Date(2027, 3, 8, 12, 0, 0, 0, time.UTC) }
	for _, step := range []struct {
		name   string
		before func()
		kind   incidents.AnswerKind
		given  int
	}{
		{"the first mail asks for a token", func() {}, incidents.Accepted, 1},
		{"after a restart the kept token serves", func() {}, incidents.Accepted, 1},
		{"a token taken back is replaced once", func() { giver.Revoke(false) }, incidents.Accepted, 2},
		{"consent taken back refuses the account", func() { giver.Revoke(true) }, incidents.RefusedAccount, 2},
	} {
		step.before()
		account, err := cfg.mailAccount(store, now)
		if err != nil {
			t.Fatal(err)
		}
		sender := smtpmail.New(account) // as a process started anew
		got := sender.Send(t.Context(), incidents.Mail{MessageID: "d-1", From: incidents.Address{Email: "anna@praktijk.example"},
			To: incidents.Address{Email: "klant@example.nl"}, Subject: "Bericht", Text: "Dag.", Language: "nl", At: now()})
		if err := sender.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got.Kind != step.kind || giver.Given() != step.given || step.kind != incidents.Accepted && got.Stage != "auth" {
			t.Errorf("%s: %+v after %d tokens, want %s after %d", step.name, got, giver.Given(), step.kind, step.given)
		}
	}
}

// Ten mails a second are let through, however many connections there are.
func TestAnAccountSendsNoMoreThanItsProviderWants(t *testing.T) {
	post, err := devstack.StartSMTP(devstack.SMTPOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer post.Close()
	account, err := config{SMTP: "smtp://" + post.Addr() + "?tls=none", mailFlags: mailFlags{SMTPPerMinute: 600}}.mailAccount(nil, func() time.Time { return time.Date(2027, 3, 8, 12, 0, 0, 0, time.UTC) })
	if err != nil {
		t.Fatal(err)
	}
	sender := smtpmail.New(account)
	defer sender.Close(context.Background())
	began := time.Now()
	for n := range 6 {
		got := sender.Send(t.Context(), incidents.Mail{MessageID: "d-" + string(rune('a'+n)), From: incidents.Address{Email: "anna@praktijk.example"},
			To: incidents.Address{Email: "klant@example.nl"}, Subject: "Bericht", Text: "Dag.", Language: "nl", At: began})
		if got.Kind != incidents.Accepted {
			t.Fatalf("%+v", got)
		}
	}
	if took := time.Since(began); took < 450*time.Millisecond { // the first at once, then one each 100 ms
		t.Errorf("6 mails left in %s", took)
	}
	if (mailFlags{SMTPPerMinute: -1}).validate() == nil {
		t.Error("a limit below zero is taken")
	}
}
