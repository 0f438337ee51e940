package registry

import (
	"slices"
	"time"

	"datalek/incidents/register"
	"datalek/incidents/tenant"
)

// ReturnedMail stands in an Endpoint's ProcessorID when the address takes mail
// that came back; no processor can have this id.
const ReturnedMail = "~returned-mail"

// What an address can have.
const (
	// OldSecretLife is how long the secret before the newest still counts, so that a
	// sender has time to change it.
	OldSecretLife = 7 * 24 * time.Hour
	// MostPublicKeys is how many public keys of its sender an address knows.
	MostPublicKeys = 4
	// MostEndpoints is how many addresses of one processor are open at once.
	MostEndpoints = 10
	// endpointNoted is how old the last noted message must be before another is noted.
	endpointNoted = time.Minute
)

// Endpoint is an address at which a processor reports breaches. With a
// PracticeID it reaches that practice alone; without, it is the operator's and
// reaches every practice linked to the processor.
type Endpoint struct {
	ID          string
	Version     int64  // set by the store; 0 for those from before addresses could change
	TokenHash   string // hex SHA-256 of the token in the address
	ProcessorID string
	PracticeID  tenant.ID // "" for the operator's
	Token       string    // stored sealed, so that the practice can see its address again
	// Secrets sign what is sent there: the newest first, then the one before it for as
	// long as it counts. Stored sealed.
	Secrets []EndpointSecret
	// PublicKeys are those of senders who sign with a key of their own (Standard
	// Webhooks v1a): whpk_ and base64 of an ed25519 key. Stored sealed.
	PublicKeys []string
	// Door is how a sender proves himself there.
	Door Door
	// Claims are what a sender's token says at a door that asks one. Stored sealed.
	Claims    TokenClaims
	CreatedAt time.Time
	// RevokedAt is since when nothing is taken there; zero while it is open.
	RevokedAt time.Time
	// LastAt is the last message taken there, to within a minute; zero for none.
	LastAt time.Time
	Notes  register.Notes // what happens to it with the write under way
}

// EndpointSecret is one secret of an address.
type EndpointSecret struct {
	Value     string // whsec_ and base64 of 24 to 64 bytes
	CreatedAt time.Time
	Until     time.Time // the first instant at which it no longer counts; zero for the newest
}

// Counts reports whether the secret still proves a sender.
func (s EndpointSecret) Counts(now time.Time) bool { return s.Until.IsZero() || now.Before(s.Until) }

// TokenClaims are what the token of a sender must say, for doors that ask one.
type TokenClaims struct {
	Issuer   string // who made the token
	Audience string // whom it is for
	Tenant   string // the sender's organisation, "" where the issuer has none
	Sender   string // the account or app that sends
	// Subscriptions are those of Azure whose alerts are taken; none lets in all.
	Subscriptions []string
}

// Door is how a sender proves himself at an address.
type Door string

// The doors.
const (
	DoorSigned Door = "" // he signs each message, with the address's secret or his own key (Standard Webhooks)
	// DoorAddress lets in who knows the address: for senders that cannot sign, such
	// as an Azure action group or a Pub/Sub push.
	DoorAddress Door = "address"
)

// Revoked reports whether the address takes nothing any more.
func (e Endpoint) Revoked() bool { return !e.RevokedAt.IsZero() }

// Unnoted reports whether a message at now is to be written down as the last.
func (e Endpoint) Unnoted(now time.Time) bool { return now.Sub(e.LastAt) >= endpointNoted }

// Live returns the secrets that count, the newest first.
func (e Endpoint) Live(now time.Time) []EndpointSecret {
	return slices.DeleteFunc(slices.Clone(e.Secrets), func(s EndpointSecret) bool { return !s.Counts(now) })
}

// Rotate puts a new secret first. The one that was newest counts for a while yet;
// an older one ends, so that two count at most.
func (e *Endpoint) Rotate(secret string, now time.Time) {
	kept := []EndpointSecret{{Value: secret, CreatedAt: now}}
	if len(e.Secrets) > 0 {
		old := e.Secrets[0]
		old.Until = now.Add(OldSecretLife)
		kept = append(kept, old)
	}
	e.Secrets = kept
}

// DropOld ends every secret but the newest, and says whether one counted until now.
func (e *Endpoint) DropOld(now time.Time) bool {
	had := len(e.Live(now)) > 1
	if len(e.Secrets) > 1 {
		e.Secrets = e.Secrets[:1:1]
	}
	return had
}
