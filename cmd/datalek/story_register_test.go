package main_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// A register is made, its fingerprint comes by mail, and from then on whatever
// anybody does to the register is seen: in the file elsewhere, in the running
// program, and in the data folder.
func TestStoryOfARegisterThatNobodyCanBend(t *testing.T) {
	d := startDemo(t, "--empty")
	for range 3 {
		fileCase(d)
	}
	data, token := filepath.Join(d.dir, "data"), filepath.Join(d.dir, "token")
	if err := os.WriteFile(token, []byte(d.APIToken), 0o600); err != nil {
		t.Fatal(err)
	}
	d.moveClock(25 * time.Hour)
	mail := d.fingerprint(t)
	var heads struct {
		Items []struct{ Size int64 }
	}
	d.must(200, "GET", "/register/heads", nil, &heads)
	if len(heads.Items) != 1 || heads.Items[0].Size < 3 {
		t.Fatalf("published heads %+v", heads.Items)
	}
	fileCase(d)
	d.provesByAPI(t, heads.Items[0].Size)
	remote := []string{"verify", "--url", d.BaseURL, "--token-file", token, "--head", mail, "--entry", "2"}
	holds(t, remote, "chain whole", "1 published heads agree", "entry 2 stands in it", "it grew from the")
	if out, err := command(t, nil, "verify", "--url", d.BaseURL); err == nil || !strings.Contains(out, "the server answered 401") {
		t.Errorf("without a token: %v %s", err, out)
	}
	d.stop()
	file := filepath.Join(d.dir, "register.json")
	holds(t, []string{"register", "export", file, "--data", data}, "register written")
	key, err := command(t, nil, "register", "key", "--data", data)
	if err != nil {
		t.Fatalf("%v %s", err, key)
	}
	holds(t, []string{"verify", file, "--key", key, "--head", mail}, "chain whole", "it grew from the")
	breaks(t, []string{"verify", file, "--key", strings.Replace(key, "datalek-", "datalek-0", 1)}, "no key that checks")
	fileIsBent(t, file, key)
	storeIsBent(t, data, mail)
}

func fileCase(d *demo) {
	d.must(201, "POST", "/incidents", object{"playbook": "phished-mailbox", "summary": "Er is ingelogd op de mailbox.", "discovered_at": d.now().UTC().Format(time.RFC3339),
		"aware_at": d.now().UTC().Format(time.RFC3339), "aware_basis": "Wij zagen het.", "systems": nil}, nil)
}

// fingerprint waits for the mail with the register's head, and keeps it as a mail
// program would.
func (d *demo) fingerprint(t *testing.T) string {
	t.Helper()
	kept := filepath.Join(d.dir, "kept.eml")
	await(t, "the fingerprint is mailed", func() error {
		names, err := filepath.Glob(filepath.Join(d.dir, "data", "mail", "*.eml"))
		if err != nil {
			return err
		}
		for _, name := range names {
			raw, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			if parseLetter(t, raw).Subject != "De vingerafdruk van uw register" {
				continue
			}
			if _, rest, caught := strings.Cut(string(raw), "\n"); caught && strings.HasPrefix(string(raw), "X-Caught:") {
				raw = []byte(rest)
			}
			return os.WriteFile(kept, raw, 0o600)
		}
		return errNot("%d mails, none of them the fingerprint", len(names))
	})
	return kept
}

func (d *demo) provesByAPI(t *testing.T, from int64) {
	t.Helper()
	var entry, growth struct {
		Size   int64
		Leaf   string
		Hashes []string
	}
	d.must(200, "GET", "/register/proof?entry=2", nil, &entry)
	d.must(200, "GET", "/register/proof?from=1", nil, &growth)
	if entry.Size < from || entry.Leaf == "" || len(entry.Hashes) < 2 || len(growth.Hashes) < 2 {
		t.Errorf("proofs %+v and %+v", entry, growth)
	}
	for _, wrong := range []string{"", "?entry=0", "?entry=99999", "?entry=1&from=1", "?from=x", "?entry=2&size=1"} {
		d.must(422, "GET", "/register/proof"+wrong, nil, nil)
	}
}

func holds(t *testing.T, args []string, words ...string) string {
	t.Helper()
	out, err := command(t, nil, args...)
	if err != nil {
		t.Fatalf("%s: %v\n%s", args[0], err, out)
	}
	for _, w := range words {
		if !strings.Contains(out, w) {
			t.Errorf("%s does not say %q:\n%s", args[0], w, out)
		}
	}
	return out
}

func breaks(t *testing.T, args []string, words ...string) {
	t.Helper()
	out, err := command(t, nil, args...)
	if err == nil {
		t.Errorf("%q finds nothing wrong:\n%s", args, out)
	}
	for _, w := range words {
		if !strings.Contains(out, w) {
			t.Errorf("%q does not say %q:\n%s", args, w, out)
		}
	}
}

// fileIsBent changes the exported file.
func fileIsBent(t *testing.T, file, key string) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(raw), `,{"seq":`)
	if len(lines) < 6 {
		t.Fatalf("%d entries in the file", len(lines))
	}
	for _, tt := range []struct {
		want string
		bend func(parts []string) []string
	}{
		{"entry 3 was changed", func(p []string) []string {
			p[2] = strings.Replace(p[2], `"at":"20`, `"at":"19`, 1)
			return p
		}},
		{"entry 3 was removed", func(p []string) []string { return append(p[:2], p[3:]...) }},
		{"entry 3 was put elsewhere", func(p []string) []string { p[2], p[3] = p[3], p[2]; return p }},
	} {
		bent := file + ".bent"
		if err := os.WriteFile(bent, []byte(strings.Join(tt.bend(slices.Clone(lines)), "")), 0o600); err != nil {
			t.Fatal(err)
		}
		breaks(t, []string{"verify", bent, "--key", key}, tt.want)
	}
}

// storeIsBent changes the data folder itself, past the program.
func storeIsBent(t *testing.T, data, mail string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(data, "datalek.db"))
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	do := func(query string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), query); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
	verify := []string{"verify", "--data", data, "--head", mail}
	do(`CREATE TABLE aside AS SELECT * FROM entries`)
	back := `DELETE FROM entries; INSERT INTO entries SELECT * FROM aside`
	do(`UPDATE entries SET doc = replace(doc, '"at":"20', '"at":"19') WHERE seq = 2`)
	breaks(t, verify, "entry 2 was changed")
	do(back + `; DELETE FROM entries WHERE seq = 4`)
	breaks(t, verify, "entry 4 was removed")
	do(back + `; DELETE FROM entries WHERE seq > 2`)
	breaks(t, verify, "cut off: the tree head of")
	do(`DELETE FROM tree_heads`) // he knows of the heads kept here, not of the mail
	breaks(t, verify, "cut off: the tree head of")
	do(back + `; DROP TABLE aside`)
	holds(t, verify, "chain whole", "it grew from the")
}
