package printing

import (
	"fmt"

	"datalek/incidents"
)

// pageWords numbers a page of a letter in the letter's language.
func pageWords(language string, page, of int) string {
	form := map[string]string{"nl": "Pagina %d van %d", "en": "Page %d of %d", "fr": "Page %d sur %d", "de": "Seite %d von %d"}[language]
	if form == "" {
		form = "%d / %d"
	}
	return fmt.Sprintf(form, page, of)
}

// dayLine is place and day: "Utrecht, 8 maart 2027".
func dayLine(l incidents.Letter) string {
	day := dayWords(l)
	if l.Place == "" {
		return day
	}
	return l.Place + ", " + day
}

func dayWords(l incidents.Letter) string {
	months := map[string][12]string{
		"nl": {"januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"},
		"en": {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
		"fr": {"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
		"de": {"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"},
	}
	names, known := months[l.Language]
	if !known {
		return l.Day.String()
	}
	form := "%d %s %d"
	if l.Language == "de" {
		form = "%d. %s %d"
	}
	return fmt.Sprintf(form, l.Day.Day, names[l.Day.Month-1], l.Day.Year)
}
