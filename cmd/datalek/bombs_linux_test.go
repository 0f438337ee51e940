package main_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

// What is small on the wire and large when it is unpacked, nested or repeated is
// refused soon, with words that say what to do, and costs little memory.
func TestBombsAreRefusedSoonWithWhatToDo(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--empty")
	owner, script := loggedIn(t, d.BaseURL, d.Login, d.Password), withToken(t, d.BaseURL, d.APIToken)
	before := d.peak(t)
	for name, file := range map[string]string{
		"a sheet that unpacks to a gigabyte":   spread(t, "xl/worksheets/sheet1.xml", strings.Repeat(" ", 1<<20), 1000),
		"a part beside the sheet that does":    spread(t, "xl/media/image1.png", strings.Repeat(" ", 1<<20), 1000),
		"entities within entities":             spread(t, "xl/workbook.xml", laughs, 1),
		"entities within the sheet":            spread(t, "xl/worksheets/sheet1.xml", laughs, 1),
		"elements within elements":             spread(t, "xl/worksheets/sheet1.xml", `<worksheet><sheetData>`+strings.Repeat("<row>", 1<<20), 1),
		"a file outside":                       spread(t, "../../xl/workbook.xml", "x", 1),
		"no spreadsheet":                       "PK\x03\x04" + strings.Repeat("x", 1<<20),
		"more columns than any program writes": strings.Repeat("naam,", 5000) + "\n1\n",
		"quotes that never close":              "naam,nummer\n" + strings.Repeat("\"a,\n", 100_000),
	} {
		began := time.Now()
		kind, body := upload(t, file, "import")
		refuses(t, "the page takes "+name, d.patiently(owner, "/clients/import", kind, body))
		refuses(t, "the API takes "+name, d.patiently(script, "/api/v1/clients/import", "application/octet-stream", []byte(file)))
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("%s took %s", name, took)
		}
	}
	for name, file := range map[string]string{ // which hold a person, and too much beside
		"a card of 100,000 lines":    "BEGIN:VCARD\nVERSION:3.0\nFN:Jan Groot\n" + strings.Repeat("NOTE:x\n", 100_000) + "END:VCARD\n",
		"a line of five megabytes":   "BEGIN:VCARD\nVERSION:3.0\nFN:Jan Lang\nNOTE:" + strings.Repeat("x", 5<<20) + "\nEND:VCARD\n",
		"cards within cards":         strings.Repeat("BEGIN:VCARD\nFN:Jan Diep\n", 5000),
		"a cell of five megabytes":   "naam,nummer\n" + strings.Repeat("x", 5<<20) + ",1\nJan Cel,2\n",
		"lines in a cell, very many": "naam,nummer\n\"" + strings.Repeat("x\n", 100_000) + "\",1\n",
	} {
		kind, body := upload(t, file, "preview")
		tame(t, name, d.patiently(owner, "/clients/import", kind, body), 200, 422)
	}
	for name, body := range map[string]string{
		"nested lists":         strings.Repeat("[", 500_000),
		"nested objects":       strings.Repeat(`{"holdings":[`, 30_000),
		"a list of everything": "[" + strings.TrimSuffix(strings.Repeat("{},", 20_000), ",") + "]",
		"a long number":        `{"external_id":"x","name":"x","birth_year":` + strings.Repeat("9", 500_000) + `}`,
	} {
		refuses(t, name, d.patiently(script, "/api/v1/clients", "application/json", []byte(body)))
		if status, answer := d.report(d.WebhookURL, d.WebhookSecret, "bomb-"+strconv.Itoa(len(body)), body[:min(len(body), 200_000)]); status != http.StatusAccepted && status != http.StatusRequestEntityTooLarge {
			t.Errorf("a report of %s answered %d %.200s", name, status, answer)
		}
	}
	many := strings.Repeat("--x\r\nContent-Disposition: form-data; name=\"map-1\"\r\n\r\n1\r\n", 20_000) + "--x--\r\n"
	refuses(t, "a form of 20,000 parts", d.patiently(owner, "/clients/import", "multipart/form-data; boundary=x", []byte(many)))
	refuses(t, "a form of 100,000 fields", owner.send("POST", "/settings", "application/x-www-form-urlencoded", []byte(strings.Repeat("a=&", 100_000))))
	nested := "From: a@voorbeeld.example\r\nSubject: x\r\n"
	for i := range 2000 {
		nested += fmt.Sprintf("Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n", i, i)
	}
	tame(t, "parts within parts", d.patiently(script, "/webhooks/mail", "message/rfc822", []byte(nested)), 202)
	if after := d.peak(t); after-before > 500 {
		t.Errorf("%d MiB of memory were taken", after-before)
	}
	if log := d.out.String(); strings.Contains(log, "request failed") || strings.Contains(log, "panic") {
		t.Errorf("the log tells of failures:\n%.3000s", log)
	}
	if r := owner.get("/clients"); r.Status != http.StatusOK {
		t.Errorf("afterwards the list answers %d", r.Status)
	}
}

