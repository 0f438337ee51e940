package main_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // damages a record, as no page can
)

// Story: the stored messages of a case were damaged, so that they cannot be
// drafted anew. The work is given up and stands on the desk with its case; the record
// is mended, "try again" is pressed, the messages are there and the entry is gone.
func TestStoryStuckWork(t *testing.T) {
	h := startAlarmHost(t, "DATALEK_TEST_TRIES=2")
	for _, id := range []string{"c-1", "c-2"} {
		h.must(201, "POST", "/clients", object{"external_id": id, "name": "Cliënt Geheim", "email": id + "@post.example", "guidance": []object{{"from": "2025-01-01"}}}, nil)
	}
	place, reference := h.fileRead("c-1")
	noticeTo(t, h.demo, place, "clients")

	h.write(99)
	h.must(202, "POST", place+"/affected", object{"external_id": "c-2", "include": true, "reason": "Stond er ook bij."}, nil)
	p := h.visit(t)
	p.open("/")
	p.awaits("1 taak van datalek bleef liggen.")
	p.open("/stuck")
	p.sees("Werk dat bleef liggen", "Berichten klaarzetten", reference, "na 2 keer proberen", "Probeer opnieuw")
	if words := p.words(); strings.Contains(words, "Geheim") || strings.Contains(words, "post.example") {
		t.Errorf("the list names people:\n%s", words)
	}

	h.write(1)
	p = h.visit(t)
	p.open("/stuck")
	p.sees("Berichten klaarzetten") // a kill and a restart lost nothing
	p.click("Probeer opnieuw")
	p.sees("datalek probeert het opnieuw.")
	p.awaits("Er blijft niets liggen")
	await(t, "the message goes to both", func() error {
		if n := noticeTo(t, h.demo, place, "clients"); n.Recipients != 2 {
			return errNot("it has %d recipients", n.Recipients)
		}
		return nil
	})
	p.open("/")
	if strings.Contains(p.words(), "bleef liggen") {
		t.Error("the desk still says that work is stuck")
	}
}

// write sets the form of the stored messages, while the program is killed: one
// that it does not know cannot be read.
func (h *alarmHost) write(form int) {
	h.t.Helper()
	h.kill()
	db, err := sql.Open("sqlite", filepath.Join(h.data(), "datalek.db"))
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := db.ExecContext(h.t.Context(), `UPDATE notices SET doc = json_set(doc, '$.schema', ?)`, form); err != nil {
		h.t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		h.t.Fatal(err)
	}
	h.again()
}
