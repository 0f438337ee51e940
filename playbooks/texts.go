package playbooks

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/template"
	"unicode"
	"unicode/utf8"

	"datalek/incidents"
)

// warningFile holds the texts of the practitioner's own warnings.
const warningFile = "warning"

// readTexts builds one set of templates per language and playbook: what all
// share, with the playbook's fragments over it.
func (l *loading) readTexts() error {
	for _, language := range languages() {
		l.readWords(language)
		base := template.New(language).Option("missingkey=error")
		bind(base)
		l.parse(base, language, "parts")
		l.parse(base, language, preliminaryFile)
		l.parse(base, language, youngFile)
		l.parse(base, language, updateFile)
		l.parse(base, language, organisationFile)
		for _, audience := range incidents.Audiences() {
			l.parse(base, language, string(audience))
		}
		if err := l.readWarning(base, language); err != nil {
			return err
		}
		if err := l.readSets(base, language); err != nil {
			return err
		}
	}
	return nil
}

// readWarning reads the warnings, in the languages that a practitioner reads.
func (l *loading) readWarning(base *template.Template, language string) error {
	if !slices.Contains(pageLanguages(), language) {
		return nil
	}
	warning, err := base.Clone()
	if err != nil {
		return fmt.Errorf("copy templates: %w", err)
	}
	l.parse(warning, language, warningFile)
	l.book.warnings[language] = bind(warning)
	return nil
}

func (l *loading) readSets(base *template.Template, language string) error {
	l.book.sets[language] = map[string]*template.Template{}
	names := []string{generic}
	for _, id := range slices.Sorted(maps.Keys(l.book.playbooks)) {
		if l.book.playbooks[id].HasOwnTexts {
			names = append(names, id)
		}
	}
	for _, name := range names {
		set, err := base.Clone()
		if err != nil {
			return fmt.Errorf("copy templates: %w", err)
		}
		l.parse(set, language, name)
		l.book.sets[language][name] = bind(set)
		for _, audience := range incidents.Audiences() {
			for _, part := range []string{".subject", ".body"} {
				file := textFile(language, string(audience))
				if set.Lookup(string(audience)+part) == nil && !l.broken[file] {
					l.faults.add(l.layers.path(file), 0, "the text %q is missing", string(audience)+part)
				}
			}
		}
	}
	return nil
}

func (l *loading) parse(set *template.Template, language, name string) {
	raw, file, some := l.read(textFile(language, name))
	if !some {
		return
	}
	if _, err := set.New(file).Parse(string(raw)); err != nil {
		l.broken[textFile(language, name)] = true
		l.faults.addTemplate(file, err)
	}
}

// bind gives a set its functions; include is the set's own.
func bind(set *template.Template) *template.Template {
	return set.Funcs(template.FuncMap{
		"first": upperFirst,
		"include": func(name string, data any) (string, error) {
			var out strings.Builder
			err := set.ExecuteTemplate(&out, name, data)
			return out.String(), err
		},
	})
}

func upperFirst(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[size:]
}

// execute renders one text. Its subject is one line, its body tidy paragraphs.
func execute(set *template.Template, name, language string, data any) (incidents.Text, error) {
	var subject, body strings.Builder
	if err := set.ExecuteTemplate(&subject, name+".subject", data); err != nil {
		return incidents.Text{}, fmt.Errorf("write subject: %w", err)
	}
	if err := set.ExecuteTemplate(&body, name+".body", data); err != nil {
		return incidents.Text{}, fmt.Errorf("write text: %w", err)
	}
	return incidents.Text{Language: language, Subject: strings.Join(strings.Fields(subject.String()), " "), Body: spaced(tidy(body.String()), language)}, nil
}

// tidy turns a rendered template into the body of a mail: an empty line ends a
// paragraph, a backslash at the end of a line keeps the break, "- " begins an
// item of a list, and every other line break is a space.
func tidy(rendered string) string {
	var paragraphs, lines []string
	open := false // the next line goes on with the last one
	flush := func() {
		if len(lines) > 0 {
			paragraphs = append(paragraphs, strings.Join(lines, "\n"))
		}
		lines, open = nil, false
	}
	for raw := range strings.Lines(rendered) {
		line, hard := strings.CutSuffix(strings.Join(strings.Fields(raw), " "), `\`)
		line = strings.TrimSpace(line)
		switch {
		case line == "" && !hard:
			flush()
		case line == "":
			open = false
		case open && !strings.HasPrefix(line, item):
			lines[len(lines)-1] += " " + line
			open = !hard
		default:
			lines = append(lines, line)
			open = !hard
		}
	}
	flush()
	return strings.Join(paragraphs, "\n\n") + "\n"
}

// spaced keeps the marks that French sets apart from standing alone on a new line.
func spaced(body, language string) string {
	if language != "fr" {
		return body
	}
	return strings.NewReplacer(" ?", "\u00a0?", " !", "\u00a0!", " :", "\u00a0:", " ;", "\u00a0;").Replace(body)
}

// item begins a line of a list.
const item = "- "
