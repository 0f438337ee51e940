package notifier

import "context"

// LookAtRights makes one look at what people ask about their own data.
func (n *Notifier) LookAtRights(ctx context.Context) error {
	_, err := n.rights.step(ctx)
	return err
}
