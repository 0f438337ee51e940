package record

import (
	"context"
	"time"

	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// Endpoint is the stored form of registry.Endpoint.
type Endpoint struct {
	Schema      int       `json:"schema" bson:"schema"`
	ID          string    `json:"id" bson:"id"`
	TokenHash   string    `json:"token_hash" bson:"token_hash"`
	ProcessorID string    `json:"processor_id" bson:"processor_id"`
	PracticeID  tenant.ID `json:"practice_id" bson:"practice_id"` // "" for the operator's
	Door        string    `json:"door" bson:"door"`
	CreatedAt   time.Time `json:"created_at" bson:"created_at"`
	// Absent from what was stored before addresses could change.
	Version   int64     `json:"version" bson:"version"`
	RevokedAt time.Time `json:"revoked_at" bson:"revoked_at"`
	LastAt    time.Time `json:"last_at" bson:"last_at"`
	Sealed    []byte    `json:"sealed" bson:"sealed"` // token, secrets, public keys, claims
	Noted     `bson:",inline"`
}

type endpointSecret struct {
	Token string `json:"token"`
	// Secrets stands in what was stored before a secret could be followed by another.
	Secrets    []string    `json:"secrets,omitempty"`
	Signing    []signing   `json:"signing"`
	PublicKeys []string    `json:"public_keys"`
	Claims     tokenClaims `json:"claims"`
}

type signing struct {
	Value     string    `json:"value"`
	CreatedAt time.Time `json:"created_at"`
	Until     time.Time `json:"until"`
}

type tokenClaims struct {
	Issuer   string `json:"issuer"`
	Audience string `json:"audience"`
	Tenant   string `json:"tenant"`
	Sender   string `json:"sender"`
	// Absent from what was stored before addresses asked for a token.
	Subscriptions []string `json:"subscriptions"`
}

func fromSigning(v registry.EndpointSecret) signing {
	return signing{Value: v.Value, CreatedAt: cut(v.CreatedAt), Until: cut(v.Until)}
}

func (r signing) toSecret() registry.EndpointSecret {
	return registry.EndpointSecret{Value: r.Value, CreatedAt: cut(r.CreatedAt), Until: cut(r.Until)}
}

// FromEndpoint returns the record of v.
func FromEndpoint(ctx context.Context, s Sealer, v registry.Endpoint) (Endpoint, error) {
	sealed, err := seal(ctx, s, v.PracticeID, Endpoints, v.ID, endpointSecret{
		Token: v.Token, Signing: list(v.Secrets, fromSigning), PublicKeys: v.PublicKeys, Claims: tokenClaims(v.Claims),
	})
	if err != nil {
		return Endpoint{}, err
	}
	notes, err := noted(ctx, s, v.PracticeID, v.Notes)
	return Endpoint{
		Schema: Schema, ID: v.ID, Version: v.Version, TokenHash: v.TokenHash, ProcessorID: v.ProcessorID, PracticeID: v.PracticeID,
		Door: string(v.Door), CreatedAt: cut(v.CreatedAt), RevokedAt: cut(v.RevokedAt), LastAt: cut(v.LastAt), Sealed: sealed, Noted: notes,
	}, err
}

// ToEndpoint returns the endpoint that the record keeps.
func (r Endpoint) ToEndpoint(ctx context.Context, s Sealer) (registry.Endpoint, error) {
	var secret endpointSecret
	if err := checkSchema(Endpoints, r.Schema); err != nil {
		return registry.Endpoint{}, err
	}
	if err := unseal(ctx, s, r.PracticeID, Endpoints, r.ID, r.Sealed, &secret); err != nil {
		return registry.Endpoint{}, err
	}
	return registry.Endpoint{
		ID: r.ID, Version: r.Version, TokenHash: r.TokenHash, ProcessorID: r.ProcessorID, PracticeID: r.PracticeID,
		Token: secret.Token, Secrets: secret.secrets(cut(r.CreatedAt)), PublicKeys: secret.PublicKeys, Claims: registry.TokenClaims(secret.Claims),
		Door: registry.Door(r.Door), CreatedAt: cut(r.CreatedAt), RevokedAt: cut(r.RevokedAt), LastAt: cut(r.LastAt),
	}, nil
}

// secrets returns those that sign; what was stored before they could change is as
// old as its address.
func (s endpointSecret) secrets(made time.Time) []registry.EndpointSecret {
	if len(s.Signing) == 0 && len(s.Secrets) > 0 {
		return list(s.Secrets, func(v string) registry.EndpointSecret { return registry.EndpointSecret{Value: v, CreatedAt: made} })
	}
	return list(s.Signing, signing.toSecret)
}
