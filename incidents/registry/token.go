package registry

import (
	"slices"
	"strings"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/tenant"
)

// Scope is one thing a machine's token may do: an area of the API, to read or to
// write, such as "clients:read".
type Scope string

// ScopeArea is a part of the API that tokens are limited to.
type ScopeArea string

// The areas of the API.
const (
	ScopeReports   ScopeArea = "reports"   // what came in, and messages that came back
	ScopeIncidents ScopeArea = "incidents" // cases, their decisions and their clocks
	ScopeClients   ScopeArea = "clients"   // people, what is held about them, and their requests
	ScopeSystems   ScopeArea = "systems"   // systems and processors
	ScopeNotices   ScopeArea = "notices"   // messages to people, their answers and questions
	ScopeRegister  ScopeArea = "register"  // the register and what is made of it
	ScopePolicy    ScopeArea = "policy"    // the practice's rules
	ScopeAddresses ScopeArea = "addresses" // where processors report, with the secrets of these addresses
)

// ScopeAreas returns every area in the order in which forms show them.
func ScopeAreas() []ScopeArea {
	return []ScopeArea{ScopeReports, ScopeIncidents, ScopeClients, ScopeSystems, ScopeNotices, ScopeRegister, ScopePolicy, ScopeAddresses}
}

// Read is the scope that only looks at an area.
func (a ScopeArea) Read() Scope { return Scope(a) + ":read" }

// Write is the scope that changes an area. It does not let one read it.
func (a ScopeArea) Write() Scope { return Scope(a) + ":write" }

// AllScopes returns every scope. Nobody writes the register: it grows by what is
// done elsewhere. Addresses are listed with the systems; see Guarded.
func AllScopes() []Scope {
	var all []Scope
	for _, a := range ScopeAreas() {
		if a != ScopeAddresses {
			all = append(all, a.Read())
		}
		if a != ScopeRegister {
			all = append(all, a.Write())
		}
	}
	return all
}

// CommonScopes returns what a token may do when nobody says more.
func CommonScopes() []Scope { return slices.DeleteFunc(AllScopes(), Scope.Guarded) }

// Guarded reports whether a scope shows or changes secrets, for which pages ask a
// fresh proof of who one is. A machine cannot give one, so that a token has such a
// scope only when somebody chose it by its name.
func (s Scope) Guarded() bool { return s == ScopeAddresses.Write() }

// Valid reports whether s is one of the scopes.
func (s Scope) Valid() bool { return slices.Contains(AllScopes(), s) }

// The life of a token.
const (
	TokenLife     = 90 * 24 * time.Hour  // unless another is chosen
	MostTokenLife = 365 * 24 * time.Hour // no token lives longer
	// tokenNoted is how old the last noted use must be before another is noted.
	tokenNoted = time.Hour
)

// Token is a machine's key to the API of one practice; only its hash is kept.
type Token struct {
	ID         string
	PracticeID tenant.ID
	Hash       string // hex SHA-256 of the bearer token
	Name       string // stored sealed
	// Scopes are what the token may do. Nil is all that is common: such tokens are
	// from before there were scopes.
	Scopes    []Scope
	CreatedAt time.Time
	CreatedBy string // id of the user; "" for the host
	// ExpiresAt is when the token ends; zero for those from before tokens ended.
	ExpiresAt time.Time
	// LastUsedAt is the last use, to within an hour; zero when it was never used.
	LastUsedAt time.Time
	Notes      register.Notes // what happens to it with the write under way
}

// May reports whether the token's scopes hold s.
func (t Token) May(s Scope) bool {
	return t.Scopes == nil && !s.Guarded() || slices.Contains(t.Scopes, s)
}

// Ended reports whether the token is too old.
func (t Token) Ended(now time.Time) bool { return !t.ExpiresAt.IsZero() && !now.Before(t.ExpiresAt) }

// Unnoted reports whether a use at now is to be written down.
func (t Token) Unnoted(now time.Time) bool {
	return t.LastUsedAt.IsZero() || now.Sub(t.LastUsedAt) >= tokenNoted
}

// Check returns every fault of a token that is about to be made.
func (t Token) Check() error {
	var faults fault.List
	CheckLine(&faults, "name", t.Name, 1, 80)
	if len(t.Scopes) == 0 || slices.ContainsFunc(t.Scopes, func(s Scope) bool { return !s.Valid() }) {
		faults.Add("scopes", "error.token_scopes", "choose at least one thing that the token may do")
	}
	if life := t.ExpiresAt.Sub(t.CreatedAt); t.ExpiresAt.IsZero() || life <= 0 || life > MostTokenLife {
		faults.Add("days", "error.token_days", "give a number of days, at least 1 and at most 365")
	}
	return faults.Err()
}

// ScopeText joins scopes, for the register.
func ScopeText(scopes []Scope) string {
	words := make([]string, len(scopes))
	for i, s := range scopes {
		words[i] = string(s)
	}
	return strings.Join(words, ",")
}
