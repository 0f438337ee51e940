package main_test

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// keptIn reads a file that only its owner may read.
func keptIn(t *testing.T, file string) string {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%s: %v, %v", file, info, err)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(raw))
}

// Story of the host's own address: its operator makes it for a firm, whose report
// reaches each practice that uses it; the secret is changed and the address closed.
func TestStoryOfTheHostsOwnAddress(t *testing.T) {
	d := startDemo(t, "--empty")
	d.must(201, "POST", "/processors", object{"id": "hoster", "name": "Hoster BV"}, nil)
	address := strings.TrimPrefix(d.BaseURL, "http://")
	d.stop()
	second := d.addPractice("Praktijk Twee")
	data, folder := filepath.Join(d.dir, "data"), t.TempDir()
	file := func(name string) string { return filepath.Join(folder, name) }
	run := func(args ...string) []string { return append(append([]string{"processor"}, args...), "--data", data) }
	made := holds(t, run("address", "make", "hoster", "--base-url", d.BaseURL, "--to-file", file("to"), "--secret-file", file("secret")), "Address  in "+file("to"), "Secret   in "+file("secret"))
	id := regexp.MustCompile(`Id +(\S+)`).FindStringSubmatch(made)[1]
	to, secret := keptIn(t, file("to")), keptIn(t, file("secret"))
	if strings.Contains(made, secret) || strings.Contains(made, to) || !strings.HasPrefix(to, d.BaseURL+"/webhooks/processors/") {
		t.Errorf("what stands in files is printed, or is no address: %s", made)
	}
	breaks(t, run("address", "make", "hoster", "--to-file", file("to")), "file exists")
	breaks(t, run("address", "make", "Hoster BV"), "is no processor's id")
	breaks(t, run("address", "make", "hoster", "--door", "address", "--secret-file", file("none")), "use --to-file")
	holds(t, run("address", "make", "zelden", "--door", "address"), "Address  http", "No practice here uses zelden yet")
	list := holds(t, run("address", "list", "hoster"), id, "signed", to[len(to)-4:], "open")
	if strings.Contains(list, "whsec_") || strings.Count(list, "\n") != 2 {
		t.Errorf("the list shows a secret, or an address that was refused: %s", list)
	}

	d.start(address)
	other := d.as(second)
	other.must(201, "POST", "/processors", object{"id": "hoster", "name": "Hoster"}, nil)
	if status, answer := d.report(to, secret, "host-1", breach("H-1", "initial", "Vreemden lazen mee.", "")); status != http.StatusAccepted {
		t.Fatalf("the report is answered %d %s", status, answer)
	}
	await(t, "a case at both practices", func() error {
		if a, b := len(d.cases()), len(other.cases()); a != 1 || b != 1 {
			return errNot("%d and %d cases", a, b)
		}
		return nil
	})
	if status, _ := d.report(to, secret, "host-2", `{"type":"processor.breach.test","data":{"reference":"T-1"}}`); status != http.StatusAccepted {
		t.Errorf("a test is answered %d", status)
	}
	d.stop()

	first := holds(t, run("reports", "--limit", "1"), "hoster", "signature", "Older ones: datalek processor reports --after ")
	after := regexp.MustCompile(`--after (\S+)`).FindStringSubmatch(first)[1]
	older := holds(t, run("reports", "--after", after), "hoster")
	if row := regexp.MustCompile(`hoster +\S+ +signature +\d+ +2 +2 +(told|telling)`); !row.MatchString(older) || strings.Contains(first+older, "Vreemden") {
		t.Errorf("the report is listed as\n%s", older)
	}
	breaks(t, run("reports", "--after", "none"), "the host has no report with this id")
	breaks(t, run("address", "rotate", "hoster", "none"), "datalek processor address list hoster shows all")
	rotated := holds(t, run("address", "rotate", "hoster", id), "The old secret counts until ")
	renewed := regexp.MustCompile(`Secret +(whsec_\S+)`).FindStringSubmatch(rotated)[1]
	holds(t, run("address", "list", "hoster"), "old secret until")
	last := regexp.MustCompile(`Secret +(whsec_\S+)`).FindStringSubmatch(holds(t, run("address", "rotate", "hoster", id, "--drop-old"), "Secret"))[1]
	d.start(address)
	for text, want := range map[string]int{secret: 401, renewed: 401, last: 202} {
		if status, _ := d.report(to, text, "host-3", breach("H-1", "update", "x", "")); status != want {
			t.Errorf("after the changes a report is answered %d, want %d", status, want)
		}
	}
	d.stop()
	holds(t, run("address", "revoke", "hoster", id), "who reports there is answered 410")
	breaks(t, run("address", "revoke", "hoster", id), "make a new one")
	holds(t, run("address", "list", "hoster"), "revoked ")
}
