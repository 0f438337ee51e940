package advisory

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"datalek/incidents/registry"
)

// Guess is what the words of a message may mean. A person looks at each part of
// it before it counts.
type Guess struct {
	Reference   string
	From, Until *time.Time // UTC; of a day without a time they are its first and its last minute
	Roughly     bool       // one of the two stands as a day without a time
	Categories  []registry.Category
	People      int // 0: no number stands there
}

// IsZero reports whether nothing was found.
func (g Guess) IsZero() bool {
	return g.Reference == "" && g.From == nil && g.Until == nil && len(g.Categories) == 0 && g.People == 0
}

const mostRead = 40_000 // bytes in which something is looked for

// GuessFrom looks through a message in Dutch or English. Days without a time zone
// are of zone; nothing after received is taken for the time of a breach.
func GuessFrom(subject, text string, zone *time.Location, received time.Time) Guess {
	words := strings.ToValidUTF8((subject + "\n" + text)[:min(len(subject)+1+len(text), mostRead)], "")
	words = withoutQuotes(words)
	g := Guess{Reference: referenceIn(words), Categories: categoriesIn(words), People: peopleIn(words)}
	if span := spanWords.FindStringSubmatch(words); span != nil {
		from, until := momentsIn(span[1], zone, received), momentsIn(span[2], zone, received)
		if len(from) > 0 && len(until) > 0 && !until[0].at.Before(from[0].at) {
			end := until[0].last(zone, received)
			g.From, g.Until, g.Roughly = &from[0].at, &end, from[0].day || until[0].day
			return g
		}
	}
	if found := momentsIn(words, zone, received); len(found) > 0 {
		g.From, g.Roughly = &found[0].at, found[0].day
	}
	return g
}

// moment is a time that stands in a text, or the first instant of a day.
type moment struct {
	at  time.Time // UTC
	day bool      // without a time
}

// last is the last minute that a moment can mean: what ended on a day may have gone
// on until its end, though not for longer than it was told of.
func (m moment) last(zone *time.Location, received time.Time) time.Time {
	if !m.day || received.Before(m.at) {
		return m.at
	}
	y, month, d := m.at.In(zone).Date()
	end := time.Date(y, month, d, 23, 59, 0, 0, zone).UTC()
	if end.After(received) {
		return received.UTC().Truncate(time.Minute)
	}
	return end
}

// headerLine is a line that a mail program puts above what is sent on: its times
// are of the mail.
var headerLine = regexp.MustCompile(`(?im)^[>\s*]*(from|van|sent|date|verzonden|datum|to|aan|cc)\s*:.*$`)

func withoutQuotes(s string) string { return headerLine.ReplaceAllString(s, "") }

var reference = regexp.MustCompile(`(?i)\b(?:reference|referentie|kenmerk|tracking|incident|case|ticket|zaak|zaaknummer|meldingsnummer|ref)(?:[ -](?:number|nummer|no|nr|id))?\b\.?\s{0,3}([:#]?)\s{0,3}([A-Za-z0-9][A-Za-z0-9._/-]{2,60})`)

// referenceIn is the sender's number of the case: letters and digits, of which at
// least one digit.
func referenceIn(s string) string {
	const clear = 5 // characters of one that stands without a colon
	for _, found := range reference.FindAllStringSubmatch(s, 20) {
		key := strings.TrimRight(found[2], ".-/")
		if strings.ContainsAny(key, "0123456789") && (found[1] != "" || len(key) >= clear) {
			return Cut(key, MaxReference)
		}
	}
	return ""
}

var people = regexp.MustCompile(`(?i)\b([0-9]{1,3}(?:[.,][0-9]{3})*|[0-9]{1,7})\s+(?:of your\s+|van uw\s+|affected\s+|betrokken\s+)?(?:customers|users|people|persons|individuals|accounts|clients|cliënten|klanten|personen|gebruikers|mensen|betrokkenen)\b`)

