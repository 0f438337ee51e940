package sqlitestore_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/services/record"
	"datalek/services/sqlitestore"
	"datalek/services/vault"
)

// raw opens the database beside the store, as a person with a tool would.
func raw(t *testing.T, dir string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, "datalek.db"))
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() }) // a second close is no failure
	return db
}

func do(t *testing.T, db *sql.DB, query string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// closed returns the folder of a store that held one practice and was closed.
func closed(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	s := open(t, dir)
	if err := s.CreatePractice(t.Context(), registry.Practice{ID: "p1", PublicCode: "code", Details: registry.Details{Name: "Praktijk Proef"}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func fileSum(t *testing.T, dir string) [32]byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "datalek.db"))
	if err != nil {
		t.Fatal(err)
	}
	return sha256.Sum256(b)
}

func TestTheFolderIsForItsOwnerAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "data")
	open(t, dir)
	for path, want := range map[string]os.FileMode{"": 0o700, "datalek.db": 0o600, "datalek.db-wal": 0o600, "datalek.db-shm": 0o600, "store.lock": 0o600} {
		info, err := os.Stat(filepath.Join(dir, path))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%q has mode %v, want %v", path, got, want)
		}
	}
}

func TestAFolderBelongsToOneStoreAtATime(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	first := open(t, dir)
	_, err := sqlitestore.Open(t.Context(), dir, options(dir))
	if !errors.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "in use by another datalek process") || !strings.Contains(err.Error(), dir) {
		t.Errorf("a second store on the folder gives %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
}

func TestADatabaseOfANewerProgramIsRefusedUntouched(t *testing.T) {
	dir := closed(t)
	db := raw(t, dir)
	do(t, db, "PRAGMA user_version = 99")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	before := fileSum(t, dir)
	if _, err := sqlitestore.Open(t.Context(), dir, options(dir)); err == nil || !strings.Contains(err.Error(), "a newer datalek wrote it") {
		t.Errorf("a newer database gives %v", err)
	}
	if fileSum(t, dir) != before {
		t.Error("the newer database was changed")
	}
}

func TestAWrongKeyIsNamedAndTheDatabaseStaysAsItIs(t *testing.T) {
	dir := closed(t)
	before := fileSum(t, dir)
	other := filepath.Join(filepath.Dir(dir), "other.key")
	if err := os.Rename(filepath.Join(filepath.Dir(dir), "key"), other); err != nil {
		t.Fatal(err)
	}
	wrong := filepath.Join(t.TempDir(), "data")
	open(t, wrong) // makes another installation's key
	_, err := sqlitestore.Open(t.Context(), dir, sqlitestore.Options{Seal: func(ctx context.Context, keys record.Keyring) (record.Sealer, error) {
		return vault.Open(ctx, filepath.Join(filepath.Dir(wrong), "key"), keys)
	}})
	if !errors.Is(err, vault.ErrWrongKey) {
		t.Errorf("a wrong key gives %v", err)
	}
	if fileSum(t, dir) != before {
		t.Error("the database was changed")
	}
	if err := os.Rename(other, filepath.Join(filepath.Dir(dir), "key")); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, dir).Practice(t.Context(), "p1"); err != nil {
		t.Errorf("with the right key again: %v", err)
	}
}

// damage writes over a page of the closed database.
func damage(t *testing.T, dir string) {
	t.Helper()
	path := filepath.Join(dir, "datalek.db")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(b, []byte(`"public_code"`))
	if at < 0 {
		t.Fatal("the practice's page is not in the file")
	}
	page := at / 4096 * 4096
	copy(b[page:page+64], bytes.Repeat([]byte{0xa5}, 64)) // its header and cell pointers
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestDamageIsFoundAtTheStartAndOnDemand(t *testing.T) {
	dir := closed(t)
	damage(t, dir)
	s := open(t, dir)
	for _, full := range []bool{false, true} {
		if err := s.Check(t.Context(), full); !errors.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("check, full %v: %v", full, err)
		}
	}
	for s.Ping(t.Context()) == nil { // the check at the start runs beside us
		select {
		case <-t.Context().Done():
			t.Fatal("the check at the start found nothing")
		case <-time.After(time.Millisecond):
		}
	}
	if _, err := s.Practice(t.Context(), "p1"); !errors.Is(err, fault.Unavailable) {
		t.Errorf("reading a damaged page gives %v", err)
	}
}

func TestAClosedStoreAnswersUnavailable(t *testing.T) {
	s := empty(t)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, readErr := s.Practice(t.Context(), "p1")
	for step, err := range map[string]error{
		"read":  readErr,
		"write": s.CreatePractice(t.Context(), registry.Practice{ID: "p1"}),
		"ping":  s.Ping(t.Context()),
		"check": s.Check(t.Context(), true),
	} {
		if !errors.Is(err, fault.Unavailable) {
			t.Errorf("%s after closing: %v", step, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
}

func TestCloseEndsEveryGoroutine(t *testing.T) {
	before := goleak.IgnoreCurrent()
	s := empty(t)
	if _, err := s.MatchableClients(t.Context(), "p1", "", 10); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	goleak.VerifyNone(t, before)
}
