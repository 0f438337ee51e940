package desk

import (
	"slices"
	"strconv"
	"strings"

	"datalek/incidents"
	"datalek/web/page"
)

// acted says what an act beside the cases changed: the lines of a list of people in
// numbers, and the names of what changed without its text being told.
func (t teller) acted(e incidents.Event) []string {
	switch e.Kind {
	case incidents.ImportTaken:
		return []string{t.counted(e, "read") + ": " + t.counted(e, "added", "changed", "refused", "waiting")}
	case incidents.ImportUndone:
		return []string{t.counted(e, "removed", "put_back", "kept")}
	}
	if incidents.NewInFields(e.Kind) || e.Facts["fields"] == "" {
		return nil
	}
	told := map[string]bool{}
	for _, r := range incidents.Revisions(e) {
		name, _, _ := strings.Cut(r.Path, "/")
		told[name] = true
	}
	var names []string
	for _, field := range strings.Split(e.Facts["fields"], ",") {
		if !told[field] {
			names = append(names, t.fieldName(field))
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	return []string{page.T(t.c, "desk.line.changed", "names", strings.Join(names, ", "))}
}

// counted puts numbers of a list of people into words, each in its own.
func (t teller) counted(e incidents.Event, names ...string) string {
	parts := make([]string, len(names))
	for i, name := range names {
		n, _ := strconv.Atoi(e.Facts[name]) // the program's own writing; what is left out is none
		parts[i] = page.T(t.c, "desk.line.import."+name, "n", n)
	}
	return strings.Join(parts, ", ")
}

func (t teller) fieldName(field string) string {
	if key := "desk.field." + field; page.Has(t.c, key) {
		return page.T(t.c, key)
	}
	return field
}

// about says what an act beside the cases is about: the processor and the door of an
// address, and what a program may do.
func (t teller) about(e incidents.Event) []string {
	var lines []string
	area, _, _ := strings.Cut(string(e.Kind), ".")
	if id := e.Facts["processor"]; id != "" && area == "address" {
		lines = append(lines, page.T(t.c, "desk.line.processor", "id", id))
	}
	if key := "addresses.kind." + e.Facts["door"]; area == "address" && page.Has(t.c, key) {
		lines = append(lines, page.T(t.c, key))
	}
	for scope := range strings.SplitSeq(e.Facts["scopes"], ",") {
		if key := "tokens.scope." + scope; page.Has(t.c, key) {
			lines = append(lines, page.T(t.c, key))
		}
	}
	return lines
}
