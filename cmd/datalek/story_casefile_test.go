package main_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A processor reports a breach, clients are told, it is filed with the authority,
// and all of it leaves as one file that holds on another machine, and no longer
// when anybody touches a part of it.
func TestStoryOfACaseFileForAnAuthority(t *testing.T) {
	d := startDemo(t)
	id, raw := caseWithEverything(t, d)
	at := "/incidents/" + id
	file := filepath.Join(d.dir, "case.zip")
	status, archive := d.raw("POST", d.BaseURL+"/api/v1"+at+"/case-file", object{}, "Authorization", "Bearer "+d.APIToken)
	if status != 200 {
		t.Fatalf("the API answers %d %s", status, archive)
	}
	keep(t, file, archive)
	holdsTheCase(t, archive, raw, d.caught())
	visitor := newPlainReader(t, d.BaseURL)
	(&person{visitor: visitor, t: t, disturb: func() {}}).logIn(d)
	visitor.open(at + "/file")
	visitor.click("Maak het dossierbestand")
	byPage := filepath.Join(d.dir, "page.zip")
	keep(t, byPage, []byte(visitor.body))
	await(t, "both makings are in the register", func() error {
		var page struct{ Items []struct{ Kind string } }
		d.must(200, "GET", at+"/timeline?limit=500", nil, &page)
		made := 0
		for _, e := range page.Items {
			if e.Kind == "incident.file_made" {
				made++
			}
		}
		if made != 2 {
			return errNot("%d makings", made)
		}
		return nil
	})
	d.stop()
	data := filepath.Join(d.dir, "data")
	byCommand := filepath.Join(d.dir, "command.zip")
	holds(t, []string{"case", "export", id, byCommand, "--data", data}, "written to")
	breaks(t, []string{"case", "export", id, byCommand, "--data", data}, "write the case's file")
	breaks(t, []string{"case", "export", "no-such-case", filepath.Join(d.dir, "none.zip"), "--data", data}, "not_found")
	key, err := command(t, nil, "register", "key", "--data", data)
	if err != nil {
		t.Fatalf("%v %s", err, key)
	}
	for name, maker := range map[string]string{file: "by api ", byPage: "by user ", byCommand: "by system command"} {
		holds(t, []string{"verify", name, "--key", key}, "whole", maker, "parts are as they were signed", "entries stand in the register")
	}
	holds(t, []string{"verify", file}, "whole", "Whose key it is, the file cannot prove")
	breaks(t, []string{"verify", file, "--key", "datalek-00000000+5e6f7a8b+AbCd"}, "no key that checks")
	everyPartIsBent(t, file, key)
}

func keep(t *testing.T, file string, raw []byte) {
	t.Helper()
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

// caseWithEverything returns a case that a processor reported, of which clients were
// told and that was filed, and the message as it came.
func caseWithEverything(t *testing.T, d *demo) (id, raw string) {
	t.Helper()
	raw = breach("PB-77", "initial", "Vreemden lazen mee.", `,"occurredFrom":"2026-01-01T00:00:00Z"`)
	if status, answer := d.report(d.WebhookURL, d.WebhookSecret, "pb-77", raw); status != 202 {
		t.Fatalf("the report is answered %d %s", status, answer)
	}
	await(t, "the report is a case", func() error {
		for _, c := range d.cases() {
			if c.Processor != nil {
				id = c.ID
				return nil
			}
		}
		return errNot("no case of a processor")
	})
	at := "/incidents/" + id
	d.must(200, "PATCH", at, object{"consequences": "Spam.", "reason": "Nu weten we het."}, nil)
	var notice struct {
		ID             string
		TextHash       string `json:"text_hash"`
		RecipientsHash string `json:"recipients_hash"`
	}
	closed := d.now().Add(-time.Hour).UTC().Format(time.RFC3339)
	await(t, "a notice is approved", func() error {
		if status := d.call("POST", at+"/notices", object{"audience": "clients"}, &notice); status != 201 {
			return errNot("draft answered %d", status)
		}
		if status := d.call("POST", "/notices/"+notice.ID+"/approve", object{"text_hash": notice.TextHash, "recipients_hash": notice.RecipientsHash,
			"sender": "bericht@lindehof-post.example", "access_closed_at": closed}, nil); status != 202 {
			return errNot("approval answered %d", status)
		}
		return nil
	})
	await(t, "all mails are answered", func() error {
		if n := d.sent(notice.ID); n < 2 {
			return errNot("%d sent", n)
		}
		return nil
	})
	now := d.now().UTC().Format(time.RFC3339)
	d.must(201, "POST", at+"/filings", object{"authority": "AP", "kind": "new", "complete": false, "filed_at": now, "reference": "AP-77", "late_reason": nil}, nil)
	await(t, "the register has it", func() error {
		var page struct {
			Items []struct {
				Kind string
				Seq  *int64
			}
		}
		d.must(200, "GET", at+"/timeline?limit=500", nil, &page)
		chained := map[string]bool{}
		for _, e := range page.Items {
			chained[e.Kind] = chained[e.Kind] || e.Seq != nil
		}
		if !chained["filing.recorded"] || !chained["notice.progress"] || !chained["incident.facts_changed"] {
			return errNot("it has %v", chained)
		}
		return nil
	})
	return id, raw
}

func openZIP(t *testing.T, raw []byte) map[string][]byte {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string][]byte{}
	for _, f := range archive.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if parts[f.Name], err = io.ReadAll(in); err != nil {
			t.Fatal(err)
		}
	}
	return parts
}

