package policyedit

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"datalek/incidents/registry"
	"datalek/web/page"
)

// The lists of the form. A list's rows are numbered from 0; the field "<list>.n"
// says how many there are.
const (
	tellingRows    = "telling"
	retentionRows  = "retention"
	protectionRows = "protections"
	statementRows  = "statements"
	// mostRows is how many rows a list of the form may have.
	mostRows = 50
)

func lists() []string { return []string{tellingRows, retentionRows, protectionRows, statementRows} }

// rowField names a field of a row: "retention.2.months".
func rowField(list string, n int, part string) string {
	return list + "." + strconv.Itoa(n) + "." + part
}

// rows returns how many rows of a list the form has.
func rows(f *page.Form, list string) int {
	n, err := strconv.Atoi(f.Get(list + ".n"))
	if err != nil || n < 0 {
		return 0
	}
	return min(n, mostRows)
}

// formOf shows a policy in the form.
func formOf(p registry.Policy, version int64) *page.Form {
	f := page.FormOf("policy", p.ID, "version", strconv.FormatInt(version, 10), "source", p.Source,
		"client.hours", number(p.ClientHours), "client.warn_percent", numbers(p.ClientThresholds), "client.alarm_percent", alarms(p.ClientAlarms),
		"client.source", p.SourceOf(registry.RuleClient),
		"authority.hours", number(p.OwnAuthorityHours()), "authority.warn_hours", numbers(p.AuthorityThresholds), "authority.alarm_hours", alarms(p.AuthorityAlarms),
		"authority.source", p.SourceOf(registry.RuleAuthority),
		"escalation.minutes", number(p.EscalateMinutes), "escalation.share", number(p.EscalateShare),
		"preliminary_lead", number(p.PreliminaryLeadHours), "preliminary_update", number(p.PreliminaryUpdateHours),
		"contact.first", string(cmp.Or(p.FirstChannel, registry.ByEmail)), "contact.messengers", strings.Join(p.Messengers, ", "),
		"contact.barred_senders", strings.Join(p.BarredSenders, ", "), "contact.source", p.SourceOf(registry.RuleContact),
		"mail.name", yes(p.NameInMail), "mail.formal", cmp.Or(yes(p.Formal), "no"), "mail.source", p.SourceOf(registry.RuleMail),
		"secrecy.bound", yes(p.Secrecy), "secrecy.source", ownSource(p, registry.RuleSecrecy, p.Secrecy),
		"requests.weeks", number(p.RequestWeeks), "requests.source", ownSource(p, registry.RuleRequests, p.RequestWeeks > 0),
		"audit.samples", yes(p.AuditSamples), "audit.source", ownSource(p, registry.RuleAudit, p.AuditSamples))
	fillLists(f, p)
	return f
}

// ownSource is the source of a rule that a policy may not have.
func ownSource(p registry.Policy, rule string, some bool) string {
	if !some {
		return p.Sources[rule]
	}
	return p.SourceOf(rule)
}

func fillLists(f *page.Form, p registry.Policy) {
	for n, t := range p.Telling {
		f.Set(rowField(tellingRows, n, "relation"), string(t.Relation))
		f.Set(rowField(tellingRows, n, "when"), string(t.When))
		f.Set(rowField(tellingRows, n, "source"), t.Source)
	}
	f.Set(tellingRows+".n", strconv.Itoa(len(p.Telling)))
	special := slices.DeleteFunc(slices.Clone(p.Retention), registry.RetentionRule.General)
	for n, r := range special {
		fillRetention(f, retentionRows+"."+strconv.Itoa(n), r)
	}
	f.Set(retentionRows+".n", strconv.Itoa(len(special)))
	fillRetention(f, "rest", p.GeneralRetention())
	for n, x := range p.Protections {
		f.Set(rowField(protectionRows, n, "kind"), string(x.Kind))
		f.Set(rowField(protectionRows, n, "systems"), x.Systems...)
		f.Set(rowField(protectionRows, n, "source"), x.Source)
	}
	f.Set(protectionRows+".n", strconv.Itoa(len(p.Protections)))
	for n, s := range p.Statements {
		for _, lang := range page.Languages() {
			f.Set(rowField(statementRows, n, "text."+lang), s.Words[lang])
		}
		f.Set(rowField(statementRows, n, "source"), s.Source)
	}
	f.Set(statementRows+".n", strconv.Itoa(len(p.Statements)))
}

func fillRetention(f *page.Form, at string, r registry.RetentionRule) {
	f.Set(at+".systems", r.Systems...)
	var relations []string
	for _, relation := range r.Relations {
		relations = append(relations, string(relation))
	}
	f.Set(at+".relations", relations...)
	f.Set(at+".from", string(r.From))
	f.Set(at+".months", number(r.Months))
	f.Set(at+".within_months", number(r.WithinMonths))
	f.Set(at+".action", string(r.Action))
	var kept []string
	for _, k := range r.WithPermission {
		kept = append(kept, string(k))
	}
	f.Set(at+".keep_with_permission", kept...)
	f.Set(at+".source", r.Source)
}

// number is a number in its field, empty for 0.
func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func numbers(list []int) string {
	words := make([]string, len(list))
	for i, n := range list {
		words[i] = strconv.Itoa(n)
	}
	return strings.Join(words, ", ")
}

// alarms are the warnings that need a person: empty for the usual ones, 0 for none.
func alarms(list []int) string {
	if list != nil && len(list) == 0 {
		return "0"
	}
	return numbers(list)
}

func yes(on bool) string {
	if on {
		return "yes"
	}
	return ""
}

// rearrange adds a row to a list or takes one away, as a button asks: "add.telling",
// "drop.retention.2". It reports whether the button was one of these.
func rearrange(f *page.Form, act string) bool {
	what, rest, _ := strings.Cut(act, ".")
	list, at, _ := strings.Cut(rest, ".")
	if !slices.Contains(lists(), list) {
		return false
	}
	n := rows(f, list)
	switch what {
	case "add":
		if n < mostRows {
			f.Set(list+".n", strconv.Itoa(n+1))
		}
		return true
	case "drop":
		if gone, err := strconv.Atoi(at); err == nil && gone >= 0 && gone < n {
			drop(f, list, gone, n)
		}
		return true
	}
	return false
}

// drop takes a row away and moves those behind it up.
func drop(f *page.Form, list string, gone, n int) {
	prefix := func(row int) string { return list + "." + strconv.Itoa(row) + "." }
	moved := map[string][]string{}
	for name, values := range f.Values {
		for row := gone + 1; row < n; row++ {
			if part, some := strings.CutPrefix(name, prefix(row)); some {
				moved[prefix(row-1)+part] = values
			}
		}
	}
	for name := range f.Values {
		for row := gone; row < n; row++ {
			if strings.HasPrefix(name, prefix(row)) {
				delete(f.Values, name)
			}
		}
	}
	for name, values := range moved {
		f.Set(name, values...)
	}
	f.Set(list+".n", strconv.Itoa(n-1))
}
