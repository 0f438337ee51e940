package rules

import (
	"datalek/incidents/registry"
	"datalek/playbooks"
)

// NamesOf returns the words that a policy itself proposes for systems and people.
func NamesOf(start playbooks.Start) Names {
	n := Names{Systems: map[string]string{}, People: map[registry.Relation]string{}}
	for _, s := range start.Systems {
		n.Systems[s.ID] = s.Name
	}
	for _, p := range start.People {
		n.People[p.Relation] = p.Word
	}
	return n
}
