// Package idtoken checks the tokens with which two senders prove themselves at an
// address: Microsoft's secure webhook of Azure alerts (an Entra access token) and
// the push of Google's Pub/Sub (an OpenID Connect identity token). Both are JSON
// Web Tokens (RFC 7519), signed with RS256 by a key that the issuer publishes.
//
// A message that carries a token says nothing that is believed before the token is
// checked, and a token tells nothing about the message: who may have one made may
// send what he likes with it. So the address itself stays a secret besides.
package idtoken

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

// Where the issuers publish their keys, and what they call themselves.
const (
	EntraURL  = "https://login.microsoftonline.com"
	GoogleURL = "https://accounts.google.com"

	googleKeys = "https://www.googleapis.com/oauth2/v3/certs"
)

// AzureAlerts is the application that sends the alerts of Azure Monitor ("AzNS AAD
// Webhook"), the same in every organisation; AlertRole is the role it must have been
// given at the receiving application (Microsoft Learn, "Secure webhook").
const (
	AzureAlerts = "461e8683-5575-4561-ac7f-899cc907d62a"
	AlertRole   = "ActionGroupsSecureWebhook"
)

// mostToken bounds a token in bytes; real ones have less than two thousand.
const mostToken = 8 << 10

// Options is what a Checker needs.
type Options struct {
	// Client asks for the keys. Its redirects are not followed.
	Client *http.Client
	Now    func() time.Time
	// EntraURL and GoogleURL stand for the public ones where a national cloud, or a
	// test, has its own; "" for the public ones.
	EntraURL, GoogleURL string
}

// Checker checks tokens. It keeps the issuers' keys in memory. It is safe for
// concurrent use. Make it with New.
type Checker struct {
	now           func() time.Time
	entra, google issuer
}

// issuer is one that makes tokens.
type issuer struct {
	base string
	keys *keySet
}

// New returns a Checker. It asks for no keys before a token needs them.
func New(o Options) *Checker {
	client := *o.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	entra, google, keys := EntraURL, GoogleURL, googleKeys
	if o.EntraURL != "" {
		entra = strings.TrimRight(o.EntraURL, "/")
	}
	if o.GoogleURL != "" {
		google = strings.TrimRight(o.GoogleURL, "/")
		keys = google + "/oauth2/v3/certs"
	}
	return &Checker{now: o.Now,
		entra:  issuer{entra, newKeySet(entra+"/common/discovery/v2.0/keys", &client, o.Now)},
		google: issuer{google, newKeySet(keys, &client, o.Now)},
	}
}

// Check proves that a request with these Authorization headers comes from the sender
// that an address with this door names. A registry.TokenRefusal says why it does not; it is
// fault.Unavailable when the issuer's keys cannot be had, so that coming again helps.
func (c *Checker) Check(ctx context.Context, door registry.Door, want registry.TokenClaims, authorization []string) error {
	token, err := bearer(authorization)
	if err != nil {
		return err
	}
	switch door {
	case registry.DoorEntra:
		if want.Tenant == "" || want.Audience == "" {
			return registry.TokenForged // an address without its settings opens to nobody
		}
		return c.check(ctx, c.entra, c.entra.base+"/"+want.Tenant+"/v2.0", want, token, fromAzure)
	case registry.DoorGoogle:
		if want.Sender == "" || want.Audience == "" {
			return registry.TokenForged
		}
		return c.check(ctx, c.google, c.google.base, want, token, fromGoogle)
	}
	return registry.TokenForged
}

// bearer takes the token out of the headers (RFC 6750, section 2.1). Of two headers
// nobody could say which one counts.
func bearer(authorization []string) (string, error) {
	if len(authorization) != 1 {
		return "", registry.TokenForged
	}
	scheme, token, _ := strings.Cut(authorization[0], " ")
	token = strings.TrimLeft(token, " ")
	if !strings.EqualFold(scheme, "Bearer") || len(token) > mostToken || strings.Count(token, ".") != 2 ||
		strings.Trim(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.") != "" {
		return "", registry.TokenForged
	}
	return token, nil
}

// claims are those of a token that are looked at besides what the library checks.
type claims struct {
	Issuer    string   `json:"iss"`
	NotBefore float64  `json:"nbf"`
	Tenant    string   `json:"tid"`
	Azp       string   `json:"azp"`
	AppID     string   `json:"appid"`
	Roles     []string `json:"roles"`
	Email     string   `json:"email"`
	Verified  bool     `json:"email_verified"`
}

// check verifies signature, issuer, audience and times, then who sent it.
func (c *Checker) check(ctx context.Context, by issuer, name string, want registry.TokenClaims, token string, from func(claims, registry.TokenClaims) error) error {
	signed := &seen{keys: by.keys, issuer: func(key string) bool {
		return key == "" || strings.ReplaceAll(key, "{tenantid}", want.Tenant) == name
	}}
	verifier := oidc.NewVerifier(name, signed, &oidc.Config{ClientID: want.Audience, SupportedSigningAlgs: []string{oidc.RS256}, Now: c.now})
	proven, err := verifier.Verify(ctx, token)
	if err != nil {
		return c.why(signed, name, err)
	}
	if len(proven.Audience) != 1 {
		return registry.TokenWrongAudience // what is good for two doors is not for this one alone
	}
	var said claims
	if err := proven.Claims(&said); err != nil {
		return registry.TokenForged
	}
	return from(said, want)
}

// why says why the library refused a token, from what its issuer signed.
func (c *Checker) why(signed *seen, name string, err error) error {
	var said claims
	switch {
	case errors.Is(signed.err, fault.Unavailable):
		return fmt.Errorf("check a sender's token: %w", signed.err)
	case signed.payload == nil || json.Unmarshal(signed.payload, &said) != nil:
		return registry.TokenForged
	case said.Issuer != name && "https://"+said.Issuer != name: // Google's has two names
		return registry.TokenWrongTenant
	}
	var expired *oidc.TokenExpiredError
	if errors.As(err, &expired) || said.NotBefore > float64(c.now().Unix()) {
		return registry.TokenStale
	}
	return registry.TokenWrongAudience
}

// fromAzure says whether a token is of the application that sends Azure's alerts, of
// the organisation that the address names.
func fromAzure(said claims, want registry.TokenClaims) error {
	sender := want.Sender
	if sender == "" {
		sender = AzureAlerts
	}
	app := said.Azp
	if app == "" {
		app = said.AppID // as tokens of version 1 call it
	}
	switch {
	case said.Tenant != "" && said.Tenant != want.Tenant:
		return registry.TokenWrongTenant
	case app != sender, said.AppID != "" && said.AppID != app, !slices.Contains(said.Roles, AlertRole):
		return registry.TokenWrongSender
	}
	return nil
}

// fromGoogle says whether a token is of the service account that the address names.
func fromGoogle(said claims, want registry.TokenClaims) error {
	if !said.Verified || !strings.EqualFold(said.Email, want.Sender) {
		return registry.TokenWrongSender
	}
	return nil
}
