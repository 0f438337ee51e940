package sqlitestore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"modernc.org/sqlite"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/services/sqlitestore"
)

func TestAFullDiskIsUnavailableAndLeavesNothingHalfWritten(t *testing.T) {
	ctx, dir := t.Context(), filepath.Join(t.TempDir(), "data")
	small := options(dir)
	small.MaxPages = 200
	s, err := sqlitestore.Open(ctx, dir, small)
	if err != nil {
		t.Fatal(err)
	}
	stored := 0
	for err == nil {
		rows := make([]incidents.Affected, 60)
		for i := range rows {
			rows[i] = incidents.Affected{ID: fmt.Sprintf("c%03d", i), IncidentID: "i1", Version: int64(stored + 1), Certainty: incidents.Certain}
		}
		if err = s.SaveAffected(ctx, "p1", rows); err == nil {
			stored++
		}
	}
	if !errors.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "the disk is full") {
		t.Errorf("a full disk gives %v", err)
	}
	for version := 1; version <= stored+1; version++ {
		want := 60
		if version > stored {
			want = 0
		}
		if ids, err := s.AffectedPersons(ctx, "p1", "i1", int64(version)); err != nil || len(ids) != want {
			t.Errorf("version %d of %d stored has %d rows, %v; want %d", version, stored, len(ids), err, want)
		}
	}
	if err := errors.Join(s.Check(ctx, true), s.Close()); err != nil {
		t.Error(err)
	}
	if _, _, err := open(t, dir).SaveReceipt(ctx, receiptOf("r1")); err != nil {
		t.Errorf("with room again: %v", err)
	}
}

func TestAFullDiskTellsEveryWaitingCallerTheTruth(t *testing.T) {
	ctx, dir := t.Context(), filepath.Join(t.TempDir(), "data")
	small := options(dir)
	small.MaxPages = 200
	s, err := sqlitestore.Open(ctx, dir, small)
	if err != nil {
		t.Fatal(err)
	}
	saved := make([]bool, 400)
	var wait sync.WaitGroup
	for i := range saved {
		wait.Go(func() {
			r := receiptOf(fmt.Sprintf("r%03d", i))
			r.Raw = make([]byte, 3_000)
			_, _, err := s.SaveReceipt(ctx, r)
			saved[i] = err == nil
			if err != nil && !errors.Is(err, fault.Unavailable) {
				t.Errorf("receipt %d: %v", i, err)
			}
		})
	}
	wait.Wait()
	count := 0
	for i, said := range saved {
		_, err := s.Receipt(ctx, fmt.Sprintf("r%03d", i))
		if there := err == nil; there != said {
			t.Errorf("receipt %d: acknowledged %v, there %v (%v)", i, said, there, err)
		}
		if said {
			count++
		}
	}
	if count == len(saved) {
		t.Error("the disk was never full: the test proves nothing")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestALockedDatabaseIsUnavailableWithinTheCallersTime(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s, db := open(t, dir), raw(t, dir)
	do(t, db, "BEGIN IMMEDIATE")
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, _, err := s.SaveReceipt(short, receiptOf("r1")); !errors.Is(err, fault.Unavailable) {
		t.Errorf("a locked database gives %v", err)
	}
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("reading beside the lock: %v", err)
	}
	do(t, db, "ROLLBACK")
	if _, _, err := s.SaveReceipt(t.Context(), receiptOf("r2")); err != nil {
		t.Errorf("with the lock gone: %v", err)
	}
	if _, err := s.Receipt(t.Context(), "r1"); !errors.Is(err, fault.NotFound) {
		t.Errorf("the write whose caller gave up: %v, want not_found", err)
	}
}

func TestAFailureInAGroupTakesNoOtherWriteWithIt(t *testing.T) {
	ctx, s := t.Context(), empty(t)
	if err := s.CreateIncident(ctx, incidentOf("p1", "known")); err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for i := range 100 {
		wait.Go(func() {
			id, want := fmt.Sprintf("i%03d", i), error(nil)
			if i%2 == 0 {
				id, want = "known", fault.Duplicate
			}
			if err := s.CreateIncident(ctx, incidentOf("p1", id)); !errors.Is(err, want) {
				t.Errorf("create %s: %v, want %v", id, err, want)
			}
		})
	}
	wait.Wait()
	found, err := s.Incidents(ctx, "p1", "", 1000)
	if err != nil || len(found) != 51 {
		t.Errorf("%d incidents stored, %v; want 51", len(found), err)
	}
}

func TestACallerWhoHasGoneAlreadyWritesNothing(t *testing.T) {
	s := empty(t)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.CreateIncident(gone, incidentOf("p1", "i1")); !errors.Is(err, fault.Unavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled call gives %v", err)
	}
	if _, err := s.Incident(t.Context(), "p1", "i1"); !errors.Is(err, fault.NotFound) {
		t.Errorf("the cancelled write: %v, want not_found", err)
	}
}

func TestAnUpdateInsideAnotherGoesOn(t *testing.T) {
	ctx, s := t.Context(), empty(t)
	if err := s.CreateIncident(ctx, incidentOf("p1", "i1")); err != nil {
		t.Fatal(err)
	}
	inside := false
	plusOne := func(i *incidents.Incident) error { i.Assessment.Came++; return nil }
	_, err := s.UpdateIncident(ctx, "p1", "i1", func(i *incidents.Incident) error {
		if !inside {
			inside = true
			if _, err := s.UpdateIncident(ctx, "p1", "i1", plusOne); err != nil {
				return err
			}
		}
		return plusOne(i)
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.Incident(ctx, "p1", "i1"); err != nil || got.Assessment.Came != 2 || got.Version != 3 {
		t.Errorf("after both %+v, %v", got, err)
	}
}

func TestTheEnginesFailuresBecomeKindsThatCallersKnow(t *testing.T) {
	dir := closed(t)
	path := filepath.Join(dir, "datalek.db")
	for _, tt := range []struct {
		name, address, query string
		want                 fault.Code
		says                 string
	}{
		{"a folder that cannot be written", "file:" + path + "?mode=ro", "DELETE FROM practices", fault.Unavailable, "cannot be written or read"},
		{"a file that is not there", "file:" + path + ".none?mode=ro", "SELECT 1 FROM practices", fault.Unavailable, "cannot be written or read"},
		{"a row that is there already", "file:" + path, "INSERT INTO practices SELECT * FROM practices", fault.Duplicate, ""},
	} {
		db, err := sql.Open("sqlite", tt.address)
		if err != nil {
			t.Fatal(err)
		}
		_, err = db.ExecContext(t.Context(), tt.query)
		err = sqlitestore.Failed("step", err)
		var engine *sqlite.Error
		if !errors.Is(err, tt.want) || errors.As(err, &engine) || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := sqlitestore.Failed("step", sql.ErrNoRows); !errors.Is(err, fault.NotFound) || errors.Is(err, sql.ErrNoRows) {
		t.Errorf("no row: %v", err)
	}
}

func TestAFileThatIsNoDatabaseIsRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "datalek.db"), []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlitestore.Open(t.Context(), dir, options(dir)); !errors.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("opened with %v", err)
	}
}
