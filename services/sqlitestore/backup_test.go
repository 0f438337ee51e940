package sqlitestore_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/services/sqlitestore"
)

// backedUp returns a backup, made while the store is open, and its folder.
func backedUp(t *testing.T) (backup, parent string) {
	t.Helper()
	ctx, parent := t.Context(), t.TempDir()
	dir := filepath.Join(parent, "data")
	s := open(t, dir)
	if err := s.CreatePractice(ctx, registry.Practice{ID: "p1", PublicCode: "code", Details: registry.Details{Name: "Praktijk Proef"}}); err != nil {
		t.Fatal(err)
	}
	backup = filepath.Join(parent, "backup.db")
	if err := sqlitestore.Backup(ctx, dir, backup); err != nil {
		t.Fatal(err)
	}
	return backup, parent
}

func TestABackupMadeBesideTheWorkIsRestoredWhole(t *testing.T) {
	ctx := t.Context()
	backup, parent := backedUp(t)
	info, err := os.Stat(backup)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("backup %v, %v", info, err)
	}
	restored := filepath.Join(parent, "restored")
	if err := sqlitestore.Restore(ctx, backup, restored); err != nil {
		t.Fatal(err)
	}
	p, err := open(t, restored).Practice(ctx, "p1")
	if err != nil || p.Details.Name != "Praktijk Proef" {
		t.Errorf("restored %+v, %v", p, err)
	}
}

func TestABackupNeverOverwrites(t *testing.T) {
	backup, parent := backedUp(t)
	if err := sqlitestore.Backup(t.Context(), filepath.Join(parent, "data"), backup); err == nil {
		t.Error("a backup replaced a file")
	}
	if err := sqlitestore.Restore(t.Context(), backup, filepath.Join(parent, "data")); !errors.Is(err, fault.Conflict) {
		t.Errorf("restoring over data gives %v", err)
	}
}

func TestADamagedBackupIsRefused(t *testing.T) {
	backup, parent := backedUp(t)
	b, err := os.ReadFile(backup)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(backup, b[:len(b)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	restored := filepath.Join(parent, "restored")
	if err := sqlitestore.Restore(t.Context(), backup, restored); err == nil {
		t.Error("half a backup was restored")
	}
	if left, _ := filepath.Glob(filepath.Join(restored, "*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestFoldersMayBeNamedFromWhereOneStands(t *testing.T) {
	_, parent := backedUp(t)
	t.Chdir(parent)
	if err := sqlitestore.Backup(t.Context(), "data", "second backup?.db"); err != nil {
		t.Fatal(err)
	}
	if err := sqlitestore.Restore(t.Context(), "second backup?.db", "restored #1"); err != nil {
		t.Fatal(err)
	}
	s, err := sqlitestore.Open(t.Context(), "restored #1", options(filepath.Join(parent, "restored #1")))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
