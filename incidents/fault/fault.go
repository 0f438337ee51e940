// Package fault holds the kinds of failure the program tells apart, and the
// failures whose words may be shown to a person.
package fault

import (
	"errors"
	"fmt"
	"strings"
)

// Code is the kind of a failure. The web maps it to a status; errors.Is tests it.
type Code string

// The kinds of failure.
const (
	Invalid     Code = "invalid"     // the caller can mend the input
	Conflict    Code = "conflict"    // the stored state has moved on
	Duplicate   Code = "duplicate"   // a record with this identity stands already
	NotFound    Code = "not_found"   // no such record, or not yours to see
	Forbidden   Code = "forbidden"   // known, but may not do this
	Unavailable Code = "unavailable" // the store, bus or server cannot answer now; try again
)

func (c Code) Error() string { return string(c) }

// Error is a failure whose Message may be shown to the person at the form.
type Error struct {
	Code Code
	// Field is the form or JSON field at fault, as the outward contract names
	// it ("aware_at", "clients[3].email"); empty when none is.
	Field string
	// Key names the message in the catalogue of texts ("error.time_missing");
	// pages show its translation.
	Key string
	// Message is the English sentence for the API and the log: what is wrong
	// and how to mend it; no internals, no personal data.
	Message string
}

func (e *Error) Error() string {
	if e.Field == "" {
		return fmt.Sprintf("%s: %s", e.Code, e.Message)
	}
	return fmt.Sprintf("%s: %s: %s", e.Code, e.Field, e.Message)
}

// Unwrap returns the kind, so that errors.Is(err, fault.Invalid) works.
func (e *Error) Unwrap() error { return e.Code }

// List is every fault of one input at once. The zero value is ready to use.
type List []*Error

// Add notes that field is at fault. key names the translated message.
func (l *List) Add(field, key, message string) {
	*l = append(*l, &Error{Code: Invalid, Field: field, Key: key, Message: message})
}

// Err returns the list as an error, or nil when it is empty.
func (l List) Err() error {
	if len(l) == 0 {
		return nil
	}
	return l
}

func (l List) Error() string {
	parts := make([]string, len(l))
	for i, e := range l {
		parts[i] = e.Error()
	}
	return strings.Join(parts, "; ")
}

// Is reports that a list of faults is invalid input.
func (l List) Is(target error) bool { return target == Invalid }

// Fields returns every field fault inside err, nil when it holds none.
func Fields(err error) List {
	var list List
	if errors.As(err, &list) {
		return list
	}
	var one *Error
	if errors.As(err, &one) {
		return List{one}
	}
	return nil
}

// New returns a failure of the given kind with a sentence fit to be shown.
func New(code Code, key, message string) error {
	return &Error{Code: code, Key: key, Message: message}
}
