package advisory

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Limits of what is taken over from a sender, in characters.
const (
	MaxReference = 200
	MaxSummary   = 4_000 // leaves room below the case's own limit for our remarks
	MaxText      = 8_000
	MaxPart      = 4_500
	MaxTitle     = 300
	MaxName      = 80
	MaxLink      = 500
	MaxNames     = 60 // entries of a list
)

// Clean makes a stranger's text safe to keep: no characters that hide or
// reorder, at most that many characters.
func Clean(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\u2028' || r == '\u2029' || r == '\u0085':
			return '\n'
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError:
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return Cut(strings.TrimSpace(s), most)
}

// OneLine is Clean for what must stand in one line.
func OneLine(s string, most int) string {
	const room = 4 // of spaces that fall away
	return Cut(strings.Join(strings.Fields(Clean(s, most*room)), " "), most)
}

// Cut shortens a text to that many characters, the last a sign that more followed.
func Cut(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:most-1])) + "…"
}

// oldest is the first instant that a message may speak of.
var oldest = time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)

// skew is how far ahead of ours a sender's clock may run.
const skew = 5 * time.Minute

// Past returns at in UTC, cut to milliseconds, and whether it can be a time in
// the past for a message received at the given instant.
func Past(at, received time.Time) (time.Time, bool) {
	at = at.UTC().Truncate(time.Millisecond)
	return at, !at.Before(oldest) && !at.After(received.Add(skew))
}

// SetWindow takes the times of the breach over. A window whose end lies before
// its start counts as unknown.
func (a *Advisory) SetWindow(from, until *time.Time) {
	if from != nil && until != nil && until.Before(*from) {
		a.OccurredFrom, a.OccurredUntil, a.BadWindow = nil, nil, true
		return
	}
	a.OccurredFrom, a.OccurredUntil = from, until
}
