package main_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// ownReport is a breach report of our own contract with hostile words in every
// field that takes words.
func ownReport(n int, at time.Time, some []string) object {
	words := strings.Join(some, " ")
	return object{"type": "processor.breach.reported", "timestamp": at.Format(time.RFC3339), "data": object{
		"reference": fmt.Sprint("L-", n), "stage": "initial", "summary": words, "services": some, "regions": some, "dataCategories": some, "nature": some,
		"subjectCategories": some, "subProcessors": some, "measuresTaken": some, "likelyConsequences": some, "advice": some, "links": some,
		"reporter": object{"name": some[0], "contact": object{"name": some[0], "email": some[0], "phone": some[0]}}}}
}

// sendersBodies are bodies of other senders, by their form, with hostile words in them.
func sendersBodies(n int, some []string) map[string]any {
	words := strings.Join(some, " ")
	azure := object{"title": some[0], "service": words, "region": words, "communication": words, "incidentType": "Security", "trackingId": fmt.Sprint("T-", n),
		"impactedServices": words, "stage": "Active", "communicationId": fmt.Sprint(n), "defaultLanguageContent": words}
	return map[string]any{
		"Azure": object{"schemaId": "azureMonitorCommonAlertSchema", "data": object{
			"essentials":   object{"monitoringService": "ServiceHealth", "signalType": "Activity Log", "monitorCondition": "Fired", "alertRule": words, "description": words},
			"alertContext": object{"operationName": "Microsoft.ServiceHealth/securityadvisory/action", "properties": azure}, "customProperties": object{some[0]: words}}},
		"Microsoft 365": object{"id": fmt.Sprint("MC", n), "title": some[0], "tags": []string{"Data privacy", some[0]}, "services": some,
			"details": []object{{"name": "ExternalLink", "value": some[0]}}, "body": object{"contentType": "Html", "content": words}},
		"Google": object{"customerId": some[0], "alertId": fmt.Sprint("g-", n), "type": "Google Operations", "source": "Google Operations", "data": object{
			"@type": "type.googleapis.com/google.apps.alertcenter.type.GoogleOperations", "title": some[0], "description": words, "affectedUserEmails": some, "domain": some[0]}},
		"CloudEvents": object{"specversion": "1.0", "id": fmt.Sprint("e-", n), "source": some[0], "type": words, "subject": words, "data": words},
		"Pub/Sub":     object{"message": object{"messageId": fmt.Sprint("p-", n), "attributes": object{"x": some[0]}, "data": base64.StdEncoding.EncodeToString([]byte(words))}, "subscription": some[0]},
	}
}

// bringSuppliers sends every sample in each form that suppliers write in: signed, to a
// secret address, as a form, and as an answer on their own page.
func (d *demo) bringSuppliers(t *testing.T, owner, script *caller, all []string) {
	t.Helper()
	if r := script.send("POST", "/api/v1/processors", "application/json", encoded(t, object{"id": "azure", "name": "Microsoft Azure"})); r.Status != http.StatusCreated {
		t.Fatalf("making the supplier answered %d", r.Status)
	}
	made := owner.post("/processors/azure/addresses", url.Values{"door": {"address"}})
	address := regexp.MustCompile(`/webhooks/processors/[A-Za-z0-9_-]{32}`).FindString(owner.get(made.Header.Get("Location")).Body)
	if address == "" {
		t.Fatalf("making an address answered %d", made.Status)
	}
	page := ""
	for n, some := range slices.Collect(slices.Chunk(all, 100)) {
		status, answer := d.report(d.WebhookURL, d.WebhookSecret, fmt.Sprint("own-", n), string(encoded(t, ownReport(n, d.now(), some))))
		var told struct {
			Page string `json:"status_url"`
		}
		if err := json.Unmarshal([]byte(answer), &told); err != nil || status != http.StatusAccepted {
			t.Errorf("a report answered %d %.300s", status, answer)
		}
		page = strings.TrimPrefix(told.Page, d.BaseURL)
		for name, body := range sendersBodies(n, some) {
			tame(t, name, d.patiently(script, address, "application/json", encoded(t, body)), http.StatusAccepted)
		}
		form := url.Values{some[0]: some, "text": {strings.Join(some, " ")}}
		tame(t, "a form", d.patiently(script, address, "application/x-www-form-urlencoded", []byte(form.Encode())), http.StatusAccepted)
	}
	if cases := d.awaitCases(t, len(all)/100); cases == 0 {
		t.Error("no report of hostile words opened a case; nothing would be shown")
	}
	d.bringAnswers(t, page, all)
}

