package page_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/web/assets"
	"datalek/web/locales"
	"datalek/web/page"
	"datalek/web/parts"
	"datalek/web/templates"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestMomentsAreReadAsPeopleTypeThem(t *testing.T) {
	amsterdam := zone(t, "Europe/Amsterdam")
	for _, tt := range []struct {
		name   string
		typed  page.Moment
		want   string // RFC 3339, or the key of the fault
		faulty string
		asks   bool
	}{
		{"a plain moment", page.Moment{Day: "27", Month: "3", Year: "2027", Time: "14:30"}, "2027-03-27T13:30:00Z", "", false},
		{"a dot in the time", page.Moment{Day: "27", Month: "03", Year: "2027", Time: "14.30"}, "2027-03-27T13:30:00Z", "", false},
		{"hours alone", page.Moment{Day: "1", Month: "7", Year: "2027", Time: "9 uur"}, "2027-07-01T07:00:00Z", "", false},
		{"four digits", page.Moment{Day: "1", Month: "7", Year: "2027", Time: "0905"}, "2027-07-01T07:05:00Z", "", false},
		{"nothing", page.Moment{}, "error.time_missing", "", false},
		{"no time", page.Moment{Day: "1", Month: "7", Year: "2027"}, "error.clock_missing", "time", false},
		{"no such time", page.Moment{Day: "1", Month: "7", Year: "2027", Time: "25:00"}, "error.clock_invalid", "time", false},
		{"words for a day", page.Moment{Day: "maandag", Month: "7", Year: "2027", Time: "9:00"}, "error.date_invalid", "day", false},
		{"a short year", page.Moment{Day: "1", Month: "7", Year: "27", Time: "9:00"}, "error.year_short", "year", false},
		{"no such day", page.Moment{Day: "31", Month: "2", Year: "2027", Time: "9:00"}, "error.date_invalid", "", false},
		{"no such month", page.Moment{Day: "1", Month: "13", Year: "2027", Time: "9:00"}, "error.date_invalid", "", false},
		{"the hour that summer time skips", page.Moment{Day: "28", Month: "3", Year: "2027", Time: "2:30"}, "error.time_skipped", "", false},
		{"the hour that comes twice", page.Moment{Day: "31", Month: "10", Year: "2027", Time: "2:30"}, "error.time_doubled", "", true},
		{"its first pass", page.Moment{Day: "31", Month: "10", Year: "2027", Time: "2:30", Fold: "first"}, "2027-10-31T00:30:00Z", "", true},
		{"its second pass", page.Moment{Day: "31", Month: "10", Year: "2027", Time: "2:30", Fold: "second"}, "2027-10-31T01:30:00Z", "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.typed.Name = "aware_at"
			at, err := tt.typed.Read(amsterdam)
			got := at.Format(time.RFC3339)
			if err != nil {
				f := fault.Fields(err)[0]
				got = f.Key
				if f.Field != "aware_at" {
					t.Errorf("field = %s", f.Field)
				}
			}
			if got != tt.want || tt.typed.Faulty != tt.faulty || tt.typed.Ambiguous != tt.asks {
				t.Errorf("got %s faulty %q asks %t, want %s faulty %q asks %t", got, tt.typed.Faulty, tt.typed.Ambiguous, tt.want, tt.faulty, tt.asks)
			}
		})
	}
}

