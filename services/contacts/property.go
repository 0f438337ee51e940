package contacts

import (
	"io"
	"mime/quotedprintable"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/ianaindex"
)

// property is one line of a card: [group.]NAME[;param…]:value.
type property struct {
	name  string   // in capitals, without its group
	types []string // the values of TYPE, in lower case, and the bare words of vCard 2.1
	pref  int      // PREF=1…100 (RFC 6350 section 5.3), 0 when not told
	value string   // as it stands, escapes and all
}

func parseProperty(text string) (property, bool) {
	head, value, ok := cutHead(text)
	if !ok {
		return property{}, false
	}
	params := strings.Split(head, ";")
	name := strings.ToUpper(strings.TrimSpace(params[0]))
	if _, behind, grouped := strings.Cut(name, "."); grouped {
		name = behind
	}
	p := property{name: name, value: value}
	encoding, charset := "", ""
	for _, param := range params[1:] {
		key, val, some := strings.Cut(strings.ToLower(param), "=")
		if !some {
			key, val = "type", key // vCard 2.1: TEL;CELL;PREF, and TEL;QUOTED-PRINTABLE
		}
		val = strings.Trim(val, `"`)
		switch {
		case key == "encoding", val == "quoted-printable", val == "base64":
			encoding = val
		case key == "charset":
			charset = val
		case key == "pref":
			p.pref, _ = strconv.Atoi(val)
		case key == "type":
			p.types = append(p.types, strings.Split(val, ",")...)
		}
	}
	if encoding == "quoted-printable" {
		p.value = fromQuotedPrintable(p.value, charset)
	}
	return p, name != ""
}

// cutHead splits a line at the first colon outside of quotes.
func cutHead(text string) (head, value string, ok bool) {
	inside := false
	for i := range len(text) {
		switch {
		case text[i] == '"':
			inside = !inside
		case text[i] == ':' && !inside:
			return text[:i], text[i+1:], true
		}
	}
	return "", "", false
}

func fromQuotedPrintable(value, charset string) string {
	plain, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(value)))
	if err != nil {
		return value
	}
	if charset != "" && charset != "utf-8" {
		if enc, err := ianaindex.MIME.Encoding(charset); err == nil && enc != nil {
			if text, err := enc.NewDecoder().Bytes(plain); err == nil && utf8.Valid(text) {
				return string(text)
			}
		}
	}
	return decoded(string(plain))
}

// text is the value without escapes (RFC 6350 section 3.4).
func (p property) text() string { return unescape(p.value) }

// components splits a structured value at semicolons that are not escaped; there
// are always seven, as many as an address has.
func (p property) components() []string {
	var parts []string
	from, escaped := 0, false
	for i := range len(p.value) {
		switch {
		case escaped:
			escaped = false
		case p.value[i] == '\\':
			escaped = true
		case p.value[i] == ';':
			parts = append(parts, unescape(p.value[from:i]))
			from = i + 1
		}
	}
	parts = append(parts, unescape(p.value[from:]))
	for len(parts) < 7 {
		parts = append(parts, "")
	}
	return parts
}

func unescape(value string) string {
	if !strings.Contains(value, `\`) {
		return value
	}
	return strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\N`, "\n", `\,`, ",", `\;`, ";", `\:`, ":").Replace(value)
}

// address puts the parts of ADR (post office box, extended, street, place,
// region, postal code, country) into the lines of an envelope.
func (p property) address() string {
	part := p.components()
	var all []string
	for _, l := range []string{part[0], part[2], part[1], part[5] + " " + part[3], part[6]} {
		if l = strings.Join(strings.Fields(l), " "); l != "" {
			all = append(all, l)
		}
	}
	if len(all) == 1 && part[6] != "" {
		return "" // a country alone reaches nobody
	}
	return strings.Join(all, "\n")
}

// rank is n when the property has this type.
func (p property) rank(kind string, n int) int {
	if slices.Contains(p.types, kind) {
		return n
	}
	return 0
}

// preference ranks what the owner of the card prefers: PREF=1 is the most, TYPE=pref
// is the older way to say so.
func (p property) preference() int {
	if p.pref > 0 {
		return 101 - min(p.pref, 100)
	}
	return p.rank("pref", 100)
}
