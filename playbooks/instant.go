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
	return dayWords(t, zone, language) + at(language) + clockWords(t, zone, language)
}

// WithZone is Instant with the zone in words: ", Nederlandse tijd".
func WithZone(t time.Time, zone *time.Location, language string) string {
	return Instant(t, zone, language) + ", " + zoneWords(zone, language)
}

func at(language string) string {
	if language == "nl" {
		return " om "
	}
	return " at "
}

// dayWords returns "maandag 8 maart 2027".
func dayWords(t time.Time, zone *time.Location, language string) string {
	return fmt.Sprintf("%s %d", shortDay(t, zone, language), t.In(zone).Year())
}

// shortDay returns "maandag 8 maart".
func shortDay(t time.Time, zone *time.Location, language string) string {
	t = t.In(zone)
	day, month := t.Weekday().String(), t.Month().String()
	if language == "nl" {
		day = [...]string{"zondag", "maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag"}[t.Weekday()]
		month = [...]string{"januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september",
			"oktober", "november", "december"}[t.Month()-1]
	}
	return fmt.Sprintf("%s %d %s", day, t.Day(), month)
}

// clockWords returns "09.42 uur" or "09:42", and in the doubled hour of autumn which pass.
func clockWords(t time.Time, zone *time.Location, language string) string {
	local := t.In(zone)
	words := local.Format("15:04")
	summer, winter := " (summer time)", " (winter time)"
	if language == "nl" {
		words = local.Format("15.04") + " uur"
		summer, winter = " (zomertijd)", " (wintertijd)"
	}
	passes := incidents.LocalTimeOf(t, zone).Resolve(zone)
	switch {
	case len(passes) < 2:
		return words
	case t.Before(passes[1]):
		return words + summer
	default:
		return words + winter
	}
}

func zoneWords(zone *time.Location, language string) string {
	name := zone.String()
	city := strings.ReplaceAll(name[strings.LastIndex(name, "/")+1:], "_", " ")
	if language != "nl" {
		return city + " time"
	}
	switch name {
	case "Europe/Amsterdam":
		return "Nederlandse tijd"
	case "Europe/Brussels":
		return "Belgische tijd"
	default:
		return "tijd van " + city
	}
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
	if language == "nl" {
		return phrases{on: "op %s om %s", about: "op %s rond %s", between: "tussen %s en %s", roughly: "ongeveer tussen %s en %s",
			and: "op %s tussen %s en %s", after: "na %s", before: "vóór %s", since: "vanaf %s", to: "tot %s", some: "ongeveer "}
	}
	return phrases{on: "on %s at %s", about: "on %s around %s", between: "between %s and %s", roughly: "roughly between %s and %s",
		and: "on %s between %s and %s", after: "after %s", before: "before %s", since: "from %s", to: "until %s", some: "about "}
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
	some := ""
	if w.approx {
		some = p.some
	}
	switch {
	case w.from == nil && w.until == nil:
		return ""
	case w.until == nil:
		return fmt.Sprintf(after, some+w.instant(*w.from))
	case w.from == nil:
		return fmt.Sprintf(before, some+w.instant(*w.until))
	case w.clock(*w.from) == w.clock(*w.until) && w.day(*w.from) == w.day(*w.until) && w.approx:
		return fmt.Sprintf(p.about, w.day(*w.from), w.clock(*w.from))
	case w.clock(*w.from) == w.clock(*w.until) && w.day(*w.from) == w.day(*w.until):
		return fmt.Sprintf(p.on, w.day(*w.from), w.clock(*w.from))
	case w.day(*w.from) == w.day(*w.until):
		return fmt.Sprintf(p.and, w.day(*w.from), strings.TrimSuffix(w.clock(*w.from), " uur"), w.clock(*w.until))
	case w.approx:
		return fmt.Sprintf(p.roughly, w.instant(*w.from), w.instant(*w.until))
	default:
		return fmt.Sprintf(p.between, w.instant(*w.from), w.instant(*w.until))
	}
}

func (w window) instant(t time.Time) string { return Instant(t, w.zone, w.language) }
func (w window) day(t time.Time) string     { return dayWords(t, w.zone, w.language) }
func (w window) clock(t time.Time) string   { return clockWords(t, w.zone, w.language) }
