package issuer

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"sync"
)

// Keys publishes keys on a loopback port, as Microsoft and Google do, and signs
// tokens with them. Every path answers with the keys. Close it when done.
type Keys struct {
	// Behave may answer a request for the keys instead; true says that it did. Set it
	// before the first request.
	Behave func(w http.ResponseWriter, r *http.Request) bool

	server *httptest.Server
	mu     sync.Mutex
	key    *rsa.PrivateKey
	issuer string
	number int
	asked  []string // the paths
}

// StartKeys serves one key, named key-1.
func StartKeys() *Keys {
	k := &Keys{}
	k.Rotate()
	k.server = httptest.NewServer(http.HandlerFunc(k.serve))
	return k
}

// URL is the base of the issuer's addresses.
func (k *Keys) URL() string { return k.server.URL }

// Close ends the server.
func (k *Keys) Close() { k.server.Close() }

// Rotate puts a new key in the place of the old one.
func (k *Keys) Rotate() {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err) // crypto/rand never fails
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.key, k.number = key, k.number+1
}

// SignsFor writes with the key whose tokens it signs, as Microsoft does.
func (k *Keys) SignsFor(issuer string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.issuer = issuer
}

// Asked returns the paths at which keys were asked for.
func (k *Keys) Asked() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]string(nil), k.asked...)
}

// Public is the key that is published now.
func (k *Keys) Public() *rsa.PublicKey {
	k.mu.Lock()
	defer k.mu.Unlock()
	return &k.key.PublicKey
}

// Token signs claims. head replaces or adds what it names to the token's header.
func (k *Keys) Token(claims, head map[string]any) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	header := map[string]any{"alg": "RS256", "typ": "JWT", "kid": k.name()}
	for name, value := range head {
		header[name] = value
	}
	signed := Part(header) + "." + Part(claims)
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, k.key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err) // the key is ours and whole
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// Part writes a part of a token: base64url of JSON (RFC 7515, section 3).
func Part(v map[string]any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // tests write what can be written
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

func (k *Keys) name() string { return fmt.Sprintf("key-%d", k.number) }

func (k *Keys) serve(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	k.asked = append(k.asked, r.URL.Path)
	key := map[string]any{"kty": "RSA", "use": "sig", "kid": k.name(), "n": base64.RawURLEncoding.EncodeToString(k.key.N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(k.key.E)).Bytes())}
	if k.issuer != "" {
		key["issuer"] = k.issuer
	}
	k.mu.Unlock()
	if k.Behave != nil && k.Behave(w, r) {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"keys": []any{key}})
}
