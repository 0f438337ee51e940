package traces

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// shortest is how many letters a part of a name has at least to be looked for
// alone: shorter ones are words.
const shortest = 3

// word is a row of letters in a text.
type word struct {
	from, to int
	plain    string // in small letters
	capital  bool
}

// findNames finds whole names, and parts of names where they begin with a capital.
func findNames(text string, names []string, add func(Kind, int, int)) {
	words := wordsOf(text)
	parts := map[string]bool{}
	wholes := map[string][][]string{}
	for _, name := range names {
		own := wordsOf(name)
		var row []string
		for _, w := range own {
			row = append(row, w.plain)
			if utf8.RuneCountInString(w.plain) >= shortest && !slices.Contains(particles, w.plain) {
				parts[w.plain] = true
			}
		}
		if len(row) > 0 {
			wholes[row[0]] = append(wholes[row[0]], row)
		}
	}
	for i := 0; i < len(words); i++ {
		if n := longest(words[i:], wholes[words[i].plain]); n > 1 {
			add(Name, words[i].from, words[i+n-1].to)
			i += n - 1
		} else if words[i].capital && parts[words[i].plain] {
			add(Name, words[i].from, words[i].to)
		}
	}
}

// longest is how many words the longest of the names takes that stands at the
// beginning; 0 when none does.
func longest(words []word, names [][]string) int {
	best := 0
	for _, name := range names {
		if len(name) > len(words) || len(name) <= best {
			continue
		}
		same := true
		for i, part := range name {
			same = same && words[i].plain == part
		}
		if same {
			best = len(name)
		}
	}
	return best
}

// particles stand in many names and tell nothing.
var particles = []string{"van", "von", "den", "der", "des", "del", "ten", "ter", "het", "las", "los", "dos", "mevrouw", "meneer", "mijnheer", "familie", "dhr", "mevr", "drs"}

func wordsOf(text string) []word {
	var words []word
	from, capital := -1, false
	for at, r := range text + " " {
		inside := unicode.IsLetter(r) || unicode.Is(unicode.Mn, r)
		switch {
		case inside && from < 0:
			from, capital = at, unicode.IsUpper(r)
		case !inside && from >= 0:
			words = append(words, word{from, at, strings.ToLower(text[from:at]), capital})
			from = -1
		}
	}
	return words
}
