package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/registry"

	"github.com/labstack/echo/v4"
)

// decode reads one JSON value into v. Unknown fields, wrong types and trailing
// bytes are faults: a misspelt field would silently change nothing.
func decode(c echo.Context, v any) error {
	d := json.NewDecoder(c.Request().Body)
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return jsonFault(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fault.New(fault.Invalid, "error.json", "send one JSON value and nothing after it")
	}
	return nil
}

func jsonFault(err error) error {
	var wrong *json.UnmarshalTypeError
	var tooLarge *http.MaxBytesError
	var own *fault.Error
	switch {
	case errors.As(err, &tooLarge):
		return err
	case errors.As(err, &own):
		return own
	case errors.As(err, &wrong):
		return &fault.Error{Code: fault.Invalid, Field: wrong.Field, Key: "error.json_type", Message: "give " + typeName(wrong) + " here"}
	case strings.HasPrefix(err.Error(), "json: unknown field "):
		name := strings.Trim(strings.TrimPrefix(err.Error(), "json: unknown field "), `"`)
		name = fmt.Sprintf("%.100s", name) // it may be as long as the body
		return &fault.Error{Code: fault.Invalid, Field: name, Key: "error.json_unknown", Message: "this field is not known; see /api/v1/openapi.yaml"}
	default:
		return fault.New(fault.Invalid, "error.json", "the body is not valid JSON")
	}
}

func typeName(e *json.UnmarshalTypeError) string {
	switch name := e.Type.String(); {
	case strings.HasPrefix(name, "[]"), strings.HasSuffix(name, "list"):
		return "a list"
	case strings.Contains(name, "int"), strings.Contains(name, "float"):
		return "a number"
	case strings.Contains(name, "bool"):
		return "true or false"
	case strings.Contains(name, "string"):
		return "a text"
	default:
		return "an object"
	}
}

// instant is a time as the API takes it: RFC 3339 with an offset; null and ""
// are no time. A reading that fails is kept and reported at its field.
type instant struct {
	at   *time.Time
	fail bool
}

// UnmarshalJSON reads the time or remembers that it could not.
func (i *instant) UnmarshalJSON(raw []byte) error {
	var text *string
	if err := json.Unmarshal(raw, &text); err != nil {
		i.fail = true
		return nil
	}
	if text == nil || *text == "" {
		return nil
	}
	at, err := time.Parse(time.RFC3339, *text)
	if err != nil || at.Year() < 1 || at.Year() > 9999 {
		i.fail = true
		return nil
	}
	utc := at.UTC().Truncate(time.Millisecond)
	i.at = &utc
	return nil
}

// time returns the reading, or notes the fault at field.
func (i instant) time(faults *fault.List, field string) *time.Time {
	if i.fail {
		faults.Add(field, "error.rfc3339", "give a time with its offset, such as 2027-03-05T16:42:00+01:00")
	}
	return i.at
}

// value is time for fields that are no pointer.
func (i instant) value(faults *fault.List, field string) time.Time {
	if at := i.time(faults, field); at != nil {
		return *at
	}
	return time.Time{}
}

// day is a calendar day such as 2025-03-01; null and "" are none. Like instant,
// it remembers a reading that failed.
type day struct {
	on   registry.Date
	fail bool
}

// UnmarshalJSON reads the day or remembers that it could not.
func (d *day) UnmarshalJSON(raw []byte) error {
	d.fail = json.Unmarshal(raw, &d.on) != nil
	return nil
}

// date returns the reading, or notes the fault at field.
func (d day) date(faults *fault.List, field string) registry.Date {
	if d.fail {
		faults.Add(field, "error.date_invalid", "give a day such as 2025-03-01")
	}
	return d.on
}

// list is a list of words; null and "" are nil, which means not known.
type list []string

// UnmarshalJSON reads a list, null or "".
func (l *list) UnmarshalJSON(raw []byte) error {
	if string(raw) == `""` || string(raw) == "null" {
		*l = nil
		return nil
	}
	var words []string
	if err := json.Unmarshal(raw, &words); err != nil {
		return err
	}
	*l = words
	if *l == nil {
		*l = list{}
	}
	return nil
}

// as converts words to a named type, keeping nil.
func as[T ~string](l list) []T {
	if l == nil {
		return nil
	}
	out := make([]T, len(l))
	for i, w := range l {
		out[i] = T(w)
	}
	return out
}

// invalidParam is the fault of a query parameter.
func invalidParam(name, how string) error {
	return &fault.Error{Code: fault.Invalid, Field: name, Key: "error.parameter", Message: how}
}

func wrapAt(i, n int, field string) string {
	if n > 1 {
		return fmt.Sprintf("clients[%d].%s", i, field)
	}
	return field
}
