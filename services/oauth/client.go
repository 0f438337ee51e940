package oauth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/emersion/go-sasl"

	"datalek/incidents/fault"
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

// Mailbox is the login at one mailbox by a token. It is safe for many goroutines.
type Mailbox struct {
	source *Source
	user   string
	shown  atomic.Value // string: the token shown last
}

// Mailbox returns the login of a user at a mailbox.
func (s *Source) Mailbox(user string) *Mailbox { return &Mailbox{source: s, user: user} }

// Login makes the exchange for one login, nil when the server offers no way it
// knows. An error that only a person can mend is fault.Forbidden.
func (m *Mailbox) Login(ctx context.Context, offers func(mechanism string) bool) (sasl.Client, error) {
	client, token, err := m.source.Login(ctx, m.user, offers)
	if err != nil && m.source.Final(err) {
		err = fmt.Errorf("%w: %w", fault.Forbidden, err)
	}
	if token != "" {
		m.shown.Store(token)
	}
	return client, err
}

// Refused notes that the server did not take the token.
func (m *Mailbox) Refused() {
	if token, some := m.shown.Load().(string); some {
		m.source.Refused(token)
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
