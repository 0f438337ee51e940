package playbooks_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"datalek/incidents/law"
	"datalek/incidents/registry"
	"datalek/playbooks"
)

// builtIn returns a built-in file of rules, changed by replacing pairs of texts.
func builtIn(t *testing.T, name string, pairs ...string) string {
	t.Helper()
	content, err := os.ReadFile("law/" + name)
	if err != nil {
		t.Fatal(err)
	}
	raw := string(content)
	for i := 0; i+1 < len(pairs); i += 2 {
		if !strings.Contains(raw, pairs[i]) {
			t.Fatalf("%s does not say %q", name, pairs[i])
		}
		raw = strings.Replace(raw, pairs[i], pairs[i+1], 1)
	}
	return raw
}

// longer is the law in which the authority hears within 96 hours, of a high risk
// alone, from 1 July 2027 on: what a pending proposal speaks of.
func longer(t *testing.T) string {
	t.Helper()
	return builtIn(t, "eu.yaml", "    valid_to:\n", "    valid_to: 2027-06-30\n", "rules:\n", `rules:
  - id: pending-authority
    about: authority
    nl: Vertel het de toezichthouder binnen 96 uur, als het risico hoog is.
    en: Tell the authority within 96 hours, where the risk is high.
    hours: 96
    starts: aware
    risk: high_risk
    valid_from: 2027-07-01
    valid_to:
    source: {document: Proefvoorstel, article: 33(1)}
`)
}

func TestTheLawAsItStands(t *testing.T) {
	book := load(t)
	for _, a := range []registry.Authority{registry.AP, registry.GBA} {
		p := registry.Practice{Authority: a, TimeZone: "Europe/Amsterdam"}
		for _, at := range []time.Time{time.Date(2018, 5, 25, 8, 0, 0, 0, time.UTC), time.Date(2027, 3, 8, 8, 0, 0, 0, time.UTC)} {
			set := book.LawOf(p, at)
			if set.Hours() != 72 || set.AuthorityRisk() != law.AnyRisk || set.PersonsRisk() != law.HighRisk || set.Ages() != (law.Ages{Beside: 12, Instead: 16}) || set.Edition() != "" {
				t.Errorf("under the %s on %s: %+v", a, at, set)
			}
			for _, r := range set {
				if r.Words("nl") == "" || r.Words("en") == "" || r.Source.Article == "" {
					t.Errorf("the rule %s lacks words or a source", r.ID)
				}
			}
		}
	}
	day := registry.Date{Year: 2027, Month: 3, Day: 8}
	if young, _ := book.Law().On(registry.GBA, day).Of(law.YoungPeople); !young.ByCapacity {
		t.Error("in Belgium it is not capacity that counts")
	}
	for a, want := range map[registry.Authority]string{registry.AP: "AP 2022-08", registry.GBA: "GBA 2026-11"} {
		if got := book.FormOf(a, registry.Practice{TimeZone: "Europe/Amsterdam"}, time.Date(2027, 3, 8, 8, 0, 0, 0, time.UTC)); got != want {
			t.Errorf("the form of the %s is %q, want %q", a, got, want)
		}
	}
}

func TestAChangeOfTheLawIsAChangeOfData(t *testing.T) {
	book, err := playbooks.LoadFrom(playbooks.Folders{Law: folder(t, map[string]string{"eu.yaml": longer(t)})})
	if err != nil {
		t.Fatal(err)
	}
	p := registry.Practice{Authority: registry.AP, TimeZone: "Europe/Amsterdam"}
	// In the practice's own zone July begins two hours before it does in UTC.
	for at, want := range map[string]int{"2027-06-30T21:59:00Z": 72, "2027-06-30T22:00:00Z": 96} {
		moment, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := book.LawOf(p, moment).Hours(); got != want {
			t.Errorf("at %s the term is %d hours, want %d", at, got, want)
		}
	}
	if _, err := playbooks.Load(folder(t, map[string]string{"law/eu.yaml": longer(t)})); err != nil {
		t.Errorf("the folder of playbooks does not take the same rules: %v", err)
	}
}

func TestFaultsOfTheLawAreSaidAllAtOnceWithTheirLines(t *testing.T) {
	for _, tt := range []struct {
		name, file, content string
		want                []string
	}{
		{"an unknown key", "eu.yaml", builtIn(t, "eu.yaml", "hours: 72", "hour: 72"), []string{`eu.yaml:13: unknown key "hour"`, "rules.0.hours: a rule about authority needs this"}},
		{"impossible values", "eu.yaml", builtIn(t, "eu.yaml", "hours: 72", "hours: 7200", "risk: risk", "risk: some", "starts: aware", "starts: discovery"),
			[]string{"eu.yaml:13: rules.0.hours: give 1 to 744", "eu.yaml:14: rules.0.starts: hours count from awareness: aware", "eu.yaml:15: rules.0.risk: choose risk or high_risk"}},
		{"texts and sources that are missing", "be.yaml", builtIn(t, "be.yaml", "    en: In Belgium", "    # en: In Belgium", "article: '12'", "article: ''"),
			[]string{"rules.0.en: this text is missing", "rules.0.source: name the document and the article"}},
		{"days that do not exist", "nl.yaml", builtIn(t, "nl.yaml", "valid_from: 2018-05-25", "valid_from: 2018-02-30", "    valid_to:\n", "    valid_to: soon\n"),
			[]string{"rules.0.valid_from: give the first day", "rules.0.valid_to: give the last day"}},
		{"what belongs to another topic", "nl.yaml", builtIn(t, "nl.yaml", "    beside: 12\n", "    beside: 12\n    months: 2\n"), []string{"rules.0.months: this is nothing that a rule about young says"}},
		{"a form that there is not", "nl.yaml", builtIn(t, "nl.yaml", "edition: AP 2022-08", "edition: AP 2030-01"), []string{"rules.1.edition: there is no form of this edition"}},
		{"an id twice", "nl.yaml", builtIn(t, "nl.yaml", "id: nl-form-2022", "id: nl-young"), []string{"rules.1.id: another rule has this id"}},
		{"a gap", "eu.yaml", builtIn(t, "eu.yaml", "    valid_to:\n", "    valid_to: 2027-06-30\n"), []string{"eu.yaml:17: rules.0.valid_to: no rule about authority holds under the AP from 2027-07-01"}},
		{"an overlap", "eu.yaml", strings.Replace(longer(t), "valid_to: 2027-06-30", "valid_to: 2027-07-01", 1), []string{"valid_from: this rule and gdpr-authority both hold under the AP on 2027-07-01"}},
		{"a file of another kind", "eu.json", "{}", []string{"eu.json: nothing reads this"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := playbooks.LoadFrom(playbooks.Folders{Law: folder(t, map[string]string{tt.file: tt.content})})
			var faults playbooks.Faults
			if !errors.As(err, &faults) {
				t.Fatalf("loading answers %v", err)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("nothing says %q in\n%v", want, err)
				}
			}
		})
	}
	if _, err := playbooks.LoadFrom(playbooks.Folders{Law: t.TempDir() + "/none"}); err == nil {
		t.Error("a folder that is not there was read")
	}
}

func TestEveryKindOfBreachHasItsAnswerInTheDutchForm(t *testing.T) {
	for _, p := range load(t).Playbooks() {
		if len(p.APIncidents) == 0 || p.APIncidents[0] < 1 || p.APIncidents[0] > 12 {
			t.Errorf("%s has no kind of incident: %v", p.ID, p.APIncidents)
		}
	}
}
