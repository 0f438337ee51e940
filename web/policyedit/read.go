package policyedit

import (
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/playbooks"
	"datalek/web/page"
)

// The longest terms that a form takes, those of a policy file: a month for a
// promise, the law's own for the authority.
const (
	mostClientHours = 720
	lawfulHours     = 72
	mostMinutes     = 24 * 60
)

// reader takes a policy out of the form and notes every fault by its field.
type reader struct {
	form   *page.Form
	faults fault.List
}

// read returns the policy that the form says, and every fault of it.
func (a *Area) read(c echo.Context, form *page.Form) (registry.Policy, fault.List) {
	r := &reader{form: form}
	p := r.policy()
	if _, known := a.opts.Book.Policy(p.ID); !known && p.ID != page.Practice(c).Policy.ID {
		r.faults.Add("policy", "error.policy", "choose a policy from the list")
	}
	r.check(c, p)
	if len(r.faults) == 0 {
		if err := playbooks.CheckPolicy(p); err != nil { // what only a strict reader of the file sees
			r.faults.Add("source", "", err.Error())
		}
	}
	return p, r.faults
}

// check adds the faults that the domain finds, in the form's own fields.
func (r *reader) check(c echo.Context, p registry.Policy) {
	var found fault.List
	p.CheckRules(&found)
	special := rows(r.form, retentionRows)
	for _, f := range found {
		if rest, some := strings.CutPrefix(f.Field, retentionRows+"."+strconv.Itoa(special)+"."); some {
			if f.Field = "rest." + rest; rest == "systems" {
				continue // hidden by a row about nothing, which is told of already
			}
		}
		for _, list := range []string{"systems", "relations", "keep_with_permission", "contact.messengers", "contact.barred_senders"} { // a row's choices are one field
			if at := strings.Index(f.Field, list+"."); at >= 0 {
				f.Field = f.Field[:at+len(list)]
			}
		}
		r.faults = append(r.faults, f)
	}
	lead := p.PreliminaryLeadHours
	if typed := slices.ContainsFunc(r.faults, func(f *fault.Error) bool { return f.Field == "client.hours" }); !typed && lead > 0 && lead >= p.ClientHours {
		r.faults.Add("client.hours", "error.preliminary_stands", "a preliminary notice goes "+strconv.Itoa(lead)+" hours before the deadline; give more hours, or change that first")
	}
	for _, s := range page.Practice(c).Details.Senders {
		if p.Bars(s.Email) {
			r.faults.Add("contact.barred_senders", "error.barred_own", "notices of this practice come from such an address; change that first")
			return
		}
	}
}

func (r *reader) policy() registry.Policy {
	f := r.form
	p := registry.Policy{ID: f.Get("policy"), Source: r.source("source"), Sources: map[string]string{},
		NameInMail: f.Get("mail.name") != "", Formal: f.Get("mail.formal") != "no", FirstChannel: registry.Channel(f.Get("contact.first")),
		Messengers: words(f.Get("contact.messengers")), BarredSenders: words(strings.ToLower(f.Get("contact.barred_senders"))),
		Secrecy: f.Get("secrecy.bound") != "", AuditSamples: f.Get("audit.samples") != "", RequestWeeks: r.number("requests.weeks", 0, 13, "error.request_weeks")}
	r.hours(&p)
	for _, rule := range []string{registry.RuleClient, registry.RuleAuthority, registry.RuleMail, registry.RuleContact} {
		p.Sources[rule] = r.source(rule + ".source")
	}
	for rule, some := range map[string]bool{registry.RuleSecrecy: p.Secrecy, registry.RuleRequests: p.RequestWeeks > 0, registry.RuleAudit: p.AuditSamples} {
		if some {
			p.Sources[rule] = r.source(rule + ".source")
		}
	}
	r.lists(&p)
	return p
}

// hours reads what is promised, and when the practitioner is warned.
func (r *reader) hours(p *registry.Policy) {
	p.ClientHours = r.number("client.hours", 0, mostClientHours, "error.client_hours")
	p.ClientThresholds = r.rising("client.warn_percent", 100, "error.warn_percent")
	promised := r.form.Get("client.hours") != "" && r.form.Get("client.hours") != "0"
	if !promised {
		p.ClientThresholds = nil // there is no share of no hours
	}
	p.ClientAlarms = r.alarms("client.alarm_percent", p.ClientThresholds, promised)
	p.AuthorityHours = r.number("authority.hours", 0, lawfulHours, "error.authority_hours")
	if p.AuthorityHours == 0 {
		p.AuthorityHours = lawfulHours // the law's term of the day
	}
	p.AuthorityThresholds = r.rising("authority.warn_hours", p.AuthorityHours, "error.warn_hours")
	p.AuthorityAlarms = r.alarms("authority.alarm_hours", p.AuthorityThresholds, true)
	p.EscalateMinutes = r.number("escalation.minutes", 0, mostMinutes, "error.escalate_minutes")
	p.EscalateShare = r.number("escalation.share", 0, 100, "error.escalate_share")
	if (p.EscalateMinutes == 0) != (p.EscalateShare == 0) {
		r.faults.Add("escalation.minutes", "error.escalate_both", "give both numbers, or neither")
	}
	p.PreliminaryLeadHours = r.number("preliminary_lead", 0, mostClientHours, "error.preliminary_lead")
	p.PreliminaryUpdateHours = r.number("preliminary_update", 0, mostClientHours, "error.preliminary_lead")
}

