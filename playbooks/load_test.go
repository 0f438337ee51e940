package playbooks_test

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/playbooks"

	"github.com/google/go-cmp/cmp"
)

func TestTheBuiltInDataIsWhole(t *testing.T) {
	book := load(t)
	var ids, own, fast []string
	for _, p := range book.Playbooks() {
		ids = append(ids, p.ID)
		if p.HasOwnTexts {
			own = append(own, p.ID)
		}
		if p.FastLane {
			fast = append(fast, p.ID)
		}
	}
	want := []string{"mis-sent-letter", "lost-letter", "mis-sent-email", "group-mail-cc", "wrong-file", "lost-device", "lost-paper",
		"phished-mailbox", "ransomware", "processor-breach", "open-share", "published-by-accident", "data-in-chatbot", "taken-by-insider",
		"caller-fraud", "outage"}
	if diff := cmp.Diff(want, ids); diff != "" {
		t.Errorf("playbooks (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, own); diff != "" {
		t.Errorf("with texts of their own (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"mis-sent-email"}, fast); diff != "" {
		t.Errorf("fast lane (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"nl", "en", "fr", "de"}, book.Languages()); diff != "" {
		t.Errorf("languages (-want +got):\n%s", diff)
	}
}

func TestThePolicyOfTheLawPromisesNoHours(t *testing.T) {
	policy, some := load(t).Policy("law-only")
	if !some || policy.ClientHours != 0 || policy.ClientTerm().Warn != nil || policy.AuthorityHours != 72 {
		t.Errorf("got %+v", policy)
	}
}

func TestPoliciesComeInTheirOrderAndUnknownOnesDoNot(t *testing.T) {
	book := load(t)
	var ids []string
	for _, p := range book.Policies() {
		ids = append(ids, p.ID)
	}
	if diff := cmp.Diff([]string{"refleact-48", "law-only", "ballance", "in-de-hand", "jose-welten", "social-work-be", "sample"}, ids); diff != "" {
		t.Errorf("policies (-want +got):\n%s", diff)
	}
	if _, some := book.Policy("nothing"); some {
		t.Error("an unknown policy was found")
	}
	if _, some := book.Playbook("nothing"); some {
		t.Error("an unknown playbook was found")
	}
}

func TestACallerCannotChangeTheBook(t *testing.T) {
	book := load(t)
	policy, _ := book.Policy("refleact-48")
	policy.ClientThresholds[0] = 1
	playbook, _ := book.Playbook("outage")
	playbook.Title["nl"], playbook.BreachKinds[0] = "x", incidents.Integrity
	again, _ := book.Policy("refleact-48")
	kept, _ := book.Playbook("outage")
	if again.ClientThresholds[0] != 50 || kept.Title["nl"] == "x" || kept.BreachKinds[0] != incidents.Availability {
		t.Error("the book was changed through what it handed out")
	}
}

// folder writes files into a new folder.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatalf("make folder: %v", err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatalf("write file: %v", err)
		}
	}
	return dir
}

const goodPolicy = `id: ours
title: {nl: Ons beleid, en: Our policy}
explanation: {nl: Uitleg., en: Explanation.}
source: {document: &doc ons reglement, place: geheel}
client: {hours: 24, warn_percent: [50], source: {document: *doc, place: artikel 1}}
authority: {hours: 72, warn_hours: [24], source: {document: AVG, place: artikel 33}}
mail: {name: true, formal: false, source: {document: *doc, place: artikel 2}}
retention: [{from: guidance, months: 0, source: {document: *doc, place: artikel 3}}]
`

