package registry

import (
	"fmt"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"datalek/incidents/fault"
)

// CheckLine adds a fault when a one-line text is too short or too long
// (counted in characters), or holds control characters or line breaks.
func CheckLine(faults *fault.List, field, value string, least, most int) {
	n := utf8.RuneCountInString(strings.TrimSpace(value))
	switch {
	case n < least:
		faults.Add(field, "error.missing", "fill this in")
	case utf8.RuneCountInString(value) > most: // with the blanks around it, which are kept too
		faults.Add(field, "error.too_long", fmt.Sprintf("use at most %d characters", most))
	case !utf8.ValidString(value) || strings.ContainsFunc(value, unprintable):
		faults.Add(field, "error.control", "use letters, digits and punctuation only, on one line")
	}
}

// CheckText adds a fault when a text of several lines is too short or too long,
// or holds control characters other than line breaks and tabs.
func CheckText(faults *fault.List, field, value string, least, most int) {
	n := utf8.RuneCountInString(strings.TrimSpace(value))
	hidden := func(r rune) bool { return r != '\n' && r != '\r' && r != '\t' && unprintable(r) }
	switch {
	case n < least:
		faults.Add(field, "error.missing", "fill this in")
	case utf8.RuneCountInString(value) > most:
		faults.Add(field, "error.too_long", fmt.Sprintf("use at most %d characters", most))
	case !utf8.ValidString(value) || strings.ContainsFunc(value, hidden):
		faults.Add(field, "error.control", "remove the hidden control characters")
	}
}

// CheckEmail adds a fault when value is not one plain mailbox such as
// anna@example.org (RFC 5321 section 4.1.2, without comments or quoting).
func CheckEmail(faults *fault.List, field, value string) {
	if !ValidEmail(value) {
		faults.Add(field, "error.email", "give one email address such as anna@example.org")
	}
}

// ValidEmail reports whether value is one plain mailbox with an ASCII local
// part; others cannot be reached by every mail server (RFC 6531).
func ValidEmail(value string) bool {
	if len(value) > 254 || strings.ContainsAny(value, "\r\n\"<>()[]\\,;: ") || strings.ContainsFunc(value, unprintable) {
		return false
	}
	parsed, err := mail.ParseAddress(value)
	if err != nil || parsed.Address != value {
		return false
	}
	local, domain, _ := strings.Cut(value, "@")
	return ascii(local) && len(local) <= 64 && (strings.Contains(domain, ".") || domain == "localhost")
}

// CheckCategories adds a fault when there is no category, or one is unknown.
func CheckCategories(faults *fault.List, field string, categories []Category) {
	if len(categories) == 0 {
		faults.Add(field, "error.categories_missing", "choose at least one kind of data")
	}
	for _, c := range categories {
		if !c.Valid() {
			faults.Add(field, "error.category", "choose kinds of data from the list")
			return
		}
	}
}

// NormalEmail returns the form under which an address is looked up.
func NormalEmail(value string) string { return strings.ToLower(strings.TrimSpace(value)) }

// unprintable covers control characters, and the format characters that hide
// or reorder text (bidi overrides, zero-width marks).
func unprintable(r rune) bool {
	return unicode.IsControl(r) || r == utf8.RuneError || r == '\u2028' || r == '\u2029' ||
		(r >= '\u202a' && r <= '\u202e') || (r >= '\u2066' && r <= '\u2069') || r == '\u200b' || r == '\ufeff'
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
