package devstack

import (
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// byTokens is a session that takes a token and no password.
type byTokens struct {
	imapserver.Session
	opts IMAPOptions
}

// Login refuses every password.
func (byTokens) Login(string, string) error { return imapserver.ErrAuthFailed }

// AuthenticateMechanisms lists the ways to show a token.
func (byTokens) AuthenticateMechanisms() []string { return []string{xoauth2, sasl.OAuthBearer} }

// Authenticate begins a login by a token.
func (s byTokens) Authenticate(mechanism string) (sasl.Server, error) {
	if mechanism != xoauth2 && mechanism != sasl.OAuthBearer {
		return nil, imapserver.ErrAuthFailed
	}
	return imapTokens{&tokenServer{empty: map[bool]string{true: "", false: "\x01"}[mechanism == xoauth2], login: func(user, token string) error {
		if !s.opts.Tokens(user, token) {
			return smtp.ErrAuthFailed
		}
		return s.Session.Login(s.opts.Username, s.opts.Password)
	}}}, nil
}

// imapTokens says no in the words of IMAP.
type imapTokens struct{ *tokenServer }

// Next answers the client.
func (t imapTokens) Next(response []byte) ([]byte, bool, error) {
	challenge, done, err := t.tokenServer.Next(response)
	if err != nil {
		err = imapserver.ErrAuthFailed
	}
	return challenge, done, err
}
