package oauth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"datalek/incidents/fault"
)

// given is what the issuer gave.
type given struct {
	token, refresh  string
	renewAt, endsAt time.Time
}

// tokenPattern is what a token may be made of (RFC 6750 section 2.1). Anything
// else could say more to the mail server than a token.
var tokenPattern = regexp.MustCompile(`^[A-Za-z0-9\-._~+/]+=*$`)

// wordPattern is what an error of the issuer looks like (RFC 6749 section 5.2).
var wordPattern = regexp.MustCompile(`^[a-z_]{1,40}$`)

// ask makes one request to the issuer.
func (s *Source) ask(ctx context.Context, refresh string) (given, error) {
	ctx, cancel := context.WithTimeout(ctx, s.account.Timeout)
	defer cancel()
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true, DialContext: s.account.Dial}
	ctx = context.WithValue(ctx, oauth2.HTTPClient, &http.Client{Transport: transport,
		// The secret goes to the issuer alone, wherever that points.
		CheckRedirect: func(*http.Request, []*http.Request) error { return errors.New("the issuer sends us elsewhere") }})
	t, err := s.request(ctx, refresh)
	if err != nil {
		return given{}, sayNo(err)
	}
	if len(t.AccessToken) > tokenBytes || !tokenPattern.MatchString(t.AccessToken) {
		return given{}, fmt.Errorf("ask for a token: the issuer's answer holds none that can be used: %w", fault.Unavailable)
	}
	if len(t.RefreshToken) > tokenBytes {
		t.RefreshToken = ""
	}
	return s.dated(t), nil
}

func (s *Source) request(ctx context.Context, refresh string) (*oauth2.Token, error) {
	a := s.account
	if refresh == "" {
		config := clientcredentials.Config{ClientID: a.ClientID, ClientSecret: a.ClientSecret, TokenURL: a.TokenURL, Scopes: a.Scopes, AuthStyle: oauth2.AuthStyleInParams}
		return config.Token(ctx)
	}
	config := oauth2.Config{ClientID: a.ClientID, ClientSecret: a.ClientSecret, Scopes: a.Scopes,
		Endpoint: oauth2.Endpoint{TokenURL: a.TokenURL, AuthStyle: oauth2.AuthStyleInParams}}
	return config.TokenSource(ctx, &oauth2.Token{RefreshToken: refresh}).Token()
}

// dated says when the token is replaced: two minutes before its end, or halfway
// when it is short-lived.
func (s *Source) dated(t *oauth2.Token) given {
	life := time.Duration(min(max(t.ExpiresIn, 0), int64(longest/time.Second))) * time.Second
	if life == 0 {
		life = shortest
	}
	now := s.account.Now()
	return given{token: t.AccessToken, refresh: t.RefreshToken, endsAt: now.Add(life), renewAt: now.Add(max(life-early, life/2))}
}

// sayNo tells a final no from trouble that passes. Nothing of the answer goes
// into the error but the standard's own word for it.
func sayNo(err error) error {
	var no *oauth2.RetrieveError
	if !errors.As(err, &no) {
		return fmt.Errorf("ask for a token: the issuer does not answer, or not with a token: %w", fault.Unavailable)
	}
	word := no.ErrorCode
	if !wordPattern.MatchString(word) {
		word = "no reason"
	}
	final := []string{"invalid_grant", "invalid_client", "unauthorized_client", "invalid_scope", "unsupported_grant_type", "access_denied"}
	if slices.Contains(final, word) {
		return fmt.Errorf("%w: %s", ErrRefused, word)
	}
	return fmt.Errorf("ask for a token: the issuer says %s: %w", word, fault.Unavailable)
}
