package playbooks

import (
	"fmt"
	"strings"
	"time"

	"datalek/incidents"
)

// Instant says an instant as the pages do: "maandag 8 maart 2027 om 09.42 uur",
// "Monday 8 March 2027 at 09:42". Seconds are cut. In the hour that clocks
// repeat in autumn it adds which of the two is meant.
func Instant(t time.Time, zone *time.Location, language string) string {
	return dayWords(t, zone, language) + calendarOf(language).at + clockWords(t, zone, language)
}

// WithZone is Instant with the zone in words: ", Nederlandse tijd".
func WithZone(t time.Time, zone *time.Location, language string) string {
	return Instant(t, zone, language) + ", " + zoneWords(zone, language)
}

// calendar is how a language says days and times; the zero values are English.
type calendar struct {
	days           [7]string
	months         [12]string
	day            string // form of "Monday 8 March"
	at, near       string // before a time; near is "" where an adverb stands before the day
	clock          string // layout of a time
	after          string // behind a time
	summer, winter string
	zones          map[string]string
	elsewhere      string // form of a zone named by its city
}

func calendarOf(language string) calendar {
	switch language {
	case "nl":
		return calendar{days: [...]string{"zondag", "maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag"},
			months: [...]string{"januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"},
			day:    "%s %d %s", at: " om ", clock: "15.04", after: " uur", summer: " (zomertijd)", winter: " (wintertijd)",
			zones: map[string]string{"Europe/Amsterdam": "Nederlandse tijd", "Europe/Brussels": "Belgische tijd"}, elsewhere: "tijd van %s"}
	case "fr":
		return calendar{days: [...]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"},
			months: [...]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
			day:    "%s %d %s", at: " à ", near: " vers ", clock: "15 h 04", summer: " (heure d'été)", winter: " (heure d'hiver)",
			zones: map[string]string{"Europe/Amsterdam": "heure des Pays-Bas", "Europe/Brussels": "heure de Belgique"}, elsewhere: "heure de %s"}
	case "de":
		return calendar{days: [...]string{"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"},
			months: [...]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"},
			day:    "%s, %d. %s", at: " um ", near: " gegen ", clock: "15:04", after: " Uhr", summer: " (Sommerzeit)", winter: " (Winterzeit)",
			zones: map[string]string{"Europe/Amsterdam": "niederländische Zeit", "Europe/Brussels": "belgische Zeit"}, elsewhere: "Zeit von %s"}
	default:
		return calendar{days: [...]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
			months: [...]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
			day:    "%s %d %s", at: " at ", clock: "15:04", summer: " (summer time)", winter: " (winter time)", elsewhere: "%s time"}
	}
}

// dayWords returns "maandag 8 maart 2027".
func dayWords(t time.Time, zone *time.Location, language string) string {
	return fmt.Sprintf("%s %d", shortDay(t, zone, language), t.In(zone).Year())
}

// shortDay returns "maandag 8 maart".
func shortDay(t time.Time, zone *time.Location, language string) string {
	t = t.In(zone)
	words := calendarOf(language)
	return fmt.Sprintf(words.day, words.days[t.Weekday()], t.Day(), words.months[t.Month()-1])
}

// clockWords returns "09.42 uur" or "09:42", and in the doubled hour of autumn which pass.
func clockWords(t time.Time, zone *time.Location, language string) string {
	form := calendarOf(language)
	words := t.In(zone).Format(form.clock) + form.after
	if language == "fr" {
		words = strings.TrimPrefix(words, "0")
	}
	passes := incidents.LocalTimeOf(t, zone).Resolve(zone)
	switch {
	case len(passes) < 2:
		return words
	case t.Before(passes[1]):
		return words + form.summer
	default:
		return words + form.winter
	}
}

func zoneWords(zone *time.Location, language string) string {
	name, form := zone.String(), calendarOf(language)
	if words, known := form.zones[name]; known {
		return words
	}
	return fmt.Sprintf(form.elsewhere, strings.ReplaceAll(name[strings.LastIndex(name, "/")+1:], "_", " "))
}

