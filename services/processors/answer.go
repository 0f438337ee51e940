package processors

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"datalek/incidents"
	"datalek/incidents/advisory"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

// fromAnswer reads what a supplier answered on its page of a report. What it left
// open stays as it said it before.
func (m message) fromAnswer(reference string) advisory.Advisory {
	form, err := url.ParseQuery(string(m.raw))
	if err != nil {
		return m.unknown(fault.New(fault.Invalid, "error.form_unreadable", "this form could not be read"))
	}
	a := advisory.Advisory{Kind: incidents.MessageReport, Format: advisory.Answer, Reference: advisory.OneLine(reference, advisory.MaxReference),
		Stage: advisory.StageUpdate, SaidAt: &m.received, Unintelligible: incidents.UnintelligibleUnknown}
	text := func(field string, most int) string {
		return advisory.Clean(strings.ReplaceAll(form.Get(field), "\r\n", "\n"), most)
	}
	a.Text = text(advisory.FieldNature, advisory.MaxSummary)
	m.window(&a, typedTime(form.Get(advisory.FieldFrom)), typedTime(form.Get(advisory.FieldUntil)))
	a.SubjectKinds = names(form.Get(advisory.FieldSubjectKinds))
	a.Subjects, a.Records = counted(form.Get(advisory.FieldSubjects)), counted(form.Get(advisory.FieldRecords))
	for _, name := range form[advisory.FieldCategories] {
		if c := registry.Category(name); c.Valid() && !slices.Contains(a.Categories, c) {
			a.Categories = append(a.Categories, c)
		}
	}
	line := func(field string) string { return advisory.OneLine(form.Get(field), advisory.MaxName) }
	a.Contact = advisory.Contact{Name: line(advisory.FieldContactName), Email: line(advisory.FieldContactEmail), Phone: line(advisory.FieldContactPhone)}
	a.Consequences, a.Measures = text(advisory.FieldConsequences, advisory.MaxPart), text(advisory.FieldMeasures, advisory.MaxPart)
	a.SubProcessors = names(form.Get(advisory.FieldSubProcessors))
	if a.SubProcessors == nil && form.Get(advisory.FieldNoSubs) == "yes" {
		a.SubProcessors = []string{}
	}
	if next, err := time.Parse(time.RFC3339, string(typedTime(form.Get(advisory.FieldNext)))); err == nil && next.After(m.received) && next.Before(m.received.AddDate(1, 0, 0)) {
		a.NextAt = &next
	}
	return a
}

// typedTime is an instant as it is typed there; "?" is one that cannot be read.
func typedTime(typed string) word {
	typed = strings.TrimSpace(typed)
	if typed == "" {
		return ""
	}
	at, err := time.ParseInLocation(advisory.AnswerTime, typed, time.UTC)
	if err != nil {
		return "?"
	}
	return word(at.Format(time.RFC3339))
}

// counted reads a whole number of people or records.
func counted(typed string) *advisory.Count {
	n, err := strconv.Atoi(strings.TrimSpace(typed))
	if err != nil || n < 0 || n > advisory.MostCounted {
		return nil
	}
	return &advisory.Count{Min: &n, Max: &n}
}

// names reads a list that is typed with commas or on lines; nil when it is empty.
func names(typed string) []string {
	var found []string
	for _, part := range strings.FieldsFunc(typed, func(r rune) bool { return r == ',' || r == '\n' || r == ';' }) {
		if name := advisory.OneLine(part, advisory.MaxName); name != "" && len(found) < advisory.MaxNames {
			found = append(found, name)
		}
	}
	return found
}
