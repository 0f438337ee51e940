package main_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// practiceToken is what `datalek practice add` prints.
var practiceToken = regexp.MustCompile(`API token\s+(\S+)`)

// addPractice adds a practice to the demo's host, which must not be running,
// and returns its API token.
func (d *demo) addPractice(name string) string {
	d.t.Helper()
	path, err := binary()
	if err != nil {
		d.t.Fatal(err)
	}
	cmd := exec.Command(path, "practice", "add", "--data", filepath.Join(d.dir, "data"), "--name", name, "--contact", "Piet "+name,
		"--email", strings.ToLower(strings.ReplaceAll(name, " ", "-"))+"@praktijk.example") // #nosec G204
	out, err := cmd.CombinedOutput()
	if err != nil {
		d.t.Fatalf("practice add: %v\n%s", err, out)
	}
	return practiceToken.FindStringSubmatch(string(out))[1]
}

// as returns the same demo seen by another practice's token.
func (d *demo) as(token string) *demo {
	other := *d
	other.APIToken = token
	return &other
}

// cases lists the practice's incidents.
func (d *demo) cases() []caseView {
	var page struct{ Items []caseView }
	d.must(200, "GET", "/incidents?limit=500", nil, &page)
	return page.Items
}

type caseView struct {
	ID         string
	Reference  string
	Summary    string
	Source     string
	Playbook   string
	Systems    []string
	AwareAt    time.Time `json:"aware_at"`
	AwareBasis string    `json:"aware_basis"`
	Processor  *string
	Clocks     []clockView
	Measures   string `json:"measures_taken"`
}

type clockView struct {
	Kind       string
	State      string
	StartsAt   time.Time  `json:"starts_at"`
	DueAt      *time.Time `json:"due_at"`
	EndedWhy   *string    `json:"ended_because"`
	Told       int
	InScope    *int   `json:"in_scope"`
	LateSecond int64  `json:"late_seconds"`
	LateReason string `json:"late_reason"`
	Thresholds []struct {
		Mark    string
		At      time.Time
		FiredAt *time.Time `json:"fired_at"`
		Missed  bool
	}
}

func breach(reference, stage, summary, more string) string {
	return fmt.Sprintf(`{"type":"processor.breach.reported","timestamp":"2027-03-05T16:42:10Z","data":{"schemaVersion":1,"reference":%q,"stage":%q,"summary":%q%s}}`, reference, stage, summary, more)
}

