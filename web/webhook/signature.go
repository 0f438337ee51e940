package webhook

import (
	"crypto/ed25519"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"time"

	"datalek/incidents/registry"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const (
	leastKey = 24 // bytes; Standard Webhooks asks 24 to 64, and the library takes none at all
	// mostSignatures bounds the work that one message may ask: two secrets and four
	// keys need six.
	mostSignatures = 8
	asymmetric     = "v1a,"
)

// signed reports whether one of the signatures is by a secret that counts, or by a
// key that the address knows. Which of them, and in what order they stand, does not
// matter: a sender that changes its secret signs with both.
func signed(e registry.Endpoint, now time.Time, h http.Header, body []byte) bool {
	list := strings.Fields(h.Get("webhook-signature"))
	if len(list) == 0 || len(list) > mostSignatures {
		return false
	}
	return slices.ContainsFunc(e.Live(now), func(s registry.EndpointSecret) bool { return proves(s.Value, h, body) }) ||
		slices.ContainsFunc(e.PublicKeys, func(key string) bool { return made(key, list, h, body) })
}

// proves checks the signatures by a secret (v1). The library's own clock is fixed, so
// the time is checked apart; it would take an empty key, so a short one is refused here.
func proves(secret string, h http.Header, body []byte) bool {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, registry.SecretPrefix))
	if err != nil || len(key) < leastKey {
		return false
	}
	checker, err := standardwebhooks.NewWebhookRaw(key)
	return err == nil && checker.VerifyIgnoringTimestamp(body, h) == nil
}

// made checks the signatures by a sender's own key (v1a).
func made(public string, list []string, h http.Header, body []byte) bool {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(public, registry.PublicKeyPrefix))
	if err != nil || len(key) != ed25519.PublicKeySize {
		return false
	}
	message := slices.Concat([]byte(h.Get("webhook-id")+"."+h.Get("webhook-timestamp")+"."), body)
	return slices.ContainsFunc(list, func(s string) bool {
		signature, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s, asymmetric))
		return strings.HasPrefix(s, asymmetric) && err == nil && ed25519.Verify(key, message, signature)
	})
}
