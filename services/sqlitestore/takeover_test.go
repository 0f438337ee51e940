package sqlitestore_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/services/sqlitestore"
)

// going puts rows of which the first is answered and the second going out.
func going(t *testing.T, s *sqlitestore.Store, until time.Time, ids ...string) []incidents.Delivery {
	t.Helper()
	ctx := t.Context()
	var rows []incidents.Delivery
	for _, id := range ids {
		rows = append(rows, deliveryOf("n1", id))
	}
	if err := s.PutDeliveries(ctx, "p1", rows); err != nil {
		t.Fatal(err)
	}
	for i := range rows[:2] {
		rows[i].Version = 1
		if err := rows[i].Claim(noon(), until.Sub(noon())); err != nil {
			t.Fatal(err)
		}
	}
	won, err := s.RecordDeliveries(ctx, "p1", rows[:2])
	if err != nil || len(won) != 2 {
		t.Fatalf("claimed %d, %v", len(won), err)
	}
	won[0].Record(incidents.Answer{Kind: incidents.Accepted, Stage: "data", Code: 250, At: noon()}, time.Time{})
	if won, err = s.RecordDeliveries(ctx, "p1", won[:1]); err != nil || len(won) != 1 {
		t.Fatalf("recorded %d, %v", len(won), err)
	}
	return won
}

// copyFiles copies what lies on the disk at this moment, as a crash leaves it.
func copyFiles(t *testing.T, from, to string) {
	t.Helper()
	if err := os.MkdirAll(to, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"datalek.db", "datalek.db-wal"} {
		raw, err := os.ReadFile(filepath.Join(from, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(to, name), raw, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestAnswersOutliveTheProcessAndLeasesDoNot(t *testing.T) {
	ctx, top := t.Context(), t.TempDir()
	s := open(t, filepath.Join(top, "data"))
	want := going(t, s, noon().Add(time.Hour), "d1", "d2", "d3")[0]
	copyFiles(t, filepath.Join(top, "data"), filepath.Join(top, "after"))

	after := open(t, filepath.Join(top, "after"))
	got, err := after.DeliveriesByIDs(ctx, "p1", []string{"d1", "d2", "d3"})
	if err != nil || len(got) != 3 {
		t.Fatalf("%d rows, %v", len(got), err)
	}
	if got[0].State != incidents.Sent || got[0].Version != want.Version || len(got[0].Attempts) != 1 || got[0].Attempts[0].Code != 250 {
		t.Errorf("the answered one is %s, version %d, with %d attempts; want it as recorded", got[0].State, got[0].Version, len(got[0].Attempts))
	}
	if got[1].State != incidents.Sending || got[1].Claim(noon(), time.Minute) != nil {
		t.Fatalf("the one going out is %s until %s, want it free to be claimed", got[1].State, got[1].NextAt)
	}
	if a := got[1].Attempts; len(a) != 1 || a[0].Kind != incidents.Lost || a[0].Stage != incidents.StageCutOff {
		t.Errorf("its attempts are %+v, want one that was cut off", a)
	}
	if got[2].State != incidents.Queued || len(got[2].Attempts) != 0 {
		t.Errorf("the third is %s with %d attempts, want it untouched", got[2].State, len(got[2].Attempts))
	}
	due, err := after.UnansweredDeliveries(ctx, "p1", "n1", "", 5)
	if err != nil || len(due) != 2 {
		t.Errorf("unanswered: %v, %v", due, err)
	}
}

func TestAnAnswerThatFindsNoRoomIsNowhere(t *testing.T) {
	ctx, dir := t.Context(), filepath.Join(t.TempDir(), "data")
	small := options(dir)
	small.MaxPages = 220
	s, err := sqlitestore.Open(ctx, dir, small)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	won := going(t, s, noon().Add(time.Hour), "d1", "d2")
	for err == nil { // until the disk is full
		won[0].Attempts = append(won[0].Attempts, incidents.Attempt{At: noon(), Kind: incidents.Later, Text: string(make([]byte, 5_000))})
		before := len(won[0].Attempts) - 1
		var saved []incidents.Delivery
		if saved, err = s.RecordDeliveries(ctx, "p1", won); err == nil {
			won = saved
			continue
		}
		if !errors.Is(err, fault.Unavailable) {
			t.Fatalf("a full disk gives %v", err)
		}
		won[0].Attempts = won[0].Attempts[:before]
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := open(t, dir).Delivery(ctx, "p1", "d1")
	if err != nil || got.Version != won[0].Version || len(got.Attempts) != len(won[0].Attempts) {
		t.Errorf("version %d with %d attempts, %v; want %d with %d", got.Version, len(got.Attempts), err, won[0].Version, len(won[0].Attempts))
	}
}
