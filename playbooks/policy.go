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

// policyFile is a policy as YAML.
type policyFile struct {
	ID          string            `yaml:"id"`
	Rank        int               `yaml:"rank"` // place in the list of choices
	Title       map[string]string `yaml:"title"`
	Explanation map[string]string `yaml:"explanation"`
	Source      string            `yaml:"source"`
	Client      struct {
		Hours       int   `yaml:"hours"`
		WarnPercent []int `yaml:"warn_percent"`
		// AlarmPercent are those of them that need a person; left out: the usual ones.
		AlarmPercent []int `yaml:"alarm_percent"`
	} `yaml:"client"`
	Authority struct {
		Hours     int   `yaml:"hours"`
		WarnHours []int `yaml:"warn_hours"`
		// AlarmHours are those of them that need a person; left out: the usual ones.
		AlarmHours []int `yaml:"alarm_hours"`
	} `yaml:"authority"`
	Mail struct {
		Name   bool `yaml:"name"`
		Formal bool `yaml:"formal"`
	} `yaml:"mail"`
	RetainMonths int `yaml:"retain_months"`
	// Escalation is nil for the usual pace of an alarm.
	Escalation *escalationPace `yaml:"escalation"`
	// PreliminaryNotice is nil where no notice goes by itself.
	PreliminaryNotice *earlyNotice `yaml:"preliminary_notice"`
}

// The longest terms that make sense: the law's own (GDPR Art. 33(1)), a month
// for a promise, fifty years of keeping.
const (
	mostAuthorityHours = 72
	mostClientHours    = 720
	mostRetainMonths   = 600
)

func (f policyFile) policy() registry.Policy {
	return registry.Policy{
		ID: f.ID, ClientHours: f.Client.Hours, ClientThresholds: f.Client.WarnPercent,
		AuthorityHours: f.Authority.Hours, AuthorityThresholds: f.Authority.WarnHours,
		NameInMail: f.Mail.Name, Formal: f.Mail.Formal, RetainMonths: f.RetainMonths, Source: f.Source,
		ClientAlarms: f.Client.AlarmPercent, AuthorityAlarms: f.Authority.AlarmHours,
		EscalateMinutes: f.Escalation.pace().Minutes, EscalateShare: f.Escalation.pace().Share,
		PreliminaryLeadHours: f.PreliminaryNotice.lead(), PreliminaryUpdateHours: f.PreliminaryNotice.update(),
	}
}

func (f policyFile) check(doc document, name string, languages []string) {
	if f.ID != name {
		doc.fault("must be the same as the file's name, "+name, "id")
	}
	doc.texts("title", f.Title, languages)
	doc.texts("explanation", f.Explanation, languages)
	if f.Source == "" {
		doc.fault("name the document that the promises come from", "source")
	}
	if f.Client.Hours < 0 || f.Client.Hours > mostClientHours {
		doc.fault("give 0 (no promised hours) to 720", "client", "hours")
	}
	if f.Client.Hours == 0 && len(f.Client.WarnPercent) > 0 {
		doc.fault("without promised hours there is no share of them to warn at", "client", "warn_percent")
	}
	if !rising(f.Client.WarnPercent, 100) {
		doc.fault("give shares between 1 and 99, each larger than the one before", "client", "warn_percent")
	}
	if f.Authority.Hours < 1 || f.Authority.Hours > mostAuthorityHours {
		doc.fault("give 1 to 72: the law's term cannot be longer", "authority", "hours")
	}
	if !rising(f.Authority.WarnHours, f.Authority.Hours) {
		doc.fault("give hours between 1 and the term, each larger than the one before", "authority", "warn_hours")
	}
	f.checkAlarms(doc)
	if f.RetainMonths < 0 || f.RetainMonths > mostRetainMonths {
		doc.fault("give 0 to 600", "retain_months")
	}
	f.PreliminaryNotice.check(doc, f.Client.Hours)
}

// rising reports whether the numbers go up from at least 1 to below limit.
func rising(numbers []int, limit int) bool {
	before := 0
	for _, n := range numbers {
		if n <= before || n >= limit {
			return false
		}
		before = n
	}
	return true
}

// Policy returns a policy by its id. The slices in it are the caller's own.
func (b *Book) Policy(id string) (registry.Policy, bool) {
	f, some := b.policies[id]
	policy := f.policy()
	policy.ClientThresholds = slices.Clone(policy.ClientThresholds)
	policy.AuthorityThresholds = slices.Clone(policy.AuthorityThresholds)
	policy.ClientAlarms, policy.AuthorityAlarms = slices.Clone(policy.ClientAlarms), slices.Clone(policy.AuthorityAlarms)
	return policy, some
}

// Policies returns the policies to choose from, in the order of the list.
func (b *Book) Policies() []PolicyChoice {
	files := slices.SortedFunc(maps.Values(b.policies), func(x, y policyFile) int {
		return cmp.Or(cmp.Compare(x.Rank, y.Rank), cmp.Compare(x.ID, y.ID))
	})
	var out []PolicyChoice
	for _, f := range files {
		out = append(out, PolicyChoice{ID: f.ID, Title: maps.Clone(f.Title), Explanation: maps.Clone(f.Explanation)})
	}
	return out
}
