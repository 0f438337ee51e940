package page

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

// Moment is a date and time as somebody typed it, and the value that the
// partial instant_input takes whole.
type Moment struct {
	Name      string
	Label     string
	Hint      string
	Error     string
	Heading   bool
	Optional  bool
	Day       string
	Month     string
	Year      string
	Time      string
	Faulty    string // "day", "month", "year" or "time"
	Zone      string // in words
	ZoneID    string
	Now       bool // offers the button "Nu"
	Precision string
	// AllowAbout and AllowUnknown offer "ongeveer" and "weet ik niet".
	AllowAbout   bool
	AllowUnknown bool
	Ambiguous    bool
	Fold         string
}

// Moment reads the fields of a moment: NAME_day, NAME_month, NAME_year,
// NAME_time, NAME_precision and NAME_fold.
func (f *Form) Moment(c echo.Context, name string) Moment {
	get := func(part string) string { return f.Get(name + "_" + part) }
	return Moment{Name: name, Day: get("day"), Month: get("month"), Year: get("year"), Time: get("time"),
		Precision: get("precision"), Fold: get("fold"), Error: f.Error(name), Now: true,
		Zone: zoneName(Lang(c), Zone(c)), ZoneID: Zone(c).String()}
}

// MomentOf returns the fields that show an instant; the zero instant leaves
// them empty.
func MomentOf(c echo.Context, name string, t time.Time) Moment {
	m := Moment{Name: name, Now: true, Zone: zoneName(Lang(c), Zone(c)), ZoneID: Zone(c).String()}
	if t.IsZero() {
		return m
	}
	l := incidents.LocalTimeOf(t, Zone(c))
	m.Day, m.Month, m.Year = strconv.Itoa(l.Day), strconv.Itoa(int(l.Month)), strconv.Itoa(l.Year)
	m.Time = t.In(Zone(c)).Format("15:04")
	if found := l.Resolve(Zone(c)); len(found) == 2 {
		m.Ambiguous, m.Fold = true, string(incidents.PassFirst)
		if !t.Before(found[1]) {
			m.Fold = string(incidents.PassSecond)
		}
	}
	return m
}

// SetMoment fills the fields of a moment with an instant, so that a form can
// begin with it.
func (f *Form) SetMoment(c echo.Context, name string, t time.Time) {
	m := MomentOf(c, name, t)
	for part, value := range map[string]string{"day": m.Day, "month": m.Month, "year": m.Year, "time": m.Time, "fold": m.Fold} {
		f.Set(name+"_"+part, value)
	}
}

// Empty reports whether nothing was typed.
func (m Moment) Empty() bool { return m.Day == "" && m.Month == "" && m.Year == "" && m.Time == "" }

// Unknown reports whether "weet ik (nog) niet" was chosen.
func (m Moment) Unknown() bool { return m.Precision == "unknown" }

// About reports whether the time is approximate.
func (m Moment) About() bool { return m.Precision == "about" }

// Read returns the instant that was typed, or a fault at the moment's field
// that says what is wrong and how to mend it. The moment notes which of its
// fields is at fault, and whether to ask which of two equal times was meant.
func (m *Moment) Read(zone *time.Location) (time.Time, error) {
	local, err := m.local()
	if err != nil {
		return time.Time{}, err
	}
	m.Ambiguous = len(local.Resolve(zone)) == 2
	return local.Instant(zone, incidents.Pass(m.Fold), m.Name)
}

func (m *Moment) local() (incidents.LocalTime, error) {
	if m.Empty() {
		return incidents.LocalTime{}, m.fault("", "error.time_missing", "give a date and a time")
	}
	day, err := m.date()
	if err != nil {
		return incidents.LocalTime{}, err
	}
	if m.Time == "" {
		return incidents.LocalTime{}, m.fault("time", "error.clock_missing", "give a time, such as 14:30")
	}
	hour, minute, ok := parseClock(m.Time)
	if !ok {
		return incidents.LocalTime{}, m.fault("time", "error.clock_invalid", "give a time, such as 14:30")
	}
	return incidents.LocalTime{Year: day.Year, Month: day.Month, Day: day.Day, Hour: hour, Minute: minute}, nil
}

func (m *Moment) date() (registry.Date, error) {
	for _, part := range []struct{ name, value string }{{"day", m.Day}, {"month", m.Month}, {"year", m.Year}} {
		if n, err := strconv.Atoi(part.value); err != nil || n < 1 {
			return registry.Date{}, m.fault(part.name, "error.date_invalid", "give a date, such as 27 3 2027")
		}
	}
	day, _ := strconv.Atoi(m.Day) // checked above
	month, _ := strconv.Atoi(m.Month)
	year, _ := strconv.Atoi(m.Year)
	if year < 100 {
		return registry.Date{}, m.fault("year", "error.year_short", "give the year in four digits, such as 2027")
	}
	d := registry.Date{Year: year, Month: time.Month(month), Day: day}
	if year > 9999 || month > 12 || d.AddDays(0) != d {
		return registry.Date{}, m.fault("", "error.date_invalid", "give a date, such as 27 3 2027")
	}
	return d, nil
}

func (m *Moment) fault(part, key, message string) error {
	m.Faulty = part
	return &fault.Error{Code: fault.Invalid, Field: m.Name, Key: key, Message: message}
}

var clockTime = regexp.MustCompile(`^(\d{1,2})(?:[:.](\d{2}))?(?:\s*(?:uur|u|h))?$`)

// parseClock reads a time of day as people type it: 14:30, 14.30, 9, 9 uur.
func parseClock(typed string) (hour, minute int, ok bool) {
	typed = strings.ToLower(strings.TrimSpace(typed))
	if len(typed) == 4 && strings.Trim(typed, "0123456789") == "" {
		typed = typed[:2] + ":" + typed[2:]
	}
	found := clockTime.FindStringSubmatch(typed)
	if found == nil {
		return 0, 0, false
	}
	hour, _ = strconv.Atoi(found[1]) // digits only
	if found[2] != "" {
		minute, _ = strconv.Atoi(found[2])
	}
	return hour, minute, hour < 24 && minute < 60
}

// Date reads a day typed in three fields: NAME_day, NAME_month and NAME_year.
// Nothing typed is no date and no fault.
func (f *Form) Date(name string) (registry.Date, error) {
	m := Moment{Name: name, Day: f.Get(name + "_day"), Month: f.Get(name + "_month"), Year: f.Get(name + "_year")}
	if m.Empty() {
		return registry.Date{}, nil
	}
	return m.date()
}
