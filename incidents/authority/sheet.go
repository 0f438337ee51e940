package authority

import (
	"strconv"
	"strings"
	"time"

	"datalek/incidents"
)

// Answer is one question of a sheet with what to fill in.
type Answer struct {
	Number string
	Key    string
	Label  string
	Text   string // "" when it is missing
	Mark   Mark
	// Free says that people wrote the text freely.
	Free bool
	// UnseenLabel and UnseenWords say that the question or the option is in our
	// words, because the form's own were not seen.
	UnseenLabel, UnseenWords bool
}

// Part is a section of a sheet.
type Part struct {
	Number  string
	Title   string
	Answers []Answer
}

// Sheet is a form with all its answers, in the form's order.
type Sheet struct {
	Form     Form
	Language string
	Parts    []Part
}

// Make fills in a form. What a person left out of the texts is left out.
func Make(form Form, language string, r Record) Sheet {
	s := Sheet{Form: form, Language: form.Language(language)}
	facts := r.facts()
	for _, section := range form.Sections {
		part := Part{Number: section.Number, Title: section.Title[s.Language]}
		for _, q := range section.Questions {
			if f := facts[q.Key]; !f.not {
				part.Answers = append(part.Answers, s.answer(q, f, r))
			}
		}
		s.Parts = append(s.Parts, part)
	}
	return s
}

// Answers returns every answer in order.
func (s Sheet) Answers() []Answer {
	var all []Answer
	for _, p := range s.Parts {
		all = append(all, p.Answers...)
	}
	return all
}

// Count returns how many answers have a mark.
func (s Sheet) Count(m Mark) int {
	n := 0
	for _, a := range s.Answers() {
		if a.Mark == m {
			n++
		}
	}
	return n
}

func (s Sheet) answer(q Question, f fact, r Record) Answer {
	a := Answer{Number: q.Number, Key: q.Key, Label: q.Label[s.Language], Mark: f.mark, Free: f.free, UnseenLabel: q.Unseen}
	if f.mark == "" {
		a.Mark = Missing
	}
	hours := strconv.Itoa(r.hours())
	if label := strings.ReplaceAll(a.Label, "{hours}", hours); label != a.Label {
		a.Label, a.UnseenLabel = label, q.Unseen || s.Form.OfficialOrder && s.Form.Hours != r.hours()
	}
	var out []string
	for _, code := range f.codes {
		text, unseen := s.Form.word(code, s.Language)
		out, a.UnseenWords = append(out, strings.ReplaceAll(text, "{hours}", hours)), a.UnseenWords || unseen
	}
	if f.text != "" {
		out = append(out, Clean(f.text, r.Incident.Traces, s.word("left_out")))
	}
	if own := f.by[s.Language]; own != "" {
		out = append(out, own)
	}
	if f.at != nil {
		out = append(out, s.when(f, r.Zone))
	}
	if f.count != nil {
		out = append(out, s.count(*f.count))
	}
	if f.told != nil {
		out = append(out, s.told(*f.told, r.Zone))
	}
	a.Text = strings.Join(out, "\n")
	return a
}

// mostMinutes is up to how long what was late is told in minutes, as on the pages.
const mostMinutes = 90 * time.Minute

// told says whether a processor told in time, with the moments. What was late was so
// by one minute at least.
func (s Sheet) told(p incidents.Promptness, zone *time.Location) string {
	code, unit := "prompt."+string(p.Word), time.Hour
	if p.Word == incidents.ToldLate && p.Late <= mostMinutes {
		code, unit = "prompt.late_minutes", time.Minute
	}
	whole := func(d, unit time.Duration) string { return strconv.Itoa(int(d.Round(unit) / unit)) }
	return strings.NewReplacer("{since}", s.moment(p.Since, false, zone), "{told}", s.moment(p.ToldAt, false, zone),
		"{agreed}", whole(p.Within, time.Hour), "{late}", whole(max(p.Late, unit), unit)).Replace(s.word(code))
}

func (s Sheet) word(code string) string {
	text, _ := s.Form.word(code, s.Language)
	return text
}

// when writes an instant, or a span from one to another.
func (s Sheet) when(f fact, zone *time.Location) string {
	from := s.moment(*f.at, f.about, zone)
	if f.until == nil {
		return from
	}
	return strings.NewReplacer("{from}", from, "{until}", s.moment(*f.until, false, zone)).Replace(s.word("from_to"))
}

func (s Sheet) moment(at time.Time, about bool, zone *time.Location) string {
	text := at.In(zone).Format("02-01-2006 15:04")
	if about {
		return s.word("about") + " " + text
	}
	return text
}

// count writes a number exactly, between bounds, or from one bound on.
func (s Sheet) count(a incidents.Amount) string {
	text := func(n *int) string {
		if n == nil {
			return ""
		}
		return strconv.Itoa(*n)
	}
	least, most := text(a.Min), text(a.Max)
	code := "between"
	switch {
	case least == most:
		return least
	case most == "":
		code = "at_least"
	case least == "":
		code = "at_most"
	}
	return strings.NewReplacer("{min}", least, "{max}", most).Replace(s.word(code))
}

// Word returns words of the sheet itself in its language, by code: a mark
// ("mark.derived"), "sheet.title", "sheet.unofficial", "sheet.gaps".
func (s Sheet) Word(code string) string { return s.word(code) }
