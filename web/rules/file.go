package rules

import (
	"strings"

	"datalek/incidents/registry"
	"datalek/playbooks"
)

// File returns a practice's own rules as a policy file, titled in each of the
// languages as the policy is called that they began with, if that is still offered.
func File(words Words, languages []string, p registry.Policy, offered []playbooks.PolicyChoice) ([]byte, error) {
	title, explanation := map[string]string{}, map[string]string{}
	for _, choice := range offered {
		if choice.ID == p.ID {
			title = choice.Title
		}
	}
	named := map[string]string{}
	for _, lang := range languages {
		if named[lang] = title[lang]; named[lang] == "" {
			named[lang] = words.T(lang, "policyedit.export.title")
		}
		explanation[lang] = words.T(lang, "policyedit.export.explanation")
	}
	return playbooks.WritePolicy(p, named, explanation)
}

// Told is how the register tells of changes: the keys of the rules that differ, and
// what they say now, a line each.
func Told(changes []Change, reordered bool) (keys []string, text string) {
	var lines []string
	for _, x := range changes {
		keys = append(keys, x.Key)
		if x.Before != x.After {
			lines = append(lines, x.Label+": "+x.Before+" → "+x.After)
		}
	}
	if reordered {
		keys = append(keys, "retention")
	}
	return keys, strings.Join(lines, "\n")
}
