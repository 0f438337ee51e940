package graph

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"datalek/incidents/registry"
)

const (
	tokenBytes = 16 << 10
	mostTokens = 10_000
	early      = 5 * time.Minute // before its end a token is replaced
	longest    = 24 * time.Hour
)

// tokenPattern is what a token may be made of (RFC 6750 section 2.1).
var tokenPattern = regexp.MustCompile(`^[A-Za-z0-9\-._~+/]+=*$`)

// tokens are those that still hold, in memory alone: asking for another costs one
// request.
type tokens struct {
	mu   sync.Mutex
	held map[[sha256.Size]byte]held
}

type held struct {
	token   string
	renewAt time.Time
}

// of is a login's place: a changed secret is another login.
func of(l registry.FeedLogin) [sha256.Size]byte {
	return sha256.Sum256([]byte(strings.Join([]string{l.Tenant, l.Client, l.Secret}, "\x00")))
}

func (t *tokens) good(l registry.FeedLogin, now time.Time) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if h, some := t.held[of(l)]; some && now.Before(h.renewAt) && h.renewAt.Before(now.Add(longest)) {
		return h.token
	}
	return ""
}

func (t *tokens) keep(l registry.FeedLogin, token string, renewAt time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.held == nil || len(t.held) >= mostTokens {
		t.held = map[[sha256.Size]byte]held{}
	}
	t.held[of(l)] = held{token, renewAt}
}

func (t *tokens) forget(l registry.FeedLogin) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.held, of(l))
}

// token returns one that holds, from the login's issuer when there is none.
func (r *Reader) token(ctx context.Context, l registry.FeedLogin) (string, error) {
	now := r.opts.Now()
	if token := r.tokens.good(l, now); token != "" {
		return token, nil
	}
	config := clientcredentials.Config{ClientID: l.Client, ClientSecret: l.Secret, AuthStyle: oauth2.AuthStyleInParams,
		TokenURL: r.opts.Login + "/" + url.PathEscape(l.Tenant) + "/oauth2/v2.0/token", Scopes: []string{r.opts.Graph + "/.default"}}
	t, err := config.Token(context.WithValue(ctx, oauth2.HTTPClient, r.client))
	if err != nil {
		return "", r.noToken(ctx, err)
	}
	if len(t.AccessToken) > tokenBytes || !tokenPattern.MatchString(t.AccessToken) {
		return "", wrong(registry.FeedUnreadable, "the issuer's answer holds no token")
	}
	life := lifeOf(t)
	r.tokens.keep(l, t.AccessToken, now.Add(max(life-early, life/2)))
	return t.AccessToken, nil
}

// lifeOf is how long a token holds by its issuer's word; one that does not say is
// not used again. The library gives the end by its own clock alone.
func lifeOf(t *oauth2.Token) time.Duration {
	seconds, _ := t.Extra("expires_in").(float64)
	return time.Duration(min(max(seconds, 0), longest.Seconds())) * time.Second
}

// noToken tells a final no from trouble that passes. Nothing of the answer goes
// into the error.
func (r *Reader) noToken(ctx context.Context, err error) error {
	var no *oauth2.RetrieveError
	if !errors.As(err, &no) {
		var lost *url.Error
		if errors.As(err, &lost) || ctx.Err() != nil {
			return r.unreached(ctx, err)
		}
		return wrong(registry.FeedUnreadable, "the issuer's answer holds no token")
	}
	status, wait := 0, time.Duration(0)
	if no.Response != nil {
		status, wait = no.Response.StatusCode, retryAfter(no.Response.Header.Get("Retry-After"), r.opts.Now())
	}
	passing := []string{"temporarily_unavailable", "server_error"}
	switch {
	case status == http.StatusTooManyRequests || status >= 500 && wait > 0:
		return &trouble{fault: registry.FeedBusy, wait: wait, why: "the issuer asks to wait"}
	case status >= 500 || slices.Contains(passing, no.ErrorCode):
		return wrong(registry.FeedAway, "the issuer is out of order")
	case no.ErrorCode == "":
		return wrong(registry.FeedUnreadable, "the issuer's answer cannot be read")
	}
	return wrong(registry.FeedLoginRefused, "the issuer refuses the app")
}
