package incidents

import (
	"slices"

	"datalek/incidents/fault"
	"datalek/incidents/law"
	"datalek/incidents/registry"
)

// TextFor says which of a notice's readers a text is for.
type TextFor string

// The kinds of readers with words of their own.
const (
	ForEverybody    TextFor = ""             // all the others
	ForYoung        TextFor = "young"        // 12 to 15 years old, about himself
	ForOrganisation TextFor = "organisation" // contact person of a commissioning organisation, about himself
	ForNewsletter   TextFor = "newsletter"   // who gets the newsletter and was never in guidance
	ForEnquirer     TextFor = "enquirer"     // who asked something or got an offer, and was never in guidance
)

// TextKinds returns every kind of reader in the order in which pages show texts.
func TextKinds() []TextFor {
	return []TextFor{ForEverybody, ForYoung, ForOrganisation, ForNewsletter, ForEnquirer}
}

// Voice is in which language, and for which of its readers, a text is written.
type Voice struct {
	Language string
	For      TextFor
}

// Voice returns the text's own.
func (t Text) Voice() Voice { return Voice{t.Language, t.For} }

// Voice returns in which words the reader is told.
func (r Recipiency) Voice() Voice { return Voice{r.Language, r.For} }

// Voice returns in which words the reader is told.
func (d Delivery) Voice() Voice { return Voice{d.Language, d.For} }

// TextFor returns the text that a reader gets: in his language, else in the
// first of the others that there is, else in any. Who has words of his own never
// gets those of others: without such a text it is the zero Text.
func (n *Notice) TextFor(v Voice, others ...string) Text {
	for _, language := range append([]string{v.Language}, others...) {
		if at := n.find(Voice{language, v.For}); at >= 0 {
			return n.Texts[at]
		}
	}
	if at := slices.IndexFunc(n.Texts, func(t Text) bool { return t.For == v.For }); at >= 0 {
		return n.Texts[at]
	}
	return Text{}
}

// Speaks reports whether the notice has a text in the voice.
func (n *Notice) Speaks(v Voice) bool { return n.find(v) >= 0 }

func (n *Notice) find(v Voice) int {
	return slices.IndexFunc(n.Texts, func(t Text) bool { return t.Voice() == v })
}

// voiceFor returns which words somebody reads who is told about another or
// himself. Parents read about their child what is for everybody.
func voiceFor(audience Audience, about, reader registry.Client, year int, ages law.Ages) TextFor {
	if reader.ID != about.ID || audience != ToClients && audience != ToFormerClients {
		return ForEverybody
	}
	if about.Relation == registry.RelationOrganisationContact {
		return ForOrganisation
	}
	if age, known := about.AgeIn(year); known && age >= ages.Beside && age < ages.Instead {
		return ForYoung
	}
	if audience == ToFormerClients && len(about.Guidance) == 0 {
		return neverGuided(about.Relation)
	}
	return ForEverybody
}

// neverGuided returns the words for somebody outside guidance who never was in it:
// what is said of all others is not true for him.
func neverGuided(relation registry.Relation) TextFor {
	switch relation {
	case registry.RelationNewsletter:
		return ForNewsletter
	case registry.RelationEnquirer, registry.RelationProspect:
		return ForEnquirer
	default:
		return ForEverybody
	}
}

// checkVoices refuses texts that lack the words that one of the readers needs.
func checkVoices(texts []Text, recipients []Recipiency) error {
	probe := Notice{Texts: texts}
	for _, r := range recipients {
		if r.For == ForEverybody || probe.Speaks(r.Voice()) {
			continue
		}
		switch r.For {
		case ForNewsletter, ForEnquirer:
			return fault.New(fault.Conflict, "error.own_text_missing", "somebody who was never in guidance reads this, and there is no text for him in his language; look again, so that it is written")
		case ForYoung:
			return fault.New(fault.Conflict, "error.young_text_missing", "somebody of 12 to 15 reads this, and there is no text for young people in his language; look again, so that it is written")
		}
		return fault.New(fault.Conflict, "error.organisation_text_missing", "a contact person of an organisation reads this, and there is no text for contact persons in his language; look again, so that it is written")
	}
	return nil
}
