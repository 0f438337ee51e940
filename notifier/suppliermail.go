package notifier

import (
	"context"
	"log/slog"
	"time"
)

// SupplierBoxSetting is where it is written how the folder of suppliers' mail fares.
const SupplierBoxSetting = "suppliers/box"

// SupplierMailOptions is what reading a folder of suppliers' mail needs; Log may be nil.
type SupplierMailOptions struct {
	Store settings
	Box   returnBox
	// Keep puts one mail before a person. The same mail may come twice.
	Keep func(ctx context.Context, raw []byte) error
	Now  func() time.Time
	Log  *slog.Logger
}

// SupplierMail reads the folder in which a practice puts what its suppliers wrote.
// It changes nothing there, and opens no case: each mail waits for a person.
type SupplierMail struct{ box *boxReader }

// NewSupplierMail returns the worker; nothing is read before Run.
func NewSupplierMail(o SupplierMailOptions) *SupplierMail {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &SupplierMail{box: &boxReader{box: o.Box, keep: o.Keep, store: o.Store, setting: SupplierBoxSetting, name: "suppliers' mail", now: o.Now, log: o.Log}}
}

// Run works until ctx is done.
func (s *SupplierMail) Run(ctx context.Context) {
	looper := &Notifier{log: s.box.log}
	looper.loop(ctx, loop{name: "suppliers", every: boxEvery, wait: boxWait, step: s.box.step})
}
