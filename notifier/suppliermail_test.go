package notifier_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"datalek/notifier"
)

// folder hands over its mails until each was kept once.
type folder struct{ mails []string }

func (f *folder) Read(ctx context.Context, keep func(context.Context, []byte) error) error {
	for len(f.mails) > 0 {
		if err := keep(ctx, []byte(f.mails[0])); err != nil {
			return err
		}
		f.mails = f.mails[1:]
	}
	return nil
}

func TestAFolderOfSuppliersMailIsReadOnAfterAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newMemStore()
		f, down := &folder{mails: []string{"one", "two"}}, true
		var kept []string
		w := notifier.NewSupplierMail(notifier.SupplierMailOptions{Store: s, Box: f, Now: time.Now, Keep: func(_ context.Context, raw []byte) error {
			if down {
				return errors.New("the store is down")
			}
			kept = append(kept, string(raw))
			return nil
		}})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { w.Run(ctx); close(ended) }()
		time.Sleep(90 * time.Second)
		synctest.Wait()
		if len(kept) != 0 || len(f.mails) != 2 {
			t.Errorf("kept %v, left %v: nothing may be lost", kept, f.mails)
		}
		if raw, version, _ := s.Setting(ctx, notifier.SupplierBoxSetting); version == 0 || len(raw) == 0 {
			t.Error("it is not noted that the folder cannot be read")
		}
		down = false
		time.Sleep(time.Hour)
		synctest.Wait()
		cancel()
		<-ended
		if !slices.Equal(kept, []string{"one", "two"}) {
			t.Errorf("kept %v", kept)
		}
	})
}
