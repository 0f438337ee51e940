package incidents_test

import (
	"errors"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

// holidays of the rows, as the two countries have them. services/calendar is
// tested to say the same.
func holidays(country incidents.Country) func(registry.Date) bool {
	days := map[string]string{
		"2020-12-25": "NL BE", "2020-12-26": "NL",
		"2025-12-25": "NL BE", "2026-01-01": "NL BE", "2026-04-03": "NL", "2026-04-06": "NL BE", "2026-04-27": "NL",
		"2026-05-01": "BE", "2026-05-05": "NL", "2026-05-14": "NL BE", "2026-05-25": "NL BE", "2026-07-21": "BE",
		"2026-08-15": "BE", "2026-11-11": "BE", "2026-12-25": "NL BE", "2026-12-26": "NL",
	}
	return func(d registry.Date) bool {
		where := days[d.String()]
		return where == string(country) || where == "NL BE"
	}
}

// The 72 hours in the cases that people argue about. S is what datalek acts on;
// plain and disputed are Regulation 1182/71 as background. Row 2 is the
// authorities' own published example.
func TestHoursOfTheLawBesideTheirBackgroundReading(t *testing.T) {
	zone := amsterdam(t)
	for _, tt := range []struct {
		name       string
		aware      string
		strict     string
		plain      string
		dutch      string // "" as plain
		belgian    string // "" as plain
		localAware incidents.LocalTime
		pass       incidents.Pass
		strictDay  time.Weekday
	}{
		{"1 an ordinary Tuesday", "2026-02-10T12:00:00+01:00", "2026-02-13T12:00:00+01:00", "2026-02-13T13:00:00+01:00", "", "",
			incidents.LocalTime{2026, 2, 10, 12, 0}, "", time.Friday},
		{"2 a published example over Christmas", "2020-12-22T12:17:00+01:00", "2020-12-25T12:17:00+01:00", "2020-12-25T13:00:00+01:00", "", "",
			incidents.LocalTime{2020, 12, 22, 12, 17}, "", time.Friday},
		{"3 Friday afternoon", "2026-06-12T16:30:00+02:00", "2026-06-15T16:30:00+02:00", "2026-06-15T17:00:00+02:00", "2026-06-17T00:00:00+02:00", "2026-06-17T00:00:00+02:00",
			incidents.LocalTime{2026, 6, 12, 16, 30}, "", time.Monday},
		{"4 Saturday, a minute before midnight", "2026-06-13T23:59:00+02:00", "2026-06-16T23:59:00+02:00", "2026-06-17T00:00:00+02:00", "", "",
			incidents.LocalTime{2026, 6, 13, 23, 59}, "", time.Tuesday},
		{"5 the clocks go forward inside", "2026-03-27T10:00:00+01:00", "2026-03-30T11:00:00+02:00", "2026-03-30T12:00:00+02:00", "2026-04-01T00:00:00+02:00", "2026-04-01T00:00:00+02:00",
			incidents.LocalTime{2026, 3, 27, 10, 0}, "", time.Monday},
		{"6 just after the skipped hour", "2026-03-29T03:30:00+02:00", "2026-04-01T03:30:00+02:00", "2026-04-01T04:00:00+02:00", "", "",
			incidents.LocalTime{2026, 3, 29, 3, 30}, "", time.Wednesday},
		{"7 the clocks go back inside", "2026-10-23T10:00:00+02:00", "2026-10-26T09:00:00+01:00", "2026-10-26T10:00:00+01:00", "2026-10-28T00:00:00+01:00", "2026-10-28T00:00:00+01:00",
			incidents.LocalTime{2026, 10, 23, 10, 0}, "", time.Monday},
		{"8a half past two, first pass", "2026-10-25T02:30:00+02:00", "2026-10-28T01:30:00+01:00", "2026-10-28T02:00:00+01:00", "", "",
			incidents.LocalTime{2026, 10, 25, 2, 30}, incidents.PassFirst, time.Wednesday},
		{"8b half past two, second pass", "2026-10-25T02:30:00+01:00", "2026-10-28T02:30:00+01:00", "2026-10-28T03:00:00+01:00", "", "",
			incidents.LocalTime{2026, 10, 25, 2, 30}, incidents.PassSecond, time.Wednesday},
		{"9 Easter", "2026-04-02T15:00:00+02:00", "2026-04-05T15:00:00+02:00", "2026-04-05T16:00:00+02:00", "2026-04-09T00:00:00+02:00", "2026-04-08T00:00:00+02:00",
			incidents.LocalTime{2026, 4, 2, 15, 0}, "", time.Sunday},
		{"10 King's Day", "2026-04-24T09:05:00+02:00", "2026-04-27T09:05:00+02:00", "2026-04-27T10:00:00+02:00", "2026-04-30T00:00:00+02:00", "2026-04-29T00:00:00+02:00",
			incidents.LocalTime{2026, 4, 24, 9, 5}, "", time.Monday},
		{"11 the Belgian national day", "2026-07-18T11:20:00+02:00", "2026-07-21T11:20:00+02:00", "2026-07-21T12:00:00+02:00", "2026-07-22T00:00:00+02:00", "2026-07-23T00:00:00+02:00",
			incidents.LocalTime{2026, 7, 18, 11, 20}, "", time.Tuesday},
		{"12 Christmas", "2026-12-24T17:45:00+01:00", "2026-12-27T17:45:00+01:00", "2026-12-27T18:00:00+01:00", "2026-12-30T00:00:00+01:00", "2026-12-30T00:00:00+01:00",
			incidents.LocalTime{2026, 12, 24, 17, 45}, "", time.Sunday},
		{"13 New Year", "2025-12-31T22:10:00+01:00", "2026-01-03T22:10:00+01:00", "2026-01-03T23:00:00+01:00", "2026-01-06T00:00:00+01:00", "2026-01-06T00:00:00+01:00",
			incidents.LocalTime{2025, 12, 31, 22, 10}, "", time.Saturday},
		{"14 told by a processor on Thursday", "2026-09-10T14:20:00+02:00", "2026-09-13T14:20:00+02:00", "2026-09-13T15:00:00+02:00", "2026-09-15T00:00:00+02:00", "2026-09-15T00:00:00+02:00",
			incidents.LocalTime{2026, 9, 10, 14, 20}, "", time.Sunday},
		{"15 Ascension", "2026-05-13T18:00:00+02:00", "2026-05-16T18:00:00+02:00", "2026-05-16T19:00:00+02:00", "2026-05-19T00:00:00+02:00", "2026-05-19T00:00:00+02:00",
			incidents.LocalTime{2026, 5, 13, 18, 0}, "", time.Saturday},
	} {
		t.Run(tt.name, func(t *testing.T) {
			aware, err := tt.localAware.Instant(zone, tt.pass, "aware_at")
			if err != nil || !aware.Equal(instant(t, tt.aware)) {
				t.Fatalf("typed time means %v %v, want %s", aware, err, tt.aware)
			}
			clock := incidents.NewClock(incidents.AuthorityClock, aware, promise48.AuthorityTerm())
			due, _ := clock.DueAt()
			if !due.Equal(instant(t, tt.strict)) || due.In(zone).Weekday() != tt.strictDay {
				t.Errorf("deadline %v, want %s, a %s", due.In(zone), tt.strict, tt.strictDay)
			}
			for country, disputed := range map[incidents.Country]string{incidents.Netherlands: tt.dutch, incidents.Belgium: tt.belgian} {
				checkReading(t, incidents.Background(aware, clock.Within, zone, holidays(country)), string(country), tt.plain, disputed)
			}
			if late := instant(t, tt.plain).Sub(due); late <= 0 || late > time.Hour {
				t.Errorf("the plain reading ends %v after the deadline, want at most an hour", late)
			}
		})
	}
}

func checkReading(t *testing.T, got incidents.LawReading, country, plain, disputed string) {
	t.Helper()
	extends := disputed != ""
	if !extends {
		disputed = plain
	}
	if !got.Plain.Equal(instant(t, plain)) || !got.Disputed.Equal(instant(t, disputed)) || got.Extends() != extends {
		t.Errorf("%s: read as %v and %v, want %s and %s", country, got.Plain, got.Disputed, plain, disputed)
	}
}

// Row E1 of the same table: a time that never was starts no clock.
func TestATimeThatTheClocksSkippedIsRefused(t *testing.T) {
	_, err := incidents.LocalTime{2026, 3, 29, 2, 30}.Instant(amsterdam(t), "", "aware_at")
	if f := fault.Fields(err); !errors.Is(err, fault.Invalid) || len(f) != 1 || f[0].Key != "error.time_skipped" {
		t.Errorf("err %v, want the skipped time refused at its field", err)
	}
}

func TestOnlyPeriodsOfTwoDaysGetWorkingDays(t *testing.T) {
	friday := instant(t, "2026-06-12T16:30:00+02:00")
	if r := incidents.Background(friday, 47*time.Hour, amsterdam(t), holidays(incidents.Netherlands)); r.Extends() {
		t.Errorf("47 hours read as %v, want no working days added", r)
	}
}

func TestACalendarWithoutWorkingDaysEnds(t *testing.T) {
	friday := instant(t, "2026-06-12T16:30:00+02:00")
	r := incidents.Background(friday, 72*time.Hour, amsterdam(t), func(registry.Date) bool { return true })
	if !r.Extends() {
		t.Errorf("read as %v, want some end", r)
	}
}

func TestEachAuthorityHasItsCountrysHolidays(t *testing.T) {
	if got := incidents.CountryOf(registry.GBA); got != incidents.Belgium {
		t.Errorf("GBA counts holidays of %s", got)
	}
	if got := incidents.CountryOf(registry.AP); got != incidents.Netherlands {
		t.Errorf("AP counts holidays of %s", got)
	}
}