func TestAFolderAddsAndReplaces(t *testing.T) {
	dir := folder(t, map[string]string{
		"README.md":               "ours",
		".hidden":                 "x",
		"policies/ours.yaml":      goodPolicy,
		"texts/nl/generic.tmpl":   `{{define "happened"}}Er is iets misgegaan.{{end}}{{define "likely"}}Dat zoeken wij uit.{{end}}`,
		"kinds/broken-glass.yaml": "id: broken-glass\ntitle: {nl: Ruit, en: Glass}\nexplanation: {nl: A., en: A.}\nwhat: {nl: Een ruit., en: Glass., fr: Une vitre., de: Eine Scheibe.}\nbreach_kinds: [availability]\nap_incident: [12]\ntasks: [{id: sweep, act: repair, hours: 4, nl: Veeg., en: Sweep.}]\n",
	})
	book, err := playbooks.Load(dir)
	if err != nil {
		t.Fatalf("load: %v", err)
	}
	if p, some := book.Policy("ours"); !some || p.ClientHours != 24 || !p.NameInMail || p.Formal {
		t.Errorf("our policy: %t, %+v", some, p)
	}
	all := book.Playbooks()
	if last := all[len(all)-1]; len(all) != 17 || last.ID != "broken-glass" {
		t.Errorf("%d playbooks, the last is %s", len(all), last.ID)
	}
	texts, err := book.Texts(practice(), blank("broken-glass"), incidents.ToClients, []string{"nl"}, moment())
	if err != nil || !strings.Contains(texts[0].Body, "Er is iets misgegaan.") {
		t.Errorf("our text was not used: %v", err)
	}
}

// early is our policy under another name, with a preliminary notice.
func early(id, choice string) string {
	return strings.Replace(goodPolicy, "id: ours", "id: "+id, 1) + "preliminary_notice: " + choice + "\n"
}

func TestAPreliminaryNoticeIsAChoice(t *testing.T) {
	for _, p := range load(t).Policies() {
		if policy, _ := load(t).Policy(p.ID); policy.PreliminaryLead() != 0 {
			t.Errorf("%s lets a notice go by itself without anybody choosing that", p.ID)
		}
	}
	book, err := playbooks.Load(folder(t, map[string]string{"policies/chosen.yaml": early("chosen", "{lead_hours: 6, update_hours: 24}"), "policies/usual.yaml": early("usual", "{lead_hours: 1}")}))
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string][2]time.Duration{"chosen": {6 * time.Hour, 24 * time.Hour}, "usual": {time.Hour, 72 * time.Hour}} {
		policy, _ := book.Policy(id)
		if got := [2]time.Duration{policy.PreliminaryLead(), policy.PreliminaryUpdate()}; got != want {
			t.Errorf("%s: %v, want %v", id, got, want)
		}
	}
}

