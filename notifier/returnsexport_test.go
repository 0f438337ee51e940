package notifier

import "context"

// Step applies what waits, once.
func (r *Returns) Step(ctx context.Context) error { _, err := r.step(ctx); return err }

// Look looks whether it is time to read the mailbox.
func (r *Returns) Look(ctx context.Context) error { _, err := r.box.step(ctx); return err }

// Refuse notes that the mail server did not take the return address.
func (e *Envelope) Refuse(ctx context.Context) { e.refuse(ctx) }