func peopleIn(s string) int {
	found := people.FindStringSubmatch(s)
	if found == nil {
		return 0
	}
	n, err := strconv.Atoi(strings.NewReplacer(".", "", ",", "").Replace(found[1]))
	if err != nil {
		return 0
	}
	return n
}

// kindWords are words that name a kind of data.
func kindWords() map[registry.Category]*regexp.Regexp {
	return map[registry.Category]*regexp.Regexp{
		registry.Name:             kindsOfWord(`names?|namen|naam|full name`),
		registry.Contact:          kindsOfWord(`e-?mail address(?:es)?|e-?mailadres(?:sen)?|(?:tele)?phone numbers?|telefoonnummers?|contact (?:details|information|data)|contactgegevens`),
		registry.PostalAddress:    kindsOfWord(`(?:postal|home|street) address(?:es)?|woonadres(?:sen)?|postadres(?:sen)?|adresgegevens`),
		registry.BirthDate:        kindsOfWord(`dates? of birth|birth ?dates?|geboortedat(?:um|a)`),
		registry.Credentials:      kindsOfWord(`passwords?|wachtwoord(?:en)?|credentials|access tokens?|inloggegevens`),
		registry.NationalNumber:   kindsOfWord(`bsn|burgerservicenummers?|social security numbers?|rijksregisternummers?`),
		registry.IdentityDocument: kindsOfWord(`passports?|paspoort(?:en)?|identity (?:documents?|cards?)|identiteitsbewij(?:s|zen)`),
		registry.Financial:        kindsOfWord(`bank (?:account|details)|iban|credit cards?|payment (?:data|details)|betaalgegevens|rekeningnummers?|facturen|invoices`),
		registry.Health:           kindsOfWord(`health (?:data|information)|medical|gezondheid|gezondheidsgegevens|medische`),
		registry.Correspondence:   kindsOfWord(`mailbox(?:es)?|e-?mail (?:messages?|contents?)|message content|inhoud van (?:e-?)?mails?|berichten|correspondentie|correspondence`),
		registry.Appointments:     kindsOfWord(`appointments?|calendars?|afspraken|agenda`),
		registry.WebsiteLog:       kindsOfWord(`ip address(?:es)?|ip-adres(?:sen)?|log ?files?|logbestanden`),
	}
}

func kindsOfWord(words string) *regexp.Regexp { return regexp.MustCompile(`(?i)\b(?:` + words + `)\b`) }

func categoriesIn(s string) []registry.Category {
	var found []registry.Category
	words := kindWords()
	for _, c := range registry.Categories() {
		if known := words[c]; known != nil && known.MatchString(s) {
			found = append(found, c)
		}
	}
	return found
}

const (
	monthNames = `(?:jan|feb|mar|maart|mrt|apr|may|mei|jun|jul|aug|sep|oct|okt|nov|dec)[a-zé]{0,9}\.?`
	clockWords = `(?:,?\s+(?:at|om|around|rond|omstreeks)?\s*([0-9]{1,2})[:.]([0-9]{2})(?:\s*(utc|gmt|z)\b)?)?`
	dayWords   = `(?:[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?: ?(?:Z|UTC|[+-][0-9]{2}:[0-9]{2}))?)?|[0-9]{1,2}(?:st|nd|rd|th)?\s+` + monthNames + `\s+[0-9]{4}[^\n]{0,20}?|` + monthNames + `\s+[0-9]{1,2}(?:st|nd|rd|th)?,?\s+[0-9]{4}[^\n]{0,20}?|[0-9]{1,2}[-/][0-9]{1,2}[-/][0-9]{4}[^\n]{0,20}?)`
)