func TestTimesAreWrittenInWords(t *testing.T) {
	amsterdam, brussels := zone(t, "Europe/Amsterdam"), zone(t, "Europe/Brussels")
	winter := time.Date(2027, 3, 8, 16, 42, 0, 0, time.UTC)
	for _, tt := range []struct{ got, want string }{
		{page.FormatInstant("nl", winter, amsterdam), "maandag 8 maart 2027 om 17.42 uur, Nederlandse tijd"},
		{page.FormatInstant("en", winter, brussels), "Monday 8 March 2027 at 17:42, Belgian time"},
		{page.FormatInstant("nl", time.Time{}, amsterdam), ""},
		{page.FormatMoment("nl", time.Date(2027, 10, 31, 0, 30, 0, 0, time.UTC), amsterdam), "zondag 31 oktober 2027 om 02.30 uur (zomertijd)"},
		{page.FormatMoment("nl", time.Date(2027, 10, 31, 1, 30, 0, 0, time.UTC), amsterdam), "zondag 31 oktober 2027 om 02.30 uur (wintertijd)"},
		{page.FormatShort("nl", winter, amsterdam), "ma 8 mrt 2027, 17.42 uur"},
		{page.FormatDay("en", registry.Date{Year: 2027, Month: 3, Day: 8}), "8 March 2027"},
		{page.FormatNumber("nl", 1234567), "1.234.567"},
		{page.FormatNumber("en", -1234), "-1,234"},
		{page.FormatNumber("nl", 999), "999"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func TestFormsKeepWhatWasTyped(t *testing.T) {
	f := &page.Form{Values: url.Values{"a": {" x "}, "b": {"1", "", "2"}, "t": {"one\r\ntwo "}}}
	if got := f.Get("a"); got != "x" {
		t.Errorf("Get = %q", got)
	}
	if got := f.Raw("a"); got != " x " {
		t.Errorf("Raw = %q", got)
	}
	if got := f.Text("t"); got != "one\ntwo" {
		t.Errorf("Text = %q", got)
	}
	if diff := cmp.Diff([]string{"1", "2"}, f.All("b")); diff != "" {
		t.Error(diff)
	}
	got := f.Options("b", []parts.Option{{Value: "2"}, {Value: "3"}})
	if diff := cmp.Diff([]parts.Option{{Value: "2", Checked: true}, {Value: "3"}}, got); diff != "" {
		t.Error(diff)
	}
}

func TestOnlyAddressesOfThisSiteAreComeBackTo(t *testing.T) {
	for next, want := range map[string]string{"/incidents?x=1": "/incidents?x=1", "//evil.example": "/", "https://evil.example": "/",
		"/\\evil.example": "/", "": "/", "evil": "/", "/a\nb": "/"} {
		if got := page.LocalPath(next); got != want {
			t.Errorf("LocalPath(%q) = %q, want %q", next, got, want)
		}
	}
}

func TestTheLimiterCountsPerKeyAndForgetsTheOldest(t *testing.T) {
	at := now()
	l := page.NewLimiter(2, time.Minute, 3, func() time.Time { return at })
	allow := func(key string) bool { ok, _ := l.Allow(key); return ok }
	first, second, third := allow("a"), allow("a"), allow("a")
	if !first || !second || third {
		t.Error("the third attempt of a burst of two was not refused, or an earlier one was")
	}
	if _, wait := l.Allow("a"); wait != time.Minute {
		t.Errorf("wait = %s, want 1m", wait)
	}
	if !allow("b") {
		t.Error("another key was refused")
	}
	at = at.Add(time.Minute)
	if first, second = allow("a"), allow("a"); !first || second {
		t.Error("a minute did not give exactly one attempt")
	}
	for i := range 3 {
		allow(fmt.Sprint("new", i))
	}
	if !allow("a") {
		t.Error("the key unused longest was not forgotten")
	}
}

func TestOneFormServesOneAndMany(t *testing.T) {
	site, err := page.NewWith(page.Options{Store: &memory{}, Now: now}, templates.Files, locales.Files, assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		key, want string
		n         int
	}{
		{"parts.clock.left.hours", "nog 1 uur", 1}, {"parts.clock.left.hours", "nog 2 uur", 2},
		{"parts.clock.left.days", "nog 1 dag", 1}, {"parts.clock.left.days", "nog 2 dagen", 2}, {"no.such.key", "no.such.key", 1},
	} {
		if got := site.Words().T("nl", tt.key, "n", tt.n); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

func TestHeadersOfMoreThanOneLineAreNoLanguage(t *testing.T) {
	server, _ := serve(t, nil, nil)
	b := newBrowser(t, server)
	b.cookies["taal"] = "xx"
	if _, body := b.do("GET", "/plain", ""); !strings.Contains(body, `<html lang="nl"`) {
		t.Error("an unknown language cookie was followed")
	}
}
