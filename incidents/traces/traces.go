// Package traces finds in free text what could tell who someone is: addresses,
// numbers and names. A text that goes to an authority or into a register seldom
// needs them (AP: strip personal data), and a person decides about each.
package traces

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind is what was found.
type Kind string

// The kinds.
const (
	Email    Kind = "email"
	Phone    Kind = "phone"
	IBAN     Kind = "iban"
	BSN      Kind = "bsn"      // Dutch burgerservicenummer
	Register Kind = "register" // Belgian rijksregisternummer or BIS number
	Name     Kind = "name"     // of someone the practice knows
)

// Trace is a place in a text: the bytes from From until To, exclusive.
type Trace struct {
	Kind     Kind
	From, To int
}

// Text is what stands at the place.
func (t Trace) Text(in string) string { return in[t.From:t.To] }

// mostText bounds what is searched, in bytes; forms take less.
const mostText = 1 << 20

var (
	emailShape = regexp.MustCompile(`(?i)[\p{L}0-9.!#$%&'*+/=?^_{|}~-]+@[\p{L}0-9](?:[\p{L}0-9-]*[\p{L}0-9])?(?:\.[\p{L}0-9](?:[\p{L}0-9-]*[\p{L}0-9])?)+`)
	ibanShape  = regexp.MustCompile(`(?i)\b[A-Z]{2}[0-9]{2}(?:[ .-]?[A-Z0-9]){11,30}`)
	digits     = regexp.MustCompile(`\+?[0-9(](?:[0-9()]|[ ./\x{00a0}–-]{1,2}[0-9(])*`)
)

// Find returns what stands in text, in its order, none overlapping another. names
// are the people the practice knows.
func Find(text string, names []string) []Trace {
	if len(text) > mostText {
		text = text[:mostText]
	}
	var found []Trace
	add := func(kind Kind, from, to int) {
		overlaps := func(t Trace) bool { return from < t.To && t.From < to }
		if !slices.ContainsFunc(found, overlaps) {
			found = append(found, Trace{kind, from, to})
		}
	}
	for _, at := range emailShape.FindAllStringIndex(text, -1) {
		add(Email, at[0], at[1])
	}
	for _, at := range ibanShape.FindAllStringIndex(text, -1) {
		if to, some := ibanEnd(text, at[0], at[1]); some {
			add(IBAN, at[0], to)
		}
	}
	for _, at := range digits.FindAllStringIndex(text, -1) {
		from, to := trimmed(text, at[0], at[1])
		if to-from < fewestDigits {
			continue
		}
		if kind, some := numberOf(text[from:to]); some && standsAlone(text, from, to) {
			add(kind, from, to)
		}
	}
	findNames(text, names, add)
	slices.SortFunc(found, func(a, b Trace) int { return cmp.Compare(a.From, b.From) })
	return found
}

// fewestDigits is how long the shortest number is that is looked at.
const fewestDigits = 8

// trimmed leaves out what is not a part of a number at its end.
func trimmed(text string, from, to int) (int, int) {
	for to > from && !isDigit(text[to-1]) {
		to--
	}
	if to > from && text[from] == '(' && !strings.Contains(text[from:to], ")") {
		from++
	}
	return from, to
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// standsAlone reports whether no letter touches the number, as one does in a
// reference.
func standsAlone(text string, from, to int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:from])
	after, _ := utf8.DecodeRuneInString(text[to:])
	return !unicode.IsLetter(before) && !unicode.IsLetter(after) && before != '_' && after != '_'
}

// numberOf says what a row of digits is, by its length and its check digits.
func numberOf(text string) (Kind, bool) {
	only := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, text)
	switch {
	case len(only) == 11 && !strings.HasPrefix(text, "+") && registerNumber(only):
		return Register, true
	case (len(only) == 9 || len(only) == 8) && plainDigits(text) && bsn(only):
		return BSN, true
	case phone(text, only):
		return Phone, true
	}
	return "", false
}

// plainDigits reports whether a number is written as a BSN is: digits, at most
// with dots or spaces between groups.
func plainDigits(text string) bool { return !strings.ContainsAny(text, "+()/–-") }

// bsn is the eleven-test: 9×d1 + 8×d2 + … + 2×d8 − d9 can be divided by 11.
func bsn(only string) bool {
	if len(only) == 8 {
		only = "0" + only
	}
	sum := 0
	for i := range 8 {
		sum += int(only[i]-'0') * (9 - i)
	}
	sum -= int(only[8] - '0')
	return sum%11 == 0 && strings.Trim(only, "0") != ""
}

// registerNumber tests the check digits of both centuries, and that the date can
// be one; a BIS number adds 20 or 40 to the month.
func registerNumber(only string) bool {
	month, day := number(only[2:4])%20, number(only[4:6])
	if month > 12 || day > 31 {
		return false
	}
	check := number(only[9:])
	return 97-number(only[:9])%97 == check || 97-number("2"+only[:9])%97 == check
}

func number(digits string) int {
	n := 0
	for _, d := range []byte(digits) {
		n = n*10 + int(d-'0')
	}
	return n
}

// phone reports whether digits are a telephone number: with a country, or with the
// zero of an area and at least nine digits.
func phone(text, only string) bool {
	switch {
	case strings.HasPrefix(text, "+"), strings.HasPrefix(only, "00"):
		return len(only) >= 9 && len(only) <= 15
	case strings.HasPrefix(only, "0"):
		return (len(only) == 9 || len(only) == 10) && !dateLike(text)
	}
	return false
}

// dateShape is a day at the beginning of a row of digits.
var dateShape = regexp.MustCompile(`^[0-3]?[0-9][-/. ][01]?[0-9][-/. ](?:19|20)[0-9]{2}`)

// dateLike tells a day with its time, such as 05-03-2027 9, from a number.
func dateLike(text string) bool { return dateShape.MatchString(text) }

// ibanEnd finds the longest beginning of the shape whose check digits are right
// (ISO 13616, mod 97).
func ibanEnd(text string, from, to int) (int, bool) {
	for end := to; end > from; end-- {
		only := strings.ToUpper(strings.NewReplacer(" ", "", ".", "", "-", "").Replace(text[from:end]))
		if len(only) < 15 {
			return 0, false
		}
		if len(only) <= 34 && mod97(only[4:]+only[:4]) == 1 && standsAlone(text, from, end) {
			return end, true
		}
	}
	return 0, false
}

func mod97(s string) int {
	rest := 0
	for _, c := range []byte(s) {
		switch {
		case isDigit(c):
			rest = (rest*10 + int(c-'0')) % 97
		case c >= 'A' && c <= 'Z':
			rest = (rest*100 + int(c-'A') + 10) % 97
		default:
			return -1
		}
	}
	return rest
}
