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
	return b.texts(p, inc, audience, languages, nil)
}

func (b *Book) texts(p registry.Practice, inc *incidents.Incident, audience incidents.Audience, languages []string, held []registry.Category) ([]incidents.Text, error) {
	if !slices.Contains(incidents.Audiences(), audience) {
		return nil, &fault.Error{Code: fault.Invalid, Field: "audience", Key: "error.audience", Message: "choose an audience from the list"}
	}
	var texts []incidents.Text
	for _, language := range languages {
		f, set, err := b.view(p, inc, audience, language)
		if err != nil {
			return nil, fmt.Errorf("prepare text: %w", err)
		}
		f.held = held
		text, err := execute(set, string(audience), language, f)
		if err != nil {
			return nil, fmt.Errorf("text for %s in %s: %w", audience, language, err)
		}
		texts = append(texts, text)
	}
	return texts, nil
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
	return f, set, f.check()
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
