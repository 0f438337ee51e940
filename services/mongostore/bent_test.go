package mongostore_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"datalek/incidents/register"
	"datalek/services/mongostore"
	"datalek/services/record"
)

// leaf is one value of a document: its path, and its bytes.
type leaf struct {
	path []string
	kind bson.Type
	raw  []byte
}

func leavesOf(t *testing.T, doc bson.Raw, at []string) []leaf {
	t.Helper()
	elements, err := doc.Elements()
	if err != nil {
		t.Fatal(err)
	}
	var list []leaf
	for _, e := range elements {
		path := append(slices.Clone(at), e.Key())
		v := e.Value()
		if inner, is := v.DocumentOK(); is {
			list = append(list, leavesOf(t, inner, path)...)
			continue
		}
		if len(v.Value) > 0 {
			list = append(list, leaf{path, v.Type, v.Value})
		}
	}
	return list
}

// bent returns a document with one byte of one value changed. What BSON itself needs
// to be read, such as the length of a text, stays.
func bent(t *testing.T, doc bson.Raw, l leaf, at int) bson.Raw {
	t.Helper()
	raw := bytes.Clone(doc)
	begin := 0
	for n, name := range l.path { // the value stands after its name, behind that of what it is in
		found := bytes.Index(raw[begin:], append([]byte(name), 0))
		if found < 0 {
			t.Fatalf("%v is not in the document", l.path[:n+1])
		}
		begin += found + len(name) + 1
	}
	found := bytes.Index(raw[begin:], l.raw)
	if found < 0 {
		t.Fatalf("the value of %v is not in the document", l.path)
	}
	raw[begin+found+at] ^= 1
	return raw
}

// places are the bytes of a value that may be bent and leave a document: the first
// ones, one in the middle, and the last.
func (l leaf) places() []int {
	from, to := 0, len(l.raw)-1
	switch l.kind {
	case bson.TypeString:
		from, to = 4, len(l.raw)-2 // its length, and the zero at its end
	case bson.TypeBinary:
		from = 5
	}
	if to < from {
		return nil
	}
	return slices.Compact([]int{from, min(from+1, to), (from + to) / 2, to})
}

// A value of a document that somebody changed in the database, whichever it is, is
// found by the audit, and the entry is named.
func TestAnyValueOfAnEntrysDocumentThatIsChangedIsCaughtAndNamed(t *testing.T) {
	o := fresh(t, standinAt)
	s := open(t, o)
	var head register.Head
	for n := range 5 {
		e := register.Next(head, register.Event{ID: fmt.Sprintf("i1-%d%[1]d", n), PracticeID: "p1", IncidentID: "i1", Subject: "s1", Kind: "incident.facts_changed", At: time.Date(2027, 3, 8, 9, 0, 0, 0, time.UTC),
			Actor: register.Actor{Kind: register.ActorUser, ID: "u1"}, Facts: map[string]string{"before/systems": "mailbox", "after/systems": "agenda"},
			Words: map[string]string{"reason": "belde terug"}}, "00112233445566778899aabbccddeeff")
		if err := s.AppendEntries(t.Context(), "p1", []register.Entry{e}); err != nil {
			t.Fatal(err)
		}
		head = e.Head()
	}
	if found := auditOf(t, s); len(found) != 0 {
		t.Fatalf("before anything is changed: %v", found)
	}
	entries := raw(t, standinAt, o.Database).Collection(record.Entries)
	var doc bson.Raw
	if err := entries.FindOne(t.Context(), bson.D{{Key: "seq", Value: 3}}).Decode(&doc); err != nil {
		t.Fatal(err)
	}
	tried, key := 0, doc.Lookup("_id").StringValue()
	for _, l := range leavesOf(t, doc, nil) {
		for _, at := range l.places() {
			changed := bent(t, doc, l, at)
			if _, err := entries.DeleteOne(t.Context(), bson.D{{Key: "_id", Value: key}}); err != nil {
				t.Fatal(err)
			}
			if _, err := entries.InsertOne(t.Context(), changed); err == nil { // else the database refuses it, and nobody can store it
				tried++
				if found := auditOf(t, s); !slices.ContainsFunc(found, func(f register.Finding) bool { return f.From <= 3 && 3 <= f.To }) {
					t.Errorf("%s, byte %d of %d, was changed unseen: %v", strings.Join(l.path, "."), at, len(l.raw), found)
				}
				if _, err := entries.DeleteOne(t.Context(), bson.D{{Key: "_id", Value: changed.Lookup("_id")}}); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := entries.InsertOne(t.Context(), doc); err != nil {
				t.Fatal(err)
			}
		}
	}
	if found := auditOf(t, s); len(found) != 0 || tried < 40 {
		t.Errorf("%d bytes were tried, and at the end the audit finds %v", tried, found)
	}
}

func auditOf(t *testing.T, s *mongostore.Store) []register.Finding {
	t.Helper()
	rows, err := s.EntryRows(t.Context(), "p1", 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	a := register.NewAudit("p1")
	a.Add(rows...)
	found, _ := a.Findings()
	return found
}
