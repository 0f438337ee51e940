package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/notifier"
	"datalek/services/checkup"
	"datalek/services/devstack"
	"datalek/services/smtpmail"
	"datalek/web/doctor"
	"datalek/web/locales"
	"datalek/web/page"
)

// postOffice is a mail server that delivers into a mailbox, under a Return-Path of
// its own choice.
type postOffice struct {
	smtp   *devstack.SMTPServer
	box    *devstack.IMAPServer
	prover prover
}

func openPostOffice(t *testing.T, behave func(devstack.Event) devstack.Act, returnPath func(from string) string) *postOffice {
	t.Helper()
	var o postOffice
	var err error
	if o.smtp, err = devstack.StartSMTP(devstack.SMTPOptions{Behave: behave}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.smtp.Close() })
	if o.box, err = devstack.StartIMAP(devstack.IMAPOptions{Username: "bounces@host.example", Password: "secret"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.box.Close() })
	store, err := openStore(t.Context(), storeFlags{Data: filepath.Join(t.TempDir(), "data"), Store: "sqlite"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	now := func() time.Time { return time.Date(2027, 3, 8, 12, 0, 0, 0, time.UTC) }
	cfg := config{SMTP: "smtp://" + o.smtp.Addr() + "?tls=none", returnFlags: returnFlags{IMAP: "imaps://bounces%40host.example@" + o.box.Addr() + "/INBOX", ReturnAddress: "bounces@host.example"}}
	cfg.IMAPPasswordFile = filepath.Join(t.TempDir(), "password")
	writeSecret(t, cfg.IMAPPasswordFile, "secret")
	account, err := cfg.mailbox(store, now)
	if err != nil {
		t.Fatal(err)
	}
	account.RootCAs = o.box.RootCAs()
	server, err := cfg.mailAccount(store, now)
	if err != nil {
		t.Fatal(err)
	}
	sender := smtpmail.New(server)
	t.Cleanup(func() { _ = sender.Close(context.Background()) })
	o.prover = prover{address: cfg.ReturnAddress, store: store, now: now, from: "anna@praktijk.example", find: boxOf(account, store, now).Find}
	o.prover.send = func(ctx context.Context, m incidents.Mail) incidents.Answer {
		a := sender.Send(ctx, m)
		if a.Kind == incidents.Accepted && returnPath != nil {
			got := o.smtp.Messages("", 1)[0]
			raw := append([]byte("Return-Path: "+returnPath(got.From)+"\r\n"), got.Raw...)
			if err := o.box.Put("INBOX", bytes.TrimPrefix(raw, []byte("Return-Path: \r\n")), now()); err != nil {
				t.Error(err)
			}
		}
		return a
	}
	return &o
}

func TestTheReturnAddressIsProvenByAMailThatComesIn(t *testing.T) {
	asItLeft := func(from string) string { return "<" + from + ">" }
	for _, tt := range []struct {
		name       string
		behave     func(devstack.Event) devstack.Act
		returnPath func(string) string
		change     func(*prover)
		state      checkup.State
		code       string
		proven     bool
		mails      int
	}{
		{"it comes in as it left", nil, asItLeft, nil, checkup.Well, "envelope_well", true, 1},
		{"under another sender", nil, func(string) string { return "<anna@praktijk.example>" }, nil, checkup.Note, "envelope_changed", false, 1},
		{"without a sender", nil, func(string) string { return "" }, nil, checkup.Note, "envelope_unseen", false, 1},
		{"the server does not take the sender", devstack.Refuse(devstack.AtMail, 550, "5.7.1", "no"), nil, nil, checkup.Note, "envelope_refused", false, 0},
		{"the address is not there", devstack.Refuse(devstack.AtRcpt, 550, "5.1.1", "no"), nil, nil, checkup.Note, "envelope_refused", false, 0},
		{"the server is away for now", devstack.Refuse(devstack.AtMail, 451, "4.3.0", "later"), nil, nil, checkup.Note, "envelope_later", false, 0},
		{"there is no mailbox to look into", nil, nil, func(p *prover) { p.find = nil }, checkup.Note, "envelope_unseen", false, 1},
		{"no address is named", nil, nil, func(p *prover) { p.address = "" }, checkup.Unchecked, "envelope_none", false, 0},
		{"the host trusts it", nil, nil, func(p *prover) { p.trusted = true }, checkup.Well, "envelope_trusted", false, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := openPostOffice(t, tt.behave, tt.returnPath)
			if tt.change != nil {
				tt.change(&o.prover)
			}
			got := o.prover.prove(t.Context())
			if got.State != tt.state || got.Code != tt.code || o.smtp.Count() != tt.mails {
				t.Errorf("found %+v after %d mails, want %s %s", got, o.smtp.Count(), tt.state, tt.code)
			}
			if passes, _, err := notifier.EnvelopeProven(t.Context(), o.prover.store, "bounces@host.example"); err != nil || passes != tt.proven {
				t.Errorf("proven: %t, %v", passes, err)
			}
			if tt.proven {
				if again := o.prover.prove(t.Context()); again.Code != "envelope_well" || o.smtp.Count() != 1 {
					t.Errorf("asked again: %+v after %d mails", again, o.smtp.Count())
				}
			}
		})
	}
}

