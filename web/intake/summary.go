package intake

import (
	"slices"
	"strings"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/web/kindform"
	"datalek/web/page"
	"datalek/web/parts"
)

// row is one answer on the last page; key is the question in short.
func (r *reading) row(key, value string) parts.Row {
	return parts.Row{Key: page.T(r.c, "intake.row."+key), Value: value}
}

// lines is a row with several answers, or a text of several lines.
func (r *reading) lines(key string, lines []string) parts.Row {
	row := r.row(key, "")
	row.Lines = lines
	return row
}

func (r *reading) text(key, typed string) parts.Row {
	return r.lines(key, strings.FieldsFunc(typed, func(c rune) bool { return c == '\n' }))
}

// moment says a moment as it was typed and understood; "" when it was not given.
func (r *reading) moment(name string) string {
	m := r.form.Moment(r.c, name)
	if m.Unknown() {
		return page.T(r.c, "intake.unknown")
	}
	t, err := m.Read(r.zone)
	switch {
	case err != nil:
		return ""
	case m.About():
		return page.T(r.c, "intake.about", "at", page.FormatInstant(page.Lang(r.c), t, r.zone))
	default:
		return page.FormatInstant(page.Lang(r.c), t, r.zone)
	}
}

func (r *reading) whoseRows() []parts.Row {
	f := r.filledIn()
	if r.newCase.Facts.Role == "" && (r.lane.kind != misSent || r.form.Get("role") != "") {
		return []parts.Row{r.row("whose", "")}
	}
	row := r.row("whose", page.RoleText(r.c, f.Role))
	if name := r.newCase.Story.Controller; name != "" && f.Role != incidents.AsController {
		row.Lines = []string{name}
	}
	return []parts.Row{row}
}

func (r *reading) aboutRows() []parts.Row { return append(r.whoseRows(), r.peopleRows()...) }

// kindRows are the kind's own questions; Href is set by the page.
func (r *reading) kindRows() []parts.Row {
	return kindform.Rows(r.c, r.kind, r.newCase.Story.Answers)
}

func (r *reading) sentToRows() []parts.Row {
	return append(r.recipientRows(), kindform.ShortRows(r.c, r.kind, r.newCase.Story.Answers)...)
}

func (r *reading) whatRows() []parts.Row {
	return []parts.Row{r.row("what", r.kind.Title[page.Lang(r.c)])}
}

func (r *reading) storyRows() []parts.Row {
	return []parts.Row{r.text("story", r.newCase.Story.Summary)}
}

func (r *reading) windowRows() []parts.Row {
	switch r.form.Get("occurred") {
	case atOnce:
		return []parts.Row{r.row("moment", r.moment("occurred_from"))}
	case overTime:
		return []parts.Row{r.row("from", r.moment("occurred_from")), r.row("until", r.moment("occurred_until"))}
	case unknownAt:
		return []parts.Row{r.row("moment", page.T(r.c, "intake.unknown"))}
	default:
		return []parts.Row{r.row("moment", "")}
	}
}

func (r *reading) foundRows() []parts.Row {
	return []parts.Row{r.row("found_at", r.moment("discovered_at")), r.text("found_how", r.newCase.Story.DiscoveredHow)}
}

func (r *reading) awareRows() []parts.Row {
	return []parts.Row{r.row("aware_at", r.awareWords()), r.text("aware_basis", r.newCase.Basis)}
}

func (r *reading) awareWords() string {
	at := r.newCase.AwareAt
	if at.IsZero() {
		return ""
	}
	words := page.FormatInstant(page.Lang(r.c), at, r.zone)
	if r.newCase.Estimated {
		return page.T(r.c, "intake.aware.estimated", "at", words)
	}
	return words
}

func (r *reading) systemRows() []parts.Row {
	var names []string
	for _, s := range r.systems {
		if slices.Contains(r.newCase.Facts.Systems, s.ID) {
			names = append(names, s.Name)
		}
	}
	return []parts.Row{r.lines("systems", r.orUnknown("systems", names))}
}

func (r *reading) orUnknown(name string, said []string) []string {
	if len(said) == 0 && r.form.Has(name, unknownChoice) {
		return []string{page.T(r.c, "intake.unknown")}
	}
	return said
}

func (r *reading) dataRows() []parts.Row {
	var names []string
	for _, kind := range registry.Categories() {
		if slices.Contains(r.newCase.Facts.Categories, kind) {
			names = append(names, page.CategoryText(r.c, kind))
		}
	}
	return []parts.Row{r.row("data", strings.Join(r.orUnknown("categories", names), ", "))}
}

// peopleRows names everybody it was about, so that a slip shows here at the
// latest; a typed address says which client it belongs to.
func (r *reading) peopleRows() []parts.Row {
	if r.form.Get("whom") == everyone && r.lane.kind != misSent {
		return []parts.Row{r.row("whom", page.T(r.c, "intake.whom.all"))}
	}
	var lines []string
	for _, client := range r.picked {
		lines = append(lines, page.T(r.c, "intake.person.client", "name", client.Person.Name, "number", client.Person.ExternalID))
	}
	for _, e := range r.typed {
		owners := r.byEmail[registry.NormalEmail(e)]
		if len(owners) == 0 {
			lines = append(lines, page.T(r.c, "intake.person.stranger", "email", e))
		}
		for _, client := range owners {
			lines = append(lines, page.T(r.c, "intake.person.address", "email", e, "name", client.Person.Name))
		}
	}
	return []parts.Row{r.lines("whom", lines)}
}

func (r *reading) recipientRows() []parts.Row {
	var lines []string
	for _, to := range r.newCase.Story.Recipients {
		line := to.Email
		if slices.Contains(kindsOfRecipient(), string(to.Kind)) {
			line += " · " + page.RecipientText(r.c, to.Kind)
		}
		lines = append(lines, line)
	}
	if len(lines) == 0 && r.form.Get("recipient_unknown") != "" {
		lines = []string{page.T(r.c, "intake.unknown")}
	}
	return []parts.Row{r.lines("recipients", lines)}
}

func (r *reading) protectedRows() []parts.Row {
	said := r.newCase.Facts.Unintelligible
	if said == "" {
		return []parts.Row{r.row("protected", "")}
	}
	return []parts.Row{r.row("protected", page.UnintelligibleText(r.c, said))}
}

func (r *reading) measureRows() []parts.Row {
	return []parts.Row{r.text("taken", r.newCase.Story.MeasuresTaken), r.text("planned", r.newCase.Story.MeasuresPlanned)}
}

func (r *reading) whenRows() []parts.Row {
	return []parts.Row{r.row("sent", r.moment("occurred_from")), r.row("found_at", r.moment("discovered_at")), r.text("found_how", r.newCase.Story.DiscoveredHow),
		r.row("aware_at", r.awareWords()), r.text("aware_basis", r.newCase.Basis)}
}

func (r *reading) contentRows() []parts.Row {
	return slices.Concat(r.dataRows(), []parts.Row{r.text("content", r.newCase.Story.Summary)}, r.protectedRows(),
		[]parts.Row{r.text("taken", r.newCase.Story.MeasuresTaken)})
}
