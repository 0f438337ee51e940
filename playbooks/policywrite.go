package playbooks

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"datalek/incidents/registry"
)

// writtenPolicy is a practice's own rules as YAML, in the form of policyFile. What
// a practice starts with, its systems and processors, is not among its rules.
type writtenPolicy struct {
	ID          string              `yaml:"id"`
	Title       map[string]string   `yaml:"title"`
	Explanation map[string]string   `yaml:"explanation"`
	Source      source              `yaml:"source,flow"`
	Client      writtenClient       `yaml:"client"`
	Authority   writtenAuthority    `yaml:"authority"`
	Mail        writtenMail         `yaml:"mail"`
	Escalation  *escalationPace     `yaml:"escalation,omitempty"`
	Preliminary *writtenEarly       `yaml:"preliminary_notice,omitempty"`
	Telling     []writtenTelling    `yaml:"telling,omitempty"`
	Contact     *writtenContact     `yaml:"contact,omitempty"`
	Retention   []writtenRetention  `yaml:"retention,omitempty"`
	Protections []writtenProtection `yaml:"protections,omitempty"`
	Secrecy     *writtenSecrecy     `yaml:"secrecy,omitempty"`
	Requests    *writtenRequests    `yaml:"requests,omitempty"`
	Audit       *writtenAudit       `yaml:"audit,omitempty"`
	Statements  []writtenStatement  `yaml:"statements,omitempty"`
}

type writtenClient struct {
	Hours       int    `yaml:"hours"`
	WarnPercent []int  `yaml:"warn_percent,flow,omitempty"`
	Alarm       *[]int `yaml:"alarm_percent,flow,omitempty"`
	Source      source `yaml:"source,flow"`
}

type writtenAuthority struct {
	Hours     int    `yaml:"hours"`
	WarnHours []int  `yaml:"warn_hours,flow,omitempty"`
	Alarm     *[]int `yaml:"alarm_hours,flow,omitempty"`
	Source    source `yaml:"source,flow"`
}

type writtenMail struct {
	Name   bool   `yaml:"name"`
	Formal bool   `yaml:"formal"`
	Source source `yaml:"source,flow"`
}

type writtenEarly struct {
	LeadHours   int `yaml:"lead_hours"`
	UpdateHours int `yaml:"update_hours,omitempty"`
}

type writtenTelling struct {
	Relation registry.Relation `yaml:"relation"`
	When     registry.TellWhen `yaml:"when"`
	Source   source            `yaml:"source,flow"`
}

type writtenContact struct {
	First         registry.Channel `yaml:"first,omitempty"`
	Messengers    []string         `yaml:"messengers,flow,omitempty"`
	BarredSenders []string         `yaml:"barred_senders,flow,omitempty"`
	Source        source           `yaml:"source,flow"`
}

type writtenRetention struct {
	Systems      []string            `yaml:"systems,flow,omitempty"`
	Relations    []registry.Relation `yaml:"relations,flow,omitempty"`
	From         registry.RetainFrom `yaml:"from"`
	Months       int                 `yaml:"months,omitempty"`
	WithinMonths int                 `yaml:"within_months,omitempty"`

	Action             registry.RetainAction `yaml:"action,omitempty"`
	KeepWithPermission []registry.Category   `yaml:"keep_with_permission,flow,omitempty"`
	Source             source                `yaml:"source,flow"`
}

type writtenProtection struct {
	Kind    registry.ProtectionKind `yaml:"kind"`
	Systems []string                `yaml:"systems,flow,omitempty"`
	Source  source                  `yaml:"source,flow"`
}

type writtenSecrecy struct {
	Bound  bool   `yaml:"bound"`
	Source source `yaml:"source,flow"`
}

type writtenRequests struct {
	Weeks  int    `yaml:"weeks"`
	Source source `yaml:"source,flow"`
}

type writtenAudit struct {
	Samples bool   `yaml:"samples"`
	Source  source `yaml:"source,flow"`
}

type writtenStatement struct {
	Text   map[string]string `yaml:"text"`
	Source source            `yaml:"source,flow"`
}

// NamesSource reports whether a source names a document and a place in it, as
// every rule of a policy must: "Privacy statement, section 4".
func NamesSource(text string) bool { return sourceOf(text).whole() }

// sourceOf takes a source apart again. The document ends at the first comma.
func sourceOf(text string) *source {
	document, place, _ := strings.Cut(strings.TrimSpace(text), ", ")
	return &source{Document: document, Place: place}
}