// A trial that is slow is found by a later look; meanwhile no second one is sent.
func TestASlowTrialIsFoundLater(t *testing.T) {
	o := openPostOffice(t, nil, nil)
	soon, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if got := o.prover.prove(soon); got.Code != "envelope_waiting" || got.State != checkup.Note {
		t.Fatalf("found %+v", got)
	}
	sent := o.smtp.Messages("", 0)
	if len(sent) != 1 || sent[0].From != sent[0].To[0] || !strings.HasPrefix(sent[0].From, "bounces+proof") || incidents.DeliveryOfToken(strings.TrimSuffix(strings.TrimPrefix(sent[0].From, "bounces+"), "@host.example")) != "" {
		t.Fatalf("sent %+v", sent)
	}
	if err := o.box.Put("INBOX", append([]byte("Return-Path: <"+sent[0].From+">\r\n"), sent[0].Raw...), time.Now()); err != nil {
		t.Fatal(err)
	}
	if got := o.prover.prove(t.Context()); got.Code != "envelope_well" || o.smtp.Count() != 1 {
		t.Errorf("found %+v after %d mails", got, o.smtp.Count())
	}
}

// The doctor tells of the mailbox where it fails.
func TestTheDoctorLooksIntoTheMailbox(t *testing.T) {
	o := openPostOffice(t, nil, nil)
	dir := t.TempDir()
	password := filepath.Join(dir, "password")
	for _, tt := range []struct{ name, imap, secret, roots, code string }{
		{"all is well", "imaps://bounces%40host.example@" + o.box.Addr() + "/INBOX", "secret", "yes", "mailbox_well"},
		{"a wrong password", "imaps://bounces%40host.example@" + o.box.Addr() + "/INBOX", "guess", "yes", "mailbox_login"},
		{"a folder that is not there", "imaps://bounces%40host.example@" + o.box.Addr() + "/Nergens", "secret", "yes", "mailbox_folder"},
		{"a certificate that nobody knows", "imaps://bounces%40host.example@" + o.box.Addr() + "/INBOX", "secret", "", "mailbox_tls"},
		{"nobody answers", "imaps://bounces%40host.example@127.0.0.1:1/INBOX", "secret", "yes", "mailbox_connect"},
		{"no password", "imaps://bounces%40host.example@" + o.box.Addr() + "/INBOX", "", "yes", "mailbox_setup"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			writeSecret(t, password, tt.secret)
			k := newChecker(config{returnFlags: returnFlags{IMAP: tt.imap, IMAPPasswordFile: password}}, o.prover.now)
			if tt.roots != "" {
				k.roots = o.box.RootCAs()
			}
			check, on := k.mailboxCheck(o.prover.store)
			if got := check.Run(t.Context()); !on || got.Code != tt.code || (got.State == checkup.Well) != (tt.code == "mailbox_well") || strings.Contains(got.Detail, "bounces") {
				t.Errorf("found %+v", got)
			}
		})
	}
	if _, on := newChecker(config{}, o.prover.now).mailboxCheck(o.prover.store); on {
		t.Error("a mailbox that is not named is looked at")
	}
}

