package authority

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"datalek/incidents"
	"datalek/incidents/traces"
)

// Found is something personal in an answer that nobody has decided about.
type Found struct {
	Key    string // of the question
	Number string
	Label  string
	Kind   traces.Kind
	Text   string
	Around string // the text about it
}

// Open returns what stands in the free texts of a sheet that tells who someone is
// and about which nobody has decided, each thing once. names are the people the
// practice knows.
func Open(s Sheet, names []string, choices []incidents.TraceChoice) []Found {
	var open []Found
	settled := map[string]bool{}
	for _, c := range choices {
		settled[c.Text] = true
	}
	for _, a := range s.Answers() {
		if !a.Free {
			continue
		}
		for _, t := range traces.Find(a.Text, names) {
			text := t.Text(a.Text)
			if !settled[text] {
				settled[text] = true
				open = append(open, Found{Key: a.Key, Number: a.Number, Label: a.Label, Kind: t.Kind, Text: text, Around: around(a.Text, t)})
			}
		}
	}
	return open
}

// nearby is how much of a text is shown about a find, in bytes to each side.
const nearby = 60

func around(text string, t traces.Trace) string {
	from, to := max(0, t.From-nearby), min(len(text), t.To+nearby)
	for from > 0 && !utf8.RuneStart(text[from]) {
		from--
	}
	for to < len(text) && !utf8.RuneStart(text[to]) {
		to++
	}
	return strings.TrimSpace(text[from:to])
}

// Clean puts instead in the place of all that was chosen to be left out. The
// longest goes first, so that a name goes before its parts.
func Clean(text string, choices []incidents.TraceChoice, instead string) string {
	sorted := slices.Clone(choices)
	slices.SortStableFunc(sorted, func(a, b incidents.TraceChoice) int { return len(b.Text) - len(a.Text) })
	for _, c := range sorted {
		if !c.Keep && c.Text != "" {
			text = replaceWhole(text, c.Text, instead)
		}
	}
	return text
}

// replaceWhole replaces what stands by itself: "Jan" stays in "januari" and Janssen.
func replaceWhole(text, old, with string) string {
	var out strings.Builder
	for {
		at := strings.Index(text, old)
		if at < 0 {
			out.WriteString(text)
			return out.String()
		}
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		after, _ := utf8.DecodeRuneInString(text[at+len(old):])
		put := with
		if inWord(before) || inWord(after) {
			put = old
		}
		out.WriteString(text[:at] + put)
		text = text[at+len(old):]
	}
}

func inWord(r rune) bool { return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) }
