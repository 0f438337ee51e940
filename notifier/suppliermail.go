package notifier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/tenant"
)

// SupplierBoxSetting is where it is written how the folder of suppliers' mail fares.
const SupplierBoxSetting = "suppliers/box"

// SupplierMailOptions is what reading a folder of suppliers' mail needs; Log may be nil.
type SupplierMailOptions struct {
	Store settings
	Box   returnBox
	// Keep puts one mail before a person, and says whether it was new: the same mail
	// may come twice, and place tells apart those of which there is nothing to see.
	Keep func(ctx context.Context, raw []byte, place string) (fresh bool, err error)
	// Folder is the folder's name, and Whose the practice whose it is, "" when that
	// cannot be told now; nil never can.
	Folder string
	Whose  func(ctx context.Context) string
	Now    func() time.Time
	Log    *slog.Logger
}

// SupplierMail reads the folder in which a practice puts what its suppliers wrote.
// It changes nothing there, and opens no case: each mail waits for a person.
type SupplierMail struct{ box *boxReader }

// NewSupplierMail returns the worker; nothing is read before Run.
func NewSupplierMail(o SupplierMailOptions) *SupplierMail {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	b := &boxReader{box: o.Box, store: o.Store, setting: SupplierBoxSetting, name: "suppliers' mail", now: o.Now, log: o.Log}
	b.keep = func(ctx context.Context, raw []byte, place string) error {
		fresh, err := o.Keep(ctx, raw, place)
		if err == nil && fresh {
			b.came(ctx)
		}
		return err
	}
	b.whose = func(ctx context.Context, s *BoxState) {
		s.Folder = o.Folder
		if o.Whose != nil {
			s.Practice = tenant.ID(o.Whose(ctx))
		}
	}
	return &SupplierMail{box: b}
}

// ForgetSupplierBox lets no page speak of a folder that is not read any more.
func ForgetSupplierBox(ctx context.Context, store settings) error {
	_, version, err := store.Setting(ctx, SupplierBoxSetting)
	if err == nil && version > 0 {
		err = store.PutSetting(ctx, SupplierBoxSetting, []byte("{}"), version)
	}
	if err != nil && !errors.Is(err, fault.Conflict) { // another worker did it
		return fmt.Errorf("forget the folder of suppliers' mail: %w", err)
	}
	return nil
}

// Run works until ctx is done.
func (s *SupplierMail) Run(ctx context.Context) {
	looper := &Notifier{log: s.box.log}
	looper.loop(ctx, loop{name: "suppliers", every: boxEvery, wait: boxWait, step: s.box.step})
}