// number reads a whole number; an empty field is 0.
func (r *reader) number(field string, least, most int, key string) int {
	typed := r.form.Get(field)
	if typed == "" {
		return 0
	}
	n, err := strconv.Atoi(typed)
	if err != nil || n < least || n > most {
		r.faults.Add(field, key, "give a whole number from "+strconv.Itoa(least)+" to "+strconv.Itoa(most))
		return 0
	}
	return n
}

// rising reads numbers, each larger than the one before and below the limit.
func (r *reader) rising(field string, limit int, key string) []int {
	var list []int
	for _, word := range words(r.form.Get(field)) {
		n, err := strconv.Atoi(strings.TrimSuffix(word, "%"))
		if err != nil || n < 1 || n >= limit || len(list) > 0 && n <= list[len(list)-1] || len(list) == mostRows {
			r.faults.Add(field, key, "give numbers below "+strconv.Itoa(limit)+", each larger than the one before")
			return list
		}
		list = append(list, n)
	}
	return list
}

// alarms reads which of the warnings need a person. An alarm begins with a warning.
func (r *reader) alarms(field string, warnings []int, some bool) []int {
	typed := r.form.Get(field)
	switch {
	case typed == "" || !some:
		return nil
	case typed == "0":
		return []int{}
	}
	list := []int{}
	for _, word := range words(typed) {
		n, err := strconv.Atoi(strings.TrimSuffix(word, "%"))
		if err != nil || !slices.Contains(warnings, n) {
			r.faults.Add(field, "error.alarms", "give only numbers that stand among the warnings, or 0 for none")
			return list
		}
		list = append(list, n)
	}
	return list
}

// source reads where a rule comes from: a document and the place in it.
func (r *reader) source(field string) string {
	text := r.form.Get(field)
	registry.CheckLine(&r.faults, field, text, 0, 200)
	if !playbooks.NamesSource(text) {
		r.faults.Add(field, "error.source", "name the document and the place in it, with a comma between")
	}
	return text
}

func (r *reader) lists(p *registry.Policy) {
	f := r.form
	for n := range rows(f, tellingRows) {
		p.Telling = append(p.Telling, registry.Telling{Relation: registry.Relation(f.Get(rowField(tellingRows, n, "relation"))),
			When: registry.TellWhen(f.Get(rowField(tellingRows, n, "when"))), Source: r.source(rowField(tellingRows, n, "source"))})
	}
	for n := range rows(f, retentionRows) {
		at := retentionRows + "." + strconv.Itoa(n)
		rule := r.retention(at)
		if rule.General() {
			r.faults.Add(at+".systems", "error.retention_nothing", "choose a system or a kind of person; the rule for everything else stands last")
		}
		p.Retention = append(p.Retention, rule)
	}
	rest := r.retention("rest")
	rest.Systems, rest.Relations = nil, nil
	p.Retention = append(p.Retention, rest)
	for n := range rows(f, protectionRows) {
		p.Protections = append(p.Protections, registry.Protection{Kind: registry.ProtectionKind(f.Get(rowField(protectionRows, n, "kind"))),
			Systems: f.All(rowField(protectionRows, n, "systems")), Source: r.source(rowField(protectionRows, n, "source"))})
	}
	for n := range rows(f, statementRows) {
		s := registry.Statement{Words: map[string]string{}, Source: r.source(rowField(statementRows, n, "source"))}
		for _, lang := range page.Languages() {
			field := rowField(statementRows, n, "text."+lang)
			s.Words[lang] = f.Text(field)
			registry.CheckText(&r.faults, field, s.Words[lang], 1, 500)
		}
		p.Statements = append(p.Statements, s)
	}
}

func (r *reader) retention(at string) registry.RetentionRule {
	var relations []registry.Relation
	for _, v := range r.form.All(at + ".relations") {
		relations = append(relations, registry.Relation(v))
	}
	var kept []registry.Category
	for _, v := range r.form.All(at + ".keep_with_permission") {
		kept = append(kept, registry.Category(v))
	}
	rule := registry.RetentionRule{Systems: r.form.All(at + ".systems"), Relations: relations, From: registry.RetainFrom(r.form.Get(at + ".from")),
		Months: r.number(at+".months", 0, registry.MostRetainMonths, "error.months"), WithinMonths: r.number(at+".within_months", 0, registry.MostRetainMonths, "error.months"),
		Action: registry.RetainAction(r.form.Get(at + ".action")), WithPermission: kept, Source: r.source(at + ".source")}
	return rule
}

// words are the parts of a line between commas.
func words(line string) []string {
	var out []string
	for _, word := range strings.FieldsFunc(line, func(c rune) bool { return c == ',' || c == ';' || c == '\n' }) {
		if word = strings.TrimSpace(word); word != "" {
			out = append(out, word)
		}
	}
	return out
}
