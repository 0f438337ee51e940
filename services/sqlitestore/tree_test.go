package sqlitestore_test

import (
	"database/sql"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"datalek/incidents/register"
	"datalek/services/sqlitestore"
)

func TestTheTreeGrowsOverAnOlderVersionsRegister(t *testing.T) {
	ctx, dir := t.Context(), form1(t)
	s := open(t, dir)
	entries := must[[]register.Entry](reading{t})(s.Entries(ctx, "p1", 0, 10))
	next := register.Next(entries[len(entries)-1].Head(), eventOf("late", 1), "00112233445566778899aabbccddeeff")
	if err := s.AppendEntries(ctx, "p1", []register.Entry{next}); err != nil {
		t.Fatal(err)
	}
	if err := s.GrowTree(ctx, "p1"); err != nil {
		t.Fatal(err)
	}
	a := audit(t, s)
	if found, _ := a.Findings(); len(found) != 0 || a.Treeless() != 0 || a.Size() != next.Seq {
		t.Errorf("findings %v, %d entries without a place, %d in all, want %d", found, a.Treeless(), a.Size(), next.Seq)
	}
}

// eventOf has an id that differs from the others' in more than one byte, so that a
// changed one is nobody else's.
func eventOf(id string, n int) register.Event {
	return register.Event{ID: fmt.Sprintf("%s-%d%[2]d", id, n), PracticeID: "p1", IncidentID: "i1", Kind: "incident.changed", At: noon(),
		Actor: register.Actor{Kind: register.ActorUser, ID: "u1"}, Facts: map[string]string{"n": fmt.Sprint(n), "field": "aware_at"}, Words: map[string]string{"reason": "belde terug"}}
}

func audit(t testing.TB, s *sqlitestore.Store) *register.Audit {
	t.Helper()
	rows, err := s.EntryRows(t.Context(), "p1", 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	a := register.NewAudit("p1")
	a.Add(rows...)
	return a
}

// column is one of a row of the register, and how to read it as bytes.
type column struct{ name, kind string }

func columnsOfEntries() []column {
	return []column{{"seq", "INTEGER"}, {"event_id", "TEXT"}, {"incident_id", "TEXT"}, {"hash", "TEXT"}, {"doc", "TEXT"}, {"tree", "BLOB"}}
}

// Every byte of every row is somebody's to bend: whichever it is, the audit says so
// and names the entry.
func TestAnyByteOfAnEntryThatIsChangedIsCaughtAndNamed(t *testing.T) {
	dir := t.TempDir() + "/data"
	s := open(t, dir)
	const size = 9
	var head register.Head
	for n := range size {
		e := register.Next(head, eventOf("i1", n+1), "00112233445566778899aabbccddeeff")
		if err := s.AppendEntries(t.Context(), "p1", []register.Entry{e}); err != nil {
			t.Fatal(err)
		}
		head = e.Head()
	}
	if found, _ := audit(t, s).Findings(); len(found) != 0 {
		t.Fatalf("before anything is changed: %v", found)
	}
	db := raw(t, dir)
	do(t, db, `CREATE TABLE aside AS SELECT * FROM entries`)
	rapid.Check(t, func(r *rapid.T) {
		seq := int64(rapid.IntRange(1, size).Draw(r, "entry"))
		col := rapid.SampledFrom(columnsOfEntries()).Draw(r, "column")
		bend(r, t, db, seq, col)
		found, _ := audit(t, s).Findings()
		names := slices.ContainsFunc(found, func(f register.Finding) bool { return f.From <= seq && seq <= f.To })
		do(t, db, `DELETE FROM entries; INSERT INTO entries SELECT * FROM aside`)
		if !names {
			r.Fatalf("found %v", found)
		}
	})
}

// bend changes one byte of a column, or a row's number.
func bend(r *rapid.T, t *testing.T, db *sql.DB, seq int64, col column) {
	if col.name == "seq" {
		by := rapid.Int64Range(10, 1<<40).Draw(r, "by")
		do(t, db, fmt.Sprintf(`UPDATE entries SET seq = seq + %d WHERE practice_id = 'p1' AND seq = %d`, by, seq))
		return
	}
	var value []byte
	if err := db.QueryRowContext(t.Context(), `SELECT CAST(`+col.name+` AS BLOB) FROM entries WHERE seq = ?`, seq).Scan(&value); err != nil {
		t.Fatal(err)
	}
	at := rapid.IntRange(0, len(value)-1).Draw(r, "at")
	other := rapid.ByteRange(1, 255).Filter(func(b byte) bool { return value[at]^b != 0 }).Draw(r, "xor") // a text ends at a zero
	value[at] ^= other
	if _, err := db.ExecContext(t.Context(), `UPDATE entries SET `+col.name+` = CAST(? AS `+col.kind+`) WHERE practice_id = 'p1' AND seq = ?`, value, seq); err != nil {
		t.Fatal(err)
	}
}

func TestAnEntryTakenOutIsNamedAndTheRegisterGoesOn(t *testing.T) {
	dir := t.TempDir() + "/data"
	s := open(t, dir)
	var head register.Head
	add := func(n int) {
		t.Helper()
		e := register.Next(head, eventOf("i1", n), "00112233445566778899aabbccddeeff")
		if err := s.AppendEntries(t.Context(), "p1", []register.Entry{e}); err != nil {
			t.Fatal(err)
		}
		head = e.Head()
	}
	for n := range 6 {
		add(n)
	}
	do(t, raw(t, dir), `DELETE FROM entries WHERE seq = 4`)
	for n := range 6 {
		add(n + 6)
	}
	found, _ := audit(t, s).Findings()
	if len(found) != 1 || found[0].String() != "entry 4 was removed" {
		t.Errorf("found %v", found)
	}
}
