package traces

import (
	"slices"
	"unicode/utf8"
)

// Words are those that stand in texts, to tell which names may be found in them
// before any is looked for. Make it with WordsOf.
type Words map[string]bool

// WordsOf returns the words of the texts.
func WordsOf(texts ...string) Words {
	w := Words{}
	for _, text := range texts {
		w.Add(text)
	}
	return w
}

// Add adds the words of another text, as far as Find would search it.
func (w Words) Add(text string) {
	if len(text) > mostText {
		text = text[:mostText]
	}
	for _, x := range wordsOf(text) {
		w[x.plain] = true
	}
}

// Empty reports whether there are none.
func (w Words) Empty() bool { return len(w) == 0 }

// Meet reports whether a part of the name stands in the texts. Where it does not,
// Find finds nothing of it either.
func (w Words) Meet(name string) bool {
	for _, x := range wordsOf(name) {
		telling := utf8.RuneCountInString(x.plain) >= shortest && !slices.Contains(particles, x.plain)
		if telling && w[x.plain] {
			return true
		}
	}
	return w.meetsWhole(name)
}

// meetsWhole is about names of short words alone, which are found only whole.
func (w Words) meetsWhole(name string) bool {
	parts := wordsOf(name)
	for _, x := range parts {
		if !w[x.plain] {
			return false
		}
	}
	return len(parts) > 1
}
