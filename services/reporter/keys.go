package reporter

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"strings"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// The prefixes of Standard Webhooks: a shared secret, a private and a public key.
const (
	secretPrefix  = "whsec_"
	privatePrefix = "whsk_"
	publicPrefix  = "whpk_"
	leastSecret   = 24 // bytes; the library would take none at all
)

// Keys are what a sender signs with: a shared secret (v1), a key of his own (v1a), or
// both.
type Keys struct {
	secret  *standardwebhooks.Webhook
	private ed25519.PrivateKey
}

// ReadKeys reads a secret and a private key; "" for what the sender has not. An error
// never repeats what was given.
func ReadKeys(secret, private string) (Keys, error) {
	var k Keys
	secret, private = strings.TrimSpace(secret), strings.TrimSpace(private)
	if secret == "" && private == "" {
		return k, errors.New("give the secret of the address, or a private key whose public half the address knows")
	}
	if secret != "" {
		raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, secretPrefix))
		if err != nil || len(raw) < leastSecret {
			return k, errors.New("the secret is not one: it is whsec_ and base64, as the practice's page shows it")
		}
		if k.secret, err = standardwebhooks.NewWebhookRaw(raw); err != nil {
			return k, errors.New("the secret cannot be used")
		}
	}
	if private != "" {
		raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(private, privatePrefix))
		switch {
		case strings.HasPrefix(private, publicPrefix):
			return k, errors.New("this is the public key; the private one begins with whsk_")
		case err == nil && len(raw) == ed25519.SeedSize:
			k.private = ed25519.NewKeyFromSeed(raw)
		case err == nil && len(raw) == ed25519.PrivateKeySize:
			k.private = raw
		default:
			return k, errors.New("the private key is not one: it is whsk_ and base64 of an ed25519 key")
		}
	}
	return k, nil
}

// NewKey makes a private key, and the public one for the practice's page.
func NewKey() (private, public string, err error) {
	pub, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return "", "", err
	}
	return privatePrefix + base64.StdEncoding.EncodeToString(key), publicPrefix + base64.StdEncoding.EncodeToString(pub), nil
}
