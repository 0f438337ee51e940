// Package oauth gets the tokens by which a mail server knows an account, for SMTP
// and IMAP: by a refresh token that a person gave once, or as an app by its own
// secret (RFC 6749 sections 6 and 4.4). What the issuer gives is kept in the
// store's settings, which are sealed, so that every process has the newest: an
// issuer that hands out a new refresh token with each answer takes the old one no
// more.
package oauth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"

	"datalek/incidents/fault"
)

// Account is who asks for tokens, and where.
type Account struct {
	TokenURL     string // https, or http on this machine itself
	ClientID     string
	ClientSecret string // empty for an app without one
	// RefreshToken is what a person's consent gave; empty asks as the app itself
	// (client credentials).
	RefreshToken string
	Scopes       []string

	Timeout time.Duration // one request to the issuer; 0 is 15 s
	Now     func() time.Time
	// Dial makes the connection to the issuer; nil is the usual way.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// settings is where the newest tokens are kept, sealed.
type settings interface {
	Setting(ctx context.Context, key string) (value []byte, version int64, err error)
	PutSetting(ctx context.Context, key string, value []byte, version int64) error
}

// ErrRefused says that the issuer gives this account no more tokens: consent was
// taken back, the secret ran out. Only a person can mend that.
var ErrRefused = errors.New("the issuer of tokens refuses this account")

const (
	early      = 2 * time.Minute        // before its end a token is replaced
	claimFor   = 45 * time.Second       // longer than one request to the issuer may take
	look       = 200 * time.Millisecond // how often a process looks whether another is done
	shortest   = 5 * time.Minute        // how long a token is used that does not say when it ends
	longest    = 24 * time.Hour
	tokenBytes = 16 << 10
)

// kept is what lies in the store.
type kept struct {
	Seed      string    `json:"seed"` // hash of the refresh token that the operator gave
	Token     string    `json:"token,omitempty"`
	RenewAt   time.Time `json:"renew_at"`
	EndsAt    time.Time `json:"ends_at"`
	Refresh   string    `json:"refresh,omitempty"`
	ClaimedTo time.Time `json:"claimed_to"` // a process is asking the issuer until then
}

// Source gives tokens that are good for some minutes at least. It is safe for
// many goroutines, and several processes may share one account.
type Source struct {
	account Account
	store   settings
	key     string
	seed    string
	turn    chan struct{} // one goroutine at a time asks

	mu      sync.Mutex
	last    kept
	refused string // a token that a mail server did not take
}

// New returns a source for an account whose newest tokens lie in store.
func New(a Account, store settings) (*Source, error) {
	u, err := url.Parse(a.TokenURL)
	if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return nil, invalid("the token URL begins with https://")
	}
	if a.ClientID == "" {
		return nil, invalid("the client id is missing")
	}
	if a.RefreshToken == "" && a.ClientSecret == "" {
		return nil, invalid("give a refresh token, a client secret, or both")
	}
	if a.Timeout <= 0 {
		a.Timeout = 15 * time.Second
	}
	return &Source{account: a, store: store, turn: make(chan struct{}, 1),
		key: "oauth/" + hash(a.TokenURL, a.ClientID, strings.Join(a.Scopes, " "))[:24], seed: hash(a.RefreshToken)}, nil
}

func invalid(how string) error {
	return &fault.Error{Code: fault.Invalid, Field: "oauth", Key: "error.oauth", Message: "login by token: " + how}
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func hash(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])
}

// Token returns a token that is good for two minutes at least, from the issuer
// when there is none. The error wraps ErrRefused when asking again is useless.
func (s *Source) Token(ctx context.Context) (string, error) {
	if token := s.good(s.remembered()); token != "" {
		return token, nil
	}
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if token := s.good(s.remembered()); token != "" {
		return token, nil
	}
	return s.renew(ctx)
}

// Refused notes that a mail server did not take this token, so that the next one
// is another.
func (s *Source) Refused(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused = token
}