func TestEveryFaultIsToldAtOnceWithFileAndLine(t *testing.T) {
	dir := folder(t, map[string]string{
		"policies/typo.yaml": "id: other\ntitle:\n  nl: A\nexplanation: {nl: A., en: A.}\nsource: x\nclient:\n  hours: -1\n  warn_percent: [75, 50]\n" +
			"authority:\n  hours: 73\n  warn_hours: [80]\nforgetting: 3\n",
		"policies/text.yaml":      strings.Replace(strings.Replace(goodPolicy, "id: ours", "id: text", 1), "hours: 24,", "hours: many,", 1),
		"policies/none.yaml":      strings.Replace(strings.Replace(goodPolicy, "id: ours", "id: none", 1), "hours: 24,", "hours: 0,", 1),
		"policies/lead.yaml":      early("lead", "{lead_hours: 24, update_hours: -1}"),
		"policies/nothing.yaml":   early("nothing", "{lead_hours: 0}"),
		"policies/hoursless.yaml": strings.Replace(early("hoursless", "{lead_hours: 6}"), "hours: 24,", "hours: 0,", 1),
		"policies/strange.yaml":   early("strange", "{lead: 6}"),
		"policies/empty.yaml":     "",
		"policies/broken.yaml":    "id: [\n",
		"policies/two.yaml":       strings.Replace(goodPolicy, "id: ours", "id: two", 1) + "---\nid: three\n",
		"kinds/outage.yaml": "id: outage\ntitle: {nl: A, en: A, fr: A}\nexplanation: {nl: A., en: A.}\nbreach_kinds: [fire]\n" +
			"ap_incident: [13]\ndata: [shoes]\nsystems: [Our Drive]\ntasks:\n  - {id: a, act: sing, hours: 0, nl: A.}\n  - {id: a, act: stop, hours: 1, nl: A., en: A., fr: A.}\n" +
			"questions:\n  - id: b\n    nl: B?\n    en: B?\n    options: [{id: B b, nl: B, en: B, means: {weather: bad, backup: sunny, recipient: trusted}}]\n",
		"texts/en/words.yaml":     "kinds:\n  name: name\n  shoe_size: shoe size\n",
		"texts/nl/clients.tmpl":   "{{define \"clients.subject\"}}x{{end}}\n{{define \"clients.body\"}}\n{{if}}{{end}}",
		"texts/nl/mis-sent.tmpl":  "lost",
		"playbooks/mistaken.yaml": "lost",
	})
	_, err := playbooks.Load(dir)
	var faults playbooks.Faults
	if !errors.As(err, &faults) {
		t.Fatalf("got %v, want faults", err)
	}
	got := map[string]bool{}
	for _, f := range faults {
		rel, err := filepath.Rel(dir, f.File)
		if err != nil {
			t.Fatalf("a fault names no file of the folder: %s", f)
		}
		got[filepath.ToSlash(rel)+":"+strconv.Itoa(f.Line)+": "+f.Message] = true
	}
	for _, want := range []string{
		`policies/typo.yaml:1: id: must be the same as the file's name, typo`,
		`policies/typo.yaml:2: title.en: this text is missing`,
		`policies/typo.yaml:7: client.hours: give 0 (no promised hours) to 720`,
		`policies/typo.yaml:8: client.warn_percent: give shares between 1 and 99, each larger than the one before`,
		`policies/typo.yaml:10: authority.hours: give 1 to 72: 72 takes the law's term of the day, fewer are your own`,
		`policies/typo.yaml:11: authority.warn_hours: give hours between 1 and the term, each larger than the one before`,
		`policies/typo.yaml:12: unknown key "forgetting"`,
		"policies/text.yaml:5: this value has the wrong form `many`",
		`policies/none.yaml:5: client.warn_percent: without promised hours there is no share of them to warn at`,
		`policies/lead.yaml:9: preliminary_notice.lead_hours: give at least 1, and fewer than client.hours; leave preliminary_notice out for none`,
		`policies/lead.yaml:9: preliminary_notice.update_hours: give 1 to 720, or leave it out for three days`,
		`policies/nothing.yaml:9: preliminary_notice.lead_hours: give at least 1, and fewer than client.hours; leave preliminary_notice out for none`,
		`policies/hoursless.yaml:9: preliminary_notice.lead_hours: without promised hours there is no deadline that a notice could go before`,
		`policies/strange.yaml:9: unknown key "lead"`,
		`policies/empty.yaml:0: the file is empty`,
		`policies/two.yaml:0: the file holds more than one document`,
		`kinds/outage.yaml:2: title.fr: there are no texts in this language`,
		`kinds/outage.yaml:4: breach_kinds: choose from confidentiality, integrity, availability, not fire`,
		`kinds/outage.yaml:5: ap_incident: the form has kinds 1 to 12, not 13`,
		`kinds/outage.yaml:6: data: there is no such kind of data as shoes`,
		`kinds/outage.yaml:7: systems: use lower-case letters, digits and hyphens, not Our Drive`,
		`kinds/outage.yaml:9: tasks.0.en: this text is missing`,
		`kinds/outage.yaml:9: tasks.0.act: choose from stop, evidence, ask, check, revoke, repair, tell, police, insurer`,
		`kinds/outage.yaml:9: tasks.0.hours: give 1 to 720 hours after awareness`,
		`kinds/outage.yaml:10: unknown key "fr"`,
		`kinds/outage.yaml:10: tasks.1.id: this name stands twice: a`,
		`kinds/outage.yaml:15: questions.0.options: give at least two answers to choose from`,
		`kinds/outage.yaml:15: questions.0.options.0.id: use lower-case letters, digits and hyphens`,
		`kinds/outage.yaml:15: questions.0.options.0.means.backup: choose from complete, partial, none, not sunny`,
		`kinds/outage.yaml:15: questions.0.options.0.means.weather: there is no such fact of the risk`,
		`texts/en/words.yaml:1: kinds.contact: this kind of data has no name`,
		`texts/en/words.yaml:3: kinds.shoe_size: there is no such kind of data`,
		`texts/nl/clients.tmpl:3: missing value for if`,
		`texts/nl/mis-sent.tmpl:0: nothing reads a file of this name; see the package documentation for the names`,
		`playbooks/mistaken.yaml:0: nothing reads a file of this name; see the package documentation for the names`,
	} {
		if !got[want] {
			t.Errorf("not told: %s", want)
		}
	}
	if t.Failed() {
		t.Logf("told:\n%v", err)
	}
	if !strings.Contains(err.Error(), "broken.yaml:") {
		t.Errorf("the broken file is not named in:\n%v", err)
	}
}

