package main_test

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// A store that cannot be written for a while: read-only, held by another
// program, moved away. Each time nothing is acknowledged, and all goes on by
// itself afterwards.
func TestAStoreThatIsAwayForAWhile(t *testing.T) {
	h := startHost(t, 0)
	for i, harm := range []struct {
		name     string
		begin    func()
		end      func()
		answered time.Duration // every answer is there by then
	}{
		{"read-only", func() { h.fence.readOnly(h.data()) }, h.fence.well, 2 * time.Second},
		{"moved away", func() { h.rename(h.data(), h.data()+"-away") }, func() { h.rename(h.data()+"-away", h.data()) }, 2 * time.Second},
		{"locked", h.lockDatabase, h.unlockDatabase, 12 * time.Second},
	} {
		mark, began := h.mark(), time.Now()
		harm.begin()
		id, body := fmt.Sprintf("msg-%d", i), breach(fmt.Sprintf("MS-%d", i), "initial", "Mail was read.", "")
		h.refusesReport(id, body)
		answer, raw := h.writingCall("/systems", writingCalls()["/systems"])
		h.isUnavailable(harm.name+": POST /systems", answer, raw)
		if status := h.call("GET", "/incidents", nil, nil); status != 200 && (status != 503 || harm.name == "locked") {
			t.Errorf("%s: reading is answered %d", harm.name, status)
		}
		h.awaitReadiness("store", "down")
		if took := time.Since(began); took > harm.answered {
			t.Errorf("%s: the answers took %v, want at most %v", harm.name, took, harm.answered)
		}
		h.checkLog(mark, time.Since(began), 4)
		harm.end()
		h.awaitReadiness("store", "ok")
		if answer, raw := h.signed(id, body); answer.StatusCode != 202 {
			t.Errorf("%s: afterwards the report is answered %s %s", harm.name, answer.Status, raw)
		}
	}
	await(t, "each report is an incident", func() error {
		if n := len(h.cases()); n != 3 {
			return errNot("%d incidents", n)
		}
		return nil
	})
	h.checkWhole()
}

func (h *host) rename(from, to string) {
	h.t.Helper()
	if err := os.Rename(from, to); err != nil {
		h.t.Fatal(err)
	}
}

// lockDatabase holds the database as a person with a tool would.
func (h *host) lockDatabase() {
	h.t.Helper()
	db, err := sql.Open("sqlite", h.database()[0])
	if err != nil {
		h.t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	h.locker = db
	h.t.Cleanup(func() { _ = db.Close() })
	if _, err := db.ExecContext(h.t.Context(), "PRAGMA busy_timeout = 5000"); err != nil {
		h.t.Fatal(err)
	}
	if _, err := db.ExecContext(h.t.Context(), "BEGIN EXCLUSIVE"); err != nil {
		h.t.Fatal(err)
	}
}

func (h *host) unlockDatabase() {
	h.t.Helper()
	if err := h.locker.Close(); err != nil { // rolls back
		h.t.Fatal(err)
	}
}

// A disk that takes a second and more for each "keep it": everybody is answered
// in time, together, and nothing is left over when it is quick again.
func TestASlowDisk(t *testing.T) {
	h := startHost(t, 0)
	if h.fence.limited { // it cannot be slow: a lock for a while is the like of it
		h.lockDatabase()
		time.AfterFunc(1500*time.Millisecond, func() { _ = h.locker.Close() })
	}
	h.fence.slow(1500*time.Millisecond, h.database()...)
	began := time.Now()
	var all sync.WaitGroup
	for n := range 40 {
		all.Go(func() {
			if answer, raw := h.signed(fmt.Sprintf("msg-%d", n), breach(fmt.Sprintf("MS-%d", n), "initial", "Mail was read.", "")); answer.StatusCode != 202 {
				t.Errorf("a report is answered %s %s", answer.Status, raw)
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("a report is answered after %v", took)
			}
		})
	}
	h.must(200, "GET", "/incidents", nil, nil)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("reading waits for the slow disk: %v", took)
	}
	all.Wait()
	h.fence.well()
	await(t, "every report is an incident", func() error {
		if n := len(h.cases()); n != 40 {
			return errNot("%d incidents", n)
		}
		return nil
	})
	began = time.Now()
	if answer, _ := h.signed("last", breach("MS-last", "initial", "Mail was read.", "")); answer.StatusCode != 202 || time.Since(began) > 5*time.Second {
		t.Errorf("with a quick disk again a report is answered %s after %v", answer.Status, time.Since(began))
	}
	h.checkWhole()
}

