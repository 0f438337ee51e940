package policyedit

import (
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents/registry"
	"datalek/web/page"
	"datalek/web/rules"
)

// section is a part of the form. Closed it says in words what it holds.
type section struct {
	ID    string
	Lines []string
	More  int // lines that are left out
	Open  bool
	// Alone lets the browser close the others when this one opens; not while faults
	// stand in several.
	Alone bool
}

// mostLines is how many lines a closed section says.
const mostLines = 3

func sectionIDs() []string {
	return []string{"hours", "who", "how", "keep", "protect", "others", "warn"}
}

// sectionOf returns the section that a field, or a rule by its key, stands in.
func sectionOf(field string) string {
	place, rest, _ := strings.Cut(field, ".")
	switch place {
	case "client", "authority":
		if strings.HasPrefix(rest, "warn") || strings.HasPrefix(rest, "alarm") {
			return "warn"
		}
		return "hours"
	case "preliminary_lead", "preliminary_update", "preliminary_notice":
		return "hours"
	case "escalation":
		return "warn"
	case tellingRows:
		return "who"
	case "contact", "mail":
		return "how"
	case retentionRows, "rest":
		return "keep"
	case protectionRows:
		return "protect"
	default:
		return "others"
	}
}

// sections says of each part of the form what it holds. Open are those with faults,
// and the one whose list was just made longer or shorter.
func (a *Area) sections(c echo.Context, form *page.Form, names rules.Names) map[string]section {
	said := map[string][]string{}
	for _, r := range rules.Of(page.WordsOf(c), page.Lang(c), sayable((&reader{form: form}).policy()), names) {
		id := sectionOf(r.Key)
		said[id] = append(said[id], r.Label+": "+r.Value)
	}
	open := map[string]bool{}
	for _, f := range form.Faults {
		open[sectionOf(f.Field)] = true
	}
	what, rest, _ := strings.Cut(form.Get("act"), ".")
	if list, _, _ := strings.Cut(rest, "."); (what == "add" || what == "drop") && slices.Contains(lists(), list) {
		open[sectionOf(list)] = true
	}
	out := map[string]section{}
	for _, id := range sectionIDs() {
		lines := said[id]
		kept := min(len(lines), mostLines)
		out[id] = section{ID: id, Lines: lines[:kept], More: len(lines) - kept, Open: open[id], Alone: len(open) < 2}
	}
	return out
}

// sayable leaves out the rows of which too little is filled in to say them.
func sayable(p registry.Policy) registry.Policy {
	p.Telling = slices.DeleteFunc(p.Telling, func(t registry.Telling) bool { return t.Relation == "" || t.When == "" })
	p.Retention = slices.DeleteFunc(p.Retention, func(r registry.RetentionRule) bool { return r.From == "" })
	p.Protections = slices.DeleteFunc(p.Protections, func(x registry.Protection) bool { return x.Kind == "" })
	return p
}
