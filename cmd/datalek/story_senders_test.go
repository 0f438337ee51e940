package main_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Story of the senders: what each documents to send goes to the address that a
// practice made for it on the firm's page, and ends where it should: in one case, in
// the case it belongs to, aside, or before a person.
func TestStorySenders(t *testing.T) {
	d := startDemo(t, "--empty")
	d.must(201, "POST", "/processors", map[string]any{"id": "azure", "name": "Microsoft Azure"}, nil)
	d.must(201, "POST", "/systems", map[string]any{"id": "mailbox", "name": "Mailbox", "processor": "azure", "services": []string{"Exchange Online"}, "categories": []string{"name"}}, nil)
	owner := loggedIn(t, d.BaseURL, d.Login, d.Password)
	made := owner.post("/processors/azure/addresses", url.Values{"door": {"address"}})
	if made.Status != http.StatusSeeOther {
		t.Fatalf("making the address answered %d", made.Status)
	}
	path := regexp.MustCompile(`/webhooks/processors/[A-Za-z0-9_-]{32}`).FindString(owner.get(made.Header.Get("Location")).Body)
	if path == "" {
		t.Fatal("the page shows no address")
	}
	address := d.BaseURL + path
	send := func(file, media string) {
		t.Helper()
		raw, err := os.ReadFile(filepath.Join("..", "..", "services", "processors", "testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		if status, answer := d.raw(http.MethodPost, address, string(raw), "Content-Type", media); status != http.StatusAccepted {
			t.Errorf("%s answered %d %s", file, status, answer)
		}
	}
	for _, file := range []string{"azure-activity.json", "event-azure.json", "azure-common.json", "azure-rca.json", "m365-privacy.json", "google-push.json", "google-password.json", "google-takeout.json",
		"azure-maintenance.json", "azure-defender.json", "azure-trial.json", "m365-news.json", "m365-outage.json", "google-phishing.json", "own-test.json", "invoice.json"} {
		send(file, "application/json")
	}
	send("mailchimp.form", "application/x-www-form-urlencoded")
	send("mailchimp.form", "application/x-www-form-urlencoded")

	states := map[string]int{}
	await(t, "every message to end somewhere", func() error {
		var page struct {
			Items []struct {
				State   string
				Message struct{ Kind string }
			}
		}
		d.must(200, "GET", "/reports?state=all&limit=100", nil, &page)
		clear(states)
		for _, r := range page.Items {
			states[r.State+"/"+r.Message.Kind]++
		}
		if n := len(page.Items); n != 16 {
			return fmt.Errorf("%d reports: %v", n, states)
		}
		return nil
	})
	// The Azure alert within an event is the first one again.
	for state, want := range map[string]int{"incident/report": 7, "aside/beside": 5, "aside/test": 2, "triage/unknown": 2} {
		if states[state] != want {
			t.Errorf("%d reports are %s, want %d; all: %v", states[state], state, want, states)
		}
	}
	cases := d.cases()
	var azure []caseView
	for _, c := range cases {
		if strings.Contains(c.Summary, "Unauthorised access to mailbox data") {
			azure = append(azure, c)
		}
		if c.Source != "webhook" || c.Playbook != "processor-breach" || strings.Join(c.Systems, ",") != "mailbox" {
			t.Errorf("case = %+v", c)
		}
	}
	if len(cases) != 5 || len(azure) != 1 || !strings.Contains(azure[0].Summary, "a leaked key") {
		t.Errorf("%d cases, of the Azure advisory %+v", len(cases), azure)
	}
}
