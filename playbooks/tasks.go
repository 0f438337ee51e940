package playbooks

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/risk"
)

// Task is one first step of a playbook.
type Task struct {
	ID string
	// Act is what kind of step it is: "stop" the leak, keep "evidence", "ask"
	// somebody, "check" a fact, "revoke" access, "repair", "tell" a person, the
	// "police" or an "insurer".
	Act string
	// Within is by when it should be done, counted from awareness.
	Within time.Duration
	Text   map[string]string // by language of the pages
}

// Question is one that a playbook adds to the form of the case.
type Question struct {
	ID      string
	Text    map[string]string // by language of the pages
	Options []Option
	// Short has the short form ask it too: it decides the risk or the words.
	Short bool
}

// Option is one answer to a question.
type Option struct {
	ID   string
	Text map[string]string
	// Means is what the answer settles of the risk: values by fact. None for an
	// answer that only the texts, or nobody, needs.
	Means map[risk.Fact]string
}

// Says returns what the answers of a case to the playbook's questions settle of
// the risk, in the order of the questions; answers stand by incidents.AnswerKey.
func (p Playbook) Says(answers map[string]string) []risk.Said {
	var said []risk.Said
	for _, q := range p.Questions {
		for _, o := range q.Options {
			if o.ID != answers[incidents.AnswerKey(p.ID, q.ID)] {
				continue
			}
			for _, fact := range slices.Sorted(maps.Keys(o.Means)) {
				said = append(said, risk.Said{Question: q.ID, Fact: fact, Value: o.Means[fact]})
			}
		}
	}
	return said
}

// Tell notes in the facts of a case what the playbook says of its kind: what its
// answers settle of the risk, which kinds of breach are usual and by when the first
// steps are to be done. Answers stand by incidents.AnswerKey.
func (p Playbook) Tell(f *incidents.Facts, answers map[string]string) {
	f.Said, f.Usual, f.Steps = p.Says(answers), slices.Clone(p.BreachKinds), nil
	for _, t := range p.Tasks {
		f.Steps = append(f.Steps, incidents.StepTime{Step: t.ID, Within: t.Within})
	}
}

// Lesson is something that helps against the next time, for the list of measures.
type Lesson struct {
	ID   string
	Text map[string]string // by language of the pages
}

// DueAt returns by when the step should be done.
func (t Task) DueAt(aware time.Time) time.Time { return aware.Add(t.Within) }

// Task returns the first step with an id.
func (p Playbook) Task(id string) (Task, bool) {
	at := slices.IndexFunc(p.Tasks, func(t Task) bool { return t.ID == id })
	if at < 0 {
		return Task{}, false
	}
	return p.Tasks[at], true
}

// Offers reports whether an answer is one of those that a question of the
// playbook offers.
func (p Playbook) Offers(question, answer string) bool {
	return slices.ContainsFunc(p.Questions, func(q Question) bool {
		return q.ID == question && slices.ContainsFunc(q.Options, func(o Option) bool { return o.ID == answer })
	})
}

// acts are the kinds of steps.
func acts() []string {
	return []string{"stop", "evidence", "ask", "check", "revoke", "repair", "tell", "police", "insurer"}
}

// mostTaskHours is the latest that a first step may be due: a month.
const mostTaskHours = 720

// apIncidents is how many kinds of incident question 5.2 of the form of the Dutch
// authority offers (questionnaire of August 2022).
const apIncidents = 12

// wording is a text of the pages inside a list.
type wording struct {
	NL string `yaml:"nl"`
	EN string `yaml:"en"`
}

func (w wording) byLanguage() map[string]string { return map[string]string{"nl": w.NL, "en": w.EN} }

type taskFile struct {
	ID      string `yaml:"id"`
	Act     string `yaml:"act"`
	Hours   int    `yaml:"hours"`
	wording `yaml:",inline"`
}

type questionFile struct {
	ID      string `yaml:"id"`
	wording `yaml:",inline"`
	Short   bool         `yaml:"short"`
	Options []optionFile `yaml:"options"`
}

type optionFile struct {
	ID      string `yaml:"id"`
	wording `yaml:",inline"`
	Means   map[risk.Fact]string `yaml:"means"`
}

type lessonFile struct {
	ID      string `yaml:"id"`
	wording `yaml:",inline"`
}

// slug is what names a task, a question and an answer in stored data.
var slug = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// tasks returns the first steps, the most urgent first.
func (f kindFile) tasks() []Task {
	var out []Task
	for _, t := range f.Tasks {
		out = append(out, Task{ID: t.ID, Act: t.Act, Within: time.Duration(t.Hours) * time.Hour, Text: t.byLanguage()})
	}
	slices.SortStableFunc(out, func(a, b Task) int { return cmp.Compare(a.Within, b.Within) })
	return out
}

// firstSteps returns the words of the tasks by language.
func firstSteps(tasks []Task) map[string][]string {
	steps := map[string][]string{}
	for _, t := range tasks {
		for language, text := range t.Text {
			steps[language] = append(steps[language], text)
		}
	}
	return steps
}

