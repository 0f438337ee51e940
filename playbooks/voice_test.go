package playbooks_test

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"datalek/incidents"
)

// kept holds what allTexts wrote, since every test below reads it all.
var kept struct {
	sync.Once
	texts []notice
}

// allTexts are the notices of the golden files and the warnings.
func allTexts(t *testing.T) []notice {
	t.Helper()
	kept.Do(func() {
		book := load(t)
		for _, language := range book.Languages() {
			kept.texts = append(kept.texts, notices(t, book, language)...)
		}
		for _, language := range warned() {
			kept.texts = append(kept.texts, warnings(t, book, language)...)
		}
	})
	if len(kept.texts) == 0 {
		t.Fatal("there are no texts to read")
	}
	return kept.texts
}

func (n notice) name() string {
	return n.playbook + "/" + string(n.audience) + "/" + n.text.Language + "/" + n.facts
}

// ends finds where sentences end: a full stop inside "14.30" is none.
var ends = regexp.MustCompile(`[.!?]["”)]*(\s|$)`)

// sentences returns the whole sentences of a body; names, numbers and the items
// of a list that are only words are none.
func sentences(body string) []string {
	var out []string
	for line := range strings.Lines(body) {
		rest := strings.TrimPrefix(strings.TrimSpace(line), "- ")
		for at := ends.FindStringIndex(rest); at != nil; at = ends.FindStringIndex(rest) {
			out = append(out, strings.TrimSpace(rest[:at[1]]))
			rest = rest[at[1]:]
		}
	}
	return out
}

func TestSentencesAreShort(t *testing.T) {
	const most, mostOnAverage = 25, 15
	for _, n := range allTexts(t) {
		all := 0
		found := sentences(n.text.Body)
		for _, s := range found {
			words := len(strings.Fields(s))
			all += words
			if words > most {
				t.Errorf("%s: %d words: %s", n.name(), words, s)
			}
		}
		if len(found) < 3 {
			t.Errorf("%s has only %d sentences", n.name(), len(found))
		} else if all > mostOnAverage*len(found) {
			t.Errorf("%s: %d words in %d sentences", n.name(), all, len(found))
		}
	}
}

