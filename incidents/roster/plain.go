package roster

import (
	"strings"
	"unicode"
)

// Plain returns text in lower case without accents, and of it only letters and
// digits: "E-mailadres" and "emailadres" are the same header.
func Plain(text string) string {
	var b strings.Builder
	for _, r := range text {
		for _, f := range base(unicode.ToLower(r)) {
			if unicode.IsLetter(f) || unicode.IsDigit(f) {
				b.WriteRune(f)
			}
		}
	}
	return b.String()
}

// base is a letter without its accent. Marks that stand by themselves go.
func base(r rune) string {
	if r < 0x80 {
		return string(r)
	}
	for _, group := range []struct{ accented, plain string }{
		{"àáâãäåāăą", "a"}, {"çćĉċč", "c"}, {"ďđð", "d"}, {"èéêëēĕėęě", "e"}, {"ĝğġģ", "g"}, {"ìíîïĩīĭįı", "i"},
		{"ķ", "k"}, {"łľļĺ", "l"}, {"ñńņň", "n"}, {"òóôõöøōŏő", "o"}, {"ŕŗř", "r"}, {"śŝşšș", "s"}, {"ţťț", "t"},
		{"ùúûüũūŭůűų", "u"}, {"ýÿŷ", "y"}, {"źżž", "z"}, {"æ", "ae"}, {"œ", "oe"}, {"ß", "ss"}, {"þ", "th"}, {"ĳ", "ij"},
	} {
		if strings.ContainsRune(group.accented, r) {
			return group.plain
		}
	}
	if unicode.Is(unicode.Mn, r) {
		return ""
	}
	return string(r)
}

// words returns the plain words of a name or header.
func words(text string) []string {
	var all []string
	for _, w := range strings.FieldsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune(".,;:/()_-–'’\"", r)
	}) {
		if w = Plain(w); w != "" {
			all = append(all, w)
		}
	}
	return all
}
