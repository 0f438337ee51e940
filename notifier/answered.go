package notifier

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"datalek/incidents/advisory"
	"datalek/incidents/registry"
	"datalek/playbooks"
)

// answerWords are the labels of what a supplier answers on its page.
type answerWords struct {
	intro, nobody, until string
	kinds                string // number of kinds, whose names stand in the case
	of                   map[advisory.Point]string
}

func answerWordsOf(language string) answerWords {
	if language == "en" {
		return answerWords{intro: "Your supplier answered on its own page:", nobody: "none", until: "%s to %s", kinds: "%d, see the case", of: map[advisory.Point]string{
			advisory.PointNature: "What happened", advisory.PointWhen: "When", advisory.PointSubjectKinds: "What kind of people", advisory.PointSubjects: "How many people",
			advisory.PointDataKinds: "Which kinds of data", advisory.PointRecords: "How many records", advisory.PointContact: "Whom to ask", advisory.PointConsequences: "What it may lead to",
			advisory.PointMeasures: "What was done", advisory.PointSubProcessors: "Sub-processors", advisory.PointNext: "Next update"}}
	}
	return answerWords{intro: "Uw leverancier antwoordde op de eigen pagina:", nobody: "geen", until: "%s tot %s", kinds: "%d, zie het dossier", of: map[advisory.Point]string{
		advisory.PointNature: "Wat er gebeurde", advisory.PointWhen: "Wanneer", advisory.PointSubjectKinds: "Om wat voor mensen het gaat", advisory.PointSubjects: "Hoeveel mensen",
		advisory.PointDataKinds: "Welke soorten gegevens", advisory.PointRecords: "Hoeveel gegevens", advisory.PointContact: "Wie u meer kan vertellen", advisory.PointConsequences: "Wat het kan betekenen",
		advisory.PointMeasures: "Wat er is gedaan", advisory.PointSubProcessors: "Onderaannemers", advisory.PointNext: "Volgende bericht"}}
}

// answersOf is the text of the practice's report of what a supplier answered on its
// page: each answer under its question, times in the practice's own zone.
func answersOf(p registry.Practice, a advisory.Advisory) string {
	w := answerWordsOf(p.Language)
	lines := []string{w.intro}
	zone, err := p.Zone()
	if err != nil {
		zone = time.UTC // times are shown with their zone
	}
	when := func(at *time.Time) string {
		if at == nil {
			return "?"
		}
		return playbooks.WithZone(*at, zone, p.Language)
	}
	add := func(point advisory.Point, value string) {
		if value != "" {
			lines = append(lines, w.of[point]+": "+value)
		}
	}
	add(advisory.PointNature, a.Text)
	switch {
	case a.OccurredUntil != nil:
		add(advisory.PointWhen, fmt.Sprintf(w.until, when(a.OccurredFrom), when(a.OccurredUntil)))
	case a.OccurredFrom != nil:
		add(advisory.PointWhen, when(a.OccurredFrom))
	}
	add(advisory.PointSubjectKinds, strings.Join(a.SubjectKinds, ", "))
	add(advisory.PointSubjects, amount(a.Subjects))
	if len(a.Categories) > 0 {
		add(advisory.PointDataKinds, fmt.Sprintf(w.kinds, len(a.Categories)))
	}
	add(advisory.PointRecords, amount(a.Records))
	add(advisory.PointContact, strings.Join(nonEmpty(a.Contact.Name, a.Contact.Email, a.Contact.Phone), ", "))
	add(advisory.PointConsequences, a.Consequences)
	add(advisory.PointMeasures, a.Measures)
	if a.SubProcessors != nil {
		add(advisory.PointSubProcessors, cmp.Or(strings.Join(a.SubProcessors, ", "), w.nobody))
	}
	if a.NextAt != nil {
		add(advisory.PointNext, when(a.NextAt))
	}
	return strings.Join(lines, "\n\n")
}

// amount is the number that an answer gives; it gives one.
func amount(c *advisory.Count) string {
	if c == nil || c.Min == nil {
		return ""
	}
	return strconv.Itoa(*c.Min)
}

func nonEmpty(parts ...string) []string {
	var kept []string
	for _, part := range parts {
		if part != "" {
			kept = append(kept, part)
		}
	}
	return kept
}
