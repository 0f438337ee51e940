package main_test

import (
	"strings"
	"testing"
)

// askAsReader lets a client whose mail went out read it again and ask something:
// w.reading is his practice's page, w.code and w.reader open it, w.question is
// what he asked.
func (w *world) askAsReader(t *testing.T, d *demo, p *person) {
	t.Helper()
	for _, m := range d.mails() {
		if at := readingNote.FindStringSubmatch(strings.Join(strings.Fields(m.Text), " ")); at != nil {
			w.reading, w.code, w.reader = strings.TrimPrefix(at[1], d.BaseURL), at[2], m.To
			break
		}
	}
	if w.reading == "" {
		t.Fatal("no mail tells its reader where to read it again")
	}
	p.open(w.reading)
	w.openReading(p)
	p.fill("Uw vraag", "Ligt mijn dossier nu op straat? Zebrapad.")
	p.click("Stuur mijn vraag")
	p.sees("Uw vraag is bij de praktijk.")
	p.click("Klaar, sluit mijn bericht")
	var asked struct{ Items []struct{ ID string } }
	d.must(200, "GET", "/questions", nil, &asked)
	if len(asked.Items) != 1 {
		t.Fatalf("%d questions, want 1", len(asked.Items))
	}
	w.question = "/questions/" + asked.Items[0].ID
}

// openReading types the code and the address on the readers' page.
func (w *world) openReading(p *person) {
	p.fill("De code uit het bericht", w.code)
	p.fill("Uw e-mailadres", w.reader)
	p.click("Lees mijn bericht")
	p.sees("Ik heb dit gelezen")
}

func (w *world) readingPages() []view {
	return []view{
		{name: "reading-door", path: w.reading}, refused("reading-refused", w.reading, "Lees mijn bericht"),
		{name: "reading-opened", path: w.reading, act: w.openReading}, {name: "reading-notice", path: w.reading},
		refused("reading-question-refused", w.reading, "Stuur mijn vraag"),
		{name: "questions", path: "/questions"}, {name: "questions-all", path: "/questions?all=1"}, {name: "questions-case", path: w.running + "/questions"},
		{name: "question", path: w.question},
	}
}
