package vault_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/tenant"
	"datalek/services/vault"
)

func noon() time.Time { return time.Date(2027, 3, 8, 12, 0, 0, 0, time.UTC) }

func seal(t *testing.T, v *vault.Vault, practice tenant.ID, text string) []byte {
	t.Helper()
	sealed, err := v.Seal(t.Context(), practice, "clients", "sealed", "c1", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func opens(v *vault.Vault, t *testing.T, practice tenant.ID, sealed []byte) error {
	t.Helper()
	_, err := v.Open(t.Context(), practice, "clients", "sealed", "c1", sealed)
	return err
}

func TestANewKeySealsAtOnceAndTheOldOneOpensUntilItIsDropped(t *testing.T) {
	ctx, r := t.Context(), newRing()
	file := filepath.Join(t.TempDir(), "key")
	v := open(t, file, r)
	old, index := seal(t, v, "p1", "Anna"), indexOf(t, v)
	if err := v.Rotate(ctx, "p1", noon()); err != nil {
		t.Fatal(err)
	}
	if err := v.Rotate(ctx, "p1", noon()); !errors.Is(err, vault.ErrTurning) {
		t.Errorf("a second change meanwhile gives %v", err)
	}
	turning, err := vault.Turning(ctx, r)
	if err != nil || len(turning) != 1 || turning[0] != (vault.Turn{Practice: "p1", Since: noon()}) {
		t.Errorf("turning %+v, %v", turning, err)
	}
	fresh := seal(t, v, "p1", "Anna")
	if bytes.Equal(fresh[:5], old[:5]) {
		t.Error("what is written after the change lies under the old key")
	}
	if again, changed, err := v.Reseal(ctx, "p1", "clients", "sealed", "c1", fresh); changed || err != nil || !bytes.Equal(again, fresh) {
		t.Errorf("what lies under the new key was sealed anew: %v, %v", changed, err)
	}
	moved, changed, err := v.Reseal(ctx, "p1", "clients", "sealed", "c1", old)
	if err != nil || !changed || !bytes.Equal(moved[:5], fresh[:5]) {
		t.Fatalf("sealing anew: %v, %v", changed, err)
	}
	if err := opens(v, t, "p1", old); err != nil {
		t.Errorf("while the key is changed, an old part gives %v", err)
	}
	if err := v.Finish(ctx, "p1"); err != nil {
		t.Fatal(err)
	}
	v = open(t, file, r)
	if err := opens(v, t, "p1", old); err == nil {
		t.Error("the old key is still there")
	}
	if err := errors.Join(opens(v, t, "p1", moved), opens(v, t, "p1", fresh)); err != nil {
		t.Error(err)
	}
	if indexOf(t, v) != index {
		t.Error("lookups would find nobody any more")
	}
	if left, err := vault.Turning(ctx, r); err != nil || len(left) != 0 {
		t.Errorf("still turning: %v, %v", left, err)
	}
}

func indexOf(t *testing.T, v *vault.Vault) string {
	t.Helper()
	index, err := v.Index(t.Context(), "p1", "email", "anna@example.org")
	if err != nil {
		t.Fatal(err)
	}
	return index
}

func TestAnotherProcessLearnsOfANewKey(t *testing.T) {
	ctx, r, file := t.Context(), newRing(), filepath.Join(t.TempDir(), "key")
	first, second := open(t, file, r), open(t, file, r)
	now := noon()
	second.Now = func() time.Time { return now }
	old := seal(t, second, "p1", "Anna")
	if err := first.Rotate(ctx, "p1", now); err != nil {
		t.Fatal(err)
	}
	if got := seal(t, second, "p1", "Anna"); !bytes.Equal(got[:5], old[:5]) {
		t.Error("keys a moment old were read again")
	}
	if err := opens(second, t, "p1", seal(t, first, "p1", "Anna")); err != nil {
		t.Errorf("a part under the new key gives %v", err)
	}
	if err := first.Finish(ctx, "p1"); err != nil {
		t.Fatal(err)
	}
	if err := first.Rotate(ctx, "p1", now); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Minute)
	if got := seal(t, second, "p1", "Anna"); !bytes.Equal(got[:5], seal(t, first, "p1", "Anna")[:5]) {
		t.Error("keys a minute old were not read again")
	}
}

func TestDestroyedKeysOpenNothingAndAreNotMadeAnew(t *testing.T) {
	ctx, r, file := t.Context(), newRing(), filepath.Join(t.TempDir(), "key")
	v := open(t, file, r)
	gone, kept := seal(t, v, "p1", "Anna"), seal(t, v, "p2", "Bert")
	wrapped := bytes.Clone(r.keys["p1"])
	for range 2 { // a second time changes nothing
		if err := v.Destroy(ctx, "p1", "moved away from Kerkstraat", noon()); err != nil {
			t.Fatal(err)
		}
	}
	for _, v := range []*vault.Vault{v, open(t, file, r)} {
		if err := opens(v, t, "p1", gone); !errors.Is(err, vault.ErrDestroyed) || !errors.Is(err, fault.NotFound) {
			t.Errorf("opening gives %v", err)
		}
		if _, err := v.Seal(ctx, "p1", "clients", "sealed", "c1", nil); !errors.Is(err, vault.ErrDestroyed) {
			t.Errorf("sealing gives %v", err)
		}
		if err := opens(v, t, "p2", kept); err != nil {
			t.Errorf("another practice: %v", err)
		}
	}
	if bytes.Contains(r.keys["p1"], wrapped[20:60]) || bytes.Contains(r.keys["p1"], []byte("Kerkstraat")) {
		t.Error("the keys, or the reason, can still be read")
	}
	if gone, err := v.Destroyed(ctx, "p1"); err != nil || !gone {
		t.Errorf("destroyed %v, %v", gone, err)
	}
	if list, err := v.Practices(ctx); err != nil || fmt.Sprint(list) != "[p2]" {
		t.Errorf("practices %v, %v", list, err)
	}
	if err := v.Destroy(ctx, "", "", noon()); err == nil {
		t.Error("the host's keys were destroyed")
	}
}

func TestTheWrappingKeyIsChangedForAllSetsAndGoesOnWhereItWasCutOff(t *testing.T) {
	ctx, r, dir := t.Context(), newRing(), t.TempDir()
	old, next := filepath.Join(dir, "old"), filepath.Join(dir, "new")
	v := open(t, old, r)
	sealed := seal(t, v, "p1", "Anna")
	seal(t, v, "p2", "Bert")
	seal(t, v, "p3", "Carla")
	if err := v.Destroy(ctx, "p3", "", noon()); err != nil {
		t.Fatal(err)
	}
	before := bytes.Clone(r.keys["p2"])
	if err := vault.NewKeyFile(next); err != nil {
		t.Fatal(err)
	}
	if n, err := v.Rewrap(ctx, vault.ExistingFile(next)); err != nil || n != 3 {
		t.Fatalf("changed %d, %v, want p1, p2 and the host's", n, err)
	}
	r.keys["p2"] = before // as if it had been cut off
	if n, err := v.Rewrap(ctx, vault.ExistingFile(next)); err != nil || n != 1 {
		t.Errorf("the rest: %d, %v", n, err)
	}
	if _, err := vault.Open(ctx, old, r); !errors.Is(err, vault.ErrWrongKey) {
		t.Errorf("the old key file gives %v", err)
	}
	if err := opens(open(t, next, r), t, "p1", sealed); err != nil {
		t.Error(err)
	}
}

func TestAKeyFileMayHoldRandomBytes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte("q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=\n"), 0o600); err != nil { // as openssl rand -base64 32 writes
		t.Fatal(err)
	}
	r := newRing()
	sealed := seal(t, open(t, file, r), "p1", "Anna")
	if err := opens(open(t, file, r), t, "p1", sealed); err != nil {
		t.Error(err)
	}
}

