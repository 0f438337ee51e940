package main_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"datalek/services/devstack"
)

// TestMailThatCameBackCountsOnceThroughKills lets every third mail come back into
// the mailbox, and kills the program with kill -9 while it reads there.
func TestMailThatCameBackCountsOnceThroughKills(t *testing.T) {
	t.Parallel()
	box, err := devstack.StartIMAP(devstack.IMAPOptions{Username: "bounces@host.example", Password: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = box.Close() })
	dir := t.TempDir()
	roots, password := filepath.Join(dir, "roots.pem"), filepath.Join(dir, "password")
	for file, text := range map[string]string{roots: string(box.CertificatePEM()), password: "secret\n"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w := startSite(t, shape{clients: larger(45, 300), environ: []string{"SSL_CERT_FILE=" + roots}, flags: []string{
		"--imap", "imaps://bounces@host.example@" + box.Addr() + "/INBOX", "--imap-password-file", password, "--return-address", "bounces@host.example", "--return-trusted"}})
	random := chance(t)
	notice := w.approve(w.file("one"))
	w.settled(notice)
	back := map[string]bool{}
	for i, m := range w.post.Messages("", 0) {
		if i%3 != 0 || ownAddress(m.To[0]) {
			continue
		}
		back[messageIDOf(m.Raw)] = true
		if err := box.Put("INBOX", []byte(dsn(messageIDOf(m.Raw), m.From, m.To[0], "failed", "5.1.1")), time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	for n := range larger(6, 40) {
		w.moveClock(time.Duration(n+1) * 61 * time.Second) // the mailbox is looked at anew
		time.Sleep(time.Duration(random.IntN(800)) * time.Millisecond)
		w.all[0].kill()
		w.proof.cut(1)
		w.all[0].start()
	}
	w.all[0].awaitUp()
	w.pass("every mail that came back is known", 61*time.Second, func() error {
		states := map[string]int{}
		for _, d := range w.proof.deliveries(notice) {
			states[d.State]++
		}
		if states["bounced"] != len(back) {
			return errNot("%d are back, and the people are %v", len(back), states)
		}
		return nil
	})
	for _, row := range list[returnedRow](w.proof, "/notices/"+notice+"/deliveries") {
		if row.State == "bounced" && len(row.Returned) != 1 || row.State != "bounced" && len(row.Returned) > 0 {
			t.Errorf("delivery %s is %s after %d returned mails", row.ID, row.State, len(row.Returned))
		}
	}
	w.finish()
}