func TestTheSentenceCounterCounts(t *testing.T) {
	got := sentences("Op 8 maart om 14.30 uur. Klopt dat?\nTelefoon: 06 1\n- naam\n- Bel ons. Nu.\n")
	want := []string{"Op 8 maart om 14.30 uur.", "Klopt dat?", "Bel ons.", "Nu."}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// telling are words that would let somebody who reads over a shoulder learn that
// the reader is in guidance, and words that good notices do not use; lower case.
var telling = strings.Split("datalek|therap|coach|begeleiding|cliënt|client|sessie|session|behandel|patiënt|patient|praktijk betreurt|"+
	"betrokkene|data subject|victim|slachtoffer| avg|gdpr|artikel|article|thérap|séance|patient|accompagnement|fuite de données|rgpd|violation|"+
	"klient|beratung|sitzung|behandlung|datenpanne|datenleck|dsgvo|begleitung|betroffene|"+
	"mogelijkerwijs|adequate|zeer serieus|very seriously|"+
	"niets aan de hand|no reason to worry|per ommegaande|breach|inbreuk|verwerkingsverantwoordelijke|dossier|2027-0003", "|")

// tells returns the first telling word of a text, "" when it has none.
func tells(text string) string {
	text = strings.ToLower(text)
	for _, word := range telling {
		if strings.Contains(text, word) {
			return word
		}
	}
	return ""
}

// ownWords are the free text that the cases of the test bring along.
var ownWords = strings.NewReplacer("Alle sessies beëindigd", "")

func TestNoticesTellAHousemateNothing(t *testing.T) {
	for _, n := range allTexts(t) {
		if n.audience == incidents.ToPractitioner {
			continue
		}
		for _, text := range []string{n.text.Subject, ownWords.Replace(n.text.Body)} {
			if found := tells(text); found != "" {
				t.Errorf("%s says %q", n.name(), found)
			}
		}
	}
}

func TestSubjectsAreDiscreet(t *testing.T) {
	number := regexp.MustCompile(`[0-9!?]`)
	for _, n := range allTexts(t) {
		if found := tells(n.text.Subject); found != "" {
			t.Errorf("%s: subject says %q", n.name(), found)
		}
		if n.audience != incidents.ToPractitioner && number.MatchString(n.text.Subject) {
			t.Errorf("%s: subject %q has a number or a shout", n.name(), n.text.Subject)
		}
		if strings.ContainsAny(n.text.Subject, "\r\n") || n.text.Subject == "" || len(n.text.Subject) > 78 {
			t.Errorf("%s: subject %q is no short line", n.name(), n.text.Subject)
		}
	}
}

func TestNoticesNeverCarryWhatMustStayInside(t *testing.T) {
	for _, n := range allTexts(t) {
		for _, secret := range []string{"SUMMARY", "client.example", "other.example"} {
			if strings.Contains(n.text.Subject+n.text.Body, secret) {
				t.Errorf("%s carries %q", n.name(), secret)
			}
		}
	}
}

func TestTheWrongRecipientDoesNotLearnWhatKindsOfData(t *testing.T) {
	for _, n := range allTexts(t) {
		if n.audience != incidents.ToRecipient {
			continue
		}
		for _, kind := range []string{"gezondheid", "health", "aantekeningen", "notes", "santé", "rapports", "Gesundheit", "Berichte", "Wij hebben uitgezocht", "server"} {
			if strings.Contains(n.text.Body, kind) {
				t.Errorf("%s says %q", n.name(), kind)
			}
		}
	}
}

// apology is how each language says sorry in the first person.
var apology = regexp.MustCompile(`spijt mij|I am sorry|Je (vous|te) présente mes excuses|Je vous prie de m'excuser|Es tut mir leid`)

func TestEachNoticeSaysSorryOnce(t *testing.T) {
	for _, n := range allTexts(t) {
		if n.audience == incidents.ToPractitioner {
			continue
		}
		sorry := len(apology.FindAllString(n.text.Body, -1))
		if sorry != 1 {
			t.Errorf("%s says sorry %d times", n.name(), sorry)
		}
	}
}

func TestTextsAreTidy(t *testing.T) {
	untidy := regexp.MustCompile(`  |\n\n\n|^\n|[ \t]\n| [.,;?:!]|\.\.|<no value>|%!|[^\n]$|\[\[[^n]`)
	for _, n := range allTexts(t) {
		if found := untidy.FindStringIndex(n.text.Body); found != nil {
			t.Errorf("%s is untidy near %q", n.name(), n.text.Body[max(0, found[0]-20):min(len(n.text.Body), found[1]+20)])
		}
	}
}

func TestTheFormOfAddressIsKeptThroughout(t *testing.T) {
	formal, familiar := regexp.MustCompile(`\b([Uu]|[Uu]w)\b`), regexp.MustCompile(`\b[Jj](e|ij|ou|ouw)\b`)
	for _, n := range allTexts(t) {
		if n.text.Language != "nl" || n.audience == incidents.ToPractitioner {
			continue
		}
		wrong := familiar
		if strings.HasPrefix(n.facts, "familiar") || n.audience == toYoung {
			wrong = formal
		}
		if found := wrong.FindString(n.text.Subject + " " + n.text.Body); found != "" {
			t.Errorf("%s also says %q", n.name(), found)
		}
	}
}

func TestFrenchAndGermanKeepTheirFormOfAddress(t *testing.T) {
	formal := map[string]*regexp.Regexp{"fr": regexp.MustCompile(`(?i)(^|[^\pL-])(vous|votre|vos)([^\pL]|$)`), "de": regexp.MustCompile(`\b(Ihnen|Ihre[nmrs]?|Ihr)\b|[a-z?] Sie\b`)}
	familiar := map[string]*regexp.Regexp{"fr": regexp.MustCompile(`(?i)(^|[^\pL-])(tu|toi|tes|ton|te)([^\pL]|$)`), "de": regexp.MustCompile(`(?i)\b(du|dich|dir|dein\w*)\b`)}
	for _, n := range allTexts(t) {
		wrong := familiar[n.text.Language]
		if n.audience == toYoung {
			wrong = formal[n.text.Language]
		}
		if wrong == nil {
			continue
		}
		if found := wrong.FindString(n.text.Subject + " " + n.text.Body); found != "" {
			t.Errorf("%s also says %q", n.name(), found)
		}
	}
}

func TestAtMostFourStepsAreAskedOfTheReader(t *testing.T) {
	for _, n := range allTexts(t) {
		for _, lead := range []string{"zelf doen:\n", "do yourself:\n", "faire vous-même\u00a0:\n", "faire toi-même\u00a0:\n", "selbst tun:\n"} {
			_, after, some := strings.Cut(n.text.Body, lead)
			if !some {
				continue
			}
			steps, _, _ := strings.Cut(after, "\n\n")
			if count := strings.Count("\n"+steps, "\n- "); count < 1 || count > 4 {
				t.Errorf("%s asks %d steps", n.name(), count)
			}
		}
	}
}

func TestEveryPlaybookHasATextForEveryAudienceAndLanguage(t *testing.T) {
	book := load(t)
	for _, playbook := range book.Playbooks() {
		for _, v := range variations(playbook.ID) {
			for _, audience := range incidents.Audiences() {
				texts, err := book.Texts(v.practice, v.incident, audience, book.Languages(), moment())
				if err != nil {
					t.Errorf("%s, %s, %s: %v", playbook.ID, audience, v.name, err)
					continue
				}
				if len(texts) != 4 || texts[0].Language != "nl" || texts[1].Language != "en" || texts[2].Language != "fr" || texts[3].Language != "de" {
					t.Errorf("%s, %s: languages %v", playbook.ID, audience, texts)
				}
			}
		}
	}
}

func TestWordsOfTheListsAreShortToo(t *testing.T) {
	book := load(t)
	check := func(where, text string) {
		if text == "" || strings.Contains(text, "  ") {
			t.Errorf("%s: %q", where, text)
		}
		for _, s := range append(sentences(text), "") {
			if words := len(strings.Fields(s)); words > 25 {
				t.Errorf("%s: %d words: %s", where, words, s)
			}
		}
	}
	for _, language := range warned() {
		for _, p := range book.Playbooks() {
			check(p.ID, p.Title[language])
			check(p.ID, p.Explanation[language])
			for _, task := range p.Tasks {
				check(p.ID, task.Text[language])
			}
			for _, q := range p.Questions {
				check(p.ID, q.Text[language])
				for _, o := range q.Options {
					check(p.ID, o.Text[language])
				}
			}
		}
		for _, p := range book.Policies() {
			check(p.ID, p.Title[language])
			check(p.ID, p.Explanation[language])
		}
	}
}