func TestTheWrappingKeyComesFromATextToo(t *testing.T) {
	ctx, r := t.Context(), newRing()
	const phrase = "vier losse woorden samen"
	v, err := vault.OpenFrom(ctx, vault.Text(phrase), r)
	if err != nil {
		t.Fatal(err)
	}
	sealed := seal(t, v, "p1", "Anna")
	again, err := vault.OpenFrom(ctx, vault.Text(phrase), r)
	if err != nil {
		t.Fatal(err)
	}
	if err := opens(again, t, "p1", sealed); err != nil {
		t.Error(err)
	}
	if _, err := vault.OpenFrom(ctx, vault.Text(phrase+"!"), r); !errors.Is(err, vault.ErrWrongKey) {
		t.Errorf("another passphrase gives %v", err)
	}
	if _, err := vault.OpenFrom(ctx, vault.Text("kort"), newRing()); err == nil {
		t.Error("a short passphrase was taken")
	}
	const another = "en dan nog een andere zin"
	if n, err := again.Rewrap(ctx, vault.Text(another)); err != nil || n != 2 {
		t.Errorf("changed %d, %v", n, err)
	}
	if v, err = vault.OpenFrom(ctx, vault.Text(another), r); err != nil {
		t.Fatal(err)
	}
	if err := opens(v, t, "p1", sealed); err != nil {
		t.Error(err)
	}
}
