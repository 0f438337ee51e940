package playbooks

import (
	"slices"

	"datalek/incidents"
	"datalek/incidents/registry"
)

// updateFile holds the text that tells what is new to those who were told before.
const updateFile = "update"

// NewKinds names the kinds of data that nobody named before, of those that the
// text may speak of at all; none in other texts.
func (f facts) NewKinds() []string {
	if f.news == nil {
		return nil
	}
	hit := f.categories()
	var names []string
	for _, c := range registry.Categories() {
		if slices.Contains(f.news.Added, c) && slices.Contains(hit, c) {
			names = append(names, f.kind(c))
		}
	}
	return names
}

// Updates reports whether the text tells what is new to who was told before.
func (f facts) Updates() bool { return f.news != nil }

// New reports whether one of these fields of the case is new to the reader.
func (f facts) New(fields ...string) bool {
	return f.news != nil && slices.ContainsFunc(fields, func(field string) bool { return slices.Contains(f.news.Fields, field) })
}

// ToldByProcessor reports whether the supplier told the practice itself.
func (f facts) ToldByProcessor() bool {
	return f.incident.Source == incidents.FromWebhook && f.incident.Facts.ProcessorID != ""
}
