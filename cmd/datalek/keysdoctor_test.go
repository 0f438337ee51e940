package main

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"datalek/notifier"
)

func TestTheDoctorSaysThatKeysAreBeingChanged(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	store, keys, err := openLocked(t.Context(), storeFlags{Data: data, Store: "sqlite"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	since := time.Date(2027, 3, 8, 12, 0, 0, 0, time.UTC)
	if err := errors.Join(keys.Rotate(t.Context(), "", since), store.Close()); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, want string
		args       []string
	}{
		{"while it goes on", "note       Keys: Keys are being changed since 2027-03-08 12:00 UTC: 1 still", []string{"doctor", "--data", data}},
		{"it is finished", "and the old keys are gone", []string{"keys", "rotate", "--data", data}},
		{"afterwards", "well       Keys:", []string{"doctor", "--data", data}},
	} {
		var out, errs bytes.Buffer
		run(tt.args, nil, &out, &errs)
		if !strings.Contains(out.String(), tt.want) {
			t.Errorf("%s: wrote %s%s, want %q", tt.name, out.String(), errs.String(), tt.want)
		}
	}
}

// beating is a shared store whose workers were last heard of at an instant.
type beating struct {
	lockedStore
	at string
}

func (b beating) Setting(_ context.Context, key string) ([]byte, int64, error) {
	if key != notifier.HeartbeatKey {
		return nil, 0, errors.New("asked for " + key)
	}
	return []byte(b.at), 1, nil
}

func TestWhatMustBeAloneIsRefusedBesideAWorker(t *testing.T) {
	noon := time.Date(2027, 3, 8, 12, 0, 0, 0, time.UTC)
	at := &terminal{now: func() time.Time { return noon }}
	for _, tt := range []struct {
		name, store, beat string
		refused           bool
	}{
		{"a worker is running", "mongodb://x", noon.Add(-3 * time.Second).Format(time.RFC3339), true},
		{"none for a minute", "mongodb://x", noon.Add(-time.Minute).Format(time.RFC3339), false},
		{"there never was one", "mongodb://x", "", false},
		{"the default store, which has refused already", "sqlite", noon.Format(time.RFC3339), false},
	} {
		err := refuseBesideWorker(t.Context(), at, beating{at: tt.beat}, storeFlags{Store: tt.store})
		if (err != nil) != tt.refused {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}
