package sqlitestore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/services/record"
	"datalek/services/sqlitestore"
	"datalek/services/vault"
)

// locked is a store whose vault the test holds too.
func locked(t *testing.T, dir string) (*sqlitestore.Store, *vault.Vault) {
	t.Helper()
	var v *vault.Vault
	s, err := sqlitestore.Open(t.Context(), dir, sqlitestore.Options{Seal: func(ctx context.Context, keys record.Keyring) (record.Sealer, error) {
		var err error
		v, err = vault.Open(ctx, dir+".key", keys)
		return v, err
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // a second close is no failure
	return s, v
}

// sealAnew goes through all of a practice's collections, three rows at a time.
func sealAnew(t *testing.T, s *sqlitestore.Store, practice tenant.ID) (changed int) {
	t.Helper()
	for _, collection := range record.SealedCollections(practice) {
		for after := ""; ; {
			next, n, err := s.Reseal(t.Context(), practice, collection, after, 3)
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

func TestEveryTableWithSealedPartsIsSealedAnew(t *testing.T) {
	s := empty(t)
	tables, err := s.Tables(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	swept := append(record.SealedCollections(""), record.SealedCollections("p1")...)
	for _, table := range tables {
		if !slices.Contains(append(swept, record.Keys, record.Counters, record.TreeHeads, record.Looks, "sendings", "members", "sub_processors"), table) {
			t.Errorf("a change of keys leaves out the table %s: add it to record.SealedCollections and to sealedTables of both stores", table)
		}
	}
	for _, collection := range swept {
		if _, _, err := s.Reseal(t.Context(), "p1", collection, "", 5); err != nil {
			t.Error(err)
		}
	}
}

func TestAllIsReadableUnderTheNewKeyAloneAndFoundAsBefore(t *testing.T) {
	ctx, dir := t.Context(), filepath.Join(t.TempDir(), "data")
	s, v := locked(t, dir)
	for step, write := range personalWrites(s, t) {
		if err := write(); err != nil {
			t.Fatalf("%s: %v", step, err)
		}
	}
	var people []registry.Client
	for n := range 10 {
		people = append(people, registry.Client{ID: fmt.Sprintf("many-%d", n), Person: registry.Person{ExternalID: fmt.Sprintf("K-%d", n), Name: "Klant", Email: fmt.Sprintf("k%d@example.org", n)}})
	}
	if _, err := s.PutClients(ctx, "p1", people); err != nil {
		t.Fatal(err)
	}
	for _, practice := range []string{"p1", ""} {
		if err := v.Rotate(ctx, tenant.ID(practice), noon()); err != nil {
			t.Fatal(err)
		}
	}
	sure := func(when string) {
		t.Helper()
		found, err := s.ClientsByEmails(ctx, "p1", []string{"K7@example.org"})
		if err != nil || len(found) != 1 || found[0].ID != "many-7" {
			t.Errorf("%s: by address %+v, %v", when, found, err)
		}
		found, err = s.ClientsByExternalIDs(ctx, "p1", []string{"K-3"})
		if err != nil || len(found) != 1 || found[0].Person.Email != "k3@example.org" {
			t.Errorf("%s: by number %+v, %v", when, found, err)
		}
	}
	sure("before the old parts are sealed anew")
	if _, n, err := s.Reseal(ctx, "p1", record.Clients, "", 3); err != nil || n != 3 {
		t.Errorf("the first three: %d, %v", n, err)
	}
	sure("in between")
	if n := sealAnew(t, s, "p1") + sealAnew(t, s, ""); n < 20 {
		t.Errorf("only %d rows were sealed anew", n)
	}
	if n := sealAnew(t, s, "p1") + sealAnew(t, s, ""); n != 0 {
		t.Errorf("%d rows were left out", n)
	}
	for _, practice := range []string{"p1", ""} {
		if err := v.Finish(ctx, tenant.ID(practice)); err != nil {
			t.Fatal(err)
		}
	}
	sure("when the old key is gone")
	for step, err := range everyRead(t, s) {
		if err != nil {
			t.Errorf("%s: %v", step, err)
		}
	}
}

// everyRead opens what personalWrites wrote.
func everyRead(t *testing.T, s *sqlitestore.Store) map[string]error {
	ctx := t.Context()
	errs := map[string]error{}
	note := func(step string, _ any, err error) { errs[step] = err }
	read := func(step string) func(any, error) { return func(_ any, err error) { errs[step] = err } }
	read("practice")(s.Practice(ctx, "p1"))
	read("systems")(s.Systems(ctx, "p1", "", 9))
	read("processors")(s.Processors(ctx, "p1", "", 9))
	read("endpoint")(s.EndpointByToken(ctx, "hash"))
	read("feed")(s.Feed(ctx, "p1", "microsoft-365"))
	read("clients")(s.Clients(ctx, "p1", "", 99))
	read("receipt")(s.Receipt(ctx, "r1"))
	read("return")(s.Return(ctx, "rt1"))
	read("report")(s.Report(ctx, "p1", "r1"))
	read("incident")(s.Incident(ctx, "p1", "i1"))
	read("affected")(s.AffectedByIDs(ctx, "p1", "i1", 1, []string{"u-1"}))
	read("notice")(s.Notice(ctx, "p1", "n1"))
	read("delivery")(s.Delivery(ctx, "p1", "d1"))
	read("entries")(s.Entries(ctx, "p1", 0, 9))
	read("user")(s.User(ctx, "u1"))
	read("token")(s.TokenByHash(ctx, "hash"))
	read("draft")(s.Draft(ctx, "p1", "d1"))
	read("pending")(s.PendingEvents(ctx, 9))
	_, _, err := s.Setting(ctx, "key")
	note("setting", nil, err)
	return errs
}

func TestAKeyIsChangedBesideTheProcessThatHasTheFolder(t *testing.T) {
	ctx, dir := t.Context(), filepath.Join(t.TempDir(), "data")
	s, _ := locked(t, dir)
	if err := s.CreatePractice(ctx, registry.Practice{ID: "p1", PublicCode: "code", Details: registry.Details{Name: "Praktijk Proef"}}); err != nil {
		t.Fatal(err)
	}
	ring, err := sqlitestore.OpenKeys(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	beside, err := vault.Open(ctx, dir+".key", ring)
	if err != nil {
		t.Fatal(err)
	}
	if err := beside.Rotate(ctx, "p1", noon()); err != nil {
		t.Fatal(err)
	}
	if err := ring.ReplaceKeys(ctx, []record.KeyChange{{Practice: "p1", Old: []byte("x"), New: []byte("y")}}); !errors.Is(err, fault.Conflict) {
		t.Errorf("replacing what is not there gives %v", err)
	}
	if err := ring.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, _ = locked(t, dir)
	if turning, err := vault.Turning(ctx, s); err != nil || len(turning) != 1 {
		t.Errorf("turning %v, %v", turning, err)
	}
	if n := sealAnew(t, s, "p1"); n != 1 {
		t.Errorf("%d rows were sealed anew, want the practice", n)
	}
}

// What was sealed by keys that are destroyed, and the keys themselves, stand
// nowhere in the files; and the other practice is as it was.
func TestADestroyedPracticeIsInNoFile(t *testing.T) {
	ctx, dir := t.Context(), filepath.Join(t.TempDir(), "data")
	s, v := locked(t, dir)
	for step, write := range personalWrites(s, t) {
		if err := write(); err != nil {
			t.Fatalf("%s: %v", step, err)
		}
	}
	event := register.Event{ID: "e9", PracticeID: "p2", Kind: incidents.FactsChanged, At: noon()}
	if err := s.AppendEntries(ctx, "p2", []register.Entry{register.Next(register.Head{}, event, secret)}); err != nil {
		t.Fatal(err)
	}
	member := registry.User{ID: "of-p1", Login: "a@example.org", Memberships: []registry.Membership{{PracticeID: "p1"}}}
	both := registry.User{ID: "of-both", Login: "b@example.org", Memberships: []registry.Membership{{PracticeID: "p1"}, {PracticeID: "p2"}}}
	if err := errors.Join(s.CreateUser(ctx, member), s.CreateUser(ctx, both)); err != nil {
		t.Fatal(err)
	}
	wrapped, err := s.LoadKeys(ctx, "p1")
	if err != nil {
		t.Fatal(err)
	}
	sealed := filesOf(t, dir)
	if !bytes.Contains(sealed, wrapped[20:80]) {
		t.Fatal("the wrapped keys are not where the test looks for them")
	}
	if err := v.Destroy(ctx, "p1", "", noon()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Client(ctx, "p1", "c1"); !errors.Is(err, vault.ErrDestroyed) {
		t.Errorf("a client whose practice's keys are gone gives %v", err)
	}
	for range 2 { // as after a cut
		if err := s.ErasePractice(ctx, "p1", noon()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.User(ctx, "of-p1"); !errors.Is(err, fault.NotFound) {
		t.Errorf("the account of this practice alone: %v", err)
	}
	if u, err := s.User(ctx, "of-both"); err != nil || len(u.Memberships) != 1 || u.Memberships[0].PracticeID != "p2" {
		t.Errorf("the account of both: %+v, %v", u, err)
	}
	if list, err := s.Entries(ctx, "p2", 0, 9); err != nil || len(list) != 1 {
		t.Errorf("the other practice's register: %v, %v", list, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	left := filesOf(t, dir)
	for what, bytesOf := range map[string][]byte{"the wrapped keys": wrapped[20:80], "a name": []byte(secret), "the practice's rows": []byte(`"practice_id":"p1"`)} {
		if bytes.Contains(left, bytesOf) {
			t.Errorf("%s can still be found in the files", what)
		}
	}
}

// filesOf is the content of every file in the folder.
func filesOf(t *testing.T, dir string) []byte {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("files %v, %v", paths, err)
	}
	var all []byte
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	return all
}
