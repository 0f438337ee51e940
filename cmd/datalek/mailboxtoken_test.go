package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"datalek/incidents/fault"
	"datalek/services/devstack"
	"datalek/services/devstack/issuer"
)

// The whole way with a local issuer and a mailbox that demands XOAUTH2: by flags of
// its own, and by the mail server's when they are one account.
func TestTheMailboxIsReadByToken(t *testing.T) {
	for name, flags := range map[string]func(url, file string) config{
		"with tokens of its own": func(url, file string) config {
			return config{returnFlags: returnFlags{IMAPOAuthTokenURL: url, IMAPOAuthClientID: "datalek", IMAPOAuthRefreshTokenFile: file}}
		},
		"with the tokens of the mail server": func(url, file string) config {
			return config{mailFlags: mailFlags{SMTPOAuthTokenURL: url, SMTPOAuthClientID: "datalek", SMTPOAuthRefreshTokenFile: file}}
		},
	} {
		t.Run(name, func(t *testing.T) { mailboxByToken(t, flags) })
	}
}

func mailboxByToken(t *testing.T, flags func(url, file string) config) {
	giver := issuer.Start("geheim", "refresh-1")
	defer giver.Close()
	dir := t.TempDir()
	box, err := devstack.StartIMAP(devstack.IMAPOptions{Username: "anna@praktijk.example", Password: "never asked", Tokens: giver.Valid})
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	file := filepath.Join(dir, "refresh")
	if err := os.WriteFile(file, []byte("refresh-1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	store, err := openStore(t.Context(), storeFlags{Data: filepath.Join(dir, "data"), Store: "sqlite"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	now := time.Date(2027, 3, 8, 12, 0, 0, 0, time.UTC)
	cfg := flags(giver.URL(), file)
	cfg.IMAP = "imaps://anna%40praktijk.example@" + box.Addr() + "/INBOX"
	for _, step := range []struct {
		name    string
		before  func()
		refused bool
		given   int
	}{
		{"the first look asks for a token", func() {}, false, 1},
		{"after a restart the kept token serves", func() {}, false, 1},
		{"an expired token is replaced", func() { now = now.Add(2 * time.Hour) }, false, 2},
		{"a token taken back is replaced once", func() { giver.Revoke(false) }, false, 3},
		{"consent taken back refuses the mailbox", func() { giver.Revoke(true) }, true, 3},
	} {
		step.before()
		account, err := cfg.mailbox(store, func() time.Time { return now }) // as a process started anew
		if err != nil {
			t.Fatal(err)
		}
		account.RootCAs = box.RootCAs()
		err = boxOf(account, store, func() time.Time { return now }).Check(t.Context())
		if (err != nil) != step.refused || err != nil && !errors.Is(err, fault.Forbidden) || giver.Given() != step.given {
			t.Errorf("%s: %v after %d tokens, want %d", step.name, err, giver.Given(), step.given)
		}
	}
}

func TestFlagsOfTheMailboxThatCannotWork(t *testing.T) {
	for name, f := range map[string]returnFlags{
		"an id without a place":   {IMAP: "imaps://u@h/INBOX", IMAPOAuthClientID: "x"},
		"tokens and a password":   {IMAP: "imaps://u@h/INBOX", IMAPOAuthTokenURL: "https://x.example", IMAPPasswordFile: "f"},
		"tokens without mailbox":  {IMAPOAuthTokenURL: "https://x.example"},
		"password without a box":  {IMAPPasswordFile: "f"},
		"trust without a address": {ReturnTrusted: true},
	} {
		if f.validate() == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if _, err := (config{returnFlags: returnFlags{IMAP: "imaps://u@h/INBOX"}}).box(nil, nil); err == nil {
		t.Error("a mailbox without password and tokens is taken")
	}
}
