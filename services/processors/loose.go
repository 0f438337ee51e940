package processors

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"datalek/incidents"
	"datalek/incidents/advisory"
)

// word is a JSON value that one sample shows as text and another as a number or
// a yes or no. It is read from any of them; from a list or an object it is "".
type word string

// UnmarshalJSON never fails.
func (w *word) UnmarshalJSON(raw []byte) error {
	var s string
	switch {
	case json.Unmarshal(raw, &s) == nil:
		*w = word(s)
	case len(raw) > 0 && raw[0] != '{' && raw[0] != '[':
		*w = word(raw)
	default:
		*w = ""
	}
	return nil
}

func (w word) is(name string) bool { return strings.EqualFold(strings.TrimSpace(string(w)), name) }

func (w word) line(most int) string { return advisory.OneLine(string(w), most) }

// key is an identifier in one line; one that is too long is none, for cut off it
// could be another's.
func (w word) key() string {
	if key := w.line(advisory.MaxReference + 1); utf8.RuneCountInString(key) <= advisory.MaxReference {
		return key
	}
	return ""
}

// part is a JSON object that may also be missing, null or of another form: then
// all of its fields are unknown.
type part[T any] struct{ value T }

// UnmarshalJSON never fails.
func (p *part[T]) UnmarshalJSON(raw []byte) error {
	var v T
	if len(raw) > 0 && raw[0] == '{' && json.Unmarshal(raw, &v) == nil {
		p.value = v
	}
	return nil
}

// lines is a list of texts, one text, or nothing that can be used.
type lines []string

// UnmarshalJSON never fails.
func (l *lines) UnmarshalJSON(raw []byte) error {
	*l = list(raw)
	return nil
}

func absent(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

// text returns a JSON string, "" for anything else.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// list returns the usable strings of a JSON list, or one string as a list of one.
func list(raw json.RawMessage) []string {
	var mixed []json.RawMessage
	if json.Unmarshal(raw, &mixed) != nil {
		mixed = []json.RawMessage{raw}
	}
	var out []string
	for _, item := range mixed {
		out = addName(out, text(item))
	}
	return out
}

// addName adds a name to a list unless it is empty, there already, or too many.
func addName(to []string, name string) []string {
	name = advisory.OneLine(name, advisory.MaxName)
	if name == "" || len(to) >= advisory.MaxNames || slices.Contains(to, name) {
		return to
	}
	return append(to, name)
}

// words joins a text, or a list of texts, with line breaks.
func words(raw json.RawMessage) string {
	if s := text(raw); s != "" {
		return s
	}
	var mixed []json.RawMessage
	if json.Unmarshal(raw, &mixed) != nil {
		return ""
	}
	var out []string
	for _, item := range mixed {
		if s := text(item); s != "" {
			out = append(out, s)
		}
	}
	return strings.Join(out, "\n")
}

// layouts are the ways in which senders write an instant. One without a zone is
// UTC, as Azure documents it.
func layouts() []string {
	return []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "01/02/2006 15:04:05"}
}

// moment reads an instant, nil when it is none or cannot be.
func (m message) moment(w word) *time.Time {
	for _, layout := range layouts() {
		if at, err := time.Parse(layout, strings.TrimSpace(string(w))); err == nil {
			at, possible := advisory.Past(at, m.received)
			if !possible {
				return nil
			}
			return &at
		}
	}
	return nil
}

// window reads the times of a breach. What is given and cannot be is unknown.
func (m message) window(a *advisory.Advisory, from, until word) {
	a.SetWindow(m.moment(from), m.moment(until))
	for _, w := range []word{from, until} {
		a.BadWindow = a.BadWindow || w != "" && m.moment(w) == nil
	}
}

// claim notes a time that the sender gives, under his own name for it.
func (m message) claim(a *advisory.Advisory, name string, w word) *time.Time {
	at := m.moment(w)
	if at != nil {
		a.Claims = append(a.Claims, incidents.Claim{Name: name, At: *at})
	}
	return at
}

// link keeps an address that a page can show.
func link(a *advisory.Advisory, address string) {
	const most = 20
	address = advisory.OneLine(address, advisory.MaxLink+1)
	if !strings.HasPrefix(strings.ToLower(address), "https://") || len(address) > advisory.MaxLink || strings.ContainsAny(address, " \"<>\\") ||
		len(a.Links) >= most || slices.Contains(a.Links, address) {
		return
	}
	a.Links = append(a.Links, address)
}
