package catalogue

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/labstack/echo/v4"
	"golang.org/x/text/cases"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/web/page"
	"datalek/web/parts"
)

// join returns the faults of the form itself and those inside err as one list,
// each under the name of the form's field; "" is none. A field that was faulty
// before says so once. What is no fault of the input comes back as it is.
func join(own fault.List, err error, fieldOf func(string) string) error {
	found := fault.Fields(err)
	if err != nil && (found == nil || !page.IsInvalid(err)) {
		return err
	}
	all := slices.Clone(own)
	for _, f := range found {
		moved := *f
		moved.Field = fieldOf(f.Field)
		said := func(x *fault.Error) bool { return x.Field == moved.Field && x.Field != "" }
		if !slices.ContainsFunc(all, said) {
			all = append(all, &moved)
		}
	}
	return all.Err()
}

// ordered sorts faults as their fields stand on the page; other failures come
// back as they are.
func ordered(err error, fields []string) error {
	var faults fault.List
	if !errors.As(err, &faults) {
		return err
	}
	slices.SortStableFunc(faults, func(a, b *fault.Error) int {
		return slices.Index(fields, a.Field) - slices.Index(fields, b.Field)
	})
	return faults
}

// status is the answer to a form that could not be taken.
func status(err error) int {
	if page.IsInvalid(err) {
		return http.StatusUnprocessableEntity
	}
	return http.StatusConflict
}

// changed is the failure of a form that was filled in over an older version.
func changed() error {
	return fault.New(fault.Conflict, "error.changed_meanwhile", "somebody else changed this meanwhile")
}

// say shows what a failed button press has to say, on the page it was pressed on.
func (a *Area) say(c echo.Context, err error) {
	for _, f := range page.Faults(c, err) {
		a.site.Flash(c, parts.Notice{Kind: "warning", Text: f.Message})
	}
}

// versionOf returns the version that a form was filled in over.
func versionOf(f *page.Form) int64 {
	n, err := strconv.ParseInt(f.Get("version"), 10, 64)
	if err != nil {
		return -1 // no version is that
	}
	return n
}

func versionText(n int64) string { return strconv.FormatInt(n, 10) }

// readDay reads a day typed in three fields; nothing typed is no day.
func readDay(f *page.Form, name string, faults *fault.List) registry.Date {
	d, err := f.Date(name)
	if err != nil {
		*faults = append(*faults, fault.Fields(err)...)
		return registry.Date{}
	}
	if !d.IsZero() && (d.Year < 1900 || d.Year > 2100) {
		faults.Add(name, "error.day_range", "give a year between 1900 and 2100")
		return registry.Date{}
	}
	return d
}

// setDay fills the three fields of a day; no day leaves them empty.
func setDay(f *page.Form, name string, d registry.Date) {
	if d.IsZero() {
		return
	}
	f.Set(name+"_day", strconv.Itoa(d.Day))
	f.Set(name+"_month", strconv.Itoa(int(d.Month)))
	f.Set(name+"_year", strconv.Itoa(d.Year))
}

// lines returns the lines of a text that say something.
func lines(text string) []string {
	var all []string
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}

// separate returns the names in a text, with commas, semicolons or line ends between
// them, each once.
func separate(text string) []string {
	var all []string
	for _, name := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == '\n' }) {
		name = strings.TrimSpace(name)
		known := func(other string) bool { return strings.EqualFold(other, name) }
		if name != "" && !slices.ContainsFunc(all, known) {
			all = append(all, name)
		}
	}
	return all
}

// same leaves the names of fields as they are.
func same(field string) string { return field }

// today returns the present day in the practice's time zone.
func today(c echo.Context) registry.Date { return registry.DateOf(page.Now(c), page.Zone(c)) }

// endOf returns the last millisecond of a day, but never one that is to come
// when the day is today.
func endOf(d registry.Date, zone *time.Location, now time.Time) time.Time {
	end := d.AddDays(1).Start(zone).Add(-time.Millisecond)
	if end.After(now) && registry.DateOf(now, zone) == d {
		return now.UTC()
	}
	return end
}

// bare is a name without capitals and accents, so that "Jose" finds "José".
func bare(name string) string {
	plain, _, err := transform.String(transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn)), norm.NFC), name)
	if err != nil {
		plain = name
	}
	return cases.Fold().String(plain)
}

const longestID = 50

// idOf makes a short word of a name that is not among the taken ones:
// "Cliëntdossier" is "clientdossier", a second one "clientdossier-2".
func idOf(name, otherwise string, taken map[string]bool) string {
	var word strings.Builder
	for _, r := range bare(name) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			word.WriteRune(r)
		case word.Len() > 0 && !strings.HasSuffix(word.String(), "-"):
			word.WriteByte('-')
		}
		if word.Len() == longestID {
			break
		}
	}
	id := strings.Trim(word.String(), "-")
	if id == "" {
		id = otherwise
	}
	for n := 1; ; n++ {
		next := id
		if n > 1 {
			next = fmt.Sprintf("%s-%d", id, n)
		}
		if !taken[next] && next != "new" { // the address of the page that adds one
			return next
		}
	}
}
