package main_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// A year of cases is read as page, CSV, PDF and data: all say the same, none
// names anybody, and what is small is nowhere.
func TestStoryOfAYear(t *testing.T) {
	d := startDemo(t, "--empty")
	client := http.DefaultClient.Transport
	http.DefaultClient.Transport = describe(t, d.BaseURL)
	t.Cleanup(func() { http.DefaultClient.Transport = client })
	year := d.now().Year() - 1
	n := 0
	file := func(times int, playbook string, month time.Month) {
		for range times {
			n++
			aware := time.Date(year, month, n, 9, 0, 0, 0, time.UTC)
			var filed struct{ ID string }
			d.must(201, "POST", "/incidents", object{"playbook": playbook, "summary": "=HYPERLINK(Piet Jansen)", "discovered_at": aware.Format(time.RFC3339), "aware_at": aware.Format(time.RFC3339),
				"aware_basis": "Piet Jansen belde.", "subjects": object{"all": true}, "breach_kinds": []string{"confidentiality"}}, &filed)
			if n <= 12 {
				d.must(201, "POST", "/incidents/"+filed.ID+"/filings", object{"authority": "AP", "kind": "new", "complete": true, "filed_at": aware.Add(10 * time.Hour).Format(time.RFC3339), "reference": "AP-1"}, nil)
			} else {
				d.must(201, "POST", "/incidents/"+filed.ID+"/decisions", object{"question": "authority", "answer": "not_notifiable", "reason": "Piet Jansen las niets."}, nil)
			}
		}
	}
	file(7, "phished-mailbox", time.March)
	file(5, "ransomware", time.March)
	file(6, "open-share", time.April)
	file(2, "lost-device", time.May)
	await(t, "it is known of each case that nobody had to hear of it", func() error {
		for _, c := range awaitCases(t, d, n) {
			if known := slices.ContainsFunc(c.Clocks, func(k clockView) bool { return k.Kind == "client" && k.InScope != nil }); !known {
				return errNot("%s is not looked through", c.Reference)
			}
		}
		return nil
	})

	r := newPlainReader(t, d.BaseURL)
	p := &person{visitor: r, t: t, disturb: func() {}}
	p.logIn(d)
	r.open("/register")
	r.click("Jaarverslag zonder namen")
	p.sees("Geen datalekken in")
	r.click(fmt.Sprintf("Jaarverslag %d", year))
	p.sees(fmt.Sprintf("Jaarverslag datalekken %d", year), "Aanval of bedrog van buiten", "niet getoond", "100 %")

	status, body := d.as(d.APIToken).raw("GET", d.BaseURL+fmt.Sprintf("/api/v1/annual-report?year=%d", year), nil, "Authorization", "Bearer "+d.APIToken)
	if status != 200 || strings.Contains(string(body), "Piet") {
		t.Fatalf("the report as data answered %d: %s", status, body)
	}
	var report struct {
		Cases  struct{ Count *int }
		Causes []struct {
			ID     string
			Count  *int
			Hidden *string
		}
		FiledInTime *int `json:"filed_in_time_percent"`
	}
	d.must(200, "GET", fmt.Sprintf("/annual-report?year=%d", year), nil, &report)
	if report.Cases.Count == nil || *report.Cases.Count != 20 || report.FiledInTime == nil || *report.FiledInTime != 100 {
		t.Errorf("report %+v", report)
	}
	for _, c := range report.Causes {
		if hidden := c.ID == "mistake" || c.ID == "loss"; hidden != (c.Hidden != nil) || hidden != (c.Count == nil) {
			t.Errorf("cause %+v", c)
		}
	}
	d.must(422, "GET", "/annual-report?year=2017", nil, nil)

	page := r.words()
	r.open(fmt.Sprintf("/report/%d/report.csv", year))
	table := r.body
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(table, "\ufeff"))).ReadAll()
	if err != nil || len(rows) < 20 || !strings.Contains(table, "Overgenomen") && !strings.Contains(table, "Mailbox overgenomen") {
		t.Errorf("the CSV has %d rows (%v):\n%s", len(rows), err, table)
	}
	r.open(fmt.Sprintf("/report/%d/report.pdf", year))
	words := printedWords(t, []byte(r.body))
	for _, row := range rows[1:] {
		if !strings.Contains(words, row[2]) || !strings.Contains(page, row[2]) {
			t.Errorf("%q of the CSV stands not on paper and page both", row)
		}
	}
	if maker := ", door Anna Voorbeeld"; !strings.Contains(rows[len(rows)-1][0], maker) || !strings.Contains(strings.Join(strings.Fields(words), " "), maker) {
		t.Errorf("the files do not say who made them: %q, and on paper\n%s", rows[len(rows)-1], words)
	}
	for name, text := range map[string]string{"page": page, "CSV": table, "PDF": words} {
		if strings.Contains(text, "Piet") || strings.Contains(text, "HYPERLINK") {
			t.Errorf("the %s names somebody", name)
		}
	}
}
