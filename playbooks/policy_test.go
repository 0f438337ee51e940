package playbooks_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"datalek/playbooks"
)

// faulty is our policy with everything wrong that the rules can have.
const faulty = `id: faulty
title: {nl: Ons beleid, en: Our policy}
explanation: {nl: Uitleg., en: Explanation.}
source: {document: &doc ons reglement, place: geheel}
client: {hours: 24, warn_percent: [50], source: {document: *doc}}
authority: {hours: 72, warn_hours: [24]}
mail: {name: true, formal: false, source: {document: *doc, place: artikel 2}}
telling:
  - {relation: friend, when: promise, source: {document: *doc, place: artikel 3}}
  - {relation: client, when: sometimes, source: {document: *doc, place: artikel 3}}
  - {relation: client, when: law}
contact:
  first: pigeon
  barred_senders: [gmail]
retention:
  - {from: guidance, months: 700, source: {document: *doc, place: artikel 4}}
  - {systems: [attic], from: withdrawal, months: 3, source: {document: *doc, place: artikel 4}}
  - {relations: [friend], from: birthday, source: {document: *doc, place: artikel 4}}
protections:
  - {kind: moat, systems: [attic], source: {document: *doc, place: artikel 5}}
requests: {weeks: 60, source: {document: *doc, place: artikel 6}}
statements:
  - text: {nl: Een afspraak.}
    source: {document: *doc, place: artikel 7}
practice: {authority: XY, language: fr, time_zone: Mars/Olympus, filing_languages: [la]}
people:
  - {relation: client, word: {nl: cliënt}, source: {document: *doc, place: artikel 8}}
processors:
  - {id: host, name: Host, contract_hours: 900, source: {document: *doc, place: artikel 9}}
systems:
  - id: mailbox
    name: {nl: Mailbox}
    processor: nobody
    categories: [shoes]
    identifiability: half
  - id: mailbox
    name: {nl: Mailbox, en: Mailbox}
    colour: red
    categories: [name]
    identifiability: identified
    source: {document: *doc, place: artikel 10}
`

func TestEveryFaultOfARuleIsToldAtOnceWithItsLine(t *testing.T) {
	file := filepath.Join(folder(t, map[string]string{"faulty.yaml": faulty}), "faulty.yaml")
	_, _, _, err := playbooks.ReadPolicy(file, "nl")
	var faults playbooks.Faults
	if !errors.As(err, &faults) {
		t.Fatalf("got %v, want faults", err)
	}
	got := strings.ReplaceAll(faults.Error(), file, "f") + "\n"
	for _, want := range []string{
		"f:5: client.source: name the document and the place that this comes from",
		"f:6: authority.source: name the document",
		"f:9: telling.0.relation: choose a relation",
		"f:10: telling.1.when: choose promise, law or decide",
		"f:11: telling.2.relation: this relation has a rule already",
		"f:11: telling.2.source: name the document",
		"f:13: contact.first: choose email or phone",
		"f:14: contact.barred_senders.0: give the part of an address behind the @",
		"f:12: contact.source: name the document",
		"f:16: retention.0.months: give 0 to 600 months",
		"f:17: retention.1.months: what is kept until somebody withdraws has no months",
		"f:17: retention.1.systems: a rule for everything stands before this one",
		"f:17: retention.1.systems.0: there is no such system in this policy",
		"f:18: retention.2.relations.0: choose a relation",
		"f:18: retention.2.from: choose guidance, last_contact, calendar_year, entry or withdrawal",
		"f:20: protections.0.kind: choose a protection",
		"f:20: protections.0.systems.0: there is no such system in this policy",
		"f:21: requests.weeks: give 1 to 13 weeks",
		"f:23: statements.0.text.en: this text is missing",
		"f:25: practice.authority: choose AP or GBA",
		"f:25: practice.language: choose nl or en",
		"f:25: practice.time_zone: name a time zone",
		"f:25: practice.filing_languages.0: choose nl, en, fr or de",
		"f:27: people.0.word.en: this text is missing",
		"f:29: processors.0.contract_hours: give 1 to 720 hours",
		"f:32: systems.0.name.en: this text is missing",
		"f:33: systems.0.processor: there is no such processor in this policy",
		"f:34: systems.0.categories: choose kinds of data from the list",
		"f:35: systems.0.identifiability: choose identified",
		"f:31: systems.0.source: name the document",
		"f:36: systems.1.id: this id stands in the list already",
		`f:38: unknown key "colour"`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("not told: %s", want)
		}
	}
	if t.Failed() {
		t.Logf("told:\n%s", got)
	}
}

func TestAPolicySaysHowLongEverythingElseIsKept(t *testing.T) {
	text := strings.Replace(goodPolicy, "retention: [{from", "retention: [{systems: [mailbox], from", 1)
	_, err := playbooks.Load(folder(t, map[string]string{"policies/ours.yaml": text}))
	if err == nil || !strings.Contains(err.Error(), "ours.yaml:8: retention: end with a rule without systems and relations") {
		t.Errorf("got %v", err)
	}
}

func TestAFolderOfPoliciesReplacesAndAdds(t *testing.T) {
	replaced := strings.Replace(goodPolicy, "id: ours", "id: refleact-48", 1)
	dir := folder(t, map[string]string{"ours.yaml": goodPolicy, "refleact-48.yaml": replaced, "README.md": "ours", "..data/x.yaml": "mounted"})
	book, err := playbooks.LoadFrom(playbooks.Folders{Policies: dir})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"ours", "refleact-48"} {
		if p, some := book.Policy(id); !some || p.ClientHours != 24 {
			t.Errorf("%s: found %t with %d hours, want the folder's 24", id, some, p.ClientHours)
		}
	}
	if _, some := book.Policy("ballance"); !some {
		t.Error("the built-in policies are gone")
	}
	if err := os.WriteFile(filepath.Join(dir, "lost.yml"), []byte(goodPolicy), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "ours.yaml"), []byte("id: other\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = playbooks.LoadFrom(playbooks.Folders{Policies: dir})
	for _, want := range []string{filepath.Join(dir, "lost.yml") + ": nothing reads this", filepath.Join(dir, "ours.yaml") + ":1: id: must be the same"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
	if _, err := playbooks.LoadFrom(playbooks.Folders{Policies: filepath.Join(dir, "nowhere")}); err == nil {
		t.Error("a folder that is not there was taken")
	}
}
