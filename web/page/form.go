package page

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents/fault"
	"datalek/web/parts"
)

// Form is what somebody typed, with what is wrong about it. Templates read it
// through field: (field .Form "name" "Label" (t "…")).
type Form struct {
	Values url.Values
	// Errors is the fault of each field, translated; Faults is all of them in
	// order, for the error summary.
	Errors map[string]string
	Faults []parts.Fault
}

// ReadForm reads what a form sent. Too large a body is an error for 413.
func ReadForm(c echo.Context) (*Form, error) {
	if err := c.Request().ParseForm(); err != nil {
		return nil, readFault(err)
	}
	return &Form{Values: c.Request().PostForm}, nil
}

func readFault(err error) error {
	if statusOf(err) == http.StatusRequestEntityTooLarge {
		return err
	}
	return fault.New(fault.Invalid, "error.form_unreadable", "this form could not be read")
}

// FormOf returns a form that shows values: pairs of name and value.
func FormOf(pairs ...string) *Form {
	f := &Form{Values: url.Values{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		f.Values.Add(pairs[i], pairs[i+1])
	}
	return f
}

// Get returns a one-line value without the blanks around it.
func (f *Form) Get(name string) string { return strings.TrimSpace(f.Values.Get(name)) }

// Text returns a value of several lines, its line ends as \n, without the
// blanks around it.
func (f *Form) Text(name string) string {
	return strings.TrimSpace(strings.ReplaceAll(f.Values.Get(name), "\r\n", "\n"))
}

// Raw returns a value as typed.
func (f *Form) Raw(name string) string { return f.Values.Get(name) }

// All returns every value of a name without empty ones.
func (f *Form) All(name string) []string {
	var values []string
	for _, v := range f.Values[name] {
		if v = strings.TrimSpace(v); v != "" {
			values = append(values, v)
		}
	}
	return values
}

// Has reports whether a value of the name was chosen.
func (f *Form) Has(name, value string) bool { return slices.Contains(f.Values[name], value) }

// Set replaces a value.
func (f *Form) Set(name string, values ...string) { f.Values[name] = values }

// Fail takes over the faults inside err, translated.
func (f *Form) Fail(c echo.Context, err error) *Form {
	f.Faults = append(f.Faults, Faults(c, err)...)
	f.Errors = map[string]string{}
	for _, x := range f.Faults {
		if _, some := f.Errors[x.Field]; !some {
			f.Errors[x.Field] = x.Message
		}
	}
	return f
}

// Reword says the fault of a field in the words of this page, when it has one.
func (f *Form) Reword(field, message string) *Form {
	for i := range f.Faults {
		if f.Faults[i].Field == field {
			f.Faults[i].Message, f.Errors[field] = message, message
		}
	}
	return f
}

// Failed reports whether the form has faults.
func (f *Form) Failed() bool { return len(f.Faults) > 0 }

// Error returns the fault of a field, "" when it has none.
func (f *Form) Error(name string) string { return f.Errors[name] }

// Options marks the chosen among options for radios, checkboxes or a select.
func (f *Form) Options(name string, options []parts.Option) []parts.Option {
	marked := slices.Clone(options)
	for i := range marked {
		marked[i].Checked = f.Has(name, marked[i].Value)
	}
	return marked
}

// field makes the values of a form's partial: Name, Value and Error from the
// form, the rest from the pairs. Options among the pairs are marked as chosen.
func field(f *Form, name string, pairs ...any) (map[string]any, error) {
	made, err := dict(pairs...)
	if err != nil {
		return nil, fmt.Errorf("field %s: %w", name, err)
	}
	made["Name"] = name
	if f == nil {
		return made, nil
	}
	made["Value"], made["Error"] = f.Raw(name), f.Error(name)
	if options, some := made["Options"].([]parts.Option); some && len(f.Values[name]) > 0 {
		made["Options"] = f.Options(name, options)
	}
	return made, nil
}
