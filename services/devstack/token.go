package devstack

import (
	"errors"
	"strings"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// xoauth2 is Microsoft's and Google's own way to log in by a token.
const xoauth2 = "XOAUTH2"

// byToken asks for a token, as the servers of Microsoft 365 and Gmail do.
func (s *session) byToken(mechanism string) (sasl.Server, error) {
	if mechanism != xoauth2 && mechanism != sasl.OAuthBearer {
		return nil, smtp.ErrAuthUnknownMechanism
	}
	return &tokenServer{empty: map[bool]string{true: "", false: "\x01"}[mechanism == xoauth2], login: func(user, token string) error {
		if err := s.play(AtAuth, user); err != nil {
			return err
		}
		if !s.server.opts.Tokens(user, token) {
			return smtp.ErrAuthFailed
		}
		s.known = true
		return nil
	}}, nil
}

// tokenServer takes a token at once. It gives its reasons for a no in a challenge,
// and says it only after the empty answer to that.
type tokenServer struct {
	login   func(user, token string) error
	empty   string // what answers the reasons
	refused error
}

func (t *tokenServer) Next(response []byte) ([]byte, bool, error) {
	if t.refused != nil {
		if string(response) != t.empty {
			return nil, false, &smtp.SMTPError{Code: 501, EnhancedCode: smtp.EnhancedCode{5, 5, 2}, Message: "Expected an empty answer"}
		}
		return nil, false, t.refused
	}
	user, token := readToken(string(response))
	if t.refused = t.login(user, token); t.refused == nil {
		return nil, true, nil
	}
	if !errors.Is(t.refused, smtp.ErrAuthFailed) {
		return nil, false, t.refused
	}
	return []byte(`{"status":"400","schemes":"Bearer","scope":"https://mail.example/"}`), false, nil
}

// readToken reads both forms: user=…^Aauth=Bearer … and n,a=…,^Aauth=Bearer ….
func readToken(response string) (user, token string) {
	for part := range strings.SplitSeq(response, "\x01") {
		switch {
		case strings.HasPrefix(part, "user="):
			user = part[len("user="):]
		case strings.HasPrefix(part, "n,a="):
			user = strings.TrimSuffix(part[len("n,a="):], ",")
		case strings.HasPrefix(part, "auth=Bearer "):
			token = part[len("auth=Bearer "):]
		}
	}
	return user, token
}
