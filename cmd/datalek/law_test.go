package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A change of the law is a file: cases of before keep their 72 hours, cases of after
// have 96, and the register proves both.
func TestALawThatChangesFromADayOn(t *testing.T) {
	dir := t.TempDir()
	raw, err := os.ReadFile("../../playbooks/law/eu.yaml")
	if err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	day := func(n int) string { return time.Now().In(zone).AddDate(0, 0, n).Format(time.DateOnly) }
	text := strings.Replace(string(raw), "    valid_to:\n", "    valid_to: "+day(1)+"\n", 1) + `  - id: later-authority
    about: authority
    nl: Vertel het de toezichthouder binnen 96 uur, als het risico hoog is.
    en: Tell the authority within 96 hours, where the risk is high.
    hours: 96
    starts: aware
    risk: high_risk
    valid_from: ` + day(2) + `
    source: {document: Proefwet, article: '33'}
`
	if err := os.WriteFile(filepath.Join(dir, "eu.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	d := startDemo(t, "--empty", "--law", dir)
	type incident struct {
		ID     string
		Clocks []struct {
			Kind     string
			StartsAt time.Time  `json:"starts_at"`
			DueAt    *time.Time `json:"due_at"`
		}
		Rules []struct {
			ID    string
			Hours *int
		}
	}
	file := func() incident {
		var inc incident
		at := d.now().UTC().Truncate(time.Second).Format(time.RFC3339)
		d.must(201, "POST", "/incidents", object{"playbook": "outage", "summary": "De agenda was weg.", "discovered_at": at, "aware_at": at, "aware_basis": "Gezien.",
			"categories": []string{"name"}, "breach_kinds": []string{"availability"}}, &inc)
		return inc
	}
	hours := func(inc incident) time.Duration {
		for _, c := range inc.Clocks {
			if c.Kind == "authority" && c.DueAt != nil {
				return c.DueAt.Sub(c.StartsAt)
			}
		}
		return 0
	}
	before := file()
	d.pass(50 * time.Hour)
	after := file()
	if got := hours(before); got != 72*time.Hour || before.Rules[0].ID != "gdpr-authority" {
		t.Errorf("the case of before has %s under %+v", got, before.Rules)
	}
	if got := hours(after); got != 96*time.Hour || after.Rules[0].ID != "later-authority" || *after.Rules[0].Hours != 96 {
		t.Errorf("the case of after has %s under %+v", got, after.Rules)
	}
	var advice struct{ Recommend struct{ Authority string } }
	d.must(200, "POST", "/risk", object{"breach_kinds": []string{"availability"}, "categories": []string{"name"}, "harm_while_unavailable": "limited"}, &advice)
	if advice.Recommend.Authority != "no" {
		t.Errorf("under a law of high risk alone a risk asks for the authority: %+v", advice)
	}
	d.restart(false)
	var again incident
	d.must(200, "GET", "/incidents/"+before.ID, nil, &again)
	if got := hours(again); got != 72*time.Hour {
		t.Errorf("after a restart the case of before has %s", got)
	}
	for id, want := range map[string]string{before.ID: "72", after.ID: "96"} {
		await(t, "the register says by which rules a case was opened", func() error {
			var entries struct {
				Items []struct {
					Kind     string
					Incident string `json:"incident_id"`
					Facts    map[string]string
				}
			}
			d.must(200, "GET", "/register?format=json&limit=100", nil, &entries)
			for _, e := range entries.Items {
				if e.Kind == "incident.opened" && e.Incident == id && e.Facts["authority_hours"] == want {
					return nil
				}
			}
			return errNot("no entry of %s with %s hours in %+v", id, want, entries.Items)
		})
	}
}
