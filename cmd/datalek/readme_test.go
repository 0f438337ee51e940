package main_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestTheREADMEsExamplesOfASignedReportWork takes the examples out of the README
// as they stand there and runs them against a running host, as a processor would,
// and so those lines that the demo prints. scripts/tools.sh installs what they need.
func TestTheREADMEsExamplesOfASignedReportWork(t *testing.T) {
	d := startDemo(t)
	x := newExamples(t, d)
	for _, tt := range []struct {
		name, says string
		command    []string
	}{
		{"the program's own command", `received and stored as report \S+\nwhat becomes of it, by a link that only you have: http\S+\nwhpk_\S+\n$`, []string{"bash", "-euc", x.block("sh", "datalek report send")}},
		{"curl and openssl", `^{"report_id":"[^"]+","status_url":"http[^"]+"}\s*$`, []string{"bash", "-euc", x.block("sh", "curl -sS")}},
		{"Python", `^b'{"report_id":"[^"]+","status_url":"http[^"]+"}\\n'\n$`, []string{"python3", "-c",
			x.filledIn(x.block("python", "import "), `"WEBHOOK_URL"`, `"`+d.WebhookURL+`"`, `"whsec_…"`, `"`+d.WebhookSecret+`"`)}},
		{"what the demo prints", `^{"report_id":"[^"]+","status_url":"http[^"]+"}\s*$`, []string{"bash", "-euc", x.printed()}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if out := x.run(t, tt.command); !regexp.MustCompile(tt.says).MatchString(out) {
				t.Errorf("it answered:\n%s", out)
			}
		})
	}
	await(t, "the README's three reports are one case, and the demo's another", func() error {
		var page struct {
			Items []struct {
				State, Reference string
				IncidentID       string `json:"incident_id"`
			}
		}
		d.must(200, "GET", "/reports?state=all&limit=100", nil, &page)
		reports, cases := map[string]int{}, map[string][]string{}
		for _, r := range page.Items {
			if r.State == "incident" && !slices.Contains(cases[r.Reference], r.IncidentID) {
				cases[r.Reference] = append(cases[r.Reference], r.IncidentID)
			}
			reports[r.Reference]++
		}
		if reports["MS-2027-0042"] != 3 || len(cases["MS-2027-0042"]) != 1 || reports["MS-DEMO-1"] != 1 || len(cases["MS-DEMO-1"]) != 1 {
			return errNot("reports %v in cases %v", reports, cases)
		}
		return nil
	})
}

// examples finds what is to be run, and runs it.
type examples struct {
	t       *testing.T
	d       *demo
	section string // of the README
	folder  string // in which the secret lies
	environ []string
}

func newExamples(t *testing.T, d *demo) *examples {
	t.Helper()
	for _, program := range []string{"bash", "openssl", "curl", "python3", "od", "tr", "date"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("the README's examples need %s, which is not installed here: scripts/tools.sh, or make test, installs it", program)
		}
	}
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(raw), "\n## Processors report here\n")
	section, _, _ = strings.Cut(section, "\n## ")
	x := &examples{t: t, d: d, section: section, folder: t.TempDir()}
	if err := os.WriteFile(filepath.Join(x.folder, "secret.txt"), []byte(d.WebhookSecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	// A proxy of this machine is not asked for a host on this machine.
	x.environ = append(os.Environ(), "PATH="+filepath.Dir(path)+string(os.PathListSeparator)+os.Getenv("PATH"), "NO_PROXY=127.0.0.1,localhost", "no_proxy=127.0.0.1,localhost",
		"WEBHOOK_URL="+d.WebhookURL, "WEBHOOK_SECRET="+d.WebhookSecret)
	return x
}

// block is the one block of code in that language with those words in it.
func (x *examples) block(language, words string) string {
	x.t.Helper()
	var found []string
	for _, b := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(x.section, -1) {
		if strings.Contains(b[1], words) {
			found = append(found, b[1])
		}
	}
	if len(found) != 1 {
		x.t.Fatalf("the README has %d blocks of %s with %q in them", len(found), language, words)
	}
	return found[0]
}

// filledIn puts the address and the secret where the example leaves them open.
func (x *examples) filledIn(code string, pairs ...string) string {
	x.t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if strings.Count(code, pairs[i]) != 1 {
			x.t.Fatalf("the example does not name %s once:\n%s", pairs[i], code)
		}
	}
	return strings.NewReplacer(pairs...).Replace(code)
}

// printed are the lines that the demo shows once it has started.
func (x *examples) printed() string {
	x.t.Helper()
	var lines string
	await(x.t, "the demo prints an example", func() error { // after it says that it is ready
		_, after, _ := strings.Cut(x.d.out.String(), "A processor reports a breach:\n")
		var whole bool
		if lines, _, whole = strings.Cut(after, `--data-raw "$body"`); !whole {
			return errNot("it printed %s", x.d.out)
		}
		return nil
	})
	return lines + `--data-raw "$body"`
}

func (x *examples) run(t *testing.T, command []string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...) // #nosec G204 -- the README's own words
	cmd.Dir, cmd.Env = x.folder, x.environ
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	return string(out)
}