// A second program on the folder is refused with words that help, and the first
// one notices nothing.
func TestASecondProgramOnTheFolder(t *testing.T) {
	h := startHost(t, 3)
	list := filepath.Join(h.dir, "clients.csv")
	if err := os.WriteFile(list, []byte(contacts), 0o600); err != nil {
		t.Fatal(err)
	}
	post := "smtp://" + h.post.Addr() + "?tls=none"
	for _, tt := range []struct {
		args []string
		says string
	}{
		{[]string{"serve", "--addr", "127.0.0.1:0", "--smtp", post}, "in use by another datalek process; stop that one first"},
		{[]string{"clients", "import", list, "--practice", string(h.PracticeID)}, "/api/v1/clients/import"},
		{[]string{"practice", "add", "--name", "Twee", "--contact", "Bea", "--email", "bea@twee.example"}, "in use by another datalek process"},
		{[]string{"verify"}, "in use by another datalek process"},
		{[]string{"restore", list}, "is not empty"},
		{[]string{"doctor", "--smtp", post}, "ask its /readyz instead"},
	} {
		out := h.fails(tt.args...)
		if !strings.Contains(out, tt.says) || strings.Count(out, "\n") > 1 && tt.args[0] != "doctor" {
			t.Errorf("datalek %s says\n%s\nwant one line with %q", tt.args[0], out, tt.says)
		}
	}
	h.run("backup", filepath.Join(h.dir, "copy.db"), "--data", h.data()) // the one that may
	if answer, raw := h.signed("msg-1", breach("MS-1", "initial", "Mail was read.", "")); answer.StatusCode != 202 {
		t.Errorf("the first program answers %s %s", answer.Status, raw)
	}
	if status, checks := h.ready(); status != 200 {
		t.Errorf("the first program is not ready: %v", checks)
	}
	h.checkWhole()
}

