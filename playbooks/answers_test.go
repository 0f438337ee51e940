package playbooks_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"datalek/incidents"
	"datalek/playbooks"

	"github.com/google/go-cmp/cmp"
)

// answered is a case of which nothing is known but the answer to one question.
func answered(p playbooks.Playbook, question, answer string) *incidents.Incident {
	inc := known(p.ID)
	inc.Facts.Unintelligible = incidents.UnintelligibleUnknown
	inc.Story.Answers = map[string]string{}
	if question != "" {
		inc.Story.Answers[incidents.AnswerKey(p.ID, question)] = answer
	}
	inc.Facts.Said = p.Says(inc.Story.Answers)
	return inc
}

// TestAnswersChangeWhatAMessageSays shows for each answer which sentences of the
// message to clients it changes. An answer that changes none stands nowhere.
func TestAnswersChangeWhatAMessageSays(t *testing.T) {
	book := load(t)
	changing := map[string][]string{} // by language
	for _, language := range book.Languages() {
		for _, p := range book.Playbooks() {
			before := saysTo(t, book, language, answered(p, "", ""))
			var all strings.Builder
			for _, q := range p.Questions {
				for _, o := range q.Options {
					after := saysTo(t, book, language, answered(p, q.ID, o.ID))
					gone, come := without(before, after), without(after, before)
					if len(gone)+len(come) == 0 {
						continue
					}
					changing[language] = append(changing[language], incidents.AnswerKey(p.ID, q.ID)+"/"+o.ID)
					fmt.Fprintf(&all, "=== %s: %s ===\n", q.ID, o.ID)
					for _, s := range gone {
						fmt.Fprintf(&all, "- %s\n", s)
					}
					for _, s := range come {
						fmt.Fprintf(&all, "+ %s\n", s)
					}
					all.WriteString("\n")
				}
			}
			if all.Len() > 0 {
				golden(t, filepath.Join(language, p.ID, "answers.txt"), all.String())
			}
		}
	}
	for _, language := range book.Languages() {
		if diff := cmp.Diff(changing["nl"], changing[language]); diff != "" {
			t.Errorf("an answer changes the words of one language only (-nl +%s):\n%s", language, diff)
		}
	}
	for _, must := range []string{"lost-device/encrypted/yes", "lost-device/wiped/confirmed", "mis-sent-email/deleted/yes", "phished-mailbox/copied/yes", "ransomware/taken/no", "mis-sent-letter/returned/unopened"} {
		if !slices.Contains(changing["nl"], must) {
			t.Errorf("the answer %s changes nothing", must)
		}
	}
}

// saysTo returns the sentences of the message to clients.
func saysTo(t *testing.T, book *playbooks.Book, language string, inc *incidents.Incident) []string {
	t.Helper()
	texts, err := book.Texts(practice(), inc, incidents.ToClients, []string{language}, moment())
	if err != nil {
		t.Fatalf("%s, %s: %v", inc.Facts.Playbook, language, err)
	}
	return strings.Split(strings.NewReplacer(". ", ".\n", "? ", "?\n").Replace(texts[0].Body), "\n")
}

// without returns the lines of a that b lacks.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}
