package playbooks

import (
	"fmt"
	"slices"
	"strings"
	"text/template"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

// Texts writes a notice for an audience in each of the languages, from what is
// known of the case. It says what is not known yet as such. The instant of
// writing leaves no trace: the same facts always give the same words, and hash.
func (b *Book) Texts(p registry.Practice, inc *incidents.Incident, audience incidents.Audience, languages []string, _ time.Time) ([]incidents.Text, error) {
	voices := make([]incidents.Voice, len(languages))
	for i, language := range languages {
		voices[i].Language = language
	}
	return b.texts(p, inc, audience, voices, sight{})
}

// TextFor writes what one kind of an audience's readers reads, in one language.
func (b *Book) TextFor(p registry.Practice, inc *incidents.Incident, audience incidents.Audience, voice incidents.Voice) (incidents.Text, error) {
	texts, err := b.texts(p, inc, audience, []incidents.Voice{voice}, sight{})
	if err != nil {
		return incidents.Text{}, err
	}
	return texts[0], nil
}

// sight is what drafting sees beside the case, as far as it is known.
type sight struct {
	held    []registry.Category // what the breached systems keep
	readers []incidents.Recipiency
	news    *incidents.News // what an update tells; nil: the text is no update
}

func (b *Book) texts(p registry.Practice, inc *incidents.Incident, audience incidents.Audience, voices []incidents.Voice, seen sight) ([]incidents.Text, error) {
	if !slices.Contains(incidents.Audiences(), audience) {
		return nil, &fault.Error{Code: fault.Invalid, Field: "audience", Key: "error.audience", Message: "choose an audience from the list"}
	}
	var texts []incidents.Text
	for _, v := range voices {
		f, set, err := b.view(p, inc, audience, v.Language)
		if err == nil {
			err = f.check()
		}
		if err != nil {
			return nil, fmt.Errorf("prepare text: %w", err)
		}
		f.held, f.readers, f.reader, f.news = seen.held, seen.readers, v.For, seen.news
		name := templateOf(audience, v.For)
		if seen.news != nil && v.For != incidents.ForYoung && v.For != incidents.ForOrganisation {
			name = updateFile
		}
		text, err := execute(set, name, v.Language, f)
		if err != nil {
			return nil, fmt.Errorf("text for %s %s in %s: %w", audience, v.For, v.Language, err)
		}
		text.For = v.For
		texts = append(texts, text)
	}
	return texts, nil
}

// templateOf names the template for an audience, or for a kind of its readers.
func templateOf(audience incidents.Audience, reader incidents.TextFor) string {
	switch reader {
	case incidents.ForYoung:
		return youngFile
	case incidents.ForOrganisation:
		return organisationFile
	default:
		return string(audience)
	}
}

func (b *Book) view(p registry.Practice, inc *incidents.Incident, audience incidents.Audience, language string) (facts, *template.Template, error) {
	zone, err := p.Zone()
	if err != nil {
		return facts{}, nil, fmt.Errorf("practice time zone: %w", err)
	}
	playbook, known := b.playbooks[inc.Facts.Playbook]
	if !known {
		return facts{}, nil, fmt.Errorf("no playbook %q", inc.Facts.Playbook)
	}
	name := generic
	if playbook.HasOwnTexts {
		name = playbook.ID
	}
	set, written := b.sets[language][name]
	if !written {
		return facts{}, nil, fmt.Errorf("no texts in language %q", language)
	}
	f := facts{language: language, practice: p, incident: inc, playbook: playbook, audience: audience, words: b.words[language], zone: zone}
	return f, set, nil
}

// Effects proposes, by language, what the form of an authority asks: what may
// happen to persons, in the words of the kind of breach. It is nil while nobody has
// said which data it is: what leaked is never guessed.
func (b *Book) Effects(p registry.Practice, inc *incidents.Incident) (map[string]string, error) {
	if inc.Facts.Categories == nil {
		return nil, nil
	}
	effects := map[string]string{}
	for _, language := range b.Languages() {
		f, set, err := b.view(p, inc, incidents.ToPublic, language)
		if err != nil {
			return nil, fmt.Errorf("prepare effects in %s: %w", language, err)
		}
		var text strings.Builder
		if err := set.ExecuteTemplate(&text, "effects", f); err != nil {
			return nil, fmt.Errorf("write effects in %s: %w", language, err)
		}
		effects[language] = strings.TrimSpace(strings.ReplaceAll(spaced(tidy(text.String()), language), "\n\n", "\n"))
	}
	return effects, nil
}

// namePlace is where the mailer puts a reader's name.
const namePlace = "[[name]]"

// Personalise puts the reader's name into a body whose salutation asks for it.
// Without a name the salutation becomes the general one.
func Personalise(body, name string) string {
	name = strings.Join(strings.Fields(name), " ")
	if name == "" {
		body = strings.NewReplacer("Beste "+namePlace+",", "Goedendag,", "Dear "+namePlace+",", "Hello,", " "+namePlace, "").Replace(body)
	}
	return strings.ReplaceAll(body, namePlace, name)
}