// awaitCases waits until at least so many cases are open, and says how many there are.
func (d *demo) awaitCases(t *testing.T, least int) int {
	t.Helper()
	found := 0
	await(t, "the reports to be cases", func() error {
		if found = len(d.cases()); found < least {
			return fmt.Errorf("%d cases, want %d", found, least)
		}
		return nil
	})
	return found
}

// bringAnswers fills in the page of a supplier's report.
func (d *demo) bringAnswers(t *testing.T, page string, all []string) {
	t.Helper()
	stranger := newCaller(t, d.BaseURL)
	var fields []form
	await(t, "the supplier's page asks for an answer", func() error { // it does once the report is read
		shown := stranger.get(page)
		tame(t, page, shown, http.StatusOK)
		fields = formsOn(t, page, shown.Body)
		if !slices.ContainsFunc(fields, func(f form) bool { return !leadsAway(routeOf(f.action)) && len(f.typed) > 0 }) {
			return errNot("a page without a field: %.300s", shown.Body)
		}
		return nil
	})
	sent := 0
	for _, some := range slices.Collect(slices.Chunk(all, 40)) {
		for _, f := range fields {
			if leadsAway(routeOf(f.action)) || len(f.typed) == 0 {
				continue
			}
			values := f.with(nil, "")
			for n, name := range f.typed {
				values.Set(name, some[n%len(some)])
			}
			tame(t, "an answer", d.patiently(stranger, f.action, "application/x-www-form-urlencoded", []byte(values.Encode())), 303, 404, 409, 422)
			sent++
		}
	}
	if sent == 0 {
		t.Error("the supplier's page takes no answer")
	}
	tame(t, page, stranger.get(page), http.StatusOK)
}

// bringMails keeps mails of suppliers with the samples as heads, names of files and
// words: as a file, and pasted.
func (d *demo) bringMails(t *testing.T, owner *caller, all []string) {
	t.Helper()
	kept := 0
	for n, some := range slices.Collect(slices.Chunk(all, 12)) {
		at := func(i int) string { return some[i%len(some)] }
		words := strings.Join(some, "\n")
		mail := "From: " + at(0) + "\r\nSubject: " + at(1) + "\r\nDate: " + at(2) + "\r\nMessage-ID: " + at(3) + "\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n" +
			"--B\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + words + "\r\n--B\r\nContent-Type: " + at(4) + "\r\nContent-Disposition: attachment; filename=\"" + at(5) + "\"\r\n\r\n" + at(6) + "\r\n--B--\r\n"
		for name, value := range map[string]string{"file": mail, "text": "Van: " + at(0) + "\nOnderwerp: " + at(1) + "\n\n" + words} {
			if name == "text" && n%4 > 0 {
				continue
			}
			var b bytes.Buffer
			w := multipart.NewWriter(&b)
			if name == "file" {
				part, err := w.CreateFormFile("file", at(7))
				if err != nil {
					t.Fatal(err)
				}
				_, _ = part.Write([]byte(value)) // into memory
			} else {
				_ = w.WriteField(name, value)
			}
			_ = w.Close()
			r := d.patiently(owner, "/triage/mail", w.FormDataContentType(), b.Bytes())
			if tame(t, "a supplier's mail", r, 303, 422); r.Status == http.StatusSeeOther {
				tame(t, "a supplier's mail shown", owner.get(r.Header.Get("Location")), http.StatusOK)
				kept++
			}
		}
	}
	if kept < 50 {
		t.Errorf("only %d mails were kept; nothing would be shown", kept)
	}
}
