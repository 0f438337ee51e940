package register

import "context"

// actingKey is where a context keeps who acts.
type actingKey struct{}

// Acting returns a context in which what happens is by somebody: the account, or the
// program with a key, whose request it is.
func Acting(ctx context.Context, by Actor) context.Context {
	return context.WithValue(ctx, actingKey{}, by)
}

// ActorIn returns who acts; the program itself where nobody was named.
func ActorIn(ctx context.Context) Actor {
	if by, named := ctx.Value(actingKey{}).(Actor); named {
		return by
	}
	return Actor{Kind: ActorSystem}
}
