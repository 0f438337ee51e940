package smtpmail

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// connect dials the server, protects the connection and logs in. Without a
// connection the failure says where it ended. A token that the server does not
// take is replaced once: it may have been taken back before its time.
func (s *Sender) connect(ctx context.Context) (*conn, failure) {
	c, f := s.tryConnect(ctx)
	if f.token != "" && f.smtpCode() == 535 {
		s.account.Tokens.Refused(f.token)
		c, f = s.tryConnect(ctx)
	}
	return c, f
}

func (s *Sender) tryConnect(ctx context.Context) (*conn, failure) {
	w, err := s.dial(ctx)
	if errors.Is(err, errRefused) {
		return nil, failure{stage: stageStartTLS, err: err}
	}
	if err != nil {
		return nil, failure{stage: stageGreeting, err: err}
	}
	client, f := s.greet(ctx, w)
	if f.err == nil {
		token, err := s.login(ctx, w, client)
		f = failure{stage: stageAuth, err: err, token: token}
	}
	if f.err != nil {
		w.Close()
		return nil, f
	}
	return &conn{account: &s.account, wire: w, client: client}, failure{}
}

func (s *Sender) dial(ctx context.Context) (*wire, error) {
	if s.account.TLS == NoTLS && !loopback(s.account.Host) {
		return nil, fmt.Errorf("%w: mail without TLS goes only to this machine itself", errRefused)
	}
	dial := (&net.Dialer{}).DialContext
	if s.account.Dial != nil {
		dial = s.account.Dial
	}
	limited, cancel := context.WithTimeout(ctx, s.account.ConnectTimeout)
	defer cancel()
	c, err := dial(limited, "tcp", s.account.addr())
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	tcp, ok := c.RemoteAddr().(*net.TCPAddr)
	if s.account.TLS == NoTLS && (!ok || !tcp.IP.IsLoopback()) {
		c.Close() // localhost named another machine
		return nil, fmt.Errorf("%w: mail without TLS goes only to this machine itself", errRefused)
	}
	return &wire{Conn: c}, nil
}

// greet reads the greeting, says EHLO and has the connection protected as the
// account asks.
func (s *Sender) greet(ctx context.Context, w *wire) (*smtp.Client, failure) {
	var under net.Conn = w
	if s.account.TLS == ImplicitTLS {
		protected, err := s.handshake(ctx, w)
		if err != nil {
			return nil, failure{stage: stageStartTLS, err: err}
		}
		under = protected
	}
	client, err := s.hello(ctx, w, under)
	if err != nil || s.account.TLS != StartTLS {
		return client, failure{stage: stageGreeting, err: err}
	}
	if err := s.startTLS(ctx, w, client); err != nil {
		return nil, failure{stage: stageStartTLS, err: err}
	}
	protected, err := s.handshake(ctx, w)
	if err != nil {
		return nil, failure{stage: stageStartTLS, err: err}
	}
	client, err = s.hello(ctx, w, &greeted{Conn: protected, greeting: []byte("220 \r\n")})
	return client, failure{stage: stageStartTLS, err: err}
}

func (s *Sender) hello(ctx context.Context, w *wire, under net.Conn) (*smtp.Client, error) {
	client := smtp.NewClient(under)
	client.CommandTimeout = s.account.CommandTimeout
	client.SubmissionTimeout = s.account.DataTimeout
	err := w.during(ctx, s.account.CommandTimeout, func() error { return client.Hello(s.account.LocalName) })
	return client, err
}

// startTLS asks for TLS. It does not use the library's own way, which says
// EHLO under a fixed name and leaves open in which step it failed.
func (s *Sender) startTLS(ctx context.Context, w *wire, client *smtp.Client) error {
	if offered, _ := client.Extension("STARTTLS"); !offered {
		return fmt.Errorf("%w: the server offers no STARTTLS", errRefused)
	}
	return w.during(ctx, s.account.CommandTimeout, func() error {
		if _, err := w.Write([]byte("STARTTLS\r\n")); err != nil {
			return err
		}
		lines := bufio.NewReader(w)
		code, text, err := textproto.NewReader(lines).ReadResponse(0)
		if err != nil {
			return err
		}
		if code != 220 {
			return &smtp.SMTPError{Code: code, Message: text}
		}
		if lines.Buffered() > 0 {
			return fmt.Errorf("%w: the server spoke on before TLS stood", errRefused)
		}
		return nil
	})
}

