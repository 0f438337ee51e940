// Package rules says a practice's policy in plain words: for its page, for the
// command line, and as the list that a form over the same rules starts from.
package rules

import (
	"slices"
	"strconv"
	"strings"

	"datalek/incidents/registry"
)

// Words is the catalogue of texts.
type Words interface {
	T(lang, key string, pairs ...any) string
}

// Group is a part of a policy that is read together.
type Group string

// The groups.
const (
	Hours   Group = "hours"   // what is promised, and what the law asks
	Who     Group = "who"     // who hears
	How     Group = "how"     // by which way, in which words
	Keep    Group = "keep"    // what is kept how long
	Protect Group = "protect" // what stood in the way of a breach
	Others  Group = "others"  // secrecy, requests, audits, statements
)

// Groups returns them in the order in which they are read.
func Groups() []Group { return []Group{Hours, Who, How, Keep, Protect, Others} }

// Rule is one rule in words. Key is its place in a policy file, with dots:
// "client", "telling.0", "retention.2".
type Rule struct {
	Group  Group
	Key    string
	Label  string
	Value  string
	Source string // document and place, in the document's own language
}

// Names are the practice's own words; what is not in them has a usual one.
type Names struct {
	Systems map[string]string // by id
	People  map[registry.Relation]string
}

// Of returns every rule of a policy in words of a language, group by group.
func Of(words Words, lang string, p registry.Policy, names Names) []Rule {
	s := speaker{words: words, lang: lang, policy: p, names: names}
	return slices.Concat(s.hours(), s.who(), s.how(), s.keep(), s.protect(), s.others())
}

type speaker struct {
	words  Words
	lang   string
	policy registry.Policy
	names  Names
}

func (s speaker) t(key string, pairs ...any) string { return s.words.T(s.lang, "rules."+key, pairs...) }

func (s speaker) hours() []Rule {
	p := s.policy
	promise := s.t("client.soon")
	if p.ClientHours > 0 {
		promise = s.t("client.hours", "n", p.ClientHours)
	}
	lawful := s.t("authority.law")
	if own := p.OwnAuthorityHours(); own > 0 {
		lawful = s.t("authority.hours", "n", own)
	}
	out := []Rule{
		{Hours, registry.RuleClient, s.t("client"), promise, p.SourceOf(registry.RuleClient)},
		{Hours, registry.RuleAuthority, s.t("authority"), lawful, p.SourceOf(registry.RuleAuthority)},
	}
	out = append(out, s.warnings()...)
	if lead := p.PreliminaryLead(); lead > 0 {
		out = append(out, Rule{Hours, "preliminary_notice", s.t("preliminary"), s.t("preliminary.hours", "n", int(lead.Hours())), p.SourceOf(registry.RuleClient)})
	}
	return out
}

// warnings say when the practitioner is warned, and when a person must answer.
func (s speaker) warnings() []Rule {
	p := s.policy
	var out []Rule
	if p.ClientHours > 0 {
		out = append(out, Rule{Hours, "client.warn_percent", s.t("warn.client"), s.warned(p.ClientThresholds, p.ClientAlarms, registry.DefaultClientAlarms(), "percent"), p.SourceOf(registry.RuleClient)})
	}
	out = append(out, Rule{Hours, "authority.warn_hours", s.t("warn.authority"), s.warned(p.AuthorityThresholds, p.AuthorityAlarms, registry.DefaultAuthorityAlarms(), "hours"), p.SourceOf(registry.RuleAuthority)})
	if p.EscalateMinutes > 0 || p.EscalateShare > 0 {
		out = append(out, Rule{Hours, "escalation", s.t("escalation"), s.t("escalation.pace", "minutes", p.EscalateMinutes, "share", p.EscalateShare), p.Source})
	}
	return out
}

