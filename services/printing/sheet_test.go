package printing_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"datalek/incidents/authority"
	"datalek/services/printing"
)

func TestASheetForTheAuthorityShowsEveryAnswerWithItsMark(t *testing.T) {
	form, err := authority.LoadForm(authority.GBA)
	if err != nil {
		t.Fatal(err)
	}
	s := authority.Sheet{Form: form, Language: "de", Parts: []authority.Part{{Number: "4", Title: "Art der Verletzung", Answers: []authority.Answer{
		{Number: "4.3", Label: "Beschreibung", Text: strings.Repeat("Ein Brief ging verloren. ", 400) + "\nEnde é.", Mark: authority.Recorded}, {Number: "4.4", Label: "Ursache", Mark: authority.Missing}}}}}
	var out, again bytes.Buffer
	for _, w := range []*bytes.Buffer{&out, &again} {
		if err := printing.Sheet(w, s, []string{"Praktijk Zon · 2027-0001"}, made()); err != nil {
			t.Fatal(err)
		}
	}
	pages := pagesOf(t, out.Bytes())
	all := fmt.Sprint(pages)
	for _, want := range []string{"GBA 2026-11", "Praktijk Zon", "nicht die amtliche Reihenfolge", "4.3 Beschreibung (festgehalten)", "Ende é.", "4.4 Ursache (noch nicht ausgefüllt)", "Seite 1 von"} {
		if !strings.Contains(all, want) {
			t.Errorf("the sheet lacks %q", want)
		}
	}
	for _, p := range pages {
		for _, x := range p {
			if x.x > 190.1 || x.y > 290 {
				t.Errorf("%q at %.0f, %.0f mm lies off the page", x.text, x.x, x.y)
			}
		}
	}
	if len(pages) < 2 || !bytes.Equal(out.Bytes(), again.Bytes()) {
		t.Errorf("%d pages, or another file each time", len(pages))
	}
}
