package incidents

import (
	"maps"
	"time"

	"datalek/incidents/tenant"
)

// The events of an account. They belong to no case; each stands in the register
// of every practice that the user works for.
const (
	// FactorAdded: a second factor was set up; the fact "factor" is one of
	// FactorApp, FactorPasskey and FactorRecovery.
	FactorAdded EventKind = "account.factor_added"
	// FactorRemoved: a second factor was taken away.
	FactorRemoved EventKind = "account.factor_removed"
	// RecoveryUsed: somebody came in with a recovery code; the fact "left" counts
	// those that are left.
	RecoveryUsed EventKind = "account.recovery_used"
	// PasswordRecovered: a user set a new password with a recovery code and a code of
	// the app; the fact "left" counts the codes that are left.
	PasswordRecovered EventKind = "account.password_recovered"
	// AccountChanged: a user took another name or language.
	AccountChanged EventKind = "account.changed"
	// PasswordChanged: a user chose another password.
	PasswordChanged EventKind = "account.password_changed"
)

// What a second factor is called in the facts of its events.
const (
	FactorApp      = "app"
	FactorPasskey  = "passkey"
	FactorRecovery = "recovery"
)

// AccountEvent is the register's entry of something that happened to a user's
// account; its ID is the outbox's to give.
func AccountEvent(practice tenant.ID, user string, kind EventKind, by Actor, facts map[string]string, now time.Time) Event {
	all := map[string]string{"user": user}
	maps.Copy(all, facts)
	return Event{PracticeID: practice, Kind: kind, At: now, Actor: by, Facts: all}
}
