package smtpmail

import (
	"bytes"
	"fmt"
	"net/mail"
	"strings"
)

const (
	lineLimit = 76  // octets a folded header line aims at, RFC 2047 section 2
	hardLimit = 998 // octets no line may pass, RFC 5322 section 2.1.1
	// wordLimit keeps the first encoded word on the line of its field name, the
	// longest of which is Reply-To; a word alone may have 75 (RFC 2047 section 2).
	wordLimit = 66
)

// writeField writes one header field, folded at its spaces.
func writeField(b *bytes.Buffer, name, value string) {
	b.WriteString(name + ":")
	used := len(name) + 1
	for i, word := range strings.Split(value, " ") {
		if i > 0 && used+1+len(word) > lineLimit {
			b.WriteString("\r\n")
			used = 0
		}
		b.WriteString(" " + word)
		used += 1 + len(word)
	}
	b.WriteString("\r\n")
}

// formatAddress writes a mailbox for a header. Only the name is ever encoded,
// never the address with it (the library does that to a Reply-To).
func formatAddress(a mail.Address) string {
	if a.Name == "" {
		return a.Address
	}
	if plain(a.Name) {
		return a.String()
	}
	return encodeText(a.Name) + " <" + a.Address + ">"
}

// encodeText returns s for a header: as it stands when plain, else as encoded
// words (RFC 2047), each short enough for one line and cut between runes.
func encodeText(s string) string {
	if plain(s) {
		return s
	}
	const open, end = "=?utf-8?q?", "?="
	var words []string
	var word strings.Builder
	for _, r := range s {
		enc := encodeRune(r)
		if word.Len()+len(enc)+len(open)+len(end) > wordLimit {
			words = append(words, open+word.String()+end)
			word.Reset()
		}
		word.WriteString(enc)
	}
	return strings.Join(append(words, open+word.String()+end), " ")
}

// plain reports text that needs no encoding. What already looks like an
// encoded word is encoded once more, so that it is shown as it was typed.
func plain(s string) bool {
	return isASCII(s) && !strings.Contains(s, "=?")
}

// encodeRune is the Q encoding in its strictest form, the one for names
// (RFC 2047 section 5, rule 3).
func encodeRune(r rune) string {
	switch {
	case r == ' ':
		return "_"
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("!*+-/", r):
		return string(r)
	}
	var b strings.Builder
	for _, c := range []byte(string(r)) {
		fmt.Fprintf(&b, "=%02X", c)
	}
	return b.String()
}