// window is when something happened, as far as it is known.
type window struct {
	from, until *time.Time
	approx      bool
	zone        *time.Location
	language    string
}

// phrases are the words that join times; the first of each pair is exact.
type phrases struct {
	on, about, between, roughly, and, after, before, since, to, some string
}

func phrasesIn(language string) phrases {
	switch language {
	case "nl":
		return phrases{on: "op %s om %s", about: "op %s rond %s", between: "tussen %s en %s", roughly: "ongeveer tussen %s en %s",
			and: "op %s tussen %s en %s", after: "na %s", before: "vóór %s", since: "vanaf %s", to: "tot %s", some: "ongeveer "}
	case "fr":
		return phrases{on: "le %s à %s", about: "le %s vers %s", between: "entre le %s et le %s", roughly: "à peu près entre le %s et le %s",
			and: "le %s entre %s et %s", after: "après le %s", before: "avant le %s", since: "à partir du %s", to: "jusqu'au %s"}
	case "de":
		return phrases{on: "am %s um %s", about: "am %s gegen %s", between: "zwischen %s und %s", roughly: "ungefähr zwischen %s und %s",
			and: "am %s zwischen %s und %s", after: "nach %s", before: "vor %s", since: "ab %s", to: "bis %s"}
	default:
		return phrases{on: "on %s at %s", about: "on %s around %s", between: "between %s and %s", roughly: "roughly between %s and %s",
			and: "on %s between %s and %s", after: "after %s", before: "before %s", since: "from %s", to: "until %s", some: "about "}
	}
}

// event says when one thing happened, "" when nothing is known.
func (w window) event() string {
	p := phrasesIn(w.language)
	if w.approx && w.until == nil && w.from != nil {
		return fmt.Sprintf(p.about, w.day(*w.from), w.clock(*w.from))
	}
	return w.words(p, p.after, p.before)
}

// span says during which time something went on, "" when nothing is known.
func (w window) span() string {
	p := phrasesIn(w.language)
	return w.words(p, p.since, p.to)
}

func (w window) words(p phrases, after, before string) string {
	switch {
	case w.from == nil && w.until == nil:
		return ""
	case w.until == nil:
		return fmt.Sprintf(after, w.alone(p, *w.from))
	case w.from == nil:
		return fmt.Sprintf(before, w.alone(p, *w.until))
	case w.clock(*w.from) == w.clock(*w.until) && w.day(*w.from) == w.day(*w.until) && w.approx:
		return fmt.Sprintf(p.about, w.day(*w.from), w.clock(*w.from))
	case w.clock(*w.from) == w.clock(*w.until) && w.day(*w.from) == w.day(*w.until):
		return fmt.Sprintf(p.on, w.day(*w.from), w.clock(*w.from))
	case w.day(*w.from) == w.day(*w.until):
		return fmt.Sprintf(p.and, w.day(*w.from), strings.TrimSuffix(w.clock(*w.from), calendarOf(w.language).after), w.clock(*w.until))
	case w.approx:
		return fmt.Sprintf(p.roughly, w.instant(*w.from), w.instant(*w.until))
	default:
		return fmt.Sprintf(p.between, w.instant(*w.from), w.instant(*w.until))
	}
}

// alone says one end of the time, with "about" where the language puts it.
func (w window) alone(p phrases, t time.Time) string {
	near := calendarOf(w.language).near
	switch {
	case !w.approx:
		return w.instant(t)
	case near != "":
		return w.day(t) + near + w.clock(t)
	default:
		return p.some + w.instant(t)
	}
}

func (w window) instant(t time.Time) string { return Instant(t, w.zone, w.language) }
func (w window) day(t time.Time) string     { return dayWords(t, w.zone, w.language) }
func (w window) clock(t time.Time) string   { return clockWords(t, w.zone, w.language) }
