package notifier

import "context"

// Step looks once at what is due.
func (f *Feeds) Step(ctx context.Context) error {
	_, err := f.step(ctx)
	return err
}
