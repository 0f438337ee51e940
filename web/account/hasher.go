package account

import (
	"context"
	"fmt"

	"github.com/alexedwards/argon2id"
)

// Hasher hashes and checks passwords, few at a time: each takes 19 MiB.
type Hasher struct {
	slots  chan struct{}
	params *argon2id.Params
	check  func(password, hash string) (bool, *argon2id.Params, error)
}

// nobodysHash is checked when the account does not exist, so that the answer
// takes as long as for one that does. No password has it.
const nobodysHash = "$argon2id$v=19$m=19456,t=2,p=1$ZGF0YWxla25vYm9keXNhbA$qzq3aVtZkX0u8c5O3G5w0oJ5yK0n4m1b7f2e9d6c8aA"

// NewHasher returns a hasher that works on at most atOnce passwords at a time,
// with argon2id at 19 MiB, two passes, one lane (OWASP's second choice).
func NewHasher(atOnce int) *Hasher {
	return &Hasher{slots: make(chan struct{}, atOnce), check: argon2id.CheckHash,
		params: &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}}
}

// Hash returns the password's hash in PHC string format.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer h.leave()
	hash, err := argon2id.CreateHash(password, h.params)
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	return hash, nil
}

// Check reports whether the password has the hash, and whether the hash was
// made with other parameters than today's. An empty hash matches nothing and
// takes as long.
func (h *Hasher) Check(ctx context.Context, password, hash string) (match, stale bool, err error) {
	if err := h.enter(ctx); err != nil {
		return false, false, err
	}
	defer h.leave()
	unknown := hash == ""
	if unknown {
		hash = nobodysHash
	}
	match, params, err := h.check(password, hash)
	if err != nil {
		return false, false, fmt.Errorf("check password: %w", err)
	}
	return match && !unknown, *params != *h.params, nil
}

func (h *Hasher) enter(ctx context.Context) error {
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait to hash a password: %w", ctx.Err())
	}
}

func (h *Hasher) leave() { <-h.slots }
