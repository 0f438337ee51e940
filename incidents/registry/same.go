package registry

import (
	"cmp"
	"reflect"
	"slices"
)

// Same reports whether two policies say the same. An empty list is no list, except
// of alarms, where it means none instead of the usual ones.
func (p Policy) Same(other Policy) bool { return reflect.DeepEqual(p.plain(), other.plain()) }

// plain is the policy with one way of writing each thing.
func (p Policy) plain() Policy {
	p.FirstChannel = cmp.Or(p.FirstChannel, ByEmail)
	p.ClientThresholds, p.AuthorityThresholds = orNone(p.ClientThresholds), orNone(p.AuthorityThresholds)
	p.Telling, p.Messengers, p.BarredSenders = orNone(p.Telling), orNone(p.Messengers), orNone(p.BarredSenders)
	p.Statements = orNone(p.Statements)
	p.Retention, p.Protections = slices.Clone(orNone(p.Retention)), slices.Clone(orNone(p.Protections))
	for n := range p.Retention {
		r := &p.Retention[n]
		r.Systems, r.Relations = orNone(r.Systems), orNone(r.Relations)
	}
	for n := range p.Protections {
		p.Protections[n].Systems = orNone(p.Protections[n].Systems)
	}
	return p.plainRules()
}

// plainRules writes out what a policy leaves unsaid: its one number of months, the
// law's term, and the sources of its single rules.
func (p Policy) plainRules() Policy {
	if !slices.ContainsFunc(p.Retention, RetentionRule.General) {
		p.Retention = append(p.Retention, p.GeneralRetention())
	}
	p.RetainMonths = 0
	p.AuthorityHours = p.OwnAuthorityHours()
	sources := map[string]string{}
	for _, rule := range []string{RuleClient, RuleAuthority, RuleMail, RuleContact} {
		sources[rule] = p.SourceOf(rule)
	}
	for rule, some := range map[string]bool{RuleSecrecy: p.Secrecy, RuleRequests: p.RequestWeeks > 0, RuleAudit: p.AuditSamples} {
		if some {
			sources[rule] = p.SourceOf(rule)
		}
	}
	p.Sources = sources
	return p
}

func orNone[T any](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return list
}
