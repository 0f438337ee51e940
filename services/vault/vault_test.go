package vault_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"datalek/incidents/fault"
	"datalek/incidents/tenant"
	"datalek/services/record"
	"datalek/services/vault"
)

// ring keeps wrapped keys in memory.
type ring struct {
	mu    sync.Mutex
	keys  map[string][]byte
	loads int
}

func newRing() *ring { return &ring{keys: map[string][]byte{}} }

func (r *ring) LoadKeys(_ context.Context, practice tenant.ID) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.loads++
	if keys, found := r.keys[string(practice)]; found {
		return keys, nil
	}
	return nil, fault.NotFound
}

func (r *ring) SaveKeys(_ context.Context, practice tenant.ID, wrapped []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, found := r.keys[string(practice)]; found {
		return fault.Duplicate
	}
	r.keys[string(practice)] = wrapped
	return nil
}

func (r *ring) ReplaceKeys(_ context.Context, sets []record.KeyChange) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range sets {
		if !bytes.Equal(r.keys[string(s.Practice)], s.Old) {
			return fault.Conflict
		}
	}
	for _, s := range sets {
		r.keys[string(s.Practice)] = s.New
	}
	return nil
}

func (r *ring) KeySets(_ context.Context, after string, limit int) ([]record.KeySet, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []record.KeySet
	for _, practice := range slices.Sorted(maps.Keys(r.keys)) {
		if practice > after && len(list) < limit {
			list = append(list, record.KeySet{Practice: tenant.ID(practice), Wrapped: r.keys[practice]})
		}
	}
	return list, nil
}

func open(t *testing.T, file string, r *ring) *vault.Vault {
	t.Helper()
	v, err := vault.Open(t.Context(), file, r)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestWhatIsSealedOpensAfterARestartAndOnlyInItsPlace(t *testing.T) {
	ctx, file, r := t.Context(), filepath.Join(t.TempDir(), "keys", "datalek.key"), newRing()
	secret := []byte("Anna Peeters, Kerkstraat 1")
	sealed, err := open(t, file, r).Seal(ctx, "p1", "clients", "sealed", "c1", secret)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, []byte("Anna")) {
		t.Error("the name stands readable in what is sealed")
	}
	v := open(t, file, r)
	for _, tt := range []struct {
		name                  string
		practice              tenant.ID
		collection, field, id string
		opens                 bool
	}{
		{"its own place", "p1", "clients", "sealed", "c1", true},
		{"another practice", "p2", "clients", "sealed", "c1", false},
		{"another collection", "p1", "users", "sealed", "c1", false},
		{"another field", "p1", "clients", "other", "c1", false},
		{"another id", "p1", "clients", "sealed", "c2", false},
		{"parts joined otherwise", "p1", "clientss", "ealed", "c1", false},
	} {
		got, err := v.Open(ctx, tt.practice, tt.collection, tt.field, tt.id, sealed)
		if tt.opens && (err != nil || !bytes.Equal(got, secret)) {
			t.Errorf("%s: opened as %q, %v", tt.name, got, err)
		}
		if !tt.opens && err == nil {
			t.Errorf("%s: opened", tt.name)
		}
	}
}

func TestTheSameValueHasTheSameIndexWithinOnePracticeOnly(t *testing.T) {
	ctx, v := t.Context(), open(t, filepath.Join(t.TempDir(), "key"), newRing())
	index := func(practice tenant.ID, field, value string) string {
		t.Helper()
		got, err := v.Index(ctx, practice, field, value)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	first := index("p1", "email", "anna@example.org")
	if len(first) != 32 || first != index("p1", "email", "anna@example.org") {
		t.Errorf("index %q is not 32 stable digits", first)
	}
	for _, other := range []string{index("p2", "email", "anna@example.org"), index("p1", "login", "anna@example.org"), index("p1", "email", "ann@example.org")} {
		if other == first {
			t.Error("two different values share an index")
		}
	}
}

func TestAWrongKeyIsNamedAndNothingIsTouched(t *testing.T) {
	dir, r := t.TempDir(), newRing()
	open(t, filepath.Join(dir, "right.key"), r)
	open(t, filepath.Join(dir, "wrong.key"), newRing())
	damaged := filepath.Join(dir, "damaged.key")
	if err := os.WriteFile(damaged, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"wrong.key":   "does not open the stored data",
		"damaged.key": "is damaged",
		"missing.key": "is missing",
	} {
		file := filepath.Join(dir, name)
		if _, err := vault.Open(t.Context(), file, r); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: %v; want it to say %q and name the file", name, err, want)
		}
	}
	if _, err := vault.Open(t.Context(), filepath.Join(dir, "wrong.key"), r); !errors.Is(err, vault.ErrWrongKey) {
		t.Errorf("a wrong key gives %v", err)
	}
	if len(r.keys) != 1 {
		t.Errorf("%d sets of keys are stored, want the host's alone", len(r.keys))
	}
	if _, err := os.Stat(filepath.Join(dir, "missing.key")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a key file was made although there is data sealed with another")
	}
}

func TestTheKeyFileIsForItsOwnerAlone(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "key")
	open(t, file, newRing())
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("key file has mode %v", info.Mode())
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".key-*")); len(left) > 0 {
		t.Errorf("drafts of the key were left: %v", left)
	}
}

func TestManyWorkersAgreeOnOneSetOfKeys(t *testing.T) {
	file, r := filepath.Join(t.TempDir(), "key"), newRing()
	found := make(chan string, 16)
	for range cap(found) {
		go func() {
			v, err := vault.Open(context.Background(), file, r)
			if err != nil {
				found <- err.Error()
				return
			}
			index, err := v.Index(context.Background(), "p1", "email", "anna@example.org")
			found <- fmt.Sprint(index, err)
		}()
	}
	first := <-found
	for range cap(found) - 1 {
		if got := <-found; got != first {
			t.Fatalf("two workers made different keys: %s and %s", first, got)
		}
	}
}

func TestTheCacheIsBoundedAndSparesTheStore(t *testing.T) {
	ctx, r := t.Context(), newRing()
	v := open(t, filepath.Join(t.TempDir(), "key"), r)
	use := func(n int) {
		t.Helper()
		if _, err := v.Index(ctx, tenant.ID(fmt.Sprintf("p%d", n)), "email", "x"); err != nil {
			t.Fatal(err)
		}
	}
	use(0)
	before := r.loads
	use(0)
	if r.loads != before {
		t.Error("keys used a moment ago were loaded again")
	}
	for n := range 1100 {
		use(n)
	}
	before = r.loads
	use(1)
	if r.loads == before {
		t.Error("the keys of every practice stay in memory")
	}
}

func BenchmarkSeal(b *testing.B) {
	v, err := vault.Open(b.Context(), filepath.Join(b.TempDir(), "key"), newRing())
	if err != nil {
		b.Fatal(err)
	}
	plain := make([]byte, 300)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Seal(b.Context(), "p1", "clients", "sealed", "c1", plain); err != nil {
			b.Fatal(err)
		}
	}
}
