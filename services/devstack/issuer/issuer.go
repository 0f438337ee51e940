// Package issuer gives out OAuth2 tokens as Microsoft and Google do, for tests. It
// is apart from devstack so that no program carries it.
package issuer

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
)

// Issuer is a token endpoint on a loopback port. It hands out a new refresh token
// with each answer and takes the one before no more. Close it when done.
type Issuer struct {
	// Behave may answer instead; true says that it did. Set it before the first request.
	Behave func(w http.ResponseWriter, form url.Values) bool
	// ExpiresIn is what is said of a token's life, in seconds; 0 says nothing.
	ExpiresIn int

	server  *httptest.Server
	mu      sync.Mutex
	secret  string
	refresh string
	tokens  []string // newest last
	revoked map[string]bool
}

// Start serves an issuer that knows one app by its secret and one refresh token.
func Start(secret, refresh string) *Issuer {
	i := &Issuer{secret: secret, refresh: refresh, ExpiresIn: 3600, revoked: map[string]bool{}}
	i.server = httptest.NewServer(http.HandlerFunc(i.serve))
	return i
}

// URL is the token endpoint.
func (i *Issuer) URL() string { return i.server.URL }

// Close ends the server.
func (i *Issuer) Close() { i.server.Close() }

// Given counts the tokens given out.
func (i *Issuer) Given() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return len(i.tokens)
}

// Valid reports whether a token was given out and not revoked.
func (i *Issuer) Valid(_, token string) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, t := range i.tokens {
		if t == token {
			return !i.revoked[t]
		}
	}
	return false
}

// Revoke makes every token given out so far worthless; consent too when all is set.
func (i *Issuer) Revoke(all bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, t := range i.tokens {
		i.revoked[t] = true
	}
	if all {
		i.refresh, i.secret = "\x00", "\x00"
	}
}

func (i *Issuer) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if err := r.ParseForm(); err != nil || i.Behave != nil && i.Behave(w, r.PostForm) {
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	form := r.PostForm
	answer := map[string]any{"token_type": "Bearer"}
	switch {
	case form.Get("grant_type") == "refresh_token" && form.Get("refresh_token") == i.refresh:
		i.refresh = fmt.Sprintf("refresh-%d", len(i.tokens)+2)
		answer["refresh_token"] = i.refresh
	case form.Get("grant_type") == "client_credentials" && form.Get("client_secret") == i.secret:
	default:
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": "invalid_grant", "error_description": "anna@praktijk.example took it back"})
		return
	}
	token := fmt.Sprintf("token-%d", len(i.tokens)+1)
	i.tokens = append(i.tokens, token)
	answer["access_token"] = token
	if i.ExpiresIn > 0 {
		answer["expires_in"] = i.ExpiresIn
	}
	_ = json.NewEncoder(w).Encode(answer)
}
