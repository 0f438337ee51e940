package playbooks_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"datalek/incidents/authority"
	"datalek/playbooks"
)

// TestSheetsForTheAuthorityReadAsTheGoldenFilesSay is the authority's turn among
// the readers: each kind of breach on the sheets that have words in a language. No
// authority takes English; what goes out in it is the common template, as data.
func TestSheetsForTheAuthorityReadAsTheGoldenFilesSay(t *testing.T) {
	book := load(t)
	forms := map[string][]authority.FormID{"nl": {authority.AP, authority.GBA}, "fr": {authority.GBA}, "de": {authority.GBA}}
	for _, language := range book.Languages() {
		for _, playbook := range goldenPlaybooks(book) {
			var all strings.Builder
			for _, v := range variations(playbook) {
				r := recordOf(t, book, v)
				if language == "en" {
					writeTemplate(t, &all, r, v.name)
				}
				for _, id := range forms[language] {
					writeSheet(t, &all, sheetOf(t, id, language, r), v.name)
				}
			}
			golden(t, filepath.Join(language, playbook, "authority.txt"), all.String())
		}
	}
}

// recordOf is what a sheet is made from, under the law of its day.
func recordOf(t *testing.T, book *playbooks.Book, v variation) authority.Record {
	t.Helper()
	zone, err := v.practice.Zone()
	if err != nil {
		t.Fatal(err)
	}
	kind, known := book.Playbook(v.incident.Facts.Playbook)
	if !known {
		t.Fatalf("no playbook %q", v.incident.Facts.Playbook)
	}
	v.incident.Law = book.LawOf(v.practice, moment())
	effects, err := book.Effects(v.practice, v.incident)
	if err != nil {
		t.Fatal(err)
	}
	return authority.Record{Incident: v.incident, Practice: v.practice, Zone: zone, Now: moment().Add(time.Hour),
		IncidentType: kind.APIncidents[0], KindSays: kind.BreachKinds, Effects: effects}
}

func sheetOf(t *testing.T, id authority.FormID, language string, r authority.Record) authority.Sheet {
	t.Helper()
	form, err := authority.LoadForm(id)
	if err != nil {
		t.Fatal(err)
	}
	if form.Language(language) != language {
		t.Fatalf("the sheet %s has no words in %s", id, language)
	}
	return authority.Make(form, language, r)
}

func writeTemplate(t *testing.T, all *strings.Builder, r authority.Record, facts string) {
	t.Helper()
	raw, err := json.MarshalIndent(authority.MakeTemplate(r), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(all, "=== EDPB: %s ===\n\n%s\n\n", facts, raw)
}

func writeSheet(t *testing.T, all *strings.Builder, s authority.Sheet, facts string) {
	t.Helper()
	fmt.Fprintf(all, "=== %s: %s ===\n", s.Form.Version, facts)
	for _, part := range s.Parts {
		fmt.Fprintf(all, "\n%s\n", strings.TrimSpace(part.Number+" "+part.Title))
		for _, a := range part.Answers {
			fmt.Fprintf(all, "  %s\n    %s: %s\n", strings.TrimSpace(a.Number+" "+a.Label), a.Mark, strings.ReplaceAll(a.Text, "\n", "\n    "))
			if a.Label == "" || (a.Mark != authority.Missing && a.Text == "") {
				t.Errorf("%s asks %q and says %q", s.Form.Version, a.Label, a.Text)
			}
		}
	}
	all.WriteString("\n")
}