func (s *Sender) handshake(ctx context.Context, w *wire) (*tls.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, s.account.ConnectTimeout)
	defer cancel()
	protected := tls.Client(w, s.tls)
	err := protected.HandshakeContext(ctx)
	switch {
	case err == nil:
		return protected, nil
	case broken(err):
		return nil, fmt.Errorf("TLS: %w", err)
	}
	return nil, fmt.Errorf("%w: TLS: %w", errRefused, err)
}

// broken reports an error of the network rather than of what was said over it:
// waiting may mend the one, and never an expired certificate.
func broken(err error) bool {
	if timedOut(err) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) {
		return true
	}
	var op *net.OpError
	return errors.As(err, &op) && op.Op != "remote error" && op.Op != "local error" // those two are TLS alerts
}

// greeted gives the greeting that a new client waits for and the server does
// not repeat after STARTTLS (RFC 3207 section 4.2).
type greeted struct {
	net.Conn
	greeting []byte
}

func (g *greeted) Read(p []byte) (int, error) {
	if len(g.greeting) == 0 {
		return g.Conn.Read(p)
	}
	n := copy(p, g.greeting)
	g.greeting = g.greeting[n:]
	return n, nil
}

// login authenticates when the account has a user name; token is what it showed.
func (s *Sender) login(ctx context.Context, w *wire, client *smtp.Client) (token string, err error) {
	if s.account.Username == "" {
		return "", nil
	}
	mechanism := s.mechanism(client)
	if s.account.Tokens != nil {
		if mechanism, token, err = s.tokenMechanism(ctx, client); err != nil {
			return "", err
		}
	}
	if mechanism == nil {
		return "", fmt.Errorf("%w: the server offers no login that this account has", errRefused)
	}
	err = w.during(ctx, s.account.CommandTimeout, func() error { return client.Auth(mechanism) })
	if errors.Is(err, sasl.ErrUnexpectedServerChallenge) {
		return token, fmt.Errorf("%w: %w", errRefused, err)
	}
	return token, err
}

// tokenMechanism gets a token for this login. When nobody gives one any more, the
// account is refused as by the server itself.
func (s *Sender) tokenMechanism(ctx context.Context, client *smtp.Client) (sasl.Client, string, error) {
	mechanism, token, err := s.account.Tokens.Login(ctx, s.account.Username, client.SupportsAuth)
	if err != nil && s.account.Tokens.Final(err) {
		err = fmt.Errorf("%w: %w", errRefused, err)
	}
	return mechanism, token, err
}

// mechanism picks how to log in; nil when the server offers nothing that fits.
func (s *Sender) mechanism(client *smtp.Client) sasl.Client {
	switch {
	case s.account.Password == "":
		return nil
	case client.SupportsAuth(sasl.Plain):
		return sasl.NewPlainClient("", s.account.Username, s.account.Password)
	case client.SupportsAuth(sasl.Login):
		return &loginClient{answers: []string{s.account.Username, s.account.Password}}
	}
	return nil
}

// loginClient is AUTH LOGIN by the order of the questions; the library's own
// insists on one spelling of them.
type loginClient struct{ answers []string }

func (l *loginClient) Start() (string, []byte, error) { return strings.ToUpper(sasl.Login), nil, nil }

func (l *loginClient) Next([]byte) ([]byte, error) {
	if len(l.answers) == 0 {
		return nil, sasl.ErrUnexpectedServerChallenge
	}
	next := l.answers[0]
	l.answers = l.answers[1:]
	return []byte(next), nil
}
