package playbooks

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"text/template"

	"datalek/incidents/law"
	"datalek/incidents/registry"
)

// Book is the loaded policies, playbooks and texts. It never changes, and any
// number of goroutines may use it.
type Book struct {
	policies  map[string]policyFile
	playbooks map[string]Playbook
	words     map[string]words // by language
	sets      map[string]map[string]*template.Template
	warnings  map[string]*template.Template
	law       law.Law
	systems   systemsFile // to pick from
}

// generic names the fragments for playbooks without texts of their own.
const generic = "generic"

// languages returns those that notices are written in, the first is the program's own.
func languages() []string { return []string{"nl", "en", "fr", "de"} }

// pageLanguages returns those of the pages and of a practice's own warnings:
// what a practitioner reads.
func pageLanguages() []string { return []string{"nl", "en"} }

// fallback is the language for readers whose own has no text.
const fallback = "en"

// Languages returns the languages that notices are written in.
func (b *Book) Languages() []string { return languages() }

// loading is a book being read, with the faults found so far.
type loading struct {
	book   *Book
	layers layers
	faults Faults
	used   map[string]bool // names of the files read
	broken map[string]bool // of those, templates that cannot be parsed
}

// Folders are what may stand over the embedded data; "" is none.
type Folders struct {
	All      string // with the folders policies, kinds, law and texts in it
	Policies string // of policies alone, "own.yaml"; it stands over All
	Law      string // of rules of law alone, "eu.yaml"; it stands over All
}

// Load reads the embedded data, and the files of overrideDir over it when that
// is not "". It returns every fault at once as Faults.
func Load(overrideDir string) (*Book, error) { return LoadFrom(Folders{All: overrideDir}) }

// LoadFrom is Load with every folder that may stand over the embedded data.
func LoadFrom(folders Folders) (*Book, error) {
	from, err := newLayers(folders)
	if err != nil {
		return nil, err
	}
	l := &loading{layers: from, used: map[string]bool{}, broken: map[string]bool{}, book: &Book{
		policies: map[string]policyFile{}, playbooks: map[string]Playbook{}, words: map[string]words{},
		sets: map[string]map[string]*template.Template{}, warnings: map[string]*template.Template{},
	}}
	for _, step := range []func() error{l.readLaw, l.readSystems, l.readPolicies, l.readPlaybooks, l.readTexts} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("load playbooks: %w", err)
		}
	}
	if err := from.unread(l.used, &l.faults); err != nil {
		return nil, fmt.Errorf("load playbooks: %w", err)
	}
	if len(l.faults) == 0 && folders.All != "" {
		l.book.tryAll(&l.faults) // the embedded texts are tried by the tests
	}
	if err := l.faults.ordered(); err != nil {
		return nil, err
	}
	return l.book, nil
}

// read returns a file's content, and notes a fault when it is not there.
func (l *loading) read(name string) (raw []byte, file string, ok bool) {
	l.used[name] = true
	raw, file, err := l.layers.read(name)
	if err != nil {
		l.faults.add(file, 0, "the file cannot be read: %s", reason(err))
	}
	return raw, file, err == nil
}

// reason is why a file cannot be read, without its path, which is said already.
func reason(err error) string {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err.Error()
	}
	return err.Error()
}

func (l *loading) readPolicies() error {
	names, err := l.layers.list("policies", ".yaml")
	for _, name := range names {
		if raw, file, some := l.read("policies/" + name + ".yaml"); some {
			l.book.policies[name] = readPolicy(raw, file, name, &l.faults)
		}
	}
	return err
}

func (l *loading) readPlaybooks() error {
	names, err := l.layers.list("kinds", ".yaml")
	for _, name := range names {
		raw, file, some := l.read("kinds/" + name + ".yaml")
		var f kindFile
		if !some {
			continue
		}
		own := l.ownTexts(name)
		if doc, fine := decode(raw, file, &f, &l.faults); fine {
			f.check(doc, name, own)
		}
		l.book.playbooks[name] = f.playbook(own)
	}
	for _, id := range order() {
		if _, some := l.book.playbooks[id]; !some {
			l.faults.add("kinds/"+id+".yaml", 0, "this playbook is missing")
		}
	}
	return err
}

func (l *loading) ownTexts(id string) bool {
	return slices.ContainsFunc(languages(), func(language string) bool { return l.layers.has(textFile(language, id)) })
}

func textFile(language, name string) string { return "texts/" + language + "/" + name + ".tmpl" }

// words are the names that a language has for what facts speak of.
type words struct {
	// Kinds are the kinds of data, never a value.
	Kinds map[registry.Category]string `yaml:"kinds"`
	// KindsBelgium replace some for a practice under the Belgian authority.
	KindsBelgium map[registry.Category]string `yaml:"kinds_belgium"`
	// KindsContact replace some for the contact person of an organisation.
	KindsContact map[registry.Category]string `yaml:"kinds_contact"`
	// Places are systems by the ids that practices commonly give them.
	Places map[string]string `yaml:"places"`
	// Languages are what a text in another language says of a practice's own words.
	Languages map[string]string `yaml:"languages"`
}

func (l *loading) readWords(language string) {
	raw, file, some := l.read("texts/" + language + "/words.yaml")
	if !some {
		return
	}
	var w words
	doc, fine := decode(raw, file, &w, &l.faults)
	if !fine {
		return
	}
	for _, c := range registry.Categories() {
		if w.Kinds[c] == "" {
			doc.fault("this kind of data has no name", "kinds", string(c))
		}
	}
	doc.texts("languages", w.Languages, languages())
	for _, names := range []map[registry.Category]string{w.Kinds, w.KindsBelgium, w.KindsContact} {
		for c := range names {
			if !c.Valid() {
				doc.fault("there is no such kind of data", "kinds", string(c))
			}
		}
	}
	l.book.words[language] = w
}
