package notifier_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"datalek/notifier"
)

// folder hands over its mails until each was kept once.
type folder struct {
	mu          sync.Mutex
	mails, kept []string
	down        bool // nothing can be kept
}

func (f *folder) Read(ctx context.Context, keep func(context.Context, []byte) error) error {
	for {
		next, some := f.next()
		if !some {
			return nil
		}
		if err := keep(ctx, []byte(next)); err != nil {
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

func (f *folder) keep(_ context.Context, raw []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down {
		return errors.New("the store is down")
	}
	f.kept = append(f.kept, string(raw))
	return nil
}

// set changes whether anything can be kept, and returns what was kept and is left.
func (f *folder) set(down bool) (kept, left []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = down
	return slices.Clone(f.kept), slices.Clone(f.mails)
}

func TestAFolderOfSuppliersMailIsReadOnAfterAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newMemStore()
		f := &folder{mails: []string{"one", "two"}, down: true}
		w := notifier.NewSupplierMail(notifier.SupplierMailOptions{Store: s, Box: f, Now: time.Now, Keep: f.keep})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { w.Run(ctx); close(ended) }()
		time.Sleep(90 * time.Second)
		synctest.Wait()
		if kept, left := f.set(true); len(kept) != 0 || len(left) != 2 {
			t.Errorf("kept %v, left %v: nothing may be lost", kept, left)
		}
		if raw, version, _ := s.Setting(ctx, notifier.SupplierBoxSetting); version == 0 || len(raw) == 0 {
			t.Error("it is not noted that the folder cannot be read")
		}
		f.set(false)
		time.Sleep(time.Hour)
		synctest.Wait()
		cancel()
		<-ended
		if kept, _ := f.set(false); !slices.Equal(kept, []string{"one", "two"}) {
			t.Errorf("kept %v", kept)
		}
	})
}
