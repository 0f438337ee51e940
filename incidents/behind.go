package incidents

import "context"

// behindKey marks a context.
type behindKey struct{}

// Behind marks work that nobody waits for at a screen: a store serves what is not
// marked before it, so that pages stay quick while much is done.
func Behind(ctx context.Context) context.Context { return context.WithValue(ctx, behindKey{}, true) }

// IsBehind reports whether the work was marked by Behind.
func IsBehind(ctx context.Context) bool { return ctx.Value(behindKey{}) != nil }
