// Package redact keeps personal data and secrets out of the log. It stands
// between every logger of the program and what is written, as the last net: the
// first is that nobody logs such things.
//
// It knows values by their kind and by the name they are logged under, and finds
// in running text what has a shape: mail addresses, telephone numbers, IBANs,
// citizens' numbers, secrets, and what is quoted. It cannot know a name, a street
// or a sentence about somebody that stands in a text without quotes.
package redact

import (
	"regexp"
	"strings"

	"datalek/incidents/traces"
)

// What stands in the place of what was taken out.
const (
	withheld = "[withheld]"
	secret   = "[secret]"
	address  = "[mail address]"
)

// longest is how many bytes of one text are written; what is longer is cut.
const longest = 16 << 10

var (
	// An error quotes what it was given, which may be anything somebody typed.
	quoted = regexp.MustCompile(`"(?:[^"\\\n]|\\.)*"`)
	// net/http says what a handler panicked with, which may be anything.
	panicked = regexp.MustCompile(`(http: panic serving \S+: )[^\n]*`)
	// Ids are random and stand in the store in the clear.
	id = regexp.MustCompile(`(?i)\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b`)

	bracketed = regexp.MustCompile(`<[^<>\s]*@[^<>\s]*>`)
	encoded   = regexp.MustCompile(`(?i)[^\s"<>/?&=]+%40[^\s"<>/?&]+`)
	userinfo  = regexp.MustCompile(`(?i)\b([a-z][a-z0-9+.-]*://)[^\s/@]+@`)
	query     = regexp.MustCompile(`(?i)((?:\b[a-z][a-z0-9+.-]*://|/)[^\s?"]*\?)[^\s"]+`)
	inPath    = regexp.MustCompile(`(/(?:setup|p|ack|webhooks/mail|webhooks/processors)/)([^\s/?#:"]+)`)
	inLink    = regexp.MustCompile(`(/(?:join|reset)/)[^\s?#:"][^\s?#"]*`)
	prefixed  = regexp.MustCompile(`(?i)\b(?:whsec_|dlk_|age-secret-key-1|bearer +|basic +)[A-Za-z0-9+/=_.~-]+`)
	opaque    = regexp.MustCompile(`[A-Za-z0-9_-]{20,}`)
	module    = regexp.MustCompile(`@v?[0-9][^/@]*\.[0-9][^./@]*$`)
)

// Text returns what of a text may be written.
func Text(text string) string {
	if plain(text) {
		return text
	}
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "") + " [cut]"
	}
	text = panicked.ReplaceAllString(text, "${1}"+withheld)
	text = quoted.ReplaceAllString(text, `"…"`)
	var b strings.Builder
	from := 0
	for _, at := range id.FindAllStringIndex(text, -1) {
		b.WriteString(between(text[from:at[0]]))
		b.WriteString(text[at[0]:at[1]])
		from = at[1]
	}
	b.WriteString(between(text[from:]))
	return b.String()
}

// plain reports whether a text is a few small words of the program's own, as most
// of what is logged is: nothing in it has a shape to look for.
func plain(text string) bool {
	return len(text) <= 80 && strings.Trim(text, "abcdefghijklmnopqrstuvwxyz ,.:;_-") == ""
}

// between takes out what stands in a text that holds no ids.
func between(text string) string {
	text = userinfo.ReplaceAllString(text, "${1}")
	text = query.ReplaceAllString(text, "${1}"+withheld)
	text = bracketed.ReplaceAllString(text, "<"+address+">")
	text = encoded.ReplaceAllString(text, address)
	text = prefixed.ReplaceAllString(text, secret)
	text = inPath.ReplaceAllString(text, "${1}"+withheld)
	text = inLink.ReplaceAllString(text, "${1}"+withheld)
	text = opaque.ReplaceAllStringFunc(text, func(word string) string {
		if random(word) {
			return secret
		}
		return word
	})
	return numbers(text)
}

// random reports whether a word is of the kind that is drawn, not written:
// digits among letters of both cases, or long rows of hexadecimal or Base32.
func random(word string) bool {
	const digits, small, large = "0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	has := func(some string) bool { return strings.ContainsAny(word, some) }
	switch {
	case has(digits) && has(small) && has(large):
		return true
	case strings.Trim(word, "0123456789abcdef") == "", strings.Trim(word, "234567"+large) == "":
		return has(digits)
	}
	return false
}

// numbers takes out addresses and numbers that tell who somebody is.
func numbers(text string) string {
	var b strings.Builder
	from := 0
	for _, found := range traces.Find(text, nil) {
		if found.Kind == traces.Email && module.MatchString(found.Text(text)) {
			continue // a library's version in a stack
		}
		b.WriteString(text[from:found.From])
		b.WriteString(wordFor(found.Kind))
		from = found.To
	}
	return b.String() + text[from:]
}

func wordFor(kind traces.Kind) string {
	if kind == traces.Email {
		return address
	}
	return "[" + string(kind) + "]"
}