func (s speaker) warned(at, alarms, usual []int, unit string) string {
	if len(at) == 0 {
		return s.t("warn.end")
	}
	if alarms == nil {
		alarms = usual
	}
	alarms = slices.DeleteFunc(slices.Clone(alarms), func(n int) bool { return !slices.Contains(at, n) })
	text := s.t("warn.at_"+unit, "at", s.listed(mapped(at, strconv.Itoa)))
	if len(alarms) > 0 {
		text += " " + s.t("warn.alarm_"+unit, "at", s.listed(mapped(alarms, strconv.Itoa)))
	}
	return text
}

func (s speaker) who() []Rule {
	if len(s.policy.Telling) == 0 {
		return []Rule{{Who, "telling", s.t("telling.everyone"), s.t("telling.promise"), s.policy.SourceOf(registry.RuleClient)}}
	}
	var out []Rule
	for i, t := range s.policy.Telling {
		out = append(out, Rule{Who, "telling." + strconv.Itoa(i), s.person(t.Relation), s.t("telling." + string(t.When)), t.Source})
	}
	return out
}

// person names a relation as the practice does.
func (s speaker) person(relation registry.Relation) string {
	if own := s.names.People[relation]; own != "" {
		return capital(own)
	}
	return s.words.T(s.lang, "choice.relation."+string(relation))
}

func (s speaker) system(id string) string {
	if own := s.names.Systems[id]; own != "" {
		return own
	}
	return id
}

func (s speaker) how() []Rule {
	p, source := s.policy, s.policy.SourceOf(registry.RuleContact)
	first := "email"
	if p.FirstChannel == registry.ByPhone {
		first = "phone"
	}
	out := []Rule{{How, "contact.first", s.t("first"), s.t("first." + first), source}}
	if len(p.Messengers) > 0 {
		out = append(out, Rule{How, "contact.messengers", s.t("messengers"), s.listed(p.Messengers), source})
	}
	if len(p.BarredSenders) > 0 {
		out = append(out, Rule{How, "contact.barred_senders", s.t("barred"), s.listed(p.BarredSenders), source})
	}
	name, formal := "no", "no"
	if p.NameInMail {
		name = "yes"
	}
	if p.Formal {
		formal = "yes"
	}
	return append(out, Rule{How, registry.RuleMail, s.t("mail"), s.t("mail.name_"+name) + " " + s.t("mail.formal_"+formal), p.SourceOf(registry.RuleMail)})
}

func (s speaker) protect() []Rule {
	var out []Rule
	for i, x := range s.policy.Protections {
		value := s.t("everywhere")
		if len(x.Systems) > 0 {
			value = s.listed(mapped(x.Systems, s.system))
		}
		out = append(out, Rule{Protect, "protections." + strconv.Itoa(i), s.t("protection." + string(x.Kind)), value, x.Source})
	}
	return out
}

func (s speaker) others() []Rule {
	p := s.policy
	var out []Rule
	if p.Secrecy {
		out = append(out, Rule{Others, registry.RuleSecrecy, s.t("secrecy"), s.t("secrecy.bound"), p.SourceOf(registry.RuleSecrecy)})
	}
	if p.RequestWeeks > 0 {
		out = append(out, Rule{Others, registry.RuleRequests, s.t("requests"), s.t("requests.weeks", "n", p.RequestWeeks), p.SourceOf(registry.RuleRequests)})
	}
	if p.AuditSamples {
		out = append(out, Rule{Others, registry.RuleAudit, s.t("audit"), s.t("audit.samples"), p.SourceOf(registry.RuleAudit)})
	}
	for i, x := range p.Statements {
		out = append(out, Rule{Others, "statements." + strconv.Itoa(i), s.t("statement"), x.Words[s.lang], x.Source})
	}
	return out
}

// listed joins names as a sentence does: "a, b en c".
func (s speaker) listed(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " " + s.t("and") + " " + names[last]
}

func mapped[A any](in []A, form func(A) string) []string {
	out := make([]string, len(in))
	for i, v := range in {
		out[i] = form(v)
	}
	return out
}

// capital begins a word with a capital letter.
func capital(word string) string {
	for i, r := range word {
		return strings.ToUpper(string(r)) + word[i+len(string(r)):]
	}
	return word
}
