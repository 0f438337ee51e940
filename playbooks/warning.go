package playbooks

import (
	"fmt"
	"strconv"
	"strings"
	"text/template"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
)

// warning is what the templates of the practitioner's own warnings see.
type warning struct {
	Clock     string
	Reference string // of the case; "" for a report that is none
	Overdue   bool
	Due       string // day, date, time and zone
	DueShort  string // for the subject
	Left      string // how much time is left
	Late      string // how long it is overdue; "" when the deadline is just now
	Missed    string // warnings that the keeper could not give
	Authority string
	Received  string // of a report
	Joint     bool   // the practice and another are controllers together

	ScopeKnown bool
	InScope    int
	Told       int
	Settled    int

	Preliminary string // when a notice goes by itself; "" when none does
}

// Warning writes the practitioner's own warning that a clock of the case passed
// a threshold, in the practice's language: what is due when, what has been
// done, what was missed and what to do now. It names no client.
func (b *Book) Warning(p registry.Practice, inc *incidents.Incident, e incidents.Event, now time.Time) (incidents.Text, error) {
	w, err := b.warning(p, e, now)
	if err != nil {
		return incidents.Text{}, fmt.Errorf("warning of %s: %w", e.ID, err)
	}
	w.Reference, w.Joint = inc.Reference, inc.Facts.Role == incidents.AsJoint
	if c := inc.Clock(incidents.ClockKind(w.Clock)); c != nil && c.InScope != nil {
		w.ScopeKnown, w.InScope, w.Told, w.Settled = inc.Assessment.Complete(), *c.InScope, c.Told, c.Settled
	}
	if at, some := inc.PreliminaryAt(); some && inc.PreliminaryState() == incidents.PreliminaryPlanned && at.After(now) && w.Clock == string(incidents.ClientClock) {
		zone, err := p.Zone()
		if err != nil {
			return incidents.Text{}, fmt.Errorf("practice time zone: %w", err)
		}
		w.Preliminary = WithZone(at, zone, textLanguage(p))
	}
	return b.writeWarning(p, w)
}

// WarningForReport writes the warning that nobody has looked at a report yet,
// while the authority's term may be running since it came in.
func (b *Book) WarningForReport(p registry.Practice, r *incidents.Report, e incidents.Event, now time.Time) (incidents.Text, error) {
	w, err := b.warning(p, e, now)
	if err != nil {
		return incidents.Text{}, fmt.Errorf("warning of %s: %w", e.ID, err)
	}
	zone, err := p.Zone()
	if err != nil {
		return incidents.Text{}, fmt.Errorf("practice time zone: %w", err)
	}
	w.Received = Instant(r.ReceivedAt, zone, textLanguage(p))
	return b.writeWarning(p, w)
}

func (b *Book) warning(p registry.Practice, e incidents.Event, now time.Time) (warning, error) {
	if e.Kind != incidents.ThresholdPassed {
		return warning{}, fmt.Errorf("event %s is no passed threshold", e.Kind)
	}
	zone, err := p.Zone()
	if err != nil {
		return warning{}, fmt.Errorf("practice time zone: %w", err)
	}
	due, err := time.Parse(time.RFC3339Nano, e.Facts["due_at"])
	if err != nil || due.IsZero() {
		return warning{}, fmt.Errorf("the clock has no deadline to warn of: %q", e.Facts["due_at"])
	}
	language := textLanguage(p)
	set := b.warnings[language]
	w := warning{Clock: e.Facts["clock"], Overdue: !now.Before(due), Due: WithZone(due, zone, language),
		DueShort: shortDay(due, zone, language) + " " + clockWords(due, zone, language)}
	if set.Lookup("warning."+w.Clock) == nil {
		return warning{}, fmt.Errorf("no text for clock %q", w.Clock)
	}
	words := wordsOf{set: set}
	w.Left = words.length(due.Sub(now))
	if late := now.Sub(due); late >= time.Minute {
		w.Late = words.length(late)
	}
	w.Missed = words.marks(e.Facts["missed"])
	w.Authority = words.say("authority name", string(p.Authority))
	return w, words.err
}

func (b *Book) writeWarning(p registry.Practice, w warning) (incidents.Text, error) {
	language := textLanguage(p)
	return execute(b.warnings[language], "warning", language, w)
}

// textLanguage is the practice's own language, or the fallback without texts of it.
func textLanguage(p registry.Practice) string {
	for _, language := range pageLanguages() {
		if p.Language == language {
			return language
		}
	}
	return fallback
}

// wordsOf says small things in a language; the first error stays.
type wordsOf struct {
	set *template.Template
	err error
}

func (w *wordsOf) say(name string, data any) string {
	var out strings.Builder
	if err := w.set.ExecuteTemplate(&out, name, data); err != nil && w.err == nil {
		w.err = err
	}
	return out.String()
}

// length says a span in whole hours, under two hours in minutes; never too long.
func (w *wordsOf) length(d time.Duration) string {
	const inMinutes = 2 * time.Hour
	if d < inMinutes {
		return w.say("minutes", max(0, int(d/time.Minute)))
	}
	return w.say("hours", int(d/time.Hour))
}

// marks says which warnings were missed: "w50,h24,b24,due".
func (w *wordsOf) marks(missed string) string {
	var said []string
	for mark := range strings.SplitSeq(missed, ",") {
		if len(mark) == 0 {
			continue
		}
		n, err := strconv.Atoi(mark[1:])
		switch {
		case mark == "due":
			said = append(said, w.say("mark.due", nil))
		case err == nil && mark[0] == 'w':
			said = append(said, w.say("mark.share", n))
		case err == nil && mark[0] == 'h':
			said = append(said, w.say("mark.hours", n))
		case err == nil && mark[0] == 'b':
			said = append(said, w.say("mark.before", n))
		}
	}
	if last := len(said) - 1; last > 0 {
		return strings.Join(said[:last], w.say("mark.comma", nil)) + w.say("mark.and", nil) + said[last]
	}
	return strings.Join(said, "")
}
