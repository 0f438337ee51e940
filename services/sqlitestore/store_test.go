package sqlitestore_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents/registry"
	"datalek/services/record"
	"datalek/services/sqlitestore"
	"datalek/services/vault"
)

// noon is the moment at which these tests play.
func noon() time.Time { return time.Date(2027, 3, 8, 12, 0, 0, 0, time.UTC) }

// options opens a store whose key file lies beside the folder.
func options(dir string) sqlitestore.Options {
	return sqlitestore.Options{Seal: func(ctx context.Context, keys record.Keyring) (record.Sealer, error) {
		return vault.Open(ctx, filepath.Join(filepath.Dir(dir), "key"), keys)
	}}
}

// open opens a store that the test closes.
func open(t testing.TB, dir string) *sqlitestore.Store {
	t.Helper()
	s, err := sqlitestore.Open(t.Context(), dir, options(dir))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func empty(t testing.TB) *sqlitestore.Store {
	t.Helper()
	return open(t, filepath.Join(t.TempDir(), "data"))
}

func TestWhatWasStoredIsThereAfterAReopen(t *testing.T) {
	ctx, dir := t.Context(), filepath.Join(t.TempDir(), "data")
	want := registry.Practice{ID: "p1", Version: 1, PublicCode: "code", Details: registry.Details{Name: "Praktijk Proef"}, CreatedAt: noon()}
	s := open(t, dir)
	if err := s.CreatePractice(ctx, want); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := open(t, dir).Practice(ctx, "p1")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("stored and read again (-want +got):\n%s", diff)
	}
}
