package playbooks_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/playbooks"
)

// promised is what a practice's own documents say, as far as it can be computed with.
type promised struct {
	hours, weeks int
	telling      map[registry.Relation]registry.TellWhen
	first        registry.Channel
	messengers   []string
	barred       []string
	secrecy      bool
	samples      bool
	authority    registry.Authority
	zone         string
	filing       []string
	processors   []string // without agreed hours
	anonymous    []string // systems that nobody can be traced in
	encrypted    []string
}

// The five practices whose documents the policies were read from.
func fivePractices() map[string]promised {
	const promise, law, decide = registry.TellByPromise, registry.TellByLaw, registry.TellByDecision
	dutch, zone := []string{"nl"}, "Europe/Amsterdam"
	return map[string]promised{
		"refleact-48": {hours: 48, first: registry.ByEmail, authority: registry.AP, zone: zone, filing: dutch, processors: []string{"therapieland", "bit"},
			telling: map[registry.Relation]registry.TellWhen{registry.RelationClient: promise, registry.RelationTrainee: promise, registry.RelationOrganisationContact: promise}},
		"ballance": {weeks: 4, first: registry.ByEmail, samples: true, authority: registry.AP, zone: zone, filing: dutch, processors: []string{"microsoft-365"},
			anonymous: []string{"keywords"}, encrypted: []string{"computers"},
			telling: map[registry.Relation]registry.TellWhen{registry.RelationClient: promise, registry.RelationOrganisationContact: law, registry.RelationEmployee: law}},
		"in-de-hand": {first: registry.ByEmail, messengers: []string{"Signal", "XMPP", "Matrix"}, barred: []string{"praktijk@gmail.com", "x@googlemail.com"},
			authority: registry.AP, zone: zone, filing: dutch, anonymous: []string{"notes"},
			telling: map[registry.Relation]registry.TellWhen{registry.RelationClient: promise, registry.RelationEnquirer: law, registry.RelationProspect: law, registry.RelationNewsletter: law, registry.RelationOrganisationContact: law}},
		"jose-welten": {first: registry.ByPhone, authority: registry.AP, zone: zone, filing: dutch, anonymous: []string{"hours"},
			telling: map[registry.Relation]registry.TellWhen{registry.RelationClient: promise, registry.RelationComplainant: promise, registry.RelationAccused: decide,
				registry.RelationParent: promise, registry.RelationOrganisationContact: law}},
		"social-work-be": {weeks: 4, first: registry.ByEmail, secrecy: true, authority: registry.GBA, zone: "Europe/Brussels", filing: []string{"nl", "fr", "de"},
			processors: []string{"google", "dropbox", "mailchimp", "pure-chat"},
			telling:    map[registry.Relation]registry.TellWhen{registry.RelationClient: promise, registry.RelationReferrer: decide, registry.RelationNewsletter: law, registry.RelationCustomer: law}},
	}
}

func TestEachOfTheFivePracticesPromisesWhatItsDocumentsSay(t *testing.T) {
	book := load(t)
	for id, want := range fivePractices() {
		t.Run(id, func(t *testing.T) {
			p, some := book.Policy(id)
			start, _ := book.Start(id, "nl")
			if !some || p.ClientHours != want.hours || p.RequestWeeks != want.weeks || p.Secrecy != want.secrecy || p.AuditSamples != want.samples || p.AuthorityHours != 72 {
				t.Errorf("found %t: hours %d, weeks %d, secrecy %t, samples %t", some, p.ClientHours, p.RequestWeeks, p.Secrecy, p.AuditSamples)
			}
			if want.hours == 0 && p.ClientTerm().Within != 0 {
				t.Errorf("a practice that promises no hours has a clock of %v", p.ClientTerm().Within)
			}
			for relation, when := range want.telling {
				if got := p.Tells(relation); got != when {
					t.Errorf("%s hears by %s, want %s", relation, got, when)
				}
			}
			if p.FirstChannel != want.first || !slices.Equal(p.Messengers, want.messengers) {
				t.Errorf("first by %q, messengers %v", p.FirstChannel, p.Messengers)
			}
			for _, address := range want.barred {
				if !p.Bars(address) {
					t.Errorf("%s may send", address)
				}
			}
			if start.Authority != want.authority || start.TimeZone != want.zone || !slices.Equal(start.FilingLanguages, want.filing) {
				t.Errorf("proposes %s, %s, %v", start.Authority, start.TimeZone, start.FilingLanguages)
			}
			checkCatalogue(t, want, start)
		})
	}
}

func checkCatalogue(t *testing.T, want promised, start playbooks.Start) {
	t.Helper()
	var processors, anonymous, encrypted []string
	for _, p := range start.Processors {
		if p.ContractHours != nil {
			t.Errorf("%s has agreed hours, of which no document speaks", p.ID)
		}
		processors = append(processors, p.ID)
	}
	for _, s := range start.Systems {
		if s.Identifiability == registry.Anonymous {
			anonymous = append(anonymous, s.ID)
		}
		if s.EncryptedAtRest != nil && *s.EncryptedAtRest {
			encrypted = append(encrypted, s.ID)
		}
	}
	got := [][]string{processors, anonymous, encrypted}
	if diff := cmp.Diff([][]string{want.processors, want.anonymous, want.encrypted}, got); diff != "" {
		t.Errorf("processors, anonymous, encrypted (-want +got):\n%s", diff)
	}
}

