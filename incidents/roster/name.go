package roster

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// WholeName joins the parts of a name; particles stay before the family name
// ("Jan", "van der", "Berg" and "Jan", "", "Berg, van der" alike).
func WholeName(given, middle, family string) string {
	given, middle, family = oneLine(given), oneLine(middle), oneLine(family)
	if main, behind, some := strings.Cut(family, ","); some && allParticles(behind) {
		family = oneLine(behind + " " + main)
	}
	return oneLine(given + " " + middle + " " + family)
}

// NameOf puts a name that begins with the family name into speaking order:
// "Berg, van der, Jan", "Berg, Jan van der" and "van der Berg, Jan" are all
// "Jan van der Berg". A title behind a comma ("Jan Berg, MSc") stays.
func NameOf(text string) string {
	text = oneLine(text)
	parts := strings.Split(text, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	if len(parts) > 3 || slices.Contains(parts, "") || suffix(parts[len(parts)-1]) {
		return text
	}
	switch {
	case len(parts) == 2 && allParticles(parts[1]):
		return oneLine(parts[1] + " " + parts[0])
	case len(parts) == 2 && startsUpper(parts[1]):
		return oneLine(parts[1] + " " + parts[0])
	case len(parts) == 3 && allParticles(parts[1]):
		return oneLine(parts[2] + " " + parts[1] + " " + parts[0])
	case len(parts) == 3 && allParticles(parts[2]):
		return oneLine(parts[1] + " " + parts[2] + " " + parts[0])
	}
	return text
}

func startsUpper(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsUpper(r)
}

// particle reports whether a word is one that stands before a family name in
// Dutch, German, French, Arabic or the languages around them.
func particle(word string) bool {
	return slices.Contains([]string{"van", "von", "vom", "vander", "vanden", "de", "den", "der", "des", "het", "t", "s", "ten", "ter", "te", "tot", "in", "op", "aan", "aen",
		"uit", "uijt", "over", "onder", "bij", "voor", "d", "du", "la", "le", "les", "l", "di", "da", "dos", "das", "do", "del", "della", "zu", "zum", "zur", "el", "al", "ben", "bin", "ibn"}, word)
}

func allParticles(text string) bool {
	all := words(text)
	return len(all) > 0 && !slices.ContainsFunc(all, func(w string) bool { return !particle(w) })
}

// suffix reports whether what stands behind a comma is a title or degree.
func suffix(text string) bool {
	all := words(text)
	return len(all) > 0 && !slices.ContainsFunc(all, func(w string) bool {
		return !slices.Contains([]string{"msc", "bsc", "ma", "ba", "llm", "llb", "phd", "md", "mba", "drs", "dr", "ing", "ir", "mr", "prof", "jr", "sr", "ii", "iii", "rn", "bv", "nv", "vof"}, w)
	})
}

// NameKey is a name by which likely doubles are found: plain words in order of
// the alphabet, without particles.
func NameKey(name string) string {
	all := slices.DeleteFunc(words(name), particle)
	if len(all) == 0 {
		all = words(name)
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// oneLine joins words by single blanks. Line breaks stay: in a name they are a fault.
func oneLine(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '\t' || r == '\u00a0' }), " ")
}
