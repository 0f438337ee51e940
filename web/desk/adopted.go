package desk

import (
	"strings"

	"datalek/incidents"
	"datalek/web/page"
)

// adopted says what other rules changed for the case, both values of each.
func (t teller) adopted(facts map[string]string) []string {
	var lines []string
	for _, kind := range []string{string(incidents.ClientClock), string(incidents.AuthorityClock)} {
		if before, after := facts[kind+"_hours_before"], facts[kind+"_hours_after"]; before != after {
			lines = append(lines, page.T(t.c, "policyedit.event.hours_"+kind, "before", t.ruleHours(before), "after", t.ruleHours(after)))
		}
		if due := facts[kind+"_due_after"]; due != "" && due != facts[kind+"_due_before"] {
			lines = append(lines, page.T(t.c, "policyedit.event.due", "after", t.moment(due)))
		}
		if facts[kind+"_late"] == "yes" {
			lines = append(lines, page.T(t.c, "policyedit.event.late"))
		}
		if facts[kind+"_warnings"] == "changed" {
			lines = append(lines, page.T(t.c, "policyedit.event.warnings_"+kind))
		}
	}
	if first := facts["first_after"]; first != "" {
		lines = append(lines, page.T(t.c, "policyedit.case.first", "before", page.T(t.c, "policyedit.first."+facts["first_before"]), "after", page.T(t.c, "policyedit.first."+first)))
	}
	if lead, some := facts["lead_after"]; some {
		lines = append(lines, page.T(t.c, "policyedit.event.lead", "before", t.ruleLead(facts["lead_before"]), "after", t.ruleLead(lead)))
	}
	if facts["who"] == "changed" {
		lines = append(lines, page.T(t.c, "policyedit.case.scope_later"))
	}
	return lines
}

func (t teller) ruleHours(hours string) string {
	if hours == "0" {
		return page.T(t.c, "policyedit.event.no_hours")
	}
	return page.T(t.c, "policyedit.event.hours", "hours", hours)
}

func (t teller) ruleLead(hours string) string {
	if hours == "0" {
		return page.T(t.c, "policyedit.case.lead_none")
	}
	return page.T(t.c, "policyedit.event.lead_hours", "hours", hours)
}

// ruled says what changed in the practice's rules, why, and for how many open
// cases: no other page shows what a person wrote about it.
func (t teller) ruled(e incidents.Event) []string {
	lines := strings.FieldsFunc(e.Words["changes"], func(c rune) bool { return c == '\n' })
	lines = append(lines, t.ruledCases(e.Facts))
	if why := e.Words["reason"]; why != "" {
		lines = append(lines, page.T(t.c, "desk.word.reason")+": "+why)
	}
	return lines
}

func (t teller) ruledCases(facts map[string]string) string {
	if facts["incidents"] == "" {
		return page.T(t.c, "policyedit.event.only_new")
	}
	return page.T(t.c, "policyedit.event.cases", "n", strings.Count(facts["incidents"], ",")+1)
}
