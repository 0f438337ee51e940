package sqlitestore_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents/registry"
	"datalek/services/sqlitestore"
)

func TestMatchingKeepsEveryFieldButThePerson(t *testing.T) {
	ctx, s := t.Context(), empty(t)
	var want registry.Client
	fill(&want, "word")
	want.PracticeID, want.Version = "p1", 1
	if _, err := s.PutClients(ctx, "p1", []registry.Client{want}); err != nil {
		t.Fatal(err)
	}
	got, err := s.Client(ctx, "p1", want.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("read whole (-want +got):\n%s", diff)
	}
	want.Person = registry.Person{}
	found, err := s.MatchableClients(ctx, "p1", "", 10)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]registry.Client{want}, found); diff != "" {
		t.Errorf("read for matching (-want +got):\n%s", diff)
	}
}

func FuzzReadingABrokenClientNeverPanics(f *testing.F) {
	var c registry.Client
	fill(&c, "word")
	f.Add(sqlitestore.AppendMatching(nil, c))
	f.Add([]byte{})
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := sqlitestore.ReadMatching(b)
		if err != nil {
			return
		}
		again, err := sqlitestore.ReadMatching(sqlitestore.AppendMatching(nil, c))
		if diff := cmp.Diff(c, again); err != nil || diff != "" {
			t.Errorf("written and read again: %v\n%s", err, diff)
		}
	})
}

// A client that was stored in form 1, which ended after the holdings, is still read.
func TestTheFirstTerseFormIsStillRead(t *testing.T) {
	want := registry.Client{ID: "client-1", PracticeID: "p1", Language: "nl", Relation: registry.RelationClient, HoldingsByRule: true,
		Holdings: []registry.Holding{{System: "mailbox", Identifiability: registry.Identified}}, UpdatedAt: time.UnixMilli(0).UTC()}
	b := sqlitestore.AppendMatching(nil, want)
	b = b[:len(b)-len("\x00\x00\x00\x00\x00\x00"+"\x00\x00")] // no days, no exceptions, nothing gone, no capacity, no import; since form 2
	b[0] = 1
	got, err := sqlitestore.ReadMatching(b)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v; read (-want +got):\n%s", err, diff)
	}
}

// A client that was stored in form 2, which ended after the import, is still read.
func TestTheSecondTerseFormIsStillRead(t *testing.T) {
	want := registry.Client{ID: "client-1", PracticeID: "p1", Language: "nl", Relation: registry.RelationClient, HoldingsByRule: true,
		Gone: []registry.Gone{{System: "mailbox", At: time.UnixMilli(1_800_000_000_000).UTC()}}, UpdatedAt: time.UnixMilli(0).UTC()}
	b := sqlitestore.AppendMatching(nil, want)
	tail := "\x00\x00" + "\x00\x00" + "\x00\x00" // not pseudonymised, nothing kept; no capacity, no import; since form 2
	b = append(b[:len(b)-len(tail)], 0, 0)
	b[0] = 2
	got, err := sqlitestore.ReadMatching(b)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v; read (-want +got):\n%s", err, diff)
	}
}
