package oauth

import (
	"context"
	"errors"
	"strings"

	"github.com/emersion/go-sasl"
)

// The ways to log in by a token: Microsoft's and Google's own, and RFC 7628.
const (
	xoauth2 = "XOAUTH2"
	bearer  = sasl.OAuthBearer
)

// Login makes the exchange for one login as user and says which token it shows.
// XOAUTH2 goes first, since Microsoft 365 knows no other. client is nil when the
// server offers neither.
func (s *Source) Login(ctx context.Context, user string, offers func(mechanism string) bool) (client sasl.Client, token string, err error) {
	mechanism := xoauth2
	if !offers(xoauth2) {
		if mechanism = bearer; !offers(bearer) {
			return nil, "", nil
		}
	}
	if token, err = s.Token(ctx); err != nil {
		return nil, "", err
	}
	return &exchange{mechanism: mechanism, user: user, token: token}, token, nil
}

// Final reports an error of Token that only a person can mend.
func (s *Source) Final(err error) bool { return errors.Is(err, ErrRefused) }

// XOAUTH2 returns what makes an exchange for each login, for those that know no
// other way, such as a reader of a mailbox.
func (s *Source) XOAUTH2(user string) func(ctx context.Context) (sasl.Client, error) {
	return func(ctx context.Context) (sasl.Client, error) {
		client, _, err := s.Login(ctx, user, func(m string) bool { return m == xoauth2 })
		return client, err
	}
}

// exchange shows the token at once. A server that refuses it first sends a
// challenge with its reasons and waits for an empty answer (RFC 7628: one byte 1)
// before it says no.
type exchange struct {
	mechanism, user, token string
	refused                bool
}

// Start returns the mechanism and the first words.
func (e *exchange) Start() (string, []byte, error) {
	if e.mechanism == bearer {
		return bearer, []byte("n,a=" + saslName(e.user) + ",\x01auth=Bearer " + e.token + "\x01\x01"), nil
	}
	return xoauth2, []byte("user=" + e.user + "\x01auth=Bearer " + e.token + "\x01\x01"), nil
}

// Next answers the server's reasons, which nobody reads: they may repeat the token.
func (e *exchange) Next([]byte) ([]byte, error) {
	if e.refused {
		return nil, sasl.ErrUnexpectedServerChallenge
	}
	e.refused = true
	if e.mechanism == bearer {
		return []byte{1}, nil
	}
	return []byte{}, nil
}

// saslName writes a name as RFC 5801 section 4 wants it.
func saslName(name string) string {
	return strings.NewReplacer("=", "=3D", ",", "=2C").Replace(name)
}
