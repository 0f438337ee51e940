package notifier_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"datalek/incidents/fault"
	"datalek/notifier"
)

// folder hands over its mails until each was kept once.
type folder struct {
	mu          sync.Mutex
	mails, kept []string
	down        bool // nothing can be kept
}

func (f *folder) Read(ctx context.Context, keep func(context.Context, []byte, string) error) error {
	for {
		next, some := f.next()
		if !some {
			return nil
		}
		if err := keep(ctx, []byte(next), "box/1/1"); err != nil {
			return err
		}
		f.mu.Lock()
		f.mails = f.mails[1:]
		f.mu.Unlock()
	}
}

func (f *folder) next() (string, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.mails) == 0 {
		return "", false
	}
	return f.mails[0], true
}

func (f *folder) keep(_ context.Context, raw []byte, _ string) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down {
		return false, errors.New("the store is down")
	}
	known := slices.Contains(f.kept, string(raw))
	if !known {
		f.kept = append(f.kept, string(raw))
	}
	return !known, nil
}

// set changes whether anything can be kept, and returns what was kept and is left.
func (f *folder) set(down bool) (kept, left []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = down
	return slices.Clone(f.kept), slices.Clone(f.mails)
}

// noted is what the store says of how the folder fares.
func noted(t *testing.T, s *memStore) notifier.BoxState {
	t.Helper()
	var state notifier.BoxState
	raw, version, err := s.Setting(t.Context(), notifier.SupplierBoxSetting)
	if err != nil || version == 0 || json.Unmarshal(raw, &state) != nil {
		t.Fatalf("nothing is noted: %q, %v", raw, err)
	}
	return state
}

func TestAFolderOfSuppliersMailIsReadOnAfterAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, began := newMemStore(), time.Now()
		f := &folder{mails: []string{"one", "two", "one"}, down: true}
		run := func() (stop func()) {
			w := notifier.NewSupplierMail(notifier.SupplierMailOptions{Store: s, Box: f, Now: time.Now, Keep: f.keep, Folder: "Leveranciers", Whose: func(context.Context) string { return "p1" }})
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan struct{})
			go func() { w.Run(ctx); close(ended) }()
			return func() { cancel(); <-ended }
		}
		stop := run()
		time.Sleep(90 * time.Second)
		synctest.Wait()
		if kept, left := f.set(true); len(kept) != 0 || len(left) != 3 {
			t.Errorf("kept %v, left %v: nothing may be lost", kept, left)
		}
		first := noted(t, s)
		if first.Failing.IsZero() || first.Place != "keep" || first.Folder != "Leveranciers" || first.Practice != "p1" || first.Took != 0 || !first.ReadAt.IsZero() {
			t.Errorf("it is noted: %+v", first)
		}
		stop()
		stop = run() // a worker that starts again knows what went before
		time.Sleep(time.Hour)
		synctest.Wait()
		if again := noted(t, s); !again.Failing.Equal(first.Failing) || !again.FailedAt.After(first.FailedAt) {
			t.Errorf("after an hour it is noted: %+v", again)
		}
		f.set(false)
		time.Sleep(time.Hour)
		synctest.Wait()
		stop()
		if kept, _ := f.set(false); !slices.Equal(kept, []string{"one", "two"}) {
			t.Errorf("kept %v", kept)
		}
		last := noted(t, s)
		if last.Took != 2 || last.TookAt.Before(began.Add(time.Hour)) || !last.Failing.IsZero() || last.ReadAt.IsZero() || last.FailedAt.IsZero() || last.Place != "keep" {
			t.Errorf("in the end it is noted: %+v", last)
		}
	})
}

// busyShelf is a store in which another worker is a moment faster a few times.
type busyShelf struct {
	*memStore
	faster int
}

func (s *busyShelf) PutSetting(ctx context.Context, key string, value []byte, version int64) error {
	if s.faster > 0 {
		s.faster--
		return fmt.Errorf("another was faster: %w", fault.Conflict)
	}
	return s.memStore.PutSetting(ctx, key, value, version)
}

func TestAWorkerThatEndsHasCountedWhatItTookBesideAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &busyShelf{newMemStore(), 4}
		f := &folder{mails: []string{"one"}}
		w := notifier.NewSupplierMail(notifier.SupplierMailOptions{Store: s, Box: f, Now: time.Now, Keep: f.keep, Folder: "Leveranciers"})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second) // before its next look
		defer cancel()
		w.Run(ctx)
		if state := noted(t, s.memStore); state.Took != 1 {
			t.Errorf("it is noted: %+v", state)
		}
	})
}

func TestAFolderThatIsReadNoMoreIsForgotten(t *testing.T) {
	s := newMemStore()
	if err := notifier.ForgetSupplierBox(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if err := s.PutSetting(t.Context(), notifier.SupplierBoxSetting, []byte(`{"folder":"Leveranciers","took":3}`), 0); err != nil {
		t.Fatal(err)
	}
	if err := notifier.ForgetSupplierBox(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if state := noted(t, s); state != (notifier.BoxState{}) {
		t.Errorf("it is still noted: %+v", state)
	}
}
