package page_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/web/page"
)

// A day and a time that were typed are the instant that is shown again, or a
// fault at the field.
func FuzzMoment(f *testing.F) {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		f.Fatal(err)
	}
	f.Add("27", "3", "2027", "14:30", "")
	f.Add("29", "3", "2026", "2.30", "first")
	f.Add("25", "10", "2026", "0230", "second")
	f.Add("31", "2", "27", "9 uur", "x")
	f.Add("+1", "01", "9999", "24:00", "")
	f.Fuzz(func(t *testing.T, day, month, year, clock, fold string) {
		m := page.Moment{Name: "at", Day: day, Month: month, Year: year, Time: clock, Fold: fold}
		at, err := m.Read(zone)
		if err != nil {
			return
		}
		local := incidents.LocalTimeOf(at, zone)
		again := page.Moment{Name: "at", Day: at.In(zone).Format("2"), Month: at.In(zone).Format("1"), Year: at.In(zone).Format("2006"), Time: at.In(zone).Format("15:04"), Fold: m.Fold}
		if back, err := again.Read(zone); err != nil || !back.Equal(at) {
			t.Errorf("%+v is %s, which reads %s, %v (%+v)", m, at, back, err, local)
		}
	})
}

// A form is read or refused, whatever its body and its type.
func FuzzReadForm(f *testing.F) {
	const form = "application/x-www-form-urlencoded"
	f.Add(form, "name=x&name=y&%zz")
	f.Add(form, strings.Repeat("a=b&", 3000))
	f.Add("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--x--")
	f.Add("multipart/form-data", "x")
	f.Add("text/plain; charset=\"", "a=b;c=d")
	f.Fuzz(func(t *testing.T, kind, body string) {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		read, err := page.ReadForm(echo.New().NewContext(r, httptest.NewRecorder()))
		if (read == nil) == (err == nil) {
			t.Fatalf("the form is %v and the fault %v", read, err)
		}
		if err == nil {
			for name := range read.Values {
				_, _ = read.Get(name), read.Text(name)
			}
			m := page.Moment{Day: read.Get("day"), Month: read.Get("month"), Year: read.Get("year"), Time: read.Get("time")}
			_, _ = m.Read(time.UTC)
			_, _ = read.Date("on")
		}
	})
}

// Whatever a browser says of itself, only words of ours are shown.
func FuzzDeviceName(f *testing.F) {
	f.Add("Mozilla/5.0 (Windows NT 10.0) Chrome/120.0 Safari/537.36 Edg/120")
	f.Add("")
	f.Add("Firefox/\r\n<script>iPhone")
	f.Add("\xffAndroid")
	f.Fuzz(func(t *testing.T, agent string) {
		if name := page.DeviceName(agent); strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz ,") != "" || len(name) > 60 {
			t.Errorf("%q is shown as %q", agent, name)
		}
	})
}
