package sqlitestore_test

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents/registry"
)

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
