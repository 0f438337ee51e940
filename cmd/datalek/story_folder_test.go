package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"datalek/services/devstack"
	"datalek/services/devstack/nameserver"
)

// Story of a folder in the mailbox: two workers read it and are restarted and killed
// in between, mail that nobody can read lies there as well, each becomes one report,
// and the pages and the doctor say how it fares. A person makes a case of one.
func TestStoryOfAFolderOfSuppliersMail(t *testing.T) {
	t.Parallel()
	box, err := devstack.StartIMAP(devstack.IMAPOptions{Username: "anna@praktijk.example", Password: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = box.Close() })
	if err := box.Create("Leveranciers"); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	roots, password := filepath.Join(dir, "roots.pem"), filepath.Join(dir, "password")
	for file, text := range map[string]string{roots: string(box.CertificatePEM()), password: "secret\n"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	mail, record := signedMail(t)
	names, err := nameserver.Start(map[string][]string{"s1._domainkey.contoso.example": {record}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = names.Close() })
	flags := []string{"--dns-server", names.Addr(), "--imap", "imaps://anna%40praktijk.example@" + box.Addr() + "/INBOX", "--imap-password-file", password, "--supplier-folder", "Leveranciers"}
	w := startSite(t, shape{store: startStandin(t), bus: startBus(t, 1).urls(), webs: 1, workers: 2, environ: []string{"SSL_CERT_FILE=" + roots}, flags: flags})
	lies := func(mails ...string) {
		t.Helper()
		for _, raw := range mails {
			if err := box.Put("Leveranciers", []byte(raw), time.Now()); err != nil {
				t.Fatal(err)
			}
		}
	}
	waits := func() (ids []string) { // the reports that stand before a person
		var page struct {
			Items []struct{ ID, Source, State string }
		}
		w.must(200, "GET", "/reports?state=all&limit=100", nil, &page)
		for _, r := range page.Items {
			if r.Source != "mail" {
				t.Errorf("there is a report by %s", r.Source)
			}
			ids = append(ids, r.ID)
		}
		return ids
	}
	minute := func() { w.moveClock(time.Until(w.now()) + 61*time.Second) } // after which the folder is looked at
	come := func(what string, want int) {
		t.Helper()
		minute()
		w.passWithin(4*time.Minute, what, 61*time.Second, func() error {
			if got := len(waits()); got != want {
				return errNot("%d reports, want %d", got, want)
			}
			return nil
		})
	}
	visit := loggedIn(t, w.BaseURL, w.Login, w.Password)
	says := func(path string, texts ...string) {
		t.Helper()
		w.passWithin(4*time.Minute, path+" says so", 6*time.Minute, func() error {
			shown := visit.get(path)
			for _, text := range texts {
				if !strings.Contains(shown.Body, text) {
					return errNot("%d without %q", shown.Status, text)
				}
			}
			return nil
		})
	}

	lies(mail, mail) // the same mail, moved there twice, is one
	come("the mail is a report", 1)
	first := waits()[0]
	says("/triage/"+first, "De handtekening van contoso.example klopt")
	says("/triage/mail", "We lezen ook de map Leveranciers", "Uit die map kwam 1 mail")

	w.all[1].stop()
	// Of the first the server gives nothing, as of the last: they are two all the same.
	lies("\x00\x01\xff\xfe nothing that is a mail", "From: broken\r\nContent-Type: multipart/mixed; boundary=X\r\n\r\n--X\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!\r\n", "\r\n\r\n")
	come("what nobody can read is shown too", 4)
	says("/triage/mail", "Uit die map kwamen 4 mails")
	w.all[2].kill()
	w.proof.cut(1)
	lies(strings.Replace(mail, "CTS-2026-42", "CTS-2026-43", 1)) // its signature is wrong now
	w.all[1].serve()
	come("a worker goes on where another was killed", 5)
	says("/triage/mail", "Uit die map kwamen 5 mails")
	w.all[2].serve()
	for range 2 { // by the second look each worker has ended its first
		before := box.Connections()
		minute()
		awaitWithin(t, 4*time.Minute, "both workers look again", func() error {
			if looks := box.Connections() - before; looks < 2 {
				return errNot("%d looks", looks)
			}
			return nil
		})
	}
	come("nothing came twice", 5)
	if unseen, err := box.Unseen("Leveranciers"); err != nil || unseen != 6 {
		t.Errorf("%d unread, %v: the folder is only read", unseen, err)
	}
	if cases := w.cases(); len(cases) != 0 {
		t.Errorf("mails opened %d cases by themselves", len(cases))
	}

	p := &person{visitor: openBrowser(t, w.BaseURL, deskWidth), t: t, disturb: func() {}}
	p.logIn(w.demo)
	p.open("/triage/" + first)
	p.sees("Contoso Security", "Voorstel, uit de tekst van de mail")
	p.fill("Wat is er gebeurd?", "Vreemden lazen de mailbox bij Contoso.")
	p.click("Leg dit vast als datalek")
	p.sees("Het datalek is vastgelegd", "Uw termijnen")

	doctor := append([]string{"doctor", "--data", filepath.Join(dir, "doctor"), "--smtp", w.smtp}, flags...)
	out, _ := command(t, w.environ[len(os.Environ()):], doctor...) // other things than the folder may be amiss
	if !strings.Contains(out, "Folder of suppliers' mail: The folder Leveranciers can be read. Last read:") || !strings.Contains(out, "came out of it: 5.") {
		t.Errorf("the doctor says:\n%s", out)
	}
	if err := box.Close(); err != nil {
		t.Fatal(err)
	}
	minute()
	says("/triage", "De map Leveranciers in de mailbox is niet te lezen sinds")
	out, err = command(t, w.environ[len(os.Environ()):], doctor...)
	if err == nil || !strings.Contains(out, "The mailbox with the folder Leveranciers cannot be reached") {
		t.Errorf("the doctor says:\n%s", out)
	}
}
