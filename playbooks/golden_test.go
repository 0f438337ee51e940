package playbooks_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/playbooks"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew; then read the difference aloud")

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatalf("make folder: %v", err)
		}
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatalf("write golden file: %v", err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("read golden file: %v", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got); if that is meant, run with -update:\n%s", file, diff)
	}
}

// goldenPlaybooks are all that are built in.
func goldenPlaybooks(book *playbooks.Book) []string {
	var ids []string
	for _, p := range book.Playbooks() {
		ids = append(ids, p.ID)
	}
	return ids
}

// toYoung stands in the golden files for a reader of 12 to 15.
const toYoung incidents.Audience = "young"

// toContact stands in the golden files for a contact person of an organisation.
const toContact incidents.Audience = "organisation"

// toOutsiders stand in the golden files for who never was in guidance.
var toOutsiders = map[incidents.Audience]incidents.TextFor{"newsletter": incidents.ForNewsletter, "enquirer": incidents.ForEnquirer}

// notice is one rendered text of the golden files.
type notice struct {
	playbook string
	audience incidents.Audience
	facts    string
	text     incidents.Text
}

func notices(t *testing.T, book *playbooks.Book, language string) []notice {
	t.Helper()
	var out []notice
	for _, playbook := range goldenPlaybooks(book) {
		for _, v := range variations(playbook) {
			for _, audience := range incidents.Audiences() {
				texts, err := book.Texts(v.practice, v.incident, audience, []string{language}, moment())
				if err != nil {
					t.Fatalf("%s, %s, %s, %s: %v", playbook, audience, language, v.name, err)
				}
				out = append(out, notice{playbook, audience, v.name, texts[0]})
			}
			text, err := book.YoungText(v.practice, v.incident, language)
			if err != nil {
				t.Fatalf("%s, %s, %s: %v", playbook, language, v.name, err)
			}
			out = append(out, notice{playbook, toYoung, v.name, text})
			if text, err = book.OrganisationText(v.practice, v.incident, incidents.ToClients, language); err != nil {
				t.Fatalf("%s, %s, %s: %v", playbook, language, v.name, err)
			}
			out = append(out, notice{playbook, toContact, v.name, text})
			for name, kind := range toOutsiders {
				if text, err = book.TextFor(v.practice, v.incident, incidents.ToFormerClients, incidents.Voice{Language: language, For: kind}); err != nil {
					t.Fatalf("%s, %s, %s, %s: %v", playbook, language, v.name, name, err)
				}
				out = append(out, notice{playbook, name, v.name, text})
			}
		}
	}
	return out
}

func TestNoticesReadAsTheGoldenFilesSay(t *testing.T) {
	book := load(t)
	for _, language := range book.Languages() {
		files := map[string]*strings.Builder{}
		for _, n := range notices(t, book, language) {
			name := filepath.Join(language, n.playbook, string(n.audience)+".txt")
			if files[name] == nil {
				files[name] = &strings.Builder{}
			}
			fmt.Fprintf(files[name], "=== %s ===\n\n%s\n\n%s\n", n.facts, n.text.Subject, n.text.Body)
		}
		for name, content := range files {
			golden(t, name, content.String())
		}
	}
}

func firing(clock incidents.ClockKind, mark, missed string, due time.Time) incidents.Event {
	facts := map[string]string{"clock": string(clock), "mark": mark, "due_at": due.Format(time.RFC3339Nano)}
	if missed != "" {
		facts["missed"] = missed
	}
	return incidents.Event{ID: "i1-7", Kind: incidents.ThresholdPassed, Facts: facts}
}

func warnings(t *testing.T, book *playbooks.Book, language string) []notice {
	t.Helper()
	due := moment().Add(48 * time.Hour)
	scope := 40
	told := known("phished-mailbox")
	told.Clocks[0].InScope, told.Clocks[0].Told, told.Clocks[0].Settled = &scope, 12, 1
	var out []notice
	for _, w := range []struct {
		name  string
		inc   *incidents.Incident
		event incidents.Event
		now   time.Time
	}{
		{"client: half the time is gone, nobody knows who", blank("phished-mailbox"), firing(incidents.ClientClock, "w50", "", due), due.Add(-24 * time.Hour)},
		{"client: the keeper was away", told, firing(incidents.ClientClock, "w90", "w50,w75", due), due.Add(-4*time.Hour - 48*time.Minute)},
		{"client: an hour left", told, firing(incidents.ClientClock, "w90", "", due), due.Add(-61 * time.Minute)},
		{"client: late", told, firing(incidents.ClientClock, "due", "w90", due), due.Add(6 * time.Hour)},
		{"authority: a day is gone", told, firing(incidents.AuthorityClock, "h24", "", due.Add(24*time.Hour)), due.Add(-24 * time.Hour)},
		{"authority: due this minute", told, firing(incidents.AuthorityClock, "due", "h60,h68,h71", due), due},
		{"controller: running", told, firing(incidents.ControllerClock, "h24", "", due), due.Add(-30 * time.Hour)},
		{"promised to clients: a day left", told, firing(incidents.ClientUpdateClock, "b24", "", due), due.Add(-24 * time.Hour)},
		{"promised to clients: late", told, firing(incidents.ClientUpdateClock, "due", "b24", due), due.Add(3 * time.Hour)},
		{"promised to the authority: a day left", told, firing(incidents.AuthorityUpdateClock, "b24", "", due), due.Add(-24 * time.Hour)},
		{"controller: late", told, firing(incidents.ControllerClock, "due", "", due), due.Add(30 * time.Hour)},
	} {
		p := practice()
		p.Language = language
		text, err := book.Warning(p, w.inc, w.event, w.now)
		if err != nil {
			t.Fatalf("%s: %v", w.name, err)
		}
		out = append(out, notice{"warning", incidents.ToPractitioner, w.name, text})
	}
	return append(out, reportWarnings(t, book, language)...)
}

func reportWarnings(t *testing.T, book *playbooks.Book, language string) []notice {
	t.Helper()
	p := practice()
	p.Language, p.Authority, p.TimeZone = language, registry.GBA, "Europe/Brussels"
	report := &incidents.Report{ReceivedAt: moment()}
	due := moment().Add(72 * time.Hour)
	var out []notice
	for name, now := range map[string]time.Time{"shadow: running": due.Add(-48 * time.Hour), "shadow: over": due.Add(2 * time.Hour)} {
		text, err := book.WarningForReport(p, report, firing(incidents.ShadowClock, "h24", "", due), now)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out = append(out, notice{"warning", incidents.ToPractitioner, name, text})
	}
	if out[0].facts > out[1].facts {
		out[0], out[1] = out[1], out[0]
	}
	return out
}

// warned are the languages of a practice's own warnings.
func warned() []string { return []string{"nl", "en"} }

func TestWarningsReadAsTheGoldenFilesSay(t *testing.T) {
	book := load(t)
	for _, language := range warned() {
		var content strings.Builder
		for _, w := range warnings(t, book, language) {
			fmt.Fprintf(&content, "=== %s ===\n\n%s\n\n%s\n", w.facts, w.text.Subject, w.text.Body)
		}
		golden(t, filepath.Join(language, "warning.txt"), content.String())
	}
}
