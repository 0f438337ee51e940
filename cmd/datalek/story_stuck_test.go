package main_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite" // damages a record, as no page can
)

// Story: the stored messages of a case were damaged, so that they cannot be
// drafted anew. The work is given up and stands on the desk with its case; the record
// is mended, "try again" is pressed, the messages are there and the entry is gone.
func TestStoryStuckWork(t *testing.T) {
	h := startAlarmHost(t, "DATALEK_TEST_TRIES=2")
	now := h.now().UTC().Truncate(time.Second).Format(time.RFC3339)
	for _, id := range []string{"c-1", "c-2"} {
		h.must(201, "POST", "/clients", object{"external_id": id, "name": "Cliënt Geheim", "email": id + "@post.example", "guidance": []object{{"from": "2025-01-01"}}}, nil)
	}
	var filed struct{ ID, Reference string }
	h.must(201, "POST", "/incidents", object{"playbook": "phished-mailbox", "summary": "Iemand las mee.", "discovered_at": now, "aware_at": now,
		"aware_basis": "Er stond vreemde mail in Verzonden.", "subjects": object{"external_ids": []string{"c-1"}}, "unintelligible": "no"}, &filed)
	place := "/incidents/" + filed.ID
	noticeTo(t, h.demo, place, "clients")

	h.write(99)
	h.must(202, "POST", place+"/affected", object{"external_id": "c-2", "include": true, "reason": "Stond er ook bij."}, nil)
	p := h.visit()
	p.open("/")
	p.awaits("1 taak van datalek bleef liggen.")
	p.open("/stuck")
	p.sees("Werk dat bleef liggen", "Berichten klaarzetten", filed.Reference, "na 2 keer proberen", "Probeer opnieuw")
	if words := p.words(); strings.Contains(words, "Geheim") || strings.Contains(words, "post.example") {
		t.Errorf("the list names people:\n%s", words)
	}

	h.write(1)
	p = h.visit()
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
	h.serve(strings.TrimPrefix(h.BaseURL, "http://"))
}

// visit is somebody of the practice, logged in.
func (h *alarmHost) visit() *person {
	h.t.Helper()
	t, is := h.t.(*testing.T)
	if !is {
		h.t.Fatal("no test")
	}
	p := &person{visitor: newPlainReader(t, h.BaseURL), t: t, disturb: func() {}}
	p.logIn(h.demo)
	return p
}
