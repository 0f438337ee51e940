package playbooks

import (
	"cmp"
	"time"

	"datalek/incidents/law"
	"datalek/incidents/registry"
)

// lawFile is the rules of one authority, or of all, as YAML.
type lawFile struct {
	Authority registry.Authority `yaml:"authority"` // left out: all
	Rules     []ruleFile         `yaml:"rules"`
}

// ruleFile is one dated rule of law. Which fields it needs follows from what it is about.
type ruleFile struct {
	ID         string    `yaml:"id"`
	About      law.Topic `yaml:"about"`
	NL         string    `yaml:"nl"`
	EN         string    `yaml:"en"`
	Hours      int       `yaml:"hours"`
	Starts     law.Start `yaml:"starts"`
	Risk       law.Risk  `yaml:"risk"`
	Edition    string    `yaml:"edition"`
	Beside     int       `yaml:"beside"`
	Instead    int       `yaml:"instead"`
	ByCapacity bool      `yaml:"by_capacity"`
	Months     int       `yaml:"months"`
	ValidFrom  string    `yaml:"valid_from"` // the first day
	ValidTo    string    `yaml:"valid_to"`   // the last day; empty: still
	Source     struct {
		Document string `yaml:"document"`
		Article  string `yaml:"article"`
	} `yaml:"source"`
}

// lawPlace is where a rule stands in the files.
type lawPlace struct {
	doc document
	at  string // its place in the list
}

// Law returns what the law asks, over time.
func (b *Book) Law() law.Law { return b.law }

// LawOf returns the rules that a practice's case of this moment keeps: those of its
// authority on that day in its own time zone.
func (b *Book) LawOf(p registry.Practice, at time.Time) law.Set {
	return b.law.On(p.Authority, dayOf(p, at)).Kept()
}

// FormOf returns the edition of an authority's form on the day of a moment.
func (b *Book) FormOf(a registry.Authority, p registry.Practice, at time.Time) string {
	return b.law.On(a, dayOf(p, at)).Edition()
}

// dayOf is the practice's own calendar day; a zone that cannot be read is UTC, as
// the rules must hold whatever else is wrong.
func dayOf(p registry.Practice, at time.Time) registry.Date {
	zone, err := p.Zone()
	if err != nil {
		zone = time.UTC
	}
	return registry.DateOf(at, zone)
}

func (l *loading) readLaw() error {
	names, err := l.layers.list("law", ".yaml")
	var rules []law.Rule
	places, before := map[string]lawPlace{}, len(l.faults)
	for _, name := range names {
		raw, file, some := l.read("law/" + name + ".yaml")
		var f lawFile
		if !some {
			continue
		}
		if doc, fine := decode(raw, file, &f, &l.faults); fine {
			f.check(doc, places)
			rules = append(rules, f.rules()...)
		}
	}
	made, flaws := law.New(rules)
	if len(l.faults) == before { // a rule that cannot be read leaves a gap that is none
		l.noteFlaws(flaws, places)
	}
	l.book.law = made
	return err
}

// noteFlaws says where the rules of a topic overlap or leave a day without one.
func (l *loading) noteFlaws(flaws []law.Flaw, places map[string]lawPlace) {
	for _, f := range flaws {
		at, known := places[f.Rule]
		message := "no rule about " + string(f.Topic) + " holds under the " + string(f.Authority) + " from " + f.Day.String()
		if f.Kind == law.Overlap {
			message = "this rule and " + f.Other + " both hold under the " + string(f.Authority) + " on " + f.Day.String()
		}
		if !known {
			l.faults.add("law/eu.yaml", 0, "rules: %s", message)
			continue
		}
		at.doc.fault(message, "rules", at.at, cmp.Or(map[law.FlawKind]string{law.Overlap: "valid_from"}[f.Kind], "valid_to"))
	}
}