func TestAMissingLanguageIsRefused(t *testing.T) {
	kind := "id: glass\ntitle: {nl: R, en: G}\nexplanation: {nl: A., en: A.}\nWHATbreach_kinds: [availability]\nap_incident: [12]\n" +
		"tasks: [{id: sweep, act: repair, hours: 4, nl: Veeg., en: Sweep.}]\n"
	for name, tt := range map[string]struct {
		files map[string]string
		want  string
	}{
		"of what happened": {map[string]string{"kinds/glass.yaml": strings.Replace(kind, "WHAT", "what: {nl: Een ruit., en: Glass., fr: Une vitre.}\n", 1)},
			"what.de: this text is missing"},
		"of a text": {map[string]string{"kinds/glass.yaml": strings.Replace(kind, "WHAT", "", 1), "texts/nl/glass.tmpl": "{{define \"happened\"}}Ruit.{{end}}"},
			"playbooks/texts/de/glass.tmpl: the file cannot be read"},
		"of what own words are in": {map[string]string{"texts/fr/words.yaml": "kinds: {}\nlanguages: {nl: en néerlandais, en: en anglais, fr: en français, it: en italien}\n"},
			"languages.de: this text is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := playbooks.Load(folder(t, tt.files))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestATextThatCannotBeWrittenIsFoundAtTheStart(t *testing.T) {
	for name, content := range map[string]string{
		"a fact that there is not": "{{define \"happened\"}}\n{{.Nothing}}{{end}}{{define \"likely\"}}x{{end}}",
		"a fragment that is lost":  "{{define \"happened\"}}\n{{template \"lost\"}}{{end}}{{define \"likely\"}}x{{end}}",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := playbooks.Load(folder(t, map[string]string{"texts/en/lost-device.tmpl": content}))
			var faults playbooks.Faults
			if !errors.As(err, &faults) || len(faults) == 0 {
				t.Fatalf("got %v, want faults", err)
			}
			if f := faults[0]; !strings.HasSuffix(f.File, filepath.FromSlash("texts/en/lost-device.tmpl")) || f.Line != 2 {
				t.Errorf("got %s, want line 2 of lost-device.tmpl", f)
			}
		})
	}
}

func TestAFolderThatIsNotThereIsRefused(t *testing.T) {
	if _, err := playbooks.Load(filepath.Join(t.TempDir(), "nowhere")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want that it does not exist", err)
	}
	if _, err := playbooks.Load(filepath.Join(folder(t, map[string]string{"file": "x"}), "file")); err == nil {
		t.Error("a file was taken for a folder")
	}
}