// caught returns the SHA-256 of each mail as the mail server took it.
func (d *demo) caught() map[string]bool {
	d.t.Helper()
	names, err := filepath.Glob(filepath.Join(d.dir, "data", "mail", "*.eml"))
	if err != nil {
		d.t.Fatal(err)
	}
	sums := map[string]bool{}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			d.t.Fatal(err)
		}
		_, mail, _ := bytes.Cut(raw, []byte("\n")) // the first line is the catcher's own: the envelope
		sum := sha256.Sum256(mail)
		sums[hex.EncodeToString(sum[:])] = true
	}
	return sums
}

// holdsTheCase looks at the parts; caught are the hashes of the mails that arrived.
func holdsTheCase(t *testing.T, archive []byte, raw string, caught map[string]bool) {
	t.Helper()
	parts := openZIP(t, archive)
	if string(parts["reports/001.raw"]) != raw {
		t.Errorf("the report as it came is %.200q", parts["reports/001.raw"])
	}
	var c struct {
		Incident struct {
			Story   struct{ Consequences string }
			Filings []struct{ Reference string }
			Facts   struct {
				ProcessorID string `json:"processor_id"`
			}
		}
		Events  []struct{ Kind string }
		Notices []object
		Tree    struct{ Size int64 }
	}
	if err := json.Unmarshal(parts["case.json"], &c); err != nil {
		t.Fatal(err)
	}
	if c.Incident.Story.Consequences != "Spam." || len(c.Incident.Filings) != 1 || c.Incident.Filings[0].Reference != "AP-77" || c.Incident.Facts.ProcessorID == "" || len(c.Notices) == 0 {
		t.Errorf("the case is %+v", c.Incident)
	}
	kinds := map[string]bool{}
	for _, e := range c.Events {
		kinds[e.Kind] = true
	}
	for _, kind := range []string{"incident.opened", "incident.facts_changed", "notice.approved", "filing.recorded", "notice.progress"} {
		if !kinds[kind] {
			t.Errorf("no %s among %d events", kind, len(c.Events))
		}
	}
	var messages []struct {
		Mail     string
		AsSent   bool `json:"mail_as_sent"`
		Attempts []struct {
			Code int
			Hash string `json:"mail_hash"`
		}
	}
	if err := json.Unmarshal(parts["messages.json"], &messages); err != nil {
		t.Fatal(err)
	}
	mails := 0
	for _, m := range messages {
		if m.Mail == "" {
			continue
		}
		if !m.AsSent || len(m.Attempts) == 0 || !caught[m.Attempts[0].Hash] {
			t.Errorf("%s is not what the mail server took: as sent %t, %+v", m.Mail, m.AsSent, m.Attempts)
		}
		letter := parseLetter(t, parts[m.Mail])
		if mails++; letter.Subject == "" || len(m.Attempts) != 1 || m.Attempts[0].Code != 250 {
			t.Errorf("%s: %+v %+v", m.Mail, letter, m.Attempts)
		}
	}
	if mails < 2 {
		t.Errorf("%d mails", mails)
	}
	for _, name := range []string{"report.pdf", "filings/001.pdf"} {
		if !bytes.HasPrefix(parts[name], []byte("%PDF-")) {
			t.Errorf("%s is %.20q", name, parts[name])
		}
	}
	words := strings.Join(strings.Fields(printedWords(t, parts["report.pdf"])), " ")
	for _, want := range []string{"Waar kan het toe leiden: was niet ingevuld, is nu “Spam.”", "AP-77", "van het register"} {
		if !strings.Contains(words, want) {
			t.Errorf("the report does not say %q: %.3000s", want, words)
		}
	}
}

// everyPartIsBent changes a byte of each part, leaves each out, and adds one.
func everyPartIsBent(t *testing.T, file, key string) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	parts, bent := openZIP(t, raw), file+".bent.zip"
	tried := map[string]bool{}
	for name, part := range parts {
		group, _, _ := strings.Cut(name, "/")
		if len(part) == 0 || tried[group] {
			continue
		}
		tried[group] = true
		other := bytes.Clone(part)
		other[len(other)/2] ^= 1
		keep(t, bent, packed(t, parts, name, other))
		said := name + " was changed"
		if name == "manifest.note" {
			said = "manifest.note: its signature does not hold"
		}
		breaks(t, []string{"verify", bent, "--key", key}, said)
		keep(t, bent, packed(t, parts, name, nil))
		breaks(t, []string{"verify", bent, "--key", key}, name)
	}
	keep(t, bent, packed(t, parts, "mails/more.eml", []byte("x")))
	breaks(t, []string{"verify", bent, "--key", key}, "mails/more.eml was added")
	keep(t, bent, raw[:len(raw)-100])
	breaks(t, []string{"verify", bent, "--key", key}, "cut off")
}

// packed packs the parts with one of them as given, or without it.
func packed(t *testing.T, parts map[string][]byte, name string, instead []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	all := map[string][]byte{name: instead}
	for known, part := range parts {
		if known != name {
			all[known] = part
		}
	}
	for known, part := range all {
		if part == nil {
			continue
		}
		f, err := w.Create(known)
		if err == nil {
			_, err = f.Write(part)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
