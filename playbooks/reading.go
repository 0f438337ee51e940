package playbooks

import (
	"strings"

	"datalek/incidents"
	"datalek/incidents/registry"
)

// CodeMark stands in a text and its HTML form where the reader's code comes, so
// that one text serves all readers. It is a character for private use (Unicode,
// section 23.5), which no text has.
const CodeMark = "\uE0DE"

// SampleCode stands in previews in the place of a reader's code.
const SampleCode = "XXXXX-XXXXX"

// WithReading adds to a text how its reader sees it again and asks a question:
// the address of the practice's page and, at CodeMark, his code. There is no code
// in the address. Without an address the text stays as it is.
func WithReading(t incidents.Text, p registry.Practice, address string) incidents.Text {
	if address == "" {
		return t
	}
	words := readingWords(t.Language, p.Policy.Formal)
	if t.For == incidents.ForYoung {
		words = youngReadingWords(t.Language)
	}
	t.Body = strings.TrimRight(strings.ReplaceAll(t.Body, CodeMark, ""), "\n") + "\n\n" +
		strings.NewReplacer("{page}", address, "{code}", CodeMark).Replace(words)
	return t
}

// FillCode puts a reader's code where CodeMark stands.
func FillCode(text, code string) string {
	return strings.Replace(text, CodeMark, incidents.GroupedCode(code), 1)
}

// SampleReading is a text as its reader gets it, with a made-up code.
func SampleReading(t incidents.Text, p registry.Practice, address string) incidents.Text {
	t = WithReading(t, p, address)
	t.Body = strings.Replace(t.Body, CodeMark, SampleCode, 1)
	return t
}

func readingWords(language string, formal bool) string {
	switch language {
	case "nl":
		if !formal {
			return "Wil je dit bericht later nog eens lezen, of iets vragen? Ga naar {page} en vul daar je e-mailadres en deze code in: {code}"
		}
		return "Wilt u dit bericht later nog eens lezen, of iets vragen? Ga naar {page} en vul daar uw e-mailadres en deze code in: {code}"
	case "fr":
		return "Voulez-vous relire ce message plus tard, ou poser une question ? Allez sur {page} et indiquez-y votre adresse e-mail et ce code : {code}"
	case "de":
		return "Möchten Sie diese Nachricht später noch einmal lesen oder etwas fragen? Gehen Sie zu {page} und geben Sie dort Ihre E-Mail-Adresse und diesen Code ein: {code}"
	default:
		return "Do you want to read this message again later, or ask something? Go to {page} and fill in your email address and this code: {code}"
	}
}

// youngReadingWords are those for who is addressed in the familiar form whatever
// the practice chose.
func youngReadingWords(language string) string {
	switch language {
	case "fr":
		return "Tu veux relire ce message plus tard, ou poser une question ? Va sur {page} et indique ton adresse e-mail et ce code : {code}"
	case "de":
		return "Möchtest du diese Nachricht später noch einmal lesen oder etwas fragen? Geh zu {page} und gib dort deine E-Mail-Adresse und diesen Code ein: {code}"
	default:
		return readingWords(language, false)
	}
}
