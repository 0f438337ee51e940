package playbooks_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"datalek/incidents/registry"
	"datalek/playbooks"
)

func TestTheListToPickFromNamesWhatPracticesUse(t *testing.T) {
	book, err := playbooks.Load("")
	if err != nil {
		t.Fatal(err)
	}
	for _, language := range []string{"nl", "en"} {
		got := map[string]playbooks.Pick{}
		for _, p := range book.Picks(language) {
			got[p.System.ID] = p
			if err := p.System.Validate(); err != nil {
				t.Errorf("%s in %s: %v", p.System.ID, language, err)
			}
		}
		for _, id := range []string{"datalek", "mailbox", "onedrive", "teams", "mailbox-google", "mail-server", "mailbox-proton", "client-file", "agenda", "whatsapp", "signal", "external-drive",
			"laptop", "phone", "paper", "bookkeeping", "contact-form", "website-log", "newsletter", "video", "therapy-platform", "chat", "identity-copies"} {
			if got[id].System.Name == "" {
				t.Errorf("%s: there is no %s to pick", language, id)
			}
		}
		if own := book.OwnSystem("p1", language); own.ID != registry.OwnSystem || own.PracticeID != "p1" || !got["datalek"].Own {
			t.Errorf("the program's own system is %+v", own)
		}
		if _, some := got["mailbox"].System.RuleFor(registry.RelationNewsletter); some {
			t.Error("a mailbox holds readers of the newsletter")
		}
		if rule, _ := got["notes"].System.RuleFor(registry.RelationClient); rule.Identifiability != registry.Anonymous || rule.Note == "" {
			t.Errorf("nameless notes are held as %+v", rule)
		}
	}
}

func TestAListWithFaultsIsRefusedWithTheirLines(t *testing.T) {
	dir := t.TempDir()
	list := "systems:\n  - id: mailbox\n    group: attic\n    name: {nl: Mailbox}\n    categories: [gossip]\n    identifiability: identified\n    rules: [{relations: [friend], colour: blue}]\n"
	if err := os.WriteFile(filepath.Join(dir, "systems.yaml"), []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := playbooks.Load(dir)
	if err == nil {
		t.Fatal("the list was taken")
	}
	for _, want := range []string{"systems.yaml:3: systems.0.group", "systems.yaml:4: systems.0.name.en", "systems.yaml:5: systems.0.categories", "systems.yaml:7: systems.0.rules.0.relations", "colour", "own system once"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not told in:\n%v", want, err)
		}
	}
}

func TestThePoliciesSayWhoseDataTheirSystemsHold(t *testing.T) {
	book, err := playbooks.Load("")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		policy, system string
		in, out        registry.Relation
	}{
		{"refleact-48", "client-file", registry.RelationTrainee, registry.RelationOrganisationContact},
		{"ballance", "keywords", registry.RelationClient, registry.RelationOrganisationContact},
		{"in-de-hand", "newsletter", registry.RelationNewsletter, registry.RelationClient},
		{"in-de-hand", "agenda", registry.RelationProspect, registry.RelationNewsletter},
		{"jose-welten", "confidential-cases", registry.RelationAccused, registry.RelationClient},
		{"jose-welten", "external-drive", registry.RelationClient, registry.RelationComplainant},
		{"social-work-be", "newsletter", registry.RelationClient, registry.RelationReferrer},
		{"social-work-be", "customer-logins", registry.RelationCustomer, registry.RelationClient},
	} {
		start, _ := book.Start(tt.policy, "nl")
		n := slices.IndexFunc(start.Systems, func(s registry.System) bool { return s.ID == tt.system })
		_, in := start.Systems[n].RuleFor(tt.in)
		_, out := start.Systems[n].RuleFor(tt.out)
		if !in || out {
			t.Errorf("%s, %s: %s is held %t, want true; %s is held %t, want false", tt.policy, tt.system, tt.in, in, tt.out, out)
		}
	}
}
