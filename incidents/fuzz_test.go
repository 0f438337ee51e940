package incidents_test

import (
	"testing"
	"time"

	"datalek/incidents"
)

// A link's token names a case only when it is whole, and what it names makes the
// same token.
func FuzzReadAlarmToken(f *testing.F) {
	for _, seed := range []string{"", "p.i.s", "p.i", "..", "p.i.s.t", "p.i.\x00", "..s"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		key, ok := incidents.ReadAlarmToken(text)
		if !ok {
			return
		}
		secret := text[min(len(text), len(key.PracticeID)+len(key.ID)+2):]
		if key.PracticeID == "" || key.ID == "" || secret == "" || incidents.AlarmToken(key.PracticeID, key.ID, secret) != text {
			t.Errorf("%q names %+v", text, key)
		}
	})
}

// A local time is one instant, two or none, and each reads as that local time.
func FuzzLocalTime(f *testing.F) {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(2026, 3, 29, 2, 30)
	f.Add(2026, 10, 25, 2, 30)
	f.Add(0, 0, 0, 0, 0)
	f.Add(2027, 13, 32, 25, 61)
	f.Add(-1<<31, 1, 1, 0, 0)
	f.Fuzz(func(t *testing.T, year, month, day, hour, minute int) {
		l := incidents.LocalTime{Year: year, Month: time.Month(month), Day: day, Hour: hour, Minute: minute}
		found := l.Resolve(zone)
		if len(found) > 2 {
			t.Fatalf("%+v is %d instants", l, len(found))
		}
		for _, at := range found {
			if got := incidents.LocalTimeOf(at, zone); got != l {
				t.Errorf("%+v is %s, which is %+v", l, at, got)
			}
		}
		if at, err := l.Instant(zone, incidents.PassFirst, "at"); err == nil && incidents.LocalTimeOf(at, zone) != l {
			t.Errorf("%+v is taken for %s", l, at)
		}
	})
}