var (
	spanWords = regexp.MustCompile(`(?is)(?:between|tussen|from|van|since|vanaf)\s+(` + dayWords + `)\s+(?:and|en|until|till|to|tot(?: en met)?|through|-|–)\s+(` + dayWords + `(?:\s?[^\n]{0,16}))`)
	isoDay    = regexp.MustCompile(`(?i)\b([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]([0-9]{2}):([0-9]{2})(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?: ?(Z|UTC|[+-][0-9]{2}:[0-9]{2}))?)?`)
	dayFirst  = regexp.MustCompile(`(?i)\b([0-9]{1,2})(?:st|nd|rd|th)?\s+(` + monthNames + `)\s+([0-9]{4})\b` + clockWords)
	monthHead = regexp.MustCompile(`(?i)\b(` + monthNames + `)\s+([0-9]{1,2})(?:st|nd|rd|th)?,?\s+([0-9]{4})\b` + clockWords)
	figures   = regexp.MustCompile(`(?i)\b([0-9]{1,2})[-/]([0-9]{1,2})[-/]([0-9]{4})\b` + clockWords)
)

// momentsIn are the days and times that stand in a text and can be of the past,
// in the order of the text. A day in figures alone is read as the day, the month
// and the year; one that so cannot be is left out.
func momentsIn(s string, zone *time.Location, received time.Time) []moment {
	type placed struct {
		at int
		moment
	}
	var all []placed
	add := func(at int, year, month, day, hour, minute, mark string) {
		when, known := instantOf(year, month, day, hour, minute, mark, zone)
		if when, possible := Past(when, received); known && possible {
			all = append(all, placed{at, moment{when, hour == ""}})
		}
	}
	for _, form := range []struct {
		words                                *regexp.Regexp
		year, month, day, hour, minute, mark int
	}{{isoDay, 1, 2, 3, 4, 5, 6}, {dayFirst, 3, 2, 1, 4, 5, 6}, {monthHead, 3, 1, 2, 4, 5, 6}, {figures, 3, 2, 1, 4, 5, 6}} {
		for _, at := range form.words.FindAllStringSubmatchIndex(s, 50) {
			part := func(n int) string {
				if at[2*n] < 0 {
					return ""
				}
				return s[at[2*n]:at[2*n+1]]
			}
			add(at[0], part(form.year), part(form.month), part(form.day), part(form.hour), part(form.minute), part(form.mark))
		}
	}
	slices.SortStableFunc(all, func(a, b placed) int { return a.at - b.at })
	moments := make([]moment, len(all))
	for n, p := range all {
		moments[n] = p.moment
	}
	return moments
}

// instantOf makes an instant of its parts, and reports whether there is such a one.
func instantOf(year, month, day, hour, minute, mark string, zone *time.Location) (time.Time, bool) {
	y, _ := strconv.Atoi(year)
	d, _ := strconv.Atoi(day)
	h, _ := strconv.Atoi(hour)
	m, _ := strconv.Atoi(minute)
	mon := monthOf(month)
	if strings.HasPrefix(mark, "+") || strings.HasPrefix(mark, "-") {
		at, err := time.Parse("-07:00", mark)
		if err != nil {
			return time.Time{}, false
		}
		zone = at.Location()
	} else if mark != "" {
		zone = time.UTC
	}
	at := time.Date(y, mon, d, h, m, 0, 0, zone)
	return at, mon > 0 && mon <= 12 && h < 24 && m < 60 && at.Day() == d && at.Month() == mon
}

// monthOf reads a month's number or the beginning of its name in Dutch or English.
func monthOf(s string) time.Month {
	if n, err := strconv.Atoi(s); err == nil {
		return time.Month(n)
	}
	names := []string{"jan", "feb", "mar|maa|mrt", "apr", "may|mei", "jun", "jul", "aug", "sep", "oct|okt", "nov", "dec"}
	short := strings.ToLower(s)[:3]
	for n, list := range names {
		if slices.Contains(strings.Split(list, "|"), short) {
			return time.Month(n + 1)
		}
	}
	return 0
}
