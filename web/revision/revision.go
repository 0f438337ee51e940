// Package revision says in words what an act changed: what a fact of a case was
// before it, and what it is now.
package revision

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"datalek/incidents"
	"datalek/web/page"
)

// Words are the texts of the program.
type Words interface {
	T(lang, key string, pairs ...any) string
	Lookup(lang, key string, pairs ...any) (string, bool)
}

// Teller puts changes into words for one reader.
type Teller struct {
	Words Words
	Lang  string
	Zone  *time.Location
	// Name finds what a system is called by its id; nil, or "", takes the id.
	Name func(system string) string
	// Kind finds what a kind of breach is called by its id; nil, or "", takes the id.
	Kind func(playbook string) string
}

// longest is how many characters of a text a line shows.
const longest = 400

// Lines tell everything that an event changed, a line each. What opened the case, or
// began a row, changed nothing: it says what was known then.
func (t Teller) Lines(e incidents.Event) []string {
	if e.Kind == incidents.IncidentOpened || incidents.NewInFields(e.Kind) {
		return nil
	}
	var lines []string
	for _, r := range incidents.Revisions(e) {
		if !saidElsewhere(r) {
			lines = append(lines, t.line(r))
		}
	}
	return lines
}

// saidElsewhere reports whether the event's own title and words say it already.
func saidElsewhere(r incidents.Revision) bool {
	switch r.Path {
	case "clock", "state", "step", "measure", "preliminary", "announcement", "update", "text_hash":
		return true
	case "person", "telling", "choice", "decision", "reason", "late_reason", "aware_basis", "text", "owner", "due_on":
		return r.Before == ""
	}
	return strings.HasPrefix(r.Path, "overrides/")
}

func (t Teller) line(r incidents.Revision) string {
	return t.Words.T(t.Lang, "revision.line", "what", t.label(r.Path), "before", t.value(r.Path, r.Before), "after", t.value(r.Path, r.After))
}

// label names what changed by the longest part of its path that has a name.
func (t Teller) label(path string) string {
	parts := strings.Split(path, "/")
	for n := len(parts); n > 0; n-- {
		name := strings.Join(parts[:n], "_")
		if text, found := t.Words.Lookup(t.Lang, "revision.of."+name); found {
			return text
		}
		if text, found := t.Words.Lookup(t.Lang, "desk.fact."+name); found {
			return strings.TrimSuffix(text, "?")
		}
	}
	return path
}

// lists are the paths whose items are codes with a word each.
func lists() map[string]string {
	return map[string]string{"categories": "choice.category.", "breach_kinds": "choice.breach_kind.", "unintelligible": "choice.unintelligible.", "role": "choice.role.", "identifiability": "choice.identifiability.",
		"decision": "revision.value.", "person": "revision.value.", "telling": "revision.value.", "choice": "revision.value."}
}

// value shows what stood, or stands, at a path.
func (t Teller) value(path, text string) string {
	if text == "" {
		return t.Words.T(t.Lang, "revision.nothing")
	}
	switch last := path[strings.LastIndex(path, "/")+1:]; {
	case last == "systems":
		return t.named(text, t.Name)
	case path == "playbook":
		return t.named(text, t.Kind)
	case lists()[last] != "":
		return t.coded(text, lists()[last])
	}
	if text == "true" || text == "false" {
		return t.Words.T(t.Lang, "revision.value."+text)
	}
	if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return page.FormatMoment(t.Lang, at, t.Zone)
	}
	return cut(text)
}

func (t Teller) named(text string, name func(string) string) string {
	items := strings.Split(text, ", ")
	for n, id := range items {
		if name != nil {
			items[n] = cmp.Or(name(id), id)
		}
	}
	return strings.Join(items, ", ")
}

func (t Teller) coded(text, prefix string) string {
	items := strings.Split(text, ", ")
	for n, code := range items {
		if word, found := t.Words.Lookup(t.Lang, prefix+code); found {
			items[n] = word
		}
	}
	return strings.Join(items, ", ")
}

func cut(text string) string {
	runes := []rune(text)
	if len(runes) <= longest {
		return "“" + text + "”"
	}
	return "“" + string(slices.Clip(runes[:longest])) + "…”"
}
