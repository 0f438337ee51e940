package playbooks

import (
	"slices"

	"datalek/incidents/registry"
)

// Start is what a practice that chooses a policy can begin with.
type Start struct {
	Authority registry.Authority // "" proposes none
	Language  string             // of the desk
	TimeZone  string
	// FilingLanguages are those in which the practice may notify its authority.
	FilingLanguages []string
	// Systems and Processors have no practice yet; systems are named in one language.
	Systems    []registry.System
	Processors []registry.Processor
	People     []PeopleWord
}

// PeopleWord is the practice's own word for who stands in a relation to it.
type PeopleWord struct {
	Relation registry.Relation
	Word     string
	Source   string // document and place
}

// startFile is the part of a policy that matters only when a practice starts from it.
type startFile struct {
	Practice struct {
		Authority       registry.Authority `yaml:"authority"`
		Language        string             `yaml:"language"`
		TimeZone        string             `yaml:"time_zone"`
		FilingLanguages []string           `yaml:"filing_languages"`
	} `yaml:"practice"`
	People []struct {
		Relation registry.Relation `yaml:"relation"`
		Word     map[string]string `yaml:"word"`
		Source   *source           `yaml:"source"`
	} `yaml:"people"`
	Processors []struct {
		ID            string  `yaml:"id"`
		Name          string  `yaml:"name"`
		ContractHours *int    `yaml:"contract_hours"` // null: without undue delay
		Source        *source `yaml:"source"`
	} `yaml:"processors"`
	Systems []startSystem `yaml:"systems"`
}

// startSystem is a system that belongs to a policy.
type startSystem struct {
	ID              string                   `yaml:"id"`
	Name            map[string]string        `yaml:"name"`
	Processor       string                   `yaml:"processor"`
	Services        []string                 `yaml:"services"`
	Categories      []registry.Category      `yaml:"categories"`
	Identifiability registry.Identifiability `yaml:"identifiability"`
	EncryptedAtRest *bool                    `yaml:"encrypted_at_rest"` // null: not known
	Rules           []holdingFile            `yaml:"rules"`
	Source          *source                  `yaml:"source"`
}

// Start returns what a practice can begin with that chooses a policy, with the
// names of systems and people in a language of the pages.
func (b *Book) Start(id, language string) (Start, bool) {
	f, some := b.policies[id]
	if !some {
		return Start{}, false
	}
	return f.start(language), true
}

func (f startFile) start(language string) Start {
	s := Start{Authority: f.Practice.Authority, Language: f.Practice.Language, TimeZone: f.Practice.TimeZone,
		FilingLanguages: slices.Clone(f.Practice.FilingLanguages)}
	for _, x := range f.Systems {
		s.Systems = append(s.Systems, registry.System{ID: x.ID, Name: x.Name[language], ProcessorID: x.Processor, Services: slices.Clone(x.Services),
			Categories: slices.Clone(x.Categories), Identifiability: x.Identifiability, EncryptedAtRest: cloned(x.EncryptedAtRest),
			Rules: holdingRules(x.Rules, language)})
	}
	for _, x := range f.Processors {
		s.Processors = append(s.Processors, registry.Processor{ID: x.ID, Name: x.Name, ContractHours: cloned(x.ContractHours)})
	}
	for _, x := range f.People {
		s.People = append(s.People, PeopleWord{Relation: x.Relation, Word: x.Word[language], Source: x.Source.String()})
	}
	return s
}

func cloned[T any](v *T) *T {
	if v == nil {
		return nil
	}
	copied := *v
	return &copied
}
