package playbooks

import (
	"slices"
	"strconv"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// SystemGroup is a part of the list of systems to pick from.
type SystemGroup string

// SystemGroups returns them in the order in which pages show them.
func SystemGroups() []SystemGroup {
	return []SystemGroup{"mail", "files", "things", "office", "talks", "site"}
}

// Pick is a system that a practice can pick, named in one language. It has no
// practice yet.
type Pick struct {
	Group     SystemGroup
	Hint      string // "" for none
	Own       bool   // datalek itself: in every practice
	System    registry.System
	Processor registry.Processor // an empty ID: the practice holds it itself
}

// holdingFile is whose data a system holds, as YAML.
type holdingFile struct {
	Relations       []registry.Relation      `yaml:"relations"`
	Categories      []registry.Category      `yaml:"categories"`
	Identifiability registry.Identifiability `yaml:"identifiability"`
	KeySystem       string                   `yaml:"key_system"`
	Note            map[string]string        `yaml:"note"`
	Source          *source                  `yaml:"source"` // of a policy's
}

func holdingRules(files []holdingFile, language string) []registry.HoldingRule {
	var rules []registry.HoldingRule
	for _, f := range files {
		rules = append(rules, registry.HoldingRule{Relations: slices.Clone(f.Relations), Categories: slices.Clone(f.Categories),
			Identifiability: f.Identifiability, KeySystem: f.KeySystem, Note: f.Note[language]})
	}
	return rules
}

// systemsFile is the list of systems to pick from.
type systemsFile struct {
	Systems []struct {
		ID        string            `yaml:"id"`
		Own       bool              `yaml:"own"`
		Group     SystemGroup       `yaml:"group"`
		Name      map[string]string `yaml:"name"`
		Hint      map[string]string `yaml:"hint"`
		Processor struct {
			ID   string `yaml:"id"`
			Name string `yaml:"name"`
		} `yaml:"processor"`
		Services        []string                 `yaml:"services"`
		Categories      []registry.Category      `yaml:"categories"`
		Identifiability registry.Identifiability `yaml:"identifiability"`
		EncryptedAtRest *bool                    `yaml:"encrypted_at_rest"` // null: not known
		Rules           []holdingFile            `yaml:"rules"`
	} `yaml:"systems"`
}

// Picks returns the systems to pick from, named in a language of the pages.
func (b *Book) Picks(language string) []Pick { return b.systems.picks(language) }

// OwnSystem returns datalek itself as a system of a practice, named in a language of
// the pages.
func (b *Book) OwnSystem(practice tenant.ID, language string) registry.System {
	for _, p := range b.Picks(language) {
		if p.Own {
			p.System.PracticeID = practice
			return p.System
		}
	}
	return registry.System{} // the loader refuses a list without it
}

func (f systemsFile) picks(language string) []Pick {
	var picks []Pick
	for _, x := range f.Systems {
		picks = append(picks, Pick{Group: x.Group, Hint: x.Hint[language], Own: x.Own, Processor: registry.Processor{ID: x.Processor.ID, Name: x.Processor.Name},
			System: registry.System{ID: x.ID, Name: x.Name[language], ProcessorID: x.Processor.ID, Services: slices.Clone(x.Services),
				Categories: slices.Clone(x.Categories), Identifiability: x.Identifiability, EncryptedAtRest: cloned(x.EncryptedAtRest),
				Rules: holdingRules(x.Rules, language)}})
	}
	return picks
}

func (l *loading) readSystems() error {
	raw, file, some := l.read("systems.yaml")
	if !some {
		return nil
	}
	var f systemsFile
	if doc, fine := decode(raw, file, &f, &l.faults); fine {
		f.check(doc)
	}
	l.book.systems = f
	return nil
}

// check finds every fault of the list, each with its line.
func (f systemsFile) check(doc document) {
	own := 0
	picks := f.picks(pageLanguages()[0])
	for i, x := range picks {
		at := []string{"systems", strconv.Itoa(i)}
		doc.textsAt(f.Systems[i].Name, pageLanguages(), append(at, "name")...)
		if len(f.Systems[i].Hint) > 0 {
			doc.textsAt(f.Systems[i].Hint, pageLanguages(), append(at, "hint")...)
		}
		doc.notes(f.Systems[i].Rules, at)
		doc.found(nameless(fault.Fields(x.System.Validate())), at...)
		if x.Processor.ID != "" {
			doc.found(fault.Fields(x.Processor.Validate()), append(at, "processor")...)
		}
		if !slices.Contains(SystemGroups(), x.Group) {
			doc.fault("choose a group from the list", append(at, "group")...)
		}
		if slices.ContainsFunc(picks[:i], func(other Pick) bool { return other.System.ID == x.System.ID }) {
			doc.fault("this id stands in the list already", append(at, "id")...)
		}
		if x.Own {
			own++
		}
		if x.Own != (x.System.ID == registry.OwnSystem) {
			doc.fault("the program's own system is called "+registry.OwnSystem+", and no other is", append(at, "own")...)
		}
	}
	if own != 1 {
		doc.fault("the list names the program's own system once", "systems")
	}
}

// notes checks that the notes of rules are there in every language of the pages.
func (d document) notes(rules []holdingFile, at []string) {
	for n, r := range rules {
		if len(r.Note) > 0 {
			d.textsAt(r.Note, pageLanguages(), append(slices.Clone(at), "rules", strconv.Itoa(n), "note")...)
		}
	}
}
