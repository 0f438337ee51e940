package main

import (
	"errors"
	"fmt"
	"strings"

	"datalek/incidents/registry"
	"datalek/playbooks"
	"datalek/web/locales"
	"datalek/web/page"
	"datalek/web/rules"
)

// policyFlags say where a host keeps policies of its own.
type policyFlags struct {
	Policies string `help:"Folder with policies of your own, own.yaml; one with the id of a built-in policy replaces it." env:"DATALEK_POLICIES" placeholder:"FOLDER"`
}

// openBook reads the built-in data with the host's own policies over it.
func (f policyFlags) openBook() (*playbooks.Book, error) {
	book, err := playbooks.LoadFrom(playbooks.Folders{Policies: f.Policies})
	if err != nil {
		return nil, fmt.Errorf("load playbooks: %w", err)
	}
	return book, nil
}

// policyCmd works with policies: what a practice promises, as a file.
type policyCmd struct {
	Check policyCheckCmd `cmd:"" help:"Check a policy file: every fault with its line, or what it promises in words."`
	List  policyListCmd  `cmd:"" help:"List the policies that a practice can choose."`
}

// policyCheckCmd reads one policy as strictly as the server does.
type policyCheckCmd struct {
	File     string `arg:"" help:"The policy, own.yaml."`
	Language string `help:"nl or en: of the summary." default:"nl" enum:"nl,en"`
}

// errPolicy says that a policy has faults; the lines above it say which.
var errPolicy = errors.New("this policy cannot be used yet; see above what to mend")

// Run prints each fault as FILE:LINE: message, and a summary when there is none.
func (p *policyCheckCmd) Run(t *terminal) error {
	policy, choice, start, err := playbooks.ReadPolicy(p.File, p.Language)
	var faults playbooks.Faults
	if errors.As(err, &faults) {
		t.printf("%s\n", faults)
		return errPolicy
	}
	if err != nil {
		return err
	}
	words, err := page.LoadWords(locales.Files)
	if err != nil {
		return fmt.Errorf("read texts: %w", err)
	}
	t.printf("%s\n", words.T(p.Language, "rules.check.promises", "title", choice.Title[p.Language], "id", choice.ID))
	p.say(t, words, policy, start)
	return nil
}

// say writes the rules group by group, and what a practice can begin with.
func (p *policyCheckCmd) say(t *terminal, words *page.Words, policy registry.Policy, start playbooks.Start) {
	all := rules.Of(words, p.Language, policy, rules.NamesOf(start))
	for _, group := range rules.Groups() {
		heading := words.T(p.Language, "rules.group."+string(group))
		for _, r := range all {
			if r.Group != group {
				continue
			}
			if heading != "" {
				t.printf("\n%s\n", heading)
				heading = ""
			}
			t.printf("  %s: %s (%s)\n", r.Label, r.Value, r.Source)
		}
	}
	if n := len(start.Systems); n > 0 {
		t.printf("\n%s, %s\n", words.T(p.Language, "rules.check.start", "n", n), words.T(p.Language, "rules.check.processors", "n", len(start.Processors)))
	}
}

// policyListCmd lists what there is to choose from.
type policyListCmd struct {
	policyFlags
	Language string `help:"nl or en." default:"nl" enum:"nl,en"`
}

// Run prints the id and title of each, in the order in which pages offer them.
func (p *policyListCmd) Run(t *terminal) error {
	book, err := p.openBook()
	if err != nil {
		return err
	}
	longest := 0
	for _, choice := range book.Policies() {
		longest = max(longest, len(choice.ID))
	}
	for _, choice := range book.Policies() {
		t.printf("%s%s  %s\n", choice.ID, strings.Repeat(" ", longest-len(choice.ID)), choice.Title[p.Language])
	}
	return nil
}
