package devstack

import (
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// errGone ends a stage whose connection was closed on purpose.
var errGone = errors.New("connection closed")

// opening is an accepted connection. Before its first byte goes out it plays
// what the greeting should be.
type opening struct {
	net.Conn
	server *SMTPServer
	number int
	once   sync.Once
	err    error
}

func (o *opening) Write(p []byte) (int, error) {
	o.once.Do(func() { o.err = o.greet() })
	if o.err != nil {
		return 0, o.err
	}
	return o.Conn.Write(p)
}

func (o *opening) Close() error {
	o.server.open.Delete(o)
	return o.Conn.Close()
}

// greet refuses in plain text, as servers do before any TLS.
func (o *opening) greet() error {
	err := o.server.play(o, Event{Stage: AtGreeting, Connection: o.number})
	var refusal *smtp.SMTPError
	if errors.As(err, &refusal) {
		fmt.Fprintf(o.Conn, "%d %s\r\n", refusal.Code, refusal.Message)
		o.Close()
	}
	return err
}

// act asks what to do at an event.
func (s *SMTPServer) act(e Event) Act {
	if s.opts.Behave == nil {
		return Act{}
	}
	return s.opts.Behave(e)
}

// play asks for the act at an event and does it; a refusal is returned as an
// *smtp.SMTPError.
func (s *SMTPServer) play(c net.Conn, e Event) error {
	act := s.act(e)
	if act.Code < 400 {
		act.Code = 0 // there is nothing to say yes to before the dot
	}
	return s.do(c, act)
}

func (s *SMTPServer) do(c net.Conn, act Act) error {
	if act.Delay > 0 && !s.pause(act.Delay) {
		return errGone
	}
	switch {
	case act.Hang:
		<-s.done
		return errGone
	case act.Drop:
		c.Close()
		return errGone
	case act.Code != 0:
		return &smtp.SMTPError{Code: act.Code, EnhancedCode: enhanced(act.Enhanced), Message: act.Text}
	}
	return nil
}

// pause waits for d; false when the server is closed meanwhile.
func (s *SMTPServer) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.done:
		return false
	}
}

func enhanced(code string) smtp.EnhancedCode {
	parts := strings.Split(code, ".")
	if len(parts) != 3 {
		return smtp.NoEnhancedCode
	}
	var e smtp.EnhancedCode
	for i, part := range parts {
		n, err := strconv.Atoi(part)
		if err != nil {
			return smtp.NoEnhancedCode
		}
		e[i] = n
	}
	return e
}

// session is one client's talk after EHLO.
type session struct {
	server *SMTPServer
	conn   *smtp.Conn
	number int

	known bool // logged in
	mails int
	from  string
	to    []string
}

func (s *SMTPServer) newSession(c *smtp.Conn) (smtp.Session, error) {
	ses := &session{server: s, conn: c, number: numberOf(c.Conn())}
	if err := ses.play(AtHello, ""); err != nil {
		return nil, err
	}
	return ses, nil
}

// numberOf finds the connection's number under TLS as well.
func numberOf(c net.Conn) int {
	if protected, ok := c.(*tls.Conn); ok {
		c = protected.NetConn()
	}
	if o, ok := c.(*opening); ok {
		return o.number
	}
	return 0
}

func (s *session) event(stage Stage, address string) Event {
	return Event{Stage: stage, Address: address, Connection: s.number, Mails: s.mails}
}

func (s *session) play(stage Stage, address string) error {
	return s.server.play(s.conn.Conn(), s.event(stage, address))
}

func (s *session) AuthMechanisms() []string {
	if s.server.opts.Tokens != nil {
		return []string{xoauth2, sasl.OAuthBearer}
	}
	if s.server.opts.Username == "" {
		return nil
	}
	return []string{sasl.Plain, sasl.Login}
}

func (s *session) Auth(mechanism string) (sasl.Server, error) {
	if s.server.opts.Tokens != nil {
		return s.byToken(mechanism)
	}
	switch mechanism {
	case sasl.Plain:
		return sasl.NewPlainServer(func(_, user, password string) error { return s.login(user, password) }), nil
	case sasl.Login:
		return &loginServer{login: s.login}, nil
	}
	return nil, smtp.ErrAuthUnknownMechanism
}

func (s *session) login(user, password string) error {
	if err := s.play(AtAuth, ""); err != nil {
		return err
	}
	right := subtle.ConstantTimeCompare([]byte(user), []byte(s.server.opts.Username)) &
		subtle.ConstantTimeCompare([]byte(password), []byte(s.server.opts.Password))
	if right != 1 {
		return smtp.ErrAuthFailed
	}
	s.known = true
	return nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if (s.server.opts.Username != "" || s.server.opts.Tokens != nil) && !s.known {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Authentication required"}
	}
	if err := s.play(AtMail, from); err != nil {
		return err
	}
	s.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if err := s.play(AtRcpt, to); err != nil {
		return err
	}
	s.to = append(s.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	rcpt := s.to[0]
	refusal := s.play(AtData, rcpt)
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if refusal != nil {
		return refusal
	}
	act := s.server.act(s.event(AtDot, rcpt))
	if act.Code < 400 {
		if err := s.server.box.add(Message{At: s.server.now(), From: s.from, To: s.to, Raw: raw}); err != nil {
			return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "Cannot keep the message"}
		}
		s.mails++
	}
	return s.server.do(s.conn.Conn(), act)
}

func (s *session) Reset() { s.from, s.to = "", nil }

func (s *session) Logout() error { return nil }

// loginServer asks for user and password as AUTH LOGIN does.
type loginServer struct {
	login func(user, password string) error
	user  *string
	asked bool
}

func (l *loginServer) Next(response []byte) ([]byte, bool, error) {
	switch {
	case l.user == nil && response == nil && !l.asked:
		l.asked = true
		return []byte("Username:"), false, nil
	case l.user == nil:
		user := string(response)
		l.user = &user
		return []byte("Password:"), false, nil
	}
	return nil, true, l.login(*l.user, string(response))
}