func (s *Source) remembered() kept {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

func (s *Source) remember(k kept) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = k
}

// good is the token in k, "" when it ends soon, was refused, or belongs to a
// refresh token that the operator has replaced.
func (s *Source) good(k kept) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k.Seed != s.seed || k.Token == s.refused || !s.account.Now().Before(k.RenewAt) {
		return ""
	}
	return k.Token
}

// renew takes what another process got, or claims the right to ask and does.
func (s *Source) renew(ctx context.Context) (string, error) {
	for {
		k, version, err := s.read(ctx)
		if err != nil {
			return "", err
		}
		if token := s.good(k); token != "" {
			s.remember(k)
			return token, nil
		}
		now := s.account.Now()
		if k.ClaimedTo.After(now) && k.ClaimedTo.Before(now.Add(2*claimFor)) { // one far ahead is of a clock that was wrong
			if err := pause(ctx, look); err != nil {
				return "", err
			}
			continue
		}
		k.ClaimedTo = now.Add(claimFor)
		err = s.write(ctx, k, version)
		if errors.Is(err, fault.Conflict) {
			continue // another process was just first
		}
		if err != nil {
			return "", err
		}
		return s.fetch(ctx, k, version+1)
	}
}

// read returns what lies in the store, made to fit the operator's refresh token.
func (s *Source) read(ctx context.Context) (kept, int64, error) {
	raw, version, err := s.store.Setting(ctx, s.key)
	if err != nil {
		return kept{}, 0, fmt.Errorf("read tokens: %w", err)
	}
	var k kept
	if version > 0 && json.Unmarshal(raw, &k) != nil {
		return kept{}, 0, errors.New("read tokens: not the form they were written in")
	}
	if k.Seed != s.seed {
		k = kept{Seed: s.seed, Refresh: s.account.RefreshToken, ClaimedTo: k.ClaimedTo}
	}
	return k, version, nil
}

func (s *Source) write(ctx context.Context, k kept, version int64) error {
	raw, err := json.Marshal(k)
	if err != nil {
		return fmt.Errorf("keep tokens: %w", err)
	}
	if err := s.store.PutSetting(ctx, s.key, raw, version); err != nil {
		return fmt.Errorf("keep tokens: %w", err)
	}
	return nil
}

// fetch asks the issuer and keeps what it gives, also when the caller has gone
// meanwhile: a refresh token that was replaced must not be lost.
func (s *Source) fetch(ctx context.Context, k kept, version int64) (string, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.account.Timeout+keepWithin)
	defer cancel()
	got, askErr := s.ask(ctx, k.Refresh)
	k.ClaimedTo = time.Time{}
	if askErr == nil {
		k.Token, k.RenewAt, k.EndsAt = got.token, got.renewAt, got.endsAt
		if got.refresh != "" && s.account.RefreshToken != "" {
			k.Refresh = got.refresh
		}
		s.remember(k)
	}
	if err := s.keep(ctx, k, version); err != nil {
		return "", errors.Join(askErr, err)
	}
	if askErr != nil {
		return s.lasting(k, askErr)
	}
	if token := s.good(k); token != "" {
		return token, nil
	}
	return "", fmt.Errorf("%w: it gives the token again that the mail server did not take", ErrRefused)
}

// lasting is the token that k has for as long as it lasts, while the issuer is
// away; a final no counts at once.
func (s *Source) lasting(k kept, err error) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if errors.Is(err, ErrRefused) || k.Token == "" || k.Token == s.refused || !s.account.Now().Before(k.EndsAt) {
		return "", err
	}
	return k.Token, nil
}

// keepWithin is how long a store that is busy may take.
const keepWithin = 20 * time.Second

// keep writes k, and tries again while the store is away.
func (s *Source) keep(ctx context.Context, k kept, version int64) error {
	for {
		err := s.write(ctx, k, version)
		if err == nil || errors.Is(err, fault.Conflict) {
			return err
		}
		if pause(ctx, look) != nil {
			return err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
