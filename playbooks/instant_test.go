package playbooks_test

import (
	"testing"
	"time"

	"datalek/playbooks"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatalf("load zone: %v", err)
	}
	return z
}

func TestInstantsAcrossTheNightsTheClocksChange(t *testing.T) {
	amsterdam := zone(t, "Europe/Amsterdam")
	for _, tt := range []struct {
		name   string
		at     time.Time
		nl, en string
	}{
		{"an ordinary Monday in winter", time.Date(2027, 3, 8, 16, 42, 59, 0, time.UTC),
			"maandag 8 maart 2027 om 17.42 uur", "Monday 8 March 2027 at 17:42"},
		{"an early hour has no leading nought, a minute has", time.Date(2027, 8, 1, 6, 5, 0, 0, time.UTC),
			"zondag 1 augustus 2027 om 08.05 uur", "Sunday 1 August 2027 at 08:05"},
		{"the last minute before the clocks go forward", time.Date(2027, 3, 28, 0, 59, 0, 0, time.UTC),
			"zondag 28 maart 2027 om 01.59 uur", "Sunday 28 March 2027 at 01:59"},
		{"the first minute after the clocks went forward", time.Date(2027, 3, 28, 1, 0, 0, 0, time.UTC),
			"zondag 28 maart 2027 om 03.00 uur", "Sunday 28 March 2027 at 03:00"},
		{"the doubled hour, first pass", time.Date(2027, 10, 31, 0, 30, 0, 0, time.UTC),
			"zondag 31 oktober 2027 om 02.30 uur (zomertijd)", "Sunday 31 October 2027 at 02:30 (summer time)"},
		{"the doubled hour, second pass", time.Date(2027, 10, 31, 1, 30, 0, 0, time.UTC),
			"zondag 31 oktober 2027 om 02.30 uur (wintertijd)", "Sunday 31 October 2027 at 02:30 (winter time)"},
		{"after the doubled hour", time.Date(2027, 10, 31, 2, 0, 0, 0, time.UTC),
			"zondag 31 oktober 2027 om 03.00 uur", "Sunday 31 October 2027 at 03:00"},
		{"New Year is another year here already", time.Date(2027, 12, 31, 23, 30, 0, 0, time.UTC),
			"zaterdag 1 januari 2028 om 00.30 uur", "Saturday 1 January 2028 at 00:30"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := playbooks.Instant(tt.at, amsterdam, "nl"); got != tt.nl {
				t.Errorf("nl: got %q, want %q", got, tt.nl)
			}
			if got := playbooks.Instant(tt.at, amsterdam, "en"); got != tt.en {
				t.Errorf("en: got %q, want %q", got, tt.en)
			}
		})
	}
}

func TestInstantsInFrenchAndGerman(t *testing.T) {
	brussels := zone(t, "Europe/Brussels")
	for _, tt := range []struct {
		at     time.Time
		fr, de string
	}{
		{time.Date(2027, 3, 8, 8, 5, 0, 0, time.UTC), "lundi 8 mars 2027 à 9 h 05", "Montag, 8. März 2027 um 09:05 Uhr"},
		{time.Date(2027, 7, 31, 22, 30, 0, 0, time.UTC), "dimanche 1 août 2027 à 0 h 30", "Sonntag, 1. August 2027 um 00:30 Uhr"},
		{time.Date(2027, 10, 31, 0, 30, 0, 0, time.UTC), "dimanche 31 octobre 2027 à 2 h 30 (heure d'été)", "Sonntag, 31. Oktober 2027 um 02:30 Uhr (Sommerzeit)"},
		{time.Date(2027, 10, 31, 1, 30, 0, 0, time.UTC), "dimanche 31 octobre 2027 à 2 h 30 (heure d'hiver)", "Sonntag, 31. Oktober 2027 um 02:30 Uhr (Winterzeit)"},
	} {
		if got := playbooks.Instant(tt.at, brussels, "fr"); got != tt.fr {
			t.Errorf("fr: got %q, want %q", got, tt.fr)
		}
		if got := playbooks.Instant(tt.at, brussels, "de"); got != tt.de {
			t.Errorf("de: got %q, want %q", got, tt.de)
		}
	}
}

func TestZonesInWords(t *testing.T) {
	at := time.Date(2027, 3, 8, 16, 42, 0, 0, time.UTC)
	for _, tt := range []struct{ zone, language, want string }{
		{"Europe/Amsterdam", "nl", "maandag 8 maart 2027 om 17.42 uur, Nederlandse tijd"},
		{"Europe/Amsterdam", "en", "Monday 8 March 2027 at 17:42, Amsterdam time"},
		{"Europe/Brussels", "nl", "maandag 8 maart 2027 om 17.42 uur, Belgische tijd"},
		{"Europe/Brussels", "en", "Monday 8 March 2027 at 17:42, Brussels time"},
		{"Europe/Brussels", "fr", "lundi 8 mars 2027 à 17 h 42, heure de Belgique"},
		{"Europe/Amsterdam", "de", "Montag, 8. März 2027 um 17:42 Uhr, niederländische Zeit"},
		{"America/Argentina/Buenos_Aires", "nl", "maandag 8 maart 2027 om 13.42 uur, tijd van Buenos Aires"},
		{"UTC", "en", "Monday 8 March 2027 at 16:42, UTC time"},
	} {
		if got := playbooks.WithZone(at, zone(t, tt.zone), tt.language); got != tt.want {
			t.Errorf("%s, %s: got %q, want %q", tt.zone, tt.language, got, tt.want)
		}
	}
}
