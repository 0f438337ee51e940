package playbooks

import (
	"maps"
	"slices"
	"strings"

	"datalek/incidents"
)

// Playbook is what to do for one kind of breach.
type Playbook struct {
	ID          string
	Title       map[string]string // by language
	Explanation map[string]string
	// What is the sentence of the notice that says what happened, for a playbook
	// without texts of its own.
	What map[string]string
	// BreachKinds are taken where the practitioner has not said which.
	BreachKinds []incidents.BreachKind
	FirstSteps  map[string][]string // by language, the most urgent first
	// HandPicked: the persons it is about are named one by one.
	HandPicked bool
	// AsksRecipients: data went to somebody by mistake; ask to whom.
	AsksRecipients bool
	// FastLane: the short form of at most six pages fits.
	FastLane bool
	// HasOwnTexts: its notices have words of their own; the others share a generic set.
	HasOwnTexts bool
}

// kindFile is a playbook as YAML.
type kindFile struct {
	ID             string              `yaml:"id"`
	Title          map[string]string   `yaml:"title"`
	Explanation    map[string]string   `yaml:"explanation"`
	What           map[string]string   `yaml:"what"`
	BreachKinds    []string            `yaml:"breach_kinds"`
	HandPicked     bool                `yaml:"hand_picked"`
	AsksRecipients bool                `yaml:"asks_recipients"`
	FastLane       bool                `yaml:"fast_lane"`
	FirstSteps     map[string][]string `yaml:"first_steps"`
}

// order is the built-in playbooks by how often a small practice needs them. A
// folder may add others, which come after.
func order() []string {
	return []string{
		"mis-sent-letter", "lost-letter", "mis-sent-email", "group-mail-cc", "wrong-file", "lost-device", "lost-paper",
		"phished-mailbox", "ransomware", "processor-breach", "open-share", "published-by-accident", "data-in-chatbot",
		"taken-by-insider", "caller-fraud", "outage",
	}
}

func (f kindFile) playbook(ownTexts bool) Playbook {
	p := Playbook{ID: f.ID, Title: f.Title, Explanation: f.Explanation, What: f.What, FirstSteps: f.FirstSteps,
		HandPicked: f.HandPicked, AsksRecipients: f.AsksRecipients, FastLane: f.FastLane, HasOwnTexts: ownTexts}
	for _, k := range f.BreachKinds {
		p.BreachKinds = append(p.BreachKinds, incidents.BreachKind(k))
	}
	return p
}

func (f kindFile) check(doc document, name string, ownTexts bool, languages []string) {
	if f.ID != name {
		doc.fault("must be the same as the file's name, "+name, "id")
	}
	doc.texts("title", f.Title, languages)
	doc.texts("explanation", f.Explanation, languages)
	if !ownTexts || len(f.What) > 0 {
		doc.texts("what", f.What, languages)
	}
	if len(f.BreachKinds) == 0 {
		doc.fault("name at least one of confidentiality, integrity, availability", "breach_kinds")
	}
	known := []string{string(incidents.Confidentiality), string(incidents.Integrity), string(incidents.Availability)}
	for _, k := range f.BreachKinds {
		if !slices.Contains(known, k) {
			doc.fault("choose from confidentiality, integrity, availability, not "+k, "breach_kinds")
		}
	}
	f.checkSteps(doc, languages)
}

func (f kindFile) checkSteps(doc document, languages []string) {
	for _, language := range languages {
		steps := f.FirstSteps[language]
		if len(steps) == 0 {
			doc.fault("this text is missing", "first_steps", language)
		}
		if slices.ContainsFunc(steps, func(s string) bool { return strings.TrimSpace(s) == "" }) {
			doc.fault("a step is empty", "first_steps", language)
		}
		if len(steps) != len(f.FirstSteps[languages[0]]) && len(steps) > 0 {
			doc.fault("give the same steps in every language", "first_steps", language)
		}
	}
	for language := range f.FirstSteps {
		if !slices.Contains(languages, language) {
			doc.fault("there are no texts in this language", "first_steps", language)
		}
	}
}

// Playbook returns a playbook by its id.
func (b *Book) Playbook(id string) (Playbook, bool) {
	p, some := b.playbooks[id]
	return p.clone(), some
}

// Playbooks returns every playbook, the most frequent first.
func (b *Book) Playbooks() []Playbook {
	ids := order()
	for _, id := range slices.Sorted(maps.Keys(b.playbooks)) {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	var out []Playbook
	for _, id := range ids {
		out = append(out, b.playbooks[id].clone())
	}
	return out
}

// clone keeps the book's own maps out of a caller's hands.
func (p Playbook) clone() Playbook {
	p.Title, p.Explanation, p.What = maps.Clone(p.Title), maps.Clone(p.Explanation), maps.Clone(p.What)
	p.BreachKinds, p.FirstSteps = slices.Clone(p.BreachKinds), maps.Clone(p.FirstSteps)
	return p
}
