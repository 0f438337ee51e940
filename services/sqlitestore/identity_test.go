package sqlitestore_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"datalek/incidents/fault"
	"datalek/services/sqlitestore"
)

// What is written to a file that nobody will find again is not kept.
func TestNothingIsWrittenToFilesThatAreNotTheOpenedOnes(t *testing.T) {
	for _, tt := range []struct {
		name, says string
		harm       func(dir string) error
	}{
		{"the folder is removed", "is gone", os.RemoveAll},
		{"the database is removed", "datalek.db is gone", func(dir string) error { return os.Remove(filepath.Join(dir, "datalek.db")) }},
		{"the log is removed", "datalek.db-wal is gone", func(dir string) error { return os.Remove(filepath.Join(dir, "datalek.db-wal")) }},
		{"the database is replaced", "not the file that was opened", func(dir string) error {
			path := filepath.Join(dir, "datalek.db")
			return errors.Join(os.WriteFile(path+".other", nil, 0o600), os.Rename(path+".other", path))
		}},
		{"the database lost its end", "lost a part", func(dir string) error { return os.Truncate(filepath.Join(dir, "datalek.db"), 4096) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := closed(t)
			s := open(t, dir)
			if _, _, err := s.SaveReceipt(t.Context(), receiptOf("r1")); err != nil {
				t.Fatal(err)
			}
			if err := tt.harm(dir); err != nil {
				t.Fatal(err)
			}
			_, _, err := s.SaveReceipt(t.Context(), receiptOf("r2"))
			for step, err := range map[string]error{"write": err, "ping": s.Ping(t.Context())} {
				if !errors.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("%s gives %v, want unavailable: … %s", step, err, tt.says)
				}
			}
		})
	}
}

// Ping speaks of a refused write until one is kept.
func TestPingTellsOfAStoreThatCannotKeep(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	small := options(dir)
	small.MaxPages = 200
	s, err := sqlitestore.Open(t.Context(), dir, small)
	if err != nil {
		t.Fatal(err)
	}
	large := receiptOf("large")
	large.Raw = make([]byte, 2<<20)
	if _, _, err := s.SaveReceipt(t.Context(), large); !errors.Is(err, fault.Unavailable) {
		t.Fatalf("a receipt without room gives %v", err)
	}
	if err := s.Ping(t.Context()); !errors.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "the disk is full") {
		t.Errorf("ping gives %v", err)
	}
	if _, _, err := s.SaveReceipt(t.Context(), receiptOf("small")); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Ping(t.Context()), s.Close()); err != nil {
		t.Errorf("ping with room again gives %v", err)
	}
}

func TestADamagedDatabaseIsRefusedByWhoWaitsForTheCheck(t *testing.T) {
	dir := closed(t)
	damage(t, dir)
	before := fileSum(t, dir)
	patient := options(dir)
	patient.CheckWithin = time.Minute
	if _, err := sqlitestore.Open(t.Context(), dir, patient); !errors.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "restore a backup") {
		t.Errorf("opened with %v", err)
	}
	if fileSum(t, dir) != before {
		t.Error("the damaged database was changed")
	}
	s := open(t, dir)
	_, err := s.Practice(t.Context(), "p1")
	_, _, writeErr := s.SaveReceipt(t.Context(), receiptOf("r1"))
	if !errors.Is(err, fault.Unavailable) || !errors.Is(writeErr, fault.Unavailable) {
		t.Errorf("once damage was met: read %v, write %v; want both unavailable", err, writeErr)
	}
}

func TestALargeDatabaseIsCheckedAtTheStartOnlyWhenItWasCutOff(t *testing.T) {
	dir := closed(t)
	damage(t, dir)
	path := filepath.Join(dir, "datalek.db")
	if err := os.Truncate(path, 300<<20); err != nil { // a hole: nothing is written
		t.Fatal(err)
	}
	patient := options(dir)
	patient.CheckWithin = time.Minute
	s, err := sqlitestore.Open(t.Context(), dir, patient)
	if err != nil {
		t.Fatalf("a large database that was closed well was read at the start: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+"-wal", []byte("left over by a process that was cut off"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlitestore.Open(t.Context(), dir, patient); !errors.Is(err, fault.Unavailable) {
		t.Errorf("after a cut-off it was opened unread: %v", err)
	}
}

func TestNoEmptyDatabaseTakesThePlaceOfALostOne(t *testing.T) {
	for name, lose := range map[string]func(path string) error{
		"removed": os.Remove,
		"emptied": func(path string) error { return os.Truncate(path, 0) },
	} {
		dir := closed(t)
		path := filepath.Join(dir, "datalek.db")
		if err := lose(path); err != nil {
			t.Fatal(err)
		}
		if _, err := sqlitestore.Open(t.Context(), dir, options(dir)); !errors.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "missing or empty") {
			t.Errorf("%s: opened with %v", name, err)
		}
		if info, err := os.Stat(path); err == nil && info.Size() > 0 {
			t.Errorf("%s: a new database was made", name)
		}
	}
}