// fails runs a command of the program on the host's folder that must end with
// exit code 1 and no more than words, and returns them.
func (h *host) fails(args ...string) string {
	h.t.Helper()
	out, err := command(h.t.(*testing.T), nil, append(args, "--data", h.data())...)
	if err == nil || err.Error() != "exit status 1" || strings.Contains(out, "panic") || strings.Contains(out, "goroutine ") {
		h.t.Errorf("datalek %s ended with %v and wrote\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// What is wrong with the folder is said in one line at the start, and nothing
// is written over what is left of the data.
func TestAStartOnADamagedFolder(t *testing.T) {
	h := startHost(t, 60)
	h.stop()
	database, key := h.database()[0], filepath.Join(h.data(), "datalek.key")
	other := otherKey(t)
	for _, tt := range []struct {
		name string
		harm func() error
		says string
	}{
		{"the database is gone", func() error { return os.Remove(database) }, "missing or empty, and there was one; put it back, or restore a backup"},
		{"the database is empty", func() error { return os.Truncate(database, 0) }, "missing or empty, and there was one; put it back, or restore a backup"},
		{"the database lost its end", func() error { return os.Truncate(database, 3*4096) }, "restore a backup"},
		{"the database is another file", func() error { return os.WriteFile(database, bytes.Repeat([]byte("a letter\n"), 9000), 0o600) }, "the database file is damaged; stop datalek and restore a backup"},
		{"a page is damaged", func() error { return flip(database) }, "restore a backup"},
		{"the key is gone", func() error { return os.Remove(key) }, "is missing, but there is data sealed with it; put it back from your backup"},
		{"the key is empty", func() error { return os.Truncate(key, 0) }, "is not a key file, or is damaged; put it back from your backup"},
		{"the key is another file", func() error { return os.WriteFile(key, []byte("a letter"), 0o600) }, "is not a key file, or is damaged; put it back from your backup"},
		{"the key is half", func() error { return os.Truncate(key, 100) }, "is not a key file, or is damaged; put it back from your backup"},
		{"the key is another one's", func() error { return os.WriteFile(key, other, 0o600) }, "this key does not open the stored data; use the key file that belongs to it"},
		{"the key cannot be read", func() error { return errors.Join(os.Remove(key), os.Mkdir(key, 0o700)) }, "the key file cannot be read; look at its rights"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			whole := t.TempDir()
			copyFolder(t, h.data(), whole)
			if err := tt.harm(); err != nil {
				t.Fatal(err)
			}
			before := sums(t, h.data())
			out := h.fails("serve", "--addr", "127.0.0.1:0", "--smtp", "smtp://"+h.post.Addr()+"?tls=none")
			if !strings.HasPrefix(out, "datalek: ") || !strings.Contains(out, tt.says) || strings.Count(out, "\n") != 1 {
				t.Errorf("it says\n%s\nwant one line with %q", out, tt.says)
			}
			for name, sum := range before {
				if after := sums(t, h.data()); after[name] != sum {
					t.Errorf("%s was changed or made", name)
				}
			}
			if err := os.RemoveAll(h.data()); err != nil {
				t.Fatal(err)
			}
			copyFolder(t, whole, h.data())
		})
	}
	h.serveAgain() // nothing of this has harmed the data
	h.checkWhole()
}

// A folder that cannot be written is named at the start.
func TestAStartOnAReadOnlyDisk(t *testing.T) {
	h := startHost(t, 0)
	h.stop()
	before := sums(t, h.data())
	h.fence.readOnly(h.data())
	h.launch("127.0.0.1:0")
	out := h.endsBy(20 * time.Second)
	if !strings.Contains(out, "datalek: ") || strings.Contains(out, "panic") || strings.Count(out, "\n") > 3 {
		t.Errorf("it says\n%s\nwant a few words", out)
	}
	if !h.fence.limited && (!strings.Contains(out, h.data()+" cannot be written; look at its rights and its disk") || !strings.Contains(out, "read-only")) {
		t.Errorf("it says\n%s\nwant that %s is read-only", out, h.data())
	}
	if after := sums(t, h.data()); after["datalek.db"] != before["datalek.db"] {
		t.Error("the database was changed")
	}
	h.fence.well()
	h.serveAgain()
	h.checkWhole()
}

// Damage that comes while the program runs ends in 503, not in answers that
// nothing stands behind.
func TestADatabaseThatIsDamagedWhileItServes(t *testing.T) {
	h := startHost(t, 60)
	h.stop() // so that nothing is in the log beside it
	h.serveAgain()
	if err := flip(h.database()[0]); err != nil {
		t.Fatal(err)
	}
	await(t, "the damage is met", func() error {
		if status := h.call("GET", "/clients?limit=500", nil, nil); status != 503 {
			return errNot("clients are answered %d", status)
		}
		return nil
	})
	h.refusesReport("msg-1", breach("MS-1", "initial", "Mail was read.", ""))
	h.awaitReadiness("store", "down")
	if strings.Contains(h.out.String(), "panic") {
		t.Errorf("it panicked:\n%s", h.out)
	}
	h.kill()
	if out := h.fails("serve", "--addr", "127.0.0.1:0", "--smtp", "smtp://"+h.post.Addr()+"?tls=none"); !strings.Contains(out, "restore a backup") {
		t.Errorf("the next start says %s", out)
	}
}

// flip writes over every page of the database but the first ones, which say what it is.
func flip(path string) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	const page = 4096
	for at := 4 * page; at+page <= len(raw); at += page {
		for i := range 64 { // its header
			raw[at+i] ^= 0xa5
		}
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(raw, 0)
	return errors.Join(err, f.Close())
}

// otherKey is the key of another installation.
func otherKey(t *testing.T) []byte {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "other")
	if out, err := command(t, nil, "practice", "add", "--data", dir, "--name", "Ander", "--contact", "Ander", "--email", "ander@ander.example"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "datalek.key"))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func copyFolder(t *testing.T, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(to, "datalek.key"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// sums are what the files of the database and the key hold.
func sums(t *testing.T, dir string) map[string][32]byte {
	t.Helper()
	found := map[string][32]byte{}
	for _, name := range []string{"datalek.db", "datalek.key"} {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !strings.Contains(err.Error(), "is a directory") {
			t.Fatal(err)
		}
		found[name] = sha256.Sum256(raw)
	}
	return found
}