// Story C: a processor's signed report reaches every practice that uses it, and
// nobody else; a practice's own address reaches that practice alone.
func TestStoryC(t *testing.T) {
	d := startDemo(t, "--empty")
	d.stop()
	second, third := d.addPractice("Praktijk Twee"), d.addPractice("Praktijk Drie")
	fourth, fifth := d.addPractice("Praktijk Vier"), d.addPractice("Praktijk Vijf")
	d.start(strings.TrimPrefix(d.BaseURL, "http://"))
	users, others := []*demo{d, d.as(second), d.as(third)}, []*demo{d.as(fourth), d.as(fifth)}
	var own struct {
		URL    string `json:"webhook_url"`
		Secret string `json:"webhook_secret"`
	}
	for _, p := range users {
		p.call("POST", "/processors", map[string]any{"id": "microsoft-365", "name": "Microsoft", "contract_hours": 24}, &own)
		p.must(201, "POST", "/systems", map[string]any{"id": "mailbox", "name": "Mailbox", "processor": "microsoft-365", "services": []string{"mail"}, "categories": []string{"name", "contact"}}, nil)
		p.must(201, "POST", "/systems", map[string]any{"id": "agenda", "name": "Agenda", "processor": "microsoft-365", "categories": []string{"appointments"}}, nil)
		p.must(201, "POST", "/clients", map[string]any{"external_id": "c-1", "name": "Cliënt Een", "email": "een@voorbeeld.example", "guidance": []map[string]any{{"from": "2025-01-01"}}}, nil)
	}
	others[0].must(201, "POST", "/processors", map[string]any{"id": "other-host", "name": "Andere host"}, nil)

	told := d.now()
	first := breach("MS-1", "initial", "Mail was read.", `,"services":["mail"],"occurredFrom":"2026-11-01T00:00:00Z","processorAwareAt":"`+told.Add(-30*time.Hour).UTC().Format(time.RFC3339)+`","measuresTaken":["access revoked"],"futureField":{"deep":[1,2]}`)
	status, answer := d.report(d.WebhookURL, d.WebhookSecret, "msg-1", first)
	if status != 202 || !strings.Contains(answer, "report_id") {
		t.Fatalf("answered %d %s, want 202 with a report_id", status, answer)
	}
	for i, p := range users {
		c := awaitCases(t, p, 1)[0]
		if c.Source != "webhook" || c.Playbook != "processor-breach" || strings.Join(c.Systems, ",") != "mailbox" || c.Summary != "Mail was read." {
			t.Errorf("practice %d: %+v", i+1, c)
		}
		if d := c.AwareAt.Sub(told); d < -2*time.Second || d > 10*time.Second {
			t.Errorf("practice %d: aware %v after being told", i+1, d)
		}
		checkReportClocks(t, c)
	}
	for _, p := range others {
		if n := len(p.cases()); n != 0 {
			t.Errorf("a practice that does not use the processor has %d incidents", n)
		}
	}

	t.Run("a replay gets the first answer and changes nothing", func(t *testing.T) {
		status, again := d.report(d.WebhookURL, d.WebhookSecret, "msg-1", first)
		if status != 202 || again != answer {
			t.Errorf("answered %d %s, want the first answer %s", status, again, answer)
		}
	})
	t.Run("what cannot be proven is refused", func(t *testing.T) {
		wrong := "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", 32)))
		body := breach("MS-FORGED", "initial", "forged", "")
		for name, got := range map[string]func() (int, string){
			"wrong secret": func() (int, string) { return d.report(d.WebhookURL, wrong, "f-1", body) },
			"empty secret": func() (int, string) { return d.report(d.WebhookURL, "whsec_", "f-2", body) },
			"six minutes old": func() (int, string) {
				return d.reportAt(d.WebhookURL, d.WebhookSecret, "f-3", body, d.now().Add(-6*time.Minute))
			},
			"six minutes hence": func() (int, string) {
				return d.reportAt(d.WebhookURL, d.WebhookSecret, "f-4", body, d.now().Add(6*time.Minute))
			},
			"another's secret": func() (int, string) { return d.report(d.WebhookURL, own.Secret, "f-5", body) },
		} {
			if status, answer := got(); status != 401 {
				t.Errorf("%s: answered %d %s, want 401", name, status, answer)
			}
		}
	})
	t.Run("2 MB is too large", func(t *testing.T) {
		if status, answer := d.report(d.WebhookURL, d.WebhookSecret, "big", strings.Repeat(" ", 2<<20)); status != 413 {
			t.Errorf("answered %d %s, want 413", status, answer)
		}
	})
	t.Run("broken and unknown messages become triage items of every user", func(t *testing.T) {
		for i, body := range []string{`{"type":"processor.breach.reported","data":`, `{"type":"invoice.paid","timestamp":"2027-03-05T16:42:10Z","data":{}}`} {
			if status, answer := d.report(d.WebhookURL, d.WebhookSecret, fmt.Sprintf("odd-%d", i), body); status != 202 {
				t.Errorf("answered %d %s, want 202", status, answer)
			}
		}
		for _, p := range users {
			await(t, "two triage items", func() error {
				var page struct{ Items []json.RawMessage }
				p.must(200, "GET", "/reports", nil, &page)
				if len(page.Items) != 2 {
					return errNot("%d items", len(page.Items))
				}
				return nil
			})
		}
	})
	t.Run("the practitioner hears of each at once, at both addresses", func(t *testing.T) {
		for _, to := range []string{"anna@lindehof.example", "anna.thuis@voorbeeldpost.example"} {
			await(t, "three mails to "+to, func() error {
				got := d.mailsTo(to)
				if len(got) != 3 {
					return errNot("%d mails: %v", len(got), subjects(got))
				}
				return nil
			})
		}
	})
	t.Run("update and final meet in the same incident", func(t *testing.T) {
		d.report(d.WebhookURL, d.WebhookSecret, "msg-2", breach("MS-1", "update", "Mail and agenda were read.", `,"services":["mail","agenda"]`))
		d.report(d.WebhookURL, d.WebhookSecret, "msg-3", breach("MS-1", "final", "It is over.", `,"services":["mail","agenda"],"occurredUntil":"2026-11-03T00:00:00Z"`))
		for _, p := range users {
			await(t, "the update arrived", func() error {
				cases := p.cases()
				if len(cases) != 1 || cases[0].Summary != "It is over." || len(cases[0].Systems) != 2 {
					return errNot("%d incidents, %+v", len(cases), cases[0])
				}
				return nil
			})
		}
	})
	t.Run("the practitioner hears of each later stage, and of nothing twice", func(t *testing.T) {
		for _, to := range []string{"anna@lindehof.example", "anna.thuis@voorbeeldpost.example"} {
			var got []string
			await(t, "five mails to "+to, func() error {
				if got = subjects(d.mailsTo(to)); len(got) < 5 {
					return errNot("%d mails: %v", len(got), got)
				}
				return nil
			})
			slices.Sort(got)
			waits, more := "Er wacht een melding op u", "Een leverancier stuurde meer: "+users[0].cases()[0].Reference
			want := []string{"Een leverancier meldde iets: " + users[0].cases()[0].Reference, more, more, waits, waits}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("mails to %s (-want +got):\n%s", to, diff)
			}
		}
	})
	t.Run("a practice's own address reaches that practice alone", func(t *testing.T) {
		if status, answer := d.report(own.URL, own.Secret, "own-1", breach("OWN-1", "initial", "Only us.", "")); status != 202 {
			t.Fatalf("answered %d %s", status, answer)
		}
		awaitCases(t, users[2], 2)
		for _, p := range append(others, users[0], users[1]) {
			for _, c := range p.cases() {
				if c.Summary == "Only us." {
					t.Error("another practice got an incident from a practice's own address")
				}
			}
		}
	})
}

func awaitCases(t *testing.T, p *demo, n int) (cases []caseView) {
	t.Helper()
	await(t, fmt.Sprintf("%d incidents", n), func() error {
		if cases = p.cases(); len(cases) != n {
			return errNot("%d incidents", len(cases))
		}
		return nil
	})
	return cases
}

// checkReportClocks expects the promise, the law and the processor's lateness.
func checkReportClocks(t *testing.T, c caseView) {
	t.Helper()
	want := map[string]time.Duration{"client": 48 * time.Hour, "authority": 72 * time.Hour}
	for _, clock := range c.Clocks {
		if within, some := want[clock.Kind]; some {
			if clock.DueAt == nil || clock.DueAt.Sub(c.AwareAt) != within {
				t.Errorf("%s clock is due %v, want %v after awareness", clock.Kind, clock.DueAt, within)
			}
			delete(want, clock.Kind)
		}
		if clock.Kind == "contract" && (clock.LateSecond < 6*3600-60 || clock.LateSecond > 6*3600+60) {
			t.Errorf("the processor was %d s late, want six hours", clock.LateSecond)
		}
	}
	if len(want) > 0 {
		t.Errorf("clocks missing: %v", want)
	}
}
