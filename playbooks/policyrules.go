package playbooks

import (
	"maps"
	"slices"

	"datalek/incidents/registry"
)

// source is the document and the place in it that a rule comes from.
type source struct {
	Document string `yaml:"document"`
	Place    string `yaml:"place"`
}

// String is "document, place", and "" for a source that is not there.
func (s *source) String() string {
	if s == nil || s.Document == "" {
		return ""
	}
	return s.Document + ", " + s.Place
}

func (s *source) whole() bool { return s != nil && s.Document != "" && s.Place != "" }

// rulesFile is the part of a policy that says who hears, how, what is kept how
// long and what protects it.
type rulesFile struct {
	Telling []struct {
		Relation registry.Relation `yaml:"relation"`
		When     registry.TellWhen `yaml:"when"`
		Source   *source           `yaml:"source"`
	} `yaml:"telling"`
	Contact *struct {
		First         registry.Channel `yaml:"first"`
		Messengers    []string         `yaml:"messengers"`
		BarredSenders []string         `yaml:"barred_senders"`
		Source        *source          `yaml:"source"`
	} `yaml:"contact"`
	Retention   []retentionFile `yaml:"retention"`
	Protections []struct {
		Kind    registry.ProtectionKind `yaml:"kind"`
		Systems []string                `yaml:"systems"`
		Source  *source                 `yaml:"source"`
	} `yaml:"protections"`
	Secrecy *struct {
		Bound  bool    `yaml:"bound"`
		Source *source `yaml:"source"`
	} `yaml:"secrecy"`
	Requests *struct {
		Weeks  int     `yaml:"weeks"`
		Source *source `yaml:"source"`
	} `yaml:"requests"`
	Audit *struct {
		Samples bool    `yaml:"samples"`
		Source  *source `yaml:"source"`
	} `yaml:"audit"`
	Statements []struct {
		Text   map[string]string `yaml:"text"`
		Source *source           `yaml:"source"`
	} `yaml:"statements"`
}

// retentionFile is one rule of keeping as YAML.
type retentionFile struct {
	Systems      []string            `yaml:"systems"`
	Relations    []registry.Relation `yaml:"relations"`
	From         registry.RetainFrom `yaml:"from"`
	Months       int                 `yaml:"months"`
	WithinMonths int                 `yaml:"within_months"`
	// Action is "destroy", also when it is left out, or "pseudonymise".
	Action             registry.RetainAction `yaml:"action"`
	KeepWithPermission []registry.Category   `yaml:"keep_with_permission"`
	Source             *source               `yaml:"source"`
}

func (r retentionFile) rule() registry.RetentionRule {
	rule := registry.RetentionRule{Systems: slices.Clone(r.Systems), Relations: slices.Clone(r.Relations), From: r.From, Months: r.Months,
		WithinMonths: r.WithinMonths, Action: r.Action, WithPermission: slices.Clone(r.KeepWithPermission), Source: r.Source.String()}
	if rule.Action == registry.Destroy {
		rule.Action = "" // said in words, it is the same rule
	}
	return rule
}

// into lays the rules over p, which has its Sources already.
func (f rulesFile) into(p *registry.Policy) {
	for _, t := range f.Telling {
		p.Telling = append(p.Telling, registry.Telling{Relation: t.Relation, When: t.When, Source: t.Source.String()})
	}
	for _, r := range f.Retention {
		p.Retention = append(p.Retention, r.rule())
	}
	for _, x := range f.Protections {
		p.Protections = append(p.Protections, registry.Protection{Kind: x.Kind, Systems: slices.Clone(x.Systems), Source: x.Source.String()})
	}
	for _, s := range f.Statements {
		p.Statements = append(p.Statements, registry.Statement{Words: maps.Clone(s.Text), Source: s.Source.String()})
	}
	f.single(p)
}

// single lays the rules over p of which there is one each.
func (f rulesFile) single(p *registry.Policy) {
	if c := f.Contact; c != nil {
		p.FirstChannel, p.Messengers, p.BarredSenders = c.First, slices.Clone(c.Messengers), slices.Clone(c.BarredSenders)
		p.Sources[registry.RuleContact] = c.Source.String()
	}
	if s := f.Secrecy; s != nil {
		p.Secrecy, p.Sources[registry.RuleSecrecy] = s.Bound, s.Source.String()
	}
	if r := f.Requests; r != nil {
		p.RequestWeeks, p.Sources[registry.RuleRequests] = r.Weeks, r.Source.String()
	}
	if a := f.Audit; a != nil {
		p.AuditSamples, p.Sources[registry.RuleAudit] = a.Samples, a.Source.String()
	}
}