// The doctor tells of the folder of suppliers' mail: where it fails, and what its
// reader noted.
func TestTheDoctorLooksIntoTheFolderOfSuppliersMail(t *testing.T) {
	o := openPostOffice(t, nil, nil)
	if err := o.box.Create("Leveranciers"); err != nil {
		t.Fatal(err)
	}
	now := o.prover.now()
	password := filepath.Join(t.TempDir(), "password")
	at := func(ago time.Duration) time.Time { return now.Add(-ago).UTC() }
	version := int64(0)
	for _, tt := range []struct {
		name, folder, secret string
		noted                notifier.BoxState
		code                 string
		state                checkup.State
		says                 []string
	}{
		{"it was not read yet", "Leveranciers", "secret", notifier.BoxState{}, "first", checkup.Note, []string{"Leveranciers", "--supplier-folder"}},
		{"another folder was read before", "Leveranciers", "secret", notifier.BoxState{Folder: "Post", ReadAt: at(time.Minute)}, "first", checkup.Note, nil},
		{"all is well", "/Leveranciers/", "secret", notifier.BoxState{Folder: "Leveranciers", ReadAt: at(5 * time.Minute), Took: 3}, "well", checkup.Well,
			[]string{"Leveranciers", at(5 * time.Minute).Format("2006-01-02 15:04 UTC"), "came out of it: 3."}},
		{"nobody reads it any more", "Leveranciers", "secret", notifier.BoxState{Folder: "Leveranciers", ReadAt: at(time.Hour), Took: 3}, "late", checkup.Note, []string{"was not read since"}},
		{"mail cannot be kept", "Leveranciers", "secret", notifier.BoxState{Folder: "Leveranciers", Failing: at(time.Hour), Place: "keep"}, "keep", checkup.Unwell, []string{"cannot be kept", "--supplier-practice"}},
		{"it was mended a minute ago", "Leveranciers", "secret", notifier.BoxState{Folder: "Leveranciers", ReadAt: at(20 * time.Minute), Failing: at(15 * time.Minute), Place: "connect"}, "late", checkup.Note, nil},
		{"a wrong password", "Leveranciers", "guess", notifier.BoxState{}, "login", checkup.Unwell, []string{"does not accept our login"}},
		{"a folder that is not there", "Nergens", "secret", notifier.BoxState{}, "folder", checkup.Unwell, []string{"The folder Nergens is not there."}},
		{"no password", "Leveranciers", "", notifier.BoxState{}, "setup", checkup.Unwell, []string{"not set up well"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			writeSecret(t, password, tt.secret)
			raw, err := json.Marshal(tt.noted)
			if err == nil {
				err = o.prover.store.PutSetting(t.Context(), notifier.SupplierBoxSetting, raw, version)
			}
			if err != nil {
				t.Fatal(err)
			}
			version++
			k := newChecker(config{returnFlags: returnFlags{IMAP: "imaps://bounces%40host.example@" + o.box.Addr() + "/INBOX", IMAPPasswordFile: password},
				supplierFlags: supplierFlags{SupplierFolder: tt.folder}}, o.prover.now)
			k.roots = o.box.RootCAs()
			check, on := k.supplierCheck(o.prover.store)
			if !on {
				t.Fatal("it is not looked at")
			}
			found := checkup.Run(t.Context(), []checkup.Check{check})
			if found[0].Code != "supplier_folder_"+tt.code || found[0].State != tt.state || strings.Contains(found[0].Detail, "bounces") {
				t.Errorf("found %+v", found[0])
			}
			words, err := page.LoadWords(locales.Files)
			if err != nil {
				t.Fatal(err)
			}
			line := doctor.Say(words, page.English, findings(found)[0])
			said := line.Name + " " + line.Text + " " + line.Do
			for _, want := range append(tt.says, "Folder of suppliers' mail") {
				if !strings.Contains(said, want) {
					t.Errorf("it says %q, without %q", said, want)
				}
			}
		})
	}
	if _, on := newChecker(config{}, o.prover.now).supplierCheck(o.prover.store); on {
		t.Error("a folder that is not named is looked at")
	}
}

func writeSecret(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}
