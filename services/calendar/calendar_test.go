package calendar_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/google/go-cmp/cmp"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/services/calendar"
)

// The days as the two states have them; those of the Netherlands with Good
// Friday and 5 May (Algemene termijnenwet, Art. 3).
func TestHolidaysOfBothCountries(t *testing.T) {
	for _, tt := range []struct {
		name    string
		country incidents.Country
		year    int
		want    []string
	}{
		{"the Netherlands in 2026", incidents.Netherlands, 2026, []string{"01-01", "04-03", "04-06", "04-27", "05-05", "05-14", "05-25", "12-25", "12-26"}},
		{"Belgium in 2026", incidents.Belgium, 2026, []string{"01-01", "04-06", "05-01", "05-14", "05-25", "07-21", "08-15", "11-01", "11-11", "12-25"}},
		{"King's Day a day early when it is a Sunday", incidents.Netherlands, 2025, []string{"01-01", "04-18", "04-21", "04-26", "04-27", "05-05", "05-29", "06-09", "12-25", "12-26"}},
		{"a country that is not known", incidents.Country("XX"), 2026, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := calendar.New()
			var got []string
			for day := (registry.Date{Year: tt.year, Month: 1, Day: 1}); day.Year == tt.year; day = day.AddDays(1) {
				if c.Holiday(tt.country, day) {
					got = append(got, day.String()[5:])
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("holidays (-want +got):\n%s", diff)
			}
		})
	}
}

var made = time.Date(2027, 3, 8, 9, 0, 0, 0, time.UTC)

func write(t *testing.T, list ...incidents.Appointment) string {
	t.Helper()
	raw, err := calendar.New().File(list, made)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func deadline() incidents.Appointment {
	due := made.Add(72 * time.Hour)
	return incidents.Appointment{UID: "i-1-authority", Kind: incidents.AuthorityClock, At: due, Sequence: 7,
		Alarms: []time.Time{due.Add(-24 * time.Hour), due.Add(-4*time.Hour - 48*time.Minute), due.Add(-30 * time.Minute), due},
		Title:  "Termijn AP, zaak 2027-0003", Text: "Eerste regel; tweede, met een \\ en\neen nieuwe regel.", Address: "https://example.org/incidents/i-1"}
}

func TestADeadlineIsAnEventWithItsAlarms(t *testing.T) {
	want := []string{
		"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//datalek//deadlines//NL", "METHOD:PUBLISH",
		"BEGIN:VEVENT", "UID:i-1-authority@datalek", "DTSTAMP:20270308T090000Z", "DTSTART:20270311T090000Z", "SEQUENCE:7",
		"SUMMARY:Termijn AP\\, zaak 2027-0003", "DESCRIPTION:Eerste regel\\; tweede\\, met een \\\\ en\\neen nieuwe regel.",
		"URL:https://example.org/incidents/i-1", "CLASS:PRIVATE", "TRANSP:TRANSPARENT",
		"BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:Termijn AP\\, zaak 2027-0003", "TRIGGER:-PT24H", "END:VALARM",
		"BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:Termijn AP\\, zaak 2027-0003", "TRIGGER:-PT4H48M", "END:VALARM",
		"BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:Termijn AP\\, zaak 2027-0003", "TRIGGER:-PT30M", "END:VALARM",
		"BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:Termijn AP\\, zaak 2027-0003", "TRIGGER:-PT0M", "END:VALARM",
		"END:VEVENT", "END:VCALENDAR", "",
	}
	if diff := cmp.Diff(want, strings.Split(write(t, deadline()), "\r\n")); diff != "" {
		t.Errorf("file (-want +got):\n%s", diff)
	}
}

// Calendars read lines of at most 75 octets, ended by CR LF; a character is
// never cut in two.
func TestLongLinesAreFolded(t *testing.T) {
	a := deadline()
	a.Text = strings.Repeat("Eén vóór de coördinatie, ", 20)
	file := write(t, a)
	for line := range strings.SplitSeq(file, "\r\n") {
		if len(line) > 75 || strings.ContainsAny(line, "\r\n") || !slices.Equal([]byte(line), []byte(strings.ToValidUTF8(line, "?"))) {
			t.Errorf("line of %d octets: %q", len(line), line)
		}
	}
	read, err := ics.ParseCalendar(strings.NewReader(file))
	if err != nil || len(read.Events()) != 1 {
		t.Fatalf("read back: %v", err)
	}
	if got := read.Events()[0].GetProperty(ics.ComponentPropertyDescription).Value; got != a.Text {
		t.Errorf("read back %q, want %q", got, a.Text)
	}
}

func TestACaseWithNothingOpenIsAnEmptyCalendar(t *testing.T) {
	if file := write(t); strings.Contains(file, "VEVENT") || !strings.HasSuffix(file, "END:VCALENDAR\r\n") {
		t.Errorf("file %q", file)
	}
}
