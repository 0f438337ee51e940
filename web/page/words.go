package page

import (
	"fmt"
	"io/fs"

	"github.com/labstack/echo/v4"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// The languages of the pages.
const (
	Dutch   = "nl"
	English = "en"
)

// Languages returns the languages of the pages, the default first.
func Languages() []string { return []string{Dutch, English} }

// Words is the catalogue of texts in every language of the pages.
type Words struct {
	speak   map[string]*i18n.Localizer
	matcher language.Matcher
}

// LoadWords reads the catalogue of texts from files, for those who speak outside
// of the pages.
func LoadWords(files fs.FS) (*Words, error) { return newWords(files) }

func newWords(files fs.FS) (*Words, error) {
	bundle := i18n.NewBundle(language.Dutch)
	names, err := fs.Glob(files, "*.json")
	if err != nil {
		return nil, fmt.Errorf("list texts: %w", err)
	}
	for _, name := range names {
		if _, err := bundle.LoadMessageFileFS(files, name); err != nil {
			return nil, fmt.Errorf("read texts %s: %w", name, err)
		}
	}
	w := &Words{speak: map[string]*i18n.Localizer{}, matcher: language.NewMatcher([]language.Tag{language.Dutch, language.English})}
	for _, lang := range Languages() {
		w.speak[lang] = i18n.NewLocalizer(bundle, lang)
	}
	return w, nil
}

// T returns the text under key in a language. pairs are names and values of
// its blanks; the one named "n" also chooses between one and many. A key that
// does not exist is returned itself, so that a page still shows.
func (w *Words) T(lang, key string, pairs ...any) string {
	text, found := w.Lookup(lang, key, pairs...)
	if !found {
		return key
	}
	return text
}

// Lookup is T that says whether the key exists.
func (w *Words) Lookup(lang, key string, pairs ...any) (string, bool) {
	speak, known := w.speak[lang]
	if !known {
		speak = w.speak[Dutch]
	}
	blanks := blanksOf(pairs)
	config := &i18n.LocalizeConfig{MessageID: key, TemplateData: blanks}
	if n, counted := blanks["n"]; counted {
		config.PluralCount = n
	}
	text, err := speak.Localize(config)
	if err != nil && config.PluralCount != nil {
		config.PluralCount = nil // a text that is the same for one and many has one form
		text, err = speak.Localize(config)
	}
	return text, err == nil && text != ""
}

func blanksOf(pairs []any) map[string]any {
	blanks := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if name, ok := pairs[i].(string); ok {
			blanks[name] = pairs[i+1]
		}
	}
	return blanks
}

// Match returns the language that suits an Accept-Language header best, Dutch
// when none does.
func (w *Words) Match(accept string) string {
	tags, _, err := language.ParseAcceptLanguage(accept)
	if err != nil || len(tags) == 0 {
		return Dutch
	}
	_, index, confidence := w.matcher.Match(tags...)
	if confidence == language.No {
		return Dutch
	}
	return Languages()[index]
}

// T returns the text under key in the page's language: T(c, "desk.open", "n", 3).
func T(c echo.Context, key string, pairs ...any) string {
	r := requestOf(c)
	if r.site == nil {
		return key
	}
	return r.site.words.T(r.lang, key, pairs...)
}

// WordsOf returns the catalogue of texts.
func WordsOf(c echo.Context) *Words { return requestOf(c).site.words }

// Has reports whether the catalogue has a text under key.
func Has(c echo.Context, key string) bool {
	r := requestOf(c)
	if r.site == nil {
		return false
	}
	_, found := r.site.words.Lookup(r.lang, key)
	return found
}

// dict makes a map of names and values for a partial.
func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("dict: a name without a value")
	}
	made := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict: name %d is no text", i/2+1)
		}
		made[name] = pairs[i+1]
	}
	return made, nil
}