// WritePolicy returns a practice's own rules as a policy file that ReadPolicy reads
// back the same. title and explanation stand in each language of the pages.
//
// Rules without a source, or with a fault, are written as they are; CheckPolicy
// finds them.
func WritePolicy(p registry.Policy, title, explanation map[string]string) ([]byte, error) {
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(written(p, title, explanation)); err != nil {
		return nil, fmt.Errorf("write policy: %w", err)
	}
	if err := enc.Close(); err != nil {
		return nil, fmt.Errorf("write policy: %w", err)
	}
	return out.Bytes(), nil
}

// CheckPolicy returns as Faults what a strict reader finds wrong with a practice's
// own rules, with lines of the file that WritePolicy makes of them.
func CheckPolicy(p registry.Policy) error {
	name := map[string]string{}
	for _, language := range pageLanguages() {
		name[language] = p.ID
	}
	raw, err := WritePolicy(p, name, name)
	if err != nil {
		return err
	}
	var faults Faults
	readPolicy(raw, p.ID+".yaml", p.ID, &faults)
	return faults.ordered()
}

func written(p registry.Policy, title, explanation map[string]string) writtenPolicy {
	from := func(rule string) source { return *sourceOf(p.SourceOf(rule)) }
	w := writtenPolicy{ID: p.ID, Title: maps.Clone(title), Explanation: maps.Clone(explanation), Source: *sourceOf(p.Source),
		Client:    writtenClient{Hours: p.ClientHours, WarnPercent: p.ClientThresholds, Alarm: unlessNil(p.ClientAlarms), Source: from(registry.RuleClient)},
		Authority: writtenAuthority{Hours: p.AuthorityHours, WarnHours: p.AuthorityThresholds, Alarm: unlessNil(p.AuthorityAlarms), Source: from(registry.RuleAuthority)},
		Mail:      writtenMail{Name: p.NameInMail, Formal: p.Formal, Source: from(registry.RuleMail)}}
	if p.EscalateMinutes != 0 || p.EscalateShare != 0 {
		w.Escalation = &escalationPace{Minutes: p.EscalateMinutes, Share: p.EscalateShare}
	}
	if p.PreliminaryLeadHours != 0 {
		w.Preliminary = &writtenEarly{LeadHours: p.PreliminaryLeadHours, UpdateHours: p.PreliminaryUpdateHours}
	}
	if p.FirstChannel != "" || len(p.Messengers)+len(p.BarredSenders) > 0 {
		w.Contact = &writtenContact{First: p.FirstChannel, Messengers: p.Messengers, BarredSenders: p.BarredSenders, Source: from(registry.RuleContact)}
	}
	if p.Secrecy {
		w.Secrecy = &writtenSecrecy{Bound: true, Source: from(registry.RuleSecrecy)}
	}
	if p.RequestWeeks != 0 {
		w.Requests = &writtenRequests{Weeks: p.RequestWeeks, Source: from(registry.RuleRequests)}
	}
	if p.AuditSamples {
		w.Audit = &writtenAudit{Samples: true, Source: from(registry.RuleAudit)}
	}
	w.lists(p)
	return w
}

// lists writes the rules of which there can be several. A policy from before there
// were rules of keeping has its one number of months as such a rule.
func (w *writtenPolicy) lists(p registry.Policy) {
	for _, t := range p.Telling {
		w.Telling = append(w.Telling, writtenTelling{Relation: t.Relation, When: t.When, Source: *sourceOf(t.Source)})
	}
	kept := p.Retention
	if !slices.ContainsFunc(kept, registry.RetentionRule.General) {
		kept = append(slices.Clone(kept), p.GeneralRetention())
	}
	for _, r := range kept {
		w.Retention = append(w.Retention, writtenRetention{Systems: r.Systems, Relations: r.Relations, From: r.From, Months: r.Months,
			WithinMonths: r.WithinMonths, Action: r.Action, KeepWithPermission: r.WithPermission, Source: *sourceOf(r.Source)})
	}
	for _, x := range p.Protections {
		w.Protections = append(w.Protections, writtenProtection{Kind: x.Kind, Systems: x.Systems, Source: *sourceOf(x.Source)})
	}
	for _, s := range p.Statements {
		w.Statements = append(w.Statements, writtenStatement{Text: maps.Clone(s.Words), Source: *sourceOf(s.Source)})
	}
}

// unlessNil keeps an empty list, which means none, apart from no list, which means
// the usual ones.
func unlessNil(list []int) *[]int {
	if list == nil {
		return nil
	}
	return &list
}