// Until when each practice keeps what, for somebody whose guidance ended on 15 May 2026.
func TestEachPracticeKeepsDataAsLongAsItsDocumentsSay(t *testing.T) {
	book, last := load(t), registry.Date{Year: 2026, Month: 5, Day: 15}
	for _, tt := range []struct {
		policy, system string
		relation       registry.Relation
		want           string // "" for no end
	}{
		{"refleact-48", "client-file", registry.RelationClient, "2026-05-16"},
		{"refleact-48", "contact-list", registry.RelationClient, ""},
		{"ballance", "paper", registry.RelationClient, "2026-05-16"},
		{"ballance", "mailbox", registry.RelationClient, "2033-05-16"},
		{"in-de-hand", "website-profile", registry.RelationClient, "2027-05-16"},
		{"in-de-hand", "website-login", registry.RelationClient, "2026-06-16"},
		{"in-de-hand", "bookkeeping", registry.RelationClient, "2033-05-16"},
		{"in-de-hand", "contact-form", registry.RelationEnquirer, "2026-05-16"},
		{"in-de-hand", "bookkeeping", registry.RelationEnquirer, "2026-05-16"},
		{"in-de-hand", "mailbox", registry.RelationProspect, ""},
		{"in-de-hand", "newsletter", registry.RelationNewsletter, ""},
		{"in-de-hand", "documents", registry.RelationClient, ""},
		{"jose-welten", "confidential-cases", registry.RelationComplainant, "2029-01-01"},
		{"jose-welten", "external-drive", registry.RelationAccused, "2029-01-01"},
		{"jose-welten", "external-drive", registry.RelationClient, ""},
		{"jose-welten", "agenda", registry.RelationComplainant, "2026-06-16"},
		{"social-work-be", "client-file", registry.RelationClient, "2027-05-16"},
		{"social-work-be", "newsletter", registry.RelationClient, ""},
		{"social-work-be", "customer-logins", registry.RelationCustomer, "2026-05-16"},
		{"law-only", "mailbox", registry.RelationClient, "2026-05-16"},
	} {
		p, _ := book.Policy(tt.policy)
		got := ""
		if day, ends := p.RetainedUntil(tt.system, tt.relation, last); ends {
			got = day.String()
		}
		if got != tt.want {
			t.Errorf("%s, %s, %s: until %q, want %q", tt.policy, tt.system, tt.relation, got, tt.want)
		}
	}
	jose, _ := book.Policy("jose-welten")
	if diary := jose.Retains("agenda", registry.RelationClient); diary.From != registry.FromEntry || diary.Months != 1 {
		t.Errorf("the diary is kept %+v, want each entry for a month", diary)
	}
	ballance, _ := book.Policy("ballance")
	belgian, _ := book.Policy("social-work-be")
	if got := [2]int{ballance.GeneralRetention().WithinMonths, belgian.GeneralRetention().WithinMonths}; got != [2]int{12, 6} {
		t.Errorf("destroyed within %v months, want 12 and 6", got)
	}
}

func TestEveryRuleNamesItsDocumentAndItsPlace(t *testing.T) {
	book := load(t)
	for _, choice := range book.Policies() {
		p, _ := book.Policy(choice.ID)
		start, _ := book.Start(choice.ID, "nl")
		sources := []string{p.Source, p.SourceOf(registry.RuleClient), p.SourceOf(registry.RuleAuthority), p.SourceOf(registry.RuleMail)}
		for _, x := range p.Telling {
			sources = append(sources, x.Source)
		}
		for _, x := range p.Retention {
			sources = append(sources, x.Source)
		}
		for _, x := range p.Protections {
			sources = append(sources, x.Source)
		}
		for _, x := range p.Statements {
			sources = append(sources, x.Source)
			if x.Words["nl"] == "" || x.Words["en"] == "" {
				t.Errorf("%s: a statement lacks a language: %v", choice.ID, x.Words)
			}
		}
		for _, x := range start.People {
			sources = append(sources, x.Source)
		}
		if slices.Contains(sources, "") {
			t.Errorf("%s: a rule has no source", choice.ID)
		}
		var faults fault.List
		if p.CheckRules(&faults); len(faults) > 0 {
			t.Errorf("%s: %v", choice.ID, faults)
		}
	}
}

func TestACallerCannotChangeTheRulesOfTheBook(t *testing.T) {
	book := load(t)
	p, _ := book.Policy("ballance")
	p.Telling[0].When, p.Retention[0].Systems[0], p.Protections[0].Systems[0] = registry.TellByLaw, "x", "x"
	p.Statements[0].Words["nl"], p.Sources[registry.RuleClient] = "x", "x"
	start, _ := book.Start("ballance", "nl")
	start.Systems[0].Categories[0] = registry.Health
	again, _ := book.Policy("ballance")
	kept, _ := book.Start("ballance", "nl")
	if again.Tells(registry.RelationClient) != registry.TellByPromise || again.Retention[0].Systems[0] != "paper" || again.Protections[0].Systems[0] != "computers" ||
		again.Statements[0].Words["nl"] == "x" || again.SourceOf(registry.RuleClient) == "x" || kept.Systems[0].Categories[0] != registry.Name {
		t.Error("the book was changed through what it handed out")
	}
}
