package page

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
)

// calendar is one language's names of days and months.
type calendar struct {
	days        [7]string // Sunday first
	shortDays   [7]string
	months      [12]string
	shortMonths [12]string
}

func calendarOf(lang string) calendar {
	if lang == English {
		return calendar{
			days:        [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
			shortDays:   [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
			months:      [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
			shortMonths: [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
		}
	}
	return calendar{
		days:        [7]string{"zondag", "maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag"},
		shortDays:   [7]string{"zo", "ma", "di", "wo", "do", "vr", "za"},
		months:      [12]string{"januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"},
		shortMonths: [12]string{"jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec"},
	}
}

// FormatInstant returns an instant with day, date, time and zone in words:
// "maandag 8 maart 2027 om 17.42 uur, Nederlandse tijd".
func FormatInstant(lang string, t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return formatMoment(lang, t.In(zone)) + foldName(lang, t, zone) + ", " + zoneName(lang, zone)
}

// FormatMoment returns an instant with day, date and time, without the zone.
func FormatMoment(lang string, t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return formatMoment(lang, t.In(zone)) + foldName(lang, t, zone)
}

func formatMoment(lang string, t time.Time) string {
	names := calendarOf(lang)
	day := fmt.Sprintf("%s %d %s %d", names.days[t.Weekday()], t.Day(), names.months[t.Month()-1], t.Year())
	if lang == English {
		return day + " at " + t.Format("15:04")
	}
	return day + " om " + t.Format("15.04") + " uur"
}

// FormatShort returns an instant for tables: "ma 8 mrt 2027, 17.42 uur".
func FormatShort(lang string, t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	local, names := t.In(zone), calendarOf(lang)
	layout := "15.04 uur"
	if lang == English {
		layout = "15:04"
	}
	return fmt.Sprintf("%s %d %s %d, %s", names.shortDays[local.Weekday()], local.Day(), names.shortMonths[local.Month()-1], local.Year(), local.Format(layout))
}

// FormatDay returns a calendar day: "8 maart 2027".
func FormatDay(lang string, d registry.Date) string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%d %s %d", d.Day, calendarOf(lang).months[d.Month-1], d.Year)
}

// foldName tells the two passes of the repeated hour apart.
func foldName(lang string, t time.Time, zone *time.Location) string {
	found := incidents.LocalTimeOf(t, zone).Resolve(zone)
	if len(found) < 2 {
		return ""
	}
	first := t.Truncate(time.Minute).Equal(found[0])
	switch {
	case lang == English && first:
		return " (summer time)"
	case lang == English:
		return " (winter time)"
	case first:
		return " (zomertijd)"
	default:
		return " (wintertijd)"
	}
}

// zoneName returns a zone in words its people know.
func zoneName(lang string, zone *time.Location) string {
	names := map[string][2]string{
		"Europe/Amsterdam": {"Nederlandse tijd", "Dutch time"},
		"Europe/Brussels":  {"Belgische tijd", "Belgian time"},
		"UTC":              {"UTC", "UTC"},
	}
	name, known := names[zone.String()]
	switch {
	case !known:
		return zone.String()
	case lang == English:
		return name[1]
	default:
		return name[0]
	}
}

// FormatNumber groups thousands as the language does.
func FormatNumber(lang string, n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	mark := "."
	if lang == English {
		mark = ","
	}
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + mark + digits[at:]
	}
	return sign + digits
}
