package factors

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
)

const (
	recoveryCodes = 10
	// A code has twelve characters: the first names its place, eleven of five bits
	// each are random. That is little enough to type and, behind argon2id and the
	// limit on tries, far too much to guess.
	recoveryLength   = 12
	recoveryAlphabet = "abcdefghijkmnpqrstuvwxyz23456789" // none that looks like another
)

// newCodes makes up ten recovery codes with their hashes.
func (a *Area) newCodes(ctx context.Context) (codes, hashes []string, err error) {
	for place := range recoveryCodes {
		raw := make([]byte, recoveryLength)
		_, _ = rand.Read(raw) // crypto/rand never fails
		for i := range raw {
			raw[i] = recoveryAlphabet[int(raw[i])%len(recoveryAlphabet)] // 256 is a multiple of 32
		}
		raw[0] = recoveryAlphabet[place]
		hash, err := a.opts.Hasher.Hash(ctx, string(raw))
		if err != nil {
			return nil, nil, fmt.Errorf("hash a recovery code: %w", err)
		}
		codes, hashes = append(codes, strings.ReplaceAll(grouped(string(raw), 4), " ", "-")), append(hashes, hash)
	}
	return codes, hashes, nil
}

// plainCode is a recovery code as it was hashed, and its place; -1 for what can
// be none.
func plainCode(typed string) (code string, place int) {
	code = strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' || r == '\t' {
			return -1
		}
		return r
	}, strings.ToLower(typed))
	if len(code) != recoveryLength {
		return "", -1
	}
	if place = strings.IndexByte(recoveryAlphabet, code[0]); place >= recoveryCodes {
		place = -1
	}
	return code, place
}

// matchRecovery finds the place of a recovery code among a user's. It works as
// long for a code that cannot be right, and for nobody.
func (a *Area) matchRecovery(ctx context.Context, u registry.User, typed string) (place int, match bool, err error) {
	code, place := plainCode(typed)
	hash := ""
	if place >= 0 && place < len(u.Factors.RecoveryHashes) {
		hash = u.Factors.RecoveryHashes[place]
	}
	match, _, err = a.opts.Hasher.Check(ctx, code, hash)
	return place, match, err
}

// useRecovery takes a recovery code of a user, each once, and returns the user
// without it.
func (a *Area) useRecovery(ctx context.Context, u registry.User, typed string) (registry.User, error) {
	place, match, err := a.matchRecovery(ctx, u, typed)
	if err != nil {
		return u, err
	}
	wrong := &fault.Error{Code: fault.Invalid, Field: "recovery", Key: "error.factor_recovery", Message: "this recovery code is not right, or was used already"}
	if !match {
		return u, wrong
	}
	spent := u.Factors.RecoveryHashes[place]
	after, err := a.opts.Store.UpdateUser(ctx, u.ID, func(u *registry.User) error {
		if !u.Factors.SpendRecovery(place, spent) {
			return wrong // somebody else was just first
		}
		a.note(u, incidents.Actor{Kind: register.ActorUser, ID: u.ID}, incidents.RecoveryUsed, leftOf(*u))
		return nil
	})
	if err != nil && !errors.Is(err, fault.Invalid) {
		return u, fmt.Errorf("use a recovery code: %w", err)
	}
	return after, err
}

// told is the fact of an event about a factor.
func told(factor string) map[string]string { return map[string]string{"factor": factor} }

// leftOf is the fact of how many recovery codes somebody has left.
func leftOf(u registry.User) map[string]string {
	return map[string]string{"left": strconv.Itoa(u.Factors.RecoveryLeft())}
}

// renewCodes gives a user ten new recovery codes, which end the old ones.
func (a *Area) renewCodes(ctx context.Context, u registry.User, by incidents.Actor) ([]string, error) {
	codes, hashes, err := a.newCodes(ctx)
	if err != nil {
		return nil, err
	}
	_, err = a.opts.Store.UpdateUser(ctx, u.ID, func(u *registry.User) error {
		u.Factors.RecoveryHashes, u.Factors.RecoverySince = hashes, a.now()
		a.note(u, by, incidents.FactorAdded, told(incidents.FactorRecovery))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("keep recovery codes: %w", err)
	}
	return codes, nil
}
