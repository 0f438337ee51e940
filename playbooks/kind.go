package playbooks

import (
	"maps"
	"slices"
	"strings"

	"datalek/incidents"
	"datalek/incidents/registry"
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
	// Tasks are the first steps, the most urgent first; FirstSteps is their words by language.
	Tasks      []Task
	FirstSteps map[string][]string
	// Questions are those it adds to the form.
	Questions []Question
	// Lessons are suggestions for the list of measures.
	Lessons []Lesson
	// Systems are where such a breach commonly is, by the ids that practices
	// commonly give them; Data is the kinds of data that are commonly hit. They
	// are only a proposal: what leaked is never guessed.
	Systems []string
	Data    []registry.Category
	// APIncidents are the fitting answers to question 5.2 of the form of the Dutch
	// authority, 1 to 12, the likeliest first.
	APIncidents []int
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
	ID             string            `yaml:"id"`
	Title          map[string]string `yaml:"title"`
	Explanation    map[string]string `yaml:"explanation"`
	What           map[string]string `yaml:"what"`
	BreachKinds    []string          `yaml:"breach_kinds"`
	HandPicked     bool              `yaml:"hand_picked"`
	AsksRecipients bool              `yaml:"asks_recipients"`
	FastLane       bool              `yaml:"fast_lane"`
	APIncident     []int             `yaml:"ap_incident"`
	Systems        []string          `yaml:"systems"`
	Data           []string          `yaml:"data"`
	Tasks          []taskFile        `yaml:"tasks"`
	Questions      []questionFile    `yaml:"questions"`
	Lessons        []lessonFile      `yaml:"lessons"`
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
	p := Playbook{ID: f.ID, Title: f.Title, Explanation: f.Explanation, What: f.What, Tasks: f.tasks(), Questions: f.questions(), Lessons: f.lessons(), Systems: f.Systems, APIncidents: f.APIncident,
		HandPicked: f.HandPicked, AsksRecipients: f.AsksRecipients, FastLane: f.FastLane, HasOwnTexts: ownTexts}
	for _, k := range f.BreachKinds {
		p.BreachKinds = append(p.BreachKinds, incidents.BreachKind(k))
	}
	for _, c := range f.Data {
		p.Data = append(p.Data, registry.Category(c))
	}
	p.FirstSteps = firstSteps(p.Tasks)
	return p
}

func (f kindFile) check(doc document, name string, ownTexts bool) {
	if f.ID != name {
		doc.fault("must be the same as the file's name, "+name, "id")
	}
	doc.texts("title", f.Title, pageLanguages())
	doc.texts("explanation", f.Explanation, pageLanguages())
	if !ownTexts || len(f.What) > 0 {
		doc.texts("what", f.What, languages())
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
	f.checkForm(doc)
	f.checkTasks(doc)
	f.checkQuestions(doc)
	f.checkLessons(doc)
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

// Usual reports whether such a breach is commonly in a system with this id: one that
// the playbook names, or another of its sort, as laptop-2 is beside laptop.
func (p Playbook) Usual(system string) bool {
	return slices.ContainsFunc(p.Systems, func(s string) bool { return system == s || strings.HasPrefix(system, s+"-") })
}

// clone keeps the book's own maps out of a caller's hands.
func (p Playbook) clone() Playbook {
	p.Title, p.Explanation, p.What = maps.Clone(p.Title), maps.Clone(p.Explanation), maps.Clone(p.What)
	p.BreachKinds, p.Systems, p.Data, p.APIncidents = slices.Clone(p.BreachKinds), slices.Clone(p.Systems), slices.Clone(p.Data), slices.Clone(p.APIncidents)
	p.Tasks, p.Questions, p.Lessons = slices.Clone(p.Tasks), slices.Clone(p.Questions), slices.Clone(p.Lessons)
	for i := range p.Lessons {
		p.Lessons[i].Text = maps.Clone(p.Lessons[i].Text)
	}
	for i := range p.Tasks {
		p.Tasks[i] = p.Tasks[i].clone()
	}
	for i := range p.Questions {
		p.Questions[i] = p.Questions[i].clone()
	}
	p.FirstSteps = firstSteps(p.Tasks)
	return p
}