// laughs is a document whose entities hold ten of each other, nine deep.
const laughs = `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "ha"><!ENTITY a1 "&a0;&a0;&a0;&a0;&a0;&a0;&a0;&a0;&a0;&a0;"><!ENTITY a2 "&a1;&a1;&a1;&a1;&a1;&a1;&a1;&a1;&a1;&a1;"><!ENTITY a3 "&a2;&a2;&a2;&a2;&a2;&a2;&a2;&a2;&a2;&a2;"><!ENTITY a4 "&a3;&a3;&a3;&a3;&a3;&a3;&a3;&a3;&a3;&a3;"><!ENTITY a5 "&a4;&a4;&a4;&a4;&a4;&a4;&a4;&a4;&a4;&a4;"><!ENTITY b SYSTEM "file:///etc/passwd">]><workbook><sheets><sheet name="&a5;&b;" sheetId="1"/></sheets></workbook>`

// spread is a sound spreadsheet in which one part is so often this text.
func spread(t *testing.T, part, text string, times int) string {
	t.Helper()
	var sound, b bytes.Buffer
	f := excelize.NewFile()
	if err := f.SetSheetRow("Sheet1", "A1", &[]any{"Naam", "Nummer"}); err != nil {
		t.Fatal(err)
	}
	if err := f.Write(&sound); err != nil {
		t.Fatal(err)
	}
	from, err := zip.NewReader(bytes.NewReader(sound.Bytes()), int64(sound.Len()))
	if err != nil {
		t.Fatal(err)
	}
	to := zip.NewWriter(&b)
	for _, file := range from.File {
		if file.Name != part && !strings.HasSuffix(part, "../"+file.Name) {
			if err := to.Copy(file); err != nil {
				t.Fatal(err)
			}
		}
	}
	w, err := to.Create(part)
	if err != nil {
		t.Fatal(err)
	}
	for range times {
		_, _ = w.Write([]byte(text)) // into memory
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// sayings is what a page tells who sent a form: the fault in its summary, or the
// first sentence of an error page.
var sayings = regexp.MustCompile(`(?s)govuk-error-summary__list[^>]*>\s*<li>\s*(?:<a[^>]*>)?\s*[^<\s][^<]{14,}<|<h1[^>]*>[^<]{10,}</h1>\s*<p[^>]*>[^<]{15,}<`)

// refuses fails when an answer is no refusal, or does not say what is wrong.
func refuses(t *testing.T, what string, r reply) {
	t.Helper()
	tame(t, what, r, 400, 413, 422)
	if isPage(r) {
		if sayings.FindString(r.Body) == "" {
			t.Errorf("%s: the page does not say what is wrong: %.3000s", what, r.Body)
		}
		return
	}
	var problem struct{ Title, Detail string }
	if json.Unmarshal([]byte(r.Body), &problem) != nil || len(problem.Title)+len(problem.Detail) < 10 {
		t.Errorf("%s: the answer says %.300s", what, r.Body)
	}
}

// peak is the most memory that the program ever had, in MiB.
func (d *demo) peak(t *testing.T) int {
	t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(raw)
	if found == nil {
		t.Fatal("the system does not say how much memory was taken")
	}
	kilo, err := strconv.Atoi(string(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	return kilo >> 10
}
