package account

import "github.com/alexedwards/argon2id"

// CountChecks returns how often the hasher compares a password from now on.
func CountChecks(h *Hasher) func() int {
	n, check := 0, h.check
	h.check = func(password, hash string) (bool, *argon2id.Params, error) {
		n++
		return check(password, hash)
	}
	return func() int { return n }
}
