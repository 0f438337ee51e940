package mongostore_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/services/mongostore"
	"datalek/services/record"
	"datalek/services/vault"
)

// locked is a store whose vault the test holds too.
func locked(t *testing.T, o mongostore.Options) (*mongostore.Store, *vault.Vault) {
	t.Helper()
	var v *vault.Vault
	keyFile := filepath.Join(t.TempDir(), "key")
	o.Seal = func(ctx context.Context, keys record.Keyring) (record.Sealer, error) {
		var err error
		v, err = vault.Open(ctx, keyFile, keys)
		return v, err
	}
	return open(t, o), v
}

// sealAnew goes through all of a practice's collections, a document at a time.
func sealAnew(t *testing.T, s *mongostore.Store, practice tenant.ID) (changed int) {
	t.Helper()
	for _, collection := range record.SealedCollections(practice) {
		for after := ""; ; {
			next, n, err := s.Reseal(t.Context(), practice, collection, after, 1)
			if err != nil {
				t.Fatal(err)
			}
			if changed += n; next == "" {
				break
			}
			after = next
		}
	}
	return changed
}

func TestAllIsReadableUnderTheNewKeyAlone(t *testing.T) {
	ctx, now := t.Context(), time.Date(2027, 3, 8, 9, 0, 0, 0, time.UTC)
	s, v := locked(t, fresh(t, standinAt))
	fillSecrets(t, s)
	for _, practice := range []string{"practice-1", ""} {
		if err := v.Rotate(ctx, tenant.ID(practice), now); err != nil {
			t.Fatal(err)
		}
	}
	if n := sealAnew(t, s, "practice-1") + sealAnew(t, s, ""); n < 16 {
		t.Errorf("only %d documents were sealed anew", n)
	}
	if n := sealAnew(t, s, "practice-1") + sealAnew(t, s, ""); n != 0 {
		t.Errorf("%d documents were left out", n)
	}
	for _, practice := range []string{"practice-1", ""} {
		if err := v.Finish(ctx, tenant.ID(practice)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Check(ctx, true); err != nil {
		t.Error(err)
	}
	if found, err := s.ClientsByEmails(ctx, "practice-1", []string{secret + "@example.org"}); err != nil || len(found) != 1 {
		t.Errorf("by address %v, %v", found, err)
	}
	if pending, err := s.PendingEvents(ctx, 9); err != nil || len(pending) == 0 {
		t.Errorf("pending %v, %v", pending, err)
	}
	if data, some, err := s.Session(ctx, "session", now.Add(-time.Hour)); err != nil || !some || string(data) != secret {
		t.Errorf("session %v, %v", some, err)
	}
}

func TestADestroyedPracticeLeavesNoDocument(t *testing.T) {
	ctx, now, o := t.Context(), time.Date(2027, 3, 8, 9, 0, 0, 0, time.UTC), fresh(t, standinAt)
	s, v := locked(t, o)
	fillSecrets(t, s)
	member := registry.User{ID: "of-1", Login: "a@example.org", Memberships: []registry.Membership{{PracticeID: "practice-1"}}}
	both := registry.User{ID: "of-both", Login: "b@example.org", Memberships: []registry.Membership{{PracticeID: "practice-1"}, {PracticeID: "p2"}}}
	if err := errors.Join(s.CreateUser(ctx, member), s.CreateUser(ctx, both)); err != nil {
		t.Fatal(err)
	}
	if err := v.Destroy(ctx, "practice-1", "closed", now); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Practice(ctx, "practice-1"); !errors.Is(err, fault.NotFound) {
		t.Errorf("a practice whose keys are gone gives %v", err)
	}
	for range 2 { // as after a cut
		if err := s.ErasePractice(ctx, "practice-1", now); err != nil {
			t.Fatal(err)
		}
	}
	db := raw(t, standinAt, o.Database)
	names, err := db.ListCollectionNames(ctx, bson.D{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.DeleteFunc(names, func(n string) bool { return n == record.Keys }) {
		for _, field := range []string{"practice_id", "memberships.practice_id"} {
			if n, err := db.Collection(name).CountDocuments(ctx, bson.D{{Key: field, Value: "practice-1"}}); err != nil || n != 0 {
				t.Errorf("%d left in %s, %v", n, name, err)
			}
		}
	}
	if _, err := s.User(ctx, "of-1"); !errors.Is(err, fault.NotFound) {
		t.Errorf("the account of this practice alone: %v", err)
	}
	if u, err := s.User(ctx, "of-both"); err != nil || len(u.Memberships) != 1 {
		t.Errorf("the account of both: %+v, %v", u, err)
	}
}

func TestWrappedKeysAreReplacedOnlyAsTheyWereRead(t *testing.T) {
	ctx := t.Context()
	s, _ := locked(t, fresh(t, standinAt))
	for _, practice := range []string{"p1", "p2"} {
		if err := s.SaveKeys(ctx, tenant.ID(practice), []byte("old")); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.ReplaceKeys(ctx, []record.KeyChange{{Practice: "p1", Old: []byte("old"), New: []byte("new")}}); err != nil {
		t.Fatal(err)
	}
	if err := s.ReplaceKeys(ctx, []record.KeyChange{{Practice: "p1", Old: []byte("old"), New: []byte("newer")}}); !errors.Is(err, fault.Conflict) {
		t.Errorf("replacing what is not there any more gives %v", err)
	}
	sets, err := s.KeySets(ctx, "", 9)
	if err != nil || len(sets) != 2 || string(sets[0].Wrapped) != "new" || sets[1].Practice != "p2" {
		t.Errorf("sets %v, %v", sets, err)
	}
	if sets, err = s.KeySets(ctx, "p1", 9); err != nil || len(sets) != 1 {
		t.Errorf("after the first: %v, %v", sets, err)
	}
}
