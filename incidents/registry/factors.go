package registry

import (
	"slices"
	"time"
)

// GraceForFactors is how long a new account may work before it must have a
// second factor, counted from its first login.
const GraceForFactors = 7 * 24 * time.Hour

// Factors are the ways in which somebody shows at login, beside the password,
// that it is really this person. Everything in it is stored sealed.
type Factors struct {
	// GraceUntil is when the account must have a second factor; zero until its
	// first login, and of no weight once there is one.
	GraceUntil time.Time
	// AppSecret is what the authenticator app and the program share, in base32
	// (RFC 6238); "" when there is no app.
	AppSecret string
	// AppStep is the last step of thirty seconds whose code was used: each code
	// works once.
	AppStep  int64
	AppSince time.Time
	Passkeys []Passkey
	// RecoveryHashes are the argon2id hashes of the recovery codes, in PHC string
	// format, each in the place that its code names; "" where it was used.
	RecoveryHashes []string
	RecoverySince  time.Time
}

// Passkey is a key that a phone, a computer or a security key holds for the
// user (W3C Web Authentication Level 3, credential record).
type Passkey struct {
	ID         []byte
	Name       string // given by the user
	PublicKey  []byte // COSE
	Transports []string
	// SignCount is what the device counted when it was last used; a lower one
	// means a copy.
	SignCount int64
	// BackupEligible and BackedUp say whether the key may be, and is, kept
	// elsewhere too, such as in a cloud account.
	BackupEligible bool
	BackedUp       bool
	CreatedAt      time.Time
	UsedAt         time.Time // zero until first used
}

// Some reports whether there is a second factor. Recovery codes alone are none.
func (f Factors) Some() bool { return f.HasApp() || len(f.Passkeys) > 0 }

// HasApp reports whether there is an authenticator app.
func (f Factors) HasApp() bool { return f.AppSecret != "" }

// Overdue reports whether the account must get a second factor before anything else.
func (f Factors) Overdue(now time.Time) bool {
	return !f.Some() && !f.GraceUntil.IsZero() && !now.Before(f.GraceUntil)
}

// Begin starts the days of grace at the first login, and reports whether it did.
func (f *Factors) Begin(now time.Time) bool {
	if f.Some() || !f.GraceUntil.IsZero() {
		return false
	}
	f.GraceUntil = now.Add(GraceForFactors)
	return true
}

// RecoveryLeft counts the recovery codes that were not used.
func (f Factors) RecoveryLeft() int {
	left := 0
	for _, hash := range f.RecoveryHashes {
		if hash != "" {
			left++
		}
	}
	return left
}

// SpendRecovery uses up the recovery code at a place, if it still has that hash,
// and reports whether it did.
func (f *Factors) SpendRecovery(place int, hash string) bool {
	if hash == "" || place < 0 || place >= len(f.RecoveryHashes) || f.RecoveryHashes[place] != hash {
		return false
	}
	f.RecoveryHashes = slices.Clone(f.RecoveryHashes)
	f.RecoveryHashes[place] = ""
	return true
}

// DropPasskey removes a passkey and reports whether it was there.
func (f *Factors) DropPasskey(id []byte) bool {
	before := len(f.Passkeys)
	f.Passkeys = slices.DeleteFunc(f.Passkeys, func(k Passkey) bool { return slices.Equal(k.ID, id) })
	return len(f.Passkeys) < before
}