func (f kindFile) questions() []Question {
	var out []Question
	for _, q := range f.Questions {
		one := Question{ID: q.ID, Text: q.byLanguage(), Short: q.Short}
		for _, o := range q.Options {
			one.Options = append(one.Options, Option{ID: o.ID, Text: o.byLanguage(), Means: o.Means})
		}
		out = append(out, one)
	}
	return out
}

// checkTasks finds what is wrong with the first steps.
func (f kindFile) checkTasks(doc document) {
	if len(f.Tasks) == 0 {
		doc.fault("name at least one first step", "tasks")
	}
	names := newNames(doc)
	for i, t := range f.Tasks {
		at := []string{"tasks", strconv.Itoa(i)}
		names.check(t.ID, at)
		doc.wording(t.wording, at)
		if !slices.Contains(acts(), t.Act) {
			doc.fault("choose from "+strings.Join(acts(), ", "), append(at, "act")...)
		}
		if t.Hours < 1 || t.Hours > mostTaskHours {
			doc.fault("give 1 to 720 hours after awareness", append(at, "hours")...)
		}
	}
}

// checkQuestions finds what is wrong with the questions and their answers.
func (f kindFile) checkQuestions(doc document) {
	names := newNames(doc)
	for i, q := range f.Questions {
		at := []string{"questions", strconv.Itoa(i)}
		names.check(q.ID, at)
		doc.wording(q.wording, at)
		const fewest = 2
		if len(q.Options) < fewest {
			doc.fault("give at least two answers to choose from", append(at, "options")...)
		}
		answers := newNames(doc)
		for n, o := range q.Options {
			place := append(slices.Clone(at), "options", strconv.Itoa(n))
			answers.check(o.ID, place)
			doc.wording(o.wording, place)
			o.checkMeans(doc, place)
		}
	}
}

// checkMeans finds a fact of the risk that there is not, or that cannot be so.
func (o optionFile) checkMeans(doc document, at []string) {
	for _, fact := range slices.Sorted(maps.Keys(o.Means)) {
		place := append(slices.Clone(at), "means", string(fact))
		switch values := fact.Values(); {
		case values == nil:
			doc.fault("there is no such fact of the risk", place...)
		case !slices.Contains(values, o.Means[fact]):
			doc.fault("choose from "+strings.Join(values, ", ")+", not "+o.Means[fact], place...)
		}
	}
}

func (f kindFile) lessons() []Lesson {
	var out []Lesson
	for _, l := range f.Lessons {
		out = append(out, Lesson{ID: l.ID, Text: l.byLanguage()})
	}
	return out
}

// checkLessons finds what is wrong with the lessons; a playbook needs none.
func (f kindFile) checkLessons(doc document) {
	names := newNames(doc)
	for i, l := range f.Lessons {
		at := []string{"lessons", strconv.Itoa(i)}
		names.check(l.ID, at)
		doc.wording(l.wording, at)
	}
}

// checkForm finds a kind of incident or of data that there is not.
func (f kindFile) checkForm(doc document) {
	if len(f.APIncident) == 0 {
		doc.fault("name at least one kind of incident of the form, 1 to 12", "ap_incident")
	}
	for _, n := range f.APIncident {
		if n < 1 || n > apIncidents {
			doc.fault("the form has kinds 1 to 12, not "+strconv.Itoa(n), "ap_incident")
		}
	}
	for _, c := range f.Data {
		if !registry.Category(c).Valid() {
			doc.fault("there is no such kind of data as "+c, "data")
		}
	}
	for _, s := range f.Systems {
		if !slug.MatchString(s) {
			doc.fault("use lower-case letters, digits and hyphens, not "+s, "systems")
		}
	}
}

// names finds ids that are malformed or stand twice.
type names struct {
	doc  document
	seen map[string]bool
}

func newNames(doc document) names { return names{doc: doc, seen: map[string]bool{}} }

func (n names) check(id string, at []string) {
	at = append(slices.Clone(at), "id")
	switch {
	case !slug.MatchString(id):
		n.doc.fault("use lower-case letters, digits and hyphens", at...)
	case n.seen[id]:
		n.doc.fault("this name stands twice: "+id, at...)
	}
	n.seen[id] = true
}

// wording checks that a text of a list is there in each language of the pages.
func (d document) wording(w wording, at []string) {
	texts := w.byLanguage()
	for _, language := range pageLanguages() {
		if strings.TrimSpace(texts[language]) == "" {
			d.fault("this text is missing", append(slices.Clone(at), language)...)
		}
	}
}

// clone keeps the book's own maps out of a caller's hands.
func (t Task) clone() Task {
	t.Text = maps.Clone(t.Text)
	return t
}

func (q Question) clone() Question {
	q.Text, q.Options = maps.Clone(q.Text), slices.Clone(q.Options)
	for i := range q.Options {
		q.Options[i].Text, q.Options[i].Means = maps.Clone(q.Options[i].Text), maps.Clone(q.Options[i].Means)
	}
	return q
}
