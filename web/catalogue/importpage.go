package catalogue

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents/fault"
	"datalek/incidents/roster"
	"datalek/web/casework"
	"datalek/web/page"
	"datalek/web/parts"
)

// columnRow is one column that a file may have.
type columnRow struct {
	Name    string
	Headers string
}

// refusedRow is one line of a file that was left out, with why.
type refusedRow struct {
	Line  int
	Field string // empty when the line as a whole is at fault
	Why   string
}

// mapRow is one column of the file that was sent, and what it is taken for.
type mapRow struct {
	ID      string // of its field in the form
	Name    string
	Example string
	Refused string // why nothing is ever taken from it
	Options []parts.Option
}

// doubleRow is a line that looks like somebody known.
type doubleRow struct {
	ID      string
	Line    int
	Name    string
	With    string
	Where   string // which line, or that he is in the list
	Why     string
	Options []parts.Option
}

// previewRow is one person as the list would keep him.
type previewRow struct {
	Name, Email, Phone, Address string
	Born                        int // 0: not kept
}

type importPage struct {
	page.View
	Form    *page.Form
	Columns []columnRow
	Result  *casework.ImportResult // nil before the first file
	Refused []refusedRow
	Left    int // how many lines were left out
	Dropped []string
	Map     []mapRow
	Doubles []doubleRow
	Waiting int // how many doubles nobody decided about
	Preview []previewRow
	Kept    string // the file itself, for the next press of a button
	Next    string // the text that says what to do now
}

func (a *Area) showImport(c echo.Context, status int, form *page.Form, up upload, result *casework.ImportResult) error {
	v := &importPage{View: page.NewView(c, "catalogue.import.title").BackTo("/clients"), Form: form, Result: result}
	for _, col := range roster.KnownHeaders() {
		v.Columns = append(v.Columns, columnRow{Name: page.T(c, "catalogue.column."+string(col.Field)), Headers: strings.Join(col.Names, ", ")})
	}
	if result != nil {
		v.fill(c, up, result)
	}
	return a.site.Render(c, status, "catalogue/import.html", v)
}

func (v *importPage) fill(c echo.Context, up upload, result *casework.ImportResult) {
	left := map[int]bool{}
	for _, f := range result.Faults {
		left[f.Line] = true
		v.Refused = append(v.Refused, refusedRow{Line: f.Line, Field: columnName(c, f.Field), Why: whyRefused(c, f)})
	}
	v.Left = len(left)
	if v.Next = "preview_again"; len(up.file) <= mostKept {
		v.Next = "preview_text"
		v.Kept = base64.StdEncoding.EncodeToString(up.file)
	}
	for _, col := range result.Columns {
		v.Map = append(v.Map, mapOf(c, up, col))
		if col.Refused == "" && slices.Contains(result.Dropped, col.Name) {
			v.Dropped = append(v.Dropped, col.Name)
		}
	}
	for _, d := range result.Doubles {
		if d.Decision == casework.AskDouble {
			v.Waiting++
		}
		if len(v.Doubles) < mostDoubles {
			v.Doubles = append(v.Doubles, doubleOf(c, d))
		}
	}
	for _, x := range result.Preview {
		v.Preview = append(v.Preview, previewRow{x.Person.Name, x.Person.Email, x.Person.Phone, strings.ReplaceAll(x.Person.PostalAddress, "\n", ", "), x.BirthYear})
	}
}

// mapOf shows a column with what somebody chose for it, else with the guess.
func mapOf(c echo.Context, up upload, col casework.TakenColumn) mapRow {
	number := strconv.Itoa(col.Number)
	row := mapRow{ID: "map-" + number, Name: col.Name, Example: col.Example}
	if col.Refused != "" {
		row.Refused = page.T(c, "catalogue.import.never."+string(col.Refused))
		return row
	}
	field := col.Field
	if chosen, some := up.how.Mapping[number]; some {
		field = chosen
	}
	row.Options = []parts.Option{{Value: "", Text: page.T(c, "catalogue.import.take_nothing"), Checked: field == ""}}
	for _, known := range roster.KnownHeaders() {
		words, _, _ := strings.Cut(page.T(c, "catalogue.column."+string(known.Field)), " (")
		row.Options = append(row.Options, parts.Option{Value: string(known.Field), Text: words, Checked: field == known.Field})
	}
	return row
}

func doubleOf(c echo.Context, d casework.LikelyDouble) doubleRow {
	row := doubleRow{ID: "double-" + strconv.Itoa(d.Line), Line: d.Line, Name: d.Name, With: d.WithName,
		Where: page.T(c, "catalogue.import.in_list"), Why: page.T(c, "catalogue.import.why_double."+string(d.Why))}
	if d.WithLine > 0 {
		row.Where = page.T(c, "catalogue.import.line_n", "line", d.WithLine)
	}
	for _, decision := range []casework.DoubleDecision{casework.AskDouble, casework.SameDouble, casework.ApartDouble} {
		words := string(decision)
		if decision == casework.AskDouble {
			words = "ask"
		}
		row.Options = append(row.Options, parts.Option{Value: string(decision), Text: page.T(c, "catalogue.import.double."+words), Checked: d.Decision == decision})
	}
	return row
}

// columnName names the column in which a fault stands.
func columnName(c echo.Context, field string) string {
	switch {
	case field == "":
		return ""
	case strings.HasSuffix(field, "].from"):
		field = "guidance_from"
	case strings.HasSuffix(field, "].until"):
		field = "guidance_until"
	}
	return page.T(c, "catalogue.column."+field)
}

func whyRefused(c echo.Context, f casework.RowFault) string {
	words := page.Faults(c, fault.List{{Code: fault.Invalid, Key: f.Key, Message: f.Message}})
	return words[0].Message
}
