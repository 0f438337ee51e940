package playbooks_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
)

// A text says by when readers hear more, before its signature, in every
// language, for every reader and in words that people changed.
func TestATextSaysWhenReadersHearMore(t *testing.T) {
	book, at := load(t), moment().Add(72*time.Hour)
	var content strings.Builder
	for _, language := range book.Languages() {
		for _, formal := range []bool{true, false} {
			p := practice()
			p.Policy.Formal = formal
			texts, err := book.Texts(p, known("lost-device"), incidents.ToClients, []string{language}, moment())
			if err != nil {
				t.Fatal(err)
			}
			for _, body := range []string{texts[0].Body, "Mijn eigen woorden.\n\nGroet, Anna\n", "Zo."} {
				draft := []incidents.Text{{Language: language, Subject: "x", Body: body}}
				said, err := book.Promised(p, incidents.ToClients, draft, at)
				if err != nil {
					t.Fatal(err)
				}
				if draft[0].Body != body || len(said[0].Body) <= len(body) {
					t.Errorf("nothing was added to %q, or to the draft itself", body)
				}
				fmt.Fprintf(&content, "=== %s, formal %t ===\n\n%s\n", language, formal, said[0].Body)
			}
		}
	}
	for _, sentence := range []string{"U hoort uiterlijk op donderdag 11 maart 2027 om 14.30 uur meer van ons.", "Je hoort uiterlijk",
		"You will hear more from us by Thursday 11 March 2027 at 14:30 at the latest.",
		"Vous aurez de nos nouvelles au plus tard le jeudi 11 mars 2027 à 14 h 30.", "Sie hören spätestens am Donnerstag, 11. März 2027 um 14:30 Uhr mehr von uns."} {
		if !strings.Contains(content.String(), sentence) {
			t.Errorf("nothing says %q:\n%s", sentence, content.String())
		}
	}
}

func TestThePromiseStandsBeforeTheSignature(t *testing.T) {
	book := load(t)
	for _, language := range book.Languages() {
		texts, err := book.Texts(practice(), known("lost-device"), incidents.ToClients, []string{language}, moment())
		if err != nil {
			t.Fatal(err)
		}
		said, err := book.Promised(practice(), incidents.ToClients, texts, moment().Add(72*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		before, after := strings.Split(strings.TrimSpace(texts[0].Body), "\n\n"), strings.Split(strings.TrimSpace(said[0].Body), "\n\n")
		if len(after) != len(before)+1 || after[len(after)-1] != before[len(before)-1] {
			t.Errorf("%s: the signature is not last:\n%s", language, said[0].Body)
		}
		for _, s := range sentences(after[len(after)-2]) {
			if words := len(strings.Fields(s)); words > 25 {
				t.Errorf("%d words: %s", words, s)
			}
		}
		if found := tells(after[len(after)-2]); found != "" {
			t.Errorf("the promise says %q", found)
		}
	}
}
