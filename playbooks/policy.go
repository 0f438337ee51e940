package playbooks

import (
	"cmp"
	"maps"
	"slices"

	"datalek/incidents/registry"
)

// PolicyChoice is a policy as somebody chooses it.
type PolicyChoice struct {
	ID          string
	Title       map[string]string // by language
	Explanation map[string]string
}

// policyFile is a policy as YAML. Each rule in it names where it comes from.
type policyFile struct {
	ID          string            `yaml:"id"`
	Rank        int               `yaml:"rank"` // place in the list of choices
	Title       map[string]string `yaml:"title"`
	Explanation map[string]string `yaml:"explanation"`
	Source      *source           `yaml:"source"`
	Client      struct {
		Hours       int   `yaml:"hours"`
		WarnPercent []int `yaml:"warn_percent"`
		// AlarmPercent are those of them that need a person; left out: the usual ones.
		AlarmPercent []int   `yaml:"alarm_percent"`
		Source       *source `yaml:"source"`
	} `yaml:"client"`
	Authority struct {
		Hours     int   `yaml:"hours"`
		WarnHours []int `yaml:"warn_hours"`
		// AlarmHours are those of them that need a person; left out: the usual ones.
		AlarmHours []int   `yaml:"alarm_hours"`
		Source     *source `yaml:"source"`
	} `yaml:"authority"`
	Mail struct {
		Name   bool    `yaml:"name"`
		Formal bool    `yaml:"formal"`
		Source *source `yaml:"source"`
	} `yaml:"mail"`
	// Escalation is nil for the usual pace of an alarm.
	Escalation *escalationPace `yaml:"escalation"`
	// PreliminaryNotice is nil where no notice goes by itself.
	PreliminaryNotice *earlyNotice `yaml:"preliminary_notice"`
	rulesFile         `yaml:",inline"`
	startFile         `yaml:",inline"`
}

// The longest terms that make sense: the law's own (GDPR Art. 33(1)), a month
// for a promise.
const (
	mostAuthorityHours = 72
	mostClientHours    = 720
)

// policy returns the practice's own copy: nothing in it is shared with the file.
func (f policyFile) policy() registry.Policy {
	p := registry.Policy{
		ID: f.ID, ClientHours: f.Client.Hours, ClientThresholds: slices.Clone(f.Client.WarnPercent),
		AuthorityHours: f.Authority.Hours, AuthorityThresholds: slices.Clone(f.Authority.WarnHours),
		NameInMail: f.Mail.Name, Formal: f.Mail.Formal, Source: f.Source.String(),
		ClientAlarms: slices.Clone(f.Client.AlarmPercent), AuthorityAlarms: slices.Clone(f.Authority.AlarmHours),
		EscalateMinutes: f.Escalation.pace().Minutes, EscalateShare: f.Escalation.pace().Share,
		PreliminaryLeadHours: f.PreliminaryNotice.lead(), PreliminaryUpdateHours: f.PreliminaryNotice.update(),
		Sources: map[string]string{registry.RuleClient: f.Client.Source.String(), registry.RuleAuthority: f.Authority.Source.String(),
			registry.RuleMail: f.Mail.Source.String()},
	}
	f.rulesFile.into(&p)
	return p
}

// Policy returns a policy by its id. The lists in it are the caller's own.
func (b *Book) Policy(id string) (registry.Policy, bool) {
	f, some := b.policies[id]
	if !some {
		return registry.Policy{}, false
	}
	return f.policy(), true
}

// Policies returns the policies to choose from, in the order of the list.
func (b *Book) Policies() []PolicyChoice {
	files := slices.SortedFunc(maps.Values(b.policies), func(x, y policyFile) int {
		return cmp.Or(cmp.Compare(x.Rank, y.Rank), cmp.Compare(x.ID, y.ID))
	})
	var out []PolicyChoice
	for _, f := range files {
		out = append(out, f.choice())
	}
	return out
}

func (f policyFile) choice() PolicyChoice {
	return PolicyChoice{ID: f.ID, Title: maps.Clone(f.Title), Explanation: maps.Clone(f.Explanation)}
}
