package main_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"datalek/incidents/tenant"
	"datalek/services/record"
	"datalek/services/sqlitestore"
	"datalek/services/vault"
)

// typing runs the program with a line on its input.
func typing(t *testing.T, line string, args ...string) (string, error) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...) // #nosec G204
	cmd.Stdin = strings.NewReader(line)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

const sealedPeople = 300

// sealedPerson has a name that stands nowhere else.
func sealedPerson(n int) object {
	return object{"external_id": fmt.Sprintf("S-%d", n), "name": fmt.Sprintf("Sleutelmens %d", n), "email": fmt.Sprintf("sleutelmens%d@voorbeeldpost.example", n),
		"phone": fmt.Sprintf("06 7766 %04d", n), "guidance": []object{{"from": "2025-01-01"}}}
}

// everyFile is all that lies in a folder and the folders in it: database, log and bus.
func everyFile(t *testing.T, dir string) []byte {
	t.Helper()
	var all []byte
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		all = append(all, raw...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// onlyForItsOwner looks at the folder and the files in it.
func onlyForItsOwner(t *testing.T, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) < 3 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, path := range append(files, dir) {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
}

// keysOnDisk are the practice's wrapped keys as they lie in the closed folder.
func keysOnDisk(t *testing.T, data string, practice tenant.ID) []byte {
	t.Helper()
	ring, err := sqlitestore.OpenKeys(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	wrapped, err := ring.LoadKeys(t.Context(), practice)
	if err := errors.Join(err, ring.Close()); err != nil {
		t.Fatal(err)
	}
	return wrapped
}

// A practice gets a new key while its server works and is killed; then it is
// backed up beside writes, restored elsewhere, and destroyed.
func TestStoryOfKeys(t *testing.T) {
	d := startDemo(t, "--empty")
	data := filepath.Join(d.dir, "data")
	clock := "DATALEK_TEST_CLOCK=" + d.clockFile()
	var list []object
	for n := range sealedPeople {
		list = append(list, sealedPerson(n))
	}
	d.must(201, "POST", "/clients", list, nil)
	says := func(want string, args ...string) {
		t.Helper()
		out, err := command(t, []string{clock}, append(args, "--data", data)...)
		if !strings.Contains(out, want) {
			t.Errorf("datalek %s ended with %v and wrote %q, want %q", strings.Join(args, " "), err, out, want)
		}
	}
	says("No key is being changed", "keys", "status")
	says("2 new keys. The running server seals the rest anew", "keys", "rotate")
	says("practice "+string(d.PracticeID)+": changing since", "keys", "status")
	says("in use by another datalek process", "keys", "rewrap", "--new-key-file", filepath.Join(d.dir, "new.key"))
	says("in use by another datalek process", "keys", "destroy", "--practice", string(d.PracticeID))
	d.findsAllPeople()
	d.restart(true) // killed in the middle of it
	d.findsAllPeople()
	d.moveClock(15 * time.Minute)
	awaitWithin(t, 4*time.Minute, "the old keys are dropped", func() error {
		if out, err := command(t, []string{clock}, "keys", "status", "--data", data); err != nil || !strings.Contains(out, "No key is being changed") {
			return errNot("%v %s", err, out)
		}
		return nil
	})
	d.findsAllPeople()
	backup, least, most := d.backsUpBesideWrites(t)
	now := d.now().UTC().Format(time.RFC3339)
	d.must(201, "POST", "/incidents", object{"playbook": "lost-device", "summary": "Laptop weg.", "discovered_at": now, "aware_at": now, "aware_basis": "Hij was weg."}, nil)
	d.stop()
	onlyForItsOwner(t, data)
	if bytes.Contains(everyFile(t, data), []byte("leutelmens")) {
		t.Error("a name or address stands readable in a file")
	}
	d.restores(t, backup, least, most)
	d.staysWhileACaseIsOpen(t)
	d.isDestroyed(t, filepath.Join(d.dir, "other")) // as it was before the case
}

// findsAllPeople reads them all, and finds one by his number.
func (d *demo) findsAllPeople() {
	d.t.Helper()
	var put struct{ Created, Updated int }
	if status := d.call("POST", "/clients", []object{sealedPerson(7)}, &put); status >= 300 {
		d.t.Fatalf("answered %d", status)
	}
	var people struct{ Items []struct{ Name string } }
	d.must(200, "GET", "/clients?limit=500", nil, &people)
	named := 0
	for _, p := range people.Items {
		if strings.HasPrefix(p.Name, "Sleutelmens ") {
			named++
		}
	}
	if named != sealedPeople || len(people.Items) != sealedPeople {
		d.t.Errorf("%d of %d people have their names, want all %d", named, len(people.Items), sealedPeople)
	}
}

// backsUpBesideWrites takes a backup while clients are being saved. It returns how
// many were acknowledged before it began and, at most, saved when it ended.
func (d *demo) backsUpBesideWrites(t *testing.T) (file string, least, most int64) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	var saved atomic.Int64
	var writing sync.WaitGroup
	writing.Go(func() {
		for n := 1000; ctx.Err() == nil; n++ {
			if d.call("POST", "/clients", []object{sealedPerson(n)}, nil) == 201 {
				saved.Add(1)
			}
		}
	})
	enough := func() error {
		if n := saved.Load(); n < 20 {
			return errNot("%d", n)
		}
		return nil
	}
	awaitWithin(t, time.Minute, "some are saved", enough)
	least, file = saved.Load(), filepath.Join(d.dir, "copy.age")
	out, err := command(t, nil, "backup", file, "--data", filepath.Join(d.dir, "data"))
	most = saved.Load() + 1
	stop()
	writing.Wait()
	if err != nil {
		t.Fatalf("backup: %v %s", err, out)
	}
	raw, err := os.ReadFile(file)
	if err != nil || !bytes.HasPrefix(raw, []byte("age-encryption.org/v1")) || bytes.Contains(raw, []byte("SQLite format")) || bytes.Contains(raw, []byte(d.PracticeID)) {
		t.Errorf("the backup is not encrypted: %v", err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup: %v, %v", info, err)
	}
	if left, _ := filepath.Glob(filepath.Join(d.dir, "data", ".backup-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	return file, least, most
}

// restores puts the backup into a new folder, and looks how many people it has.
func (d *demo) restores(t *testing.T, backup string, least, most int64) {
	t.Helper()
	key, other := filepath.Join(d.dir, "data", "datalek.key"), filepath.Join(d.dir, "other")
	if out, err := command(t, nil, "restore", backup, "--data", other); err == nil || !strings.Contains(out, "nothing that was given opens this backup") {
		t.Errorf("restore without the key: %v %s", err, out)
	}
	if out, err := command(t, nil, "restore", backup, "--data", other, "--key-file", key); err != nil || !strings.Contains(out, "the register of every practice is verified") {
		t.Fatalf("restore: %v %s", err, out)
	}
	store, err := sqlitestore.Open(t.Context(), other, sqlitestore.Options{Seal: func(ctx context.Context, keys record.Keyring) (record.Sealer, error) {
		return vault.Open(ctx, key, keys)
	}})
	if err != nil {
		t.Fatal(err)
	}
	n, err := store.CountClients(t.Context(), d.PracticeID)
	if err := errors.Join(err, store.Close()); err != nil {
		t.Fatal(err)
	}
	if n < sealedPeople+least || n > sealedPeople+most {
		t.Errorf("%d clients restored, want %d to %d", n, sealedPeople+least, sealedPeople+most)
	}
}

// staysWhileACaseIsOpen finds that nothing destroys the practice while its case is
// open.
func (d *demo) staysWhileACaseIsOpen(t *testing.T) {
	t.Helper()
	destroy := []string{"keys", "destroy", "--practice", string(d.PracticeID), "--data", filepath.Join(d.dir, "data")}
	for _, more := range [][]string{nil, {"--force", "--reason", "De praktijk stopt."}} {
		if out, err := typing(t, "Lege praktijk\n", append(destroy, more...)...); err == nil || !strings.Contains(out, "a case of this practice is open") {
			t.Errorf("with %q: %v %s", more, err, out)
		}
	}
}

// isDestroyed destroys the practice, after what must refuse has refused.
func (d *demo) isDestroyed(t *testing.T, data string) {
	t.Helper()
	key := filepath.Join(d.dir, "data", "datalek.key")
	wrapped := keysOnDisk(t, data, d.PracticeID)
	const name = "Lege praktijk"
	destroy := []string{"keys", "destroy", "--practice", string(d.PracticeID), "--data", data, "--key-file", key}
	for _, tt := range []struct {
		name, line, want string
		more             []string
	}{
		{"without a reason", name, "needs a --reason", []string{"--force"}},
		{"another name", "Iets anders", "this is not its name; nothing was changed", []string{"--force", "--reason", "De praktijk stopt."}},
		{"no practice", "x", "no practice with this id", []string{"--practice", "none"}},
	} {
		if out, err := typing(t, tt.line+"\n", append(destroy, tt.more...)...); err == nil || !strings.Contains(out, tt.want) {
			t.Errorf("%s: %v %s", tt.name, err, out)
		}
	}
	if !bytes.Contains(everyFile(t, data), wrapped[20:80]) {
		t.Fatal("the wrapped keys are not where the test looks for them")
	}
	out, err := typing(t, name+"\n", append(destroy, "--force", "--reason", "De praktijk stopt.")...)
	if err != nil || !strings.Contains(out, "are destroyed and its data is removed") {
		t.Fatalf("destroy: %v %s", err, out)
	}
	left := everyFile(t, data)
	for what, bytesOf := range map[string][]byte{"the wrapped keys": wrapped[20:80], "a name": []byte("leutelmens"), "the practice's rows": []byte(`"practice_id":"` + d.PracticeID), "the reason": []byte("praktijk stopt")} {
		if bytes.Contains(left, bytesOf) {
			t.Errorf("%s can still be found in the files", what)
		}
	}
	if out, err := typing(t, "", "verify", "--data", data, "--key-file", key); err != nil || strings.Contains(out, string(d.PracticeID)) {
		t.Errorf("the host is not well without the practice: %v %s", err, out)
	}
}

// The wrapping key may be a passphrase, and another one may take its place.
func TestTheWrappingKeyIsTakenFromWhereItIsSaid(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	add := []string{"practice", "add", "--data", data, "--name", "Proef", "--contact", "A", "--email", "a@voorbeeldpost.example"}
	const first = "DATALEK_KEY=vier losse woorden samen"
	for _, tt := range []struct {
		name    string
		environ []string
		args    []string
		want    string
	}{
		{"an empty variable", []string{"DATALEK_KEY="}, append(add, "--key-from", "env"), "DATALEK_KEY is empty"},
		{"a short passphrase", []string{"DATALEK_KEY=kort"}, append(add, "--key-from", "env"), "at least 15 characters"},
		{"no terminal", nil, append(add, "--key-from", "prompt"), "no terminal to ask at"},
		{"a passphrase", []string{first}, append(add, "--key-from", "env"), "API token"},
		{"the same again", []string{first, "DATALEK_KEY_FROM=env"}, []string{"verify", "--data", data}, "chain whole"},
		{"another passphrase", []string{first + "!", "DATALEK_KEY_FROM=env"}, []string{"verify", "--data", data}, "does not open the stored data"},
		{"a key file takes its place", []string{first, "DATALEK_KEY_FROM=env"}, []string{"keys", "rewrap", "--data", data, "--new-key-file", data + ".key"}, "2 sets of keys are wrapped anew"},
		{"the passphrase is of no use", []string{first, "DATALEK_KEY_FROM=env"}, []string{"verify", "--data", data}, "does not open the stored data"},
		{"the key file is", nil, []string{"verify", "--data", data, "--key-file", data + ".key"}, "chain whole"},
		{"all gets new keys while no server runs", nil, []string{"keys", "rotate", "--data", data, "--key-file", data + ".key"}, "All is sealed anew, and the old keys are gone."},
		{"and can be read", nil, []string{"verify", "--data", data, "--key-file", data + ".key"}, "chain whole"},
	} {
		if out, err := command(t, tt.environ, tt.args...); !strings.Contains(out, tt.want) {
			t.Errorf("%s: ended with %v and wrote %q, want %q", tt.name, err, out, tt.want)
		}
	}
}
