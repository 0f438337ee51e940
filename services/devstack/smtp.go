// Package devstack holds the stand-ins that a demo and tests run against: a
// mail server that catches everything, a mailbox to read returned mail from, and
// certificates made on the spot.
package devstack

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"
)

// Security says how the mail server protects its connections.
type Security int

// The kinds of security. The zero value has none, as fits a loopback port.
const (
	Plain    Security = iota
	StartTLS          // offered after EHLO
	Implicit          // TLS from the first byte
)

// SMTPOptions describe a mail server. The zero value takes every mail without
// login or TLS and keeps it in memory.
type SMTPOptions struct {
	Addr     string // loopback host:port; empty takes a free port of 127.0.0.1
	Security Security
	// Certificate is shown to clients; nil makes one for localhost, 127.0.0.1
	// and ::1, trusted by RootCAs.
	Certificate *tls.Certificate
	// Username and Password are asked of everyone when set.
	Username, Password string

	// Folder keeps the messages as .eml files (mode 0600) beyond a restart;
	// empty keeps them in memory.
	Folder string
	Keep   int // at most so many messages, the oldest go; 0 is 10,000

	// Behave makes the server misbehave; nil behaves well. It is called by many
	// goroutines at once.
	Behave func(Event) Act
	// Now stamps messages; nil leaves Message.At zero.
	Now func() time.Time
	// Tokens says whether a token is good for a user. Not nil asks for a login by
	// XOAUTH2 or OAUTHBEARER, and by nothing else.
	Tokens func(user, token string) bool
}

// SMTPServer is a mail server in this process that delivers nothing and shows
// what it caught. Close it when done.
type SMTPServer struct {
	opts     SMTPOptions
	listener net.Listener
	server   *smtp.Server
	roots    *x509.CertPool
	box      *mailbox

	accepted atomic.Int64
	open     sync.Map       // *opening: what the library has not registered yet it cannot close
	done     chan struct{}  // closed by Close; frees what hangs
	serving  sync.WaitGroup // the accepting goroutine
	closing  sync.Once
}

// StartSMTP listens on a loopback port and serves until Close.
func StartSMTP(opts SMTPOptions) (*SMTPServer, error) {
	s := &SMTPServer{opts: opts, done: make(chan struct{})}
	var err error
	if s.box, err = openMailbox(opts.Folder, opts.Keep); err != nil {
		return nil, fmt.Errorf("open mailbox: %w", err)
	}
	config, err := s.tlsConfig()
	if err != nil {
		return nil, err
	}
	if s.listener, err = listenLoopback(opts.Addr); err != nil {
		return nil, err
	}
	s.server = s.newServer(config)
	var listener net.Listener = &counting{Listener: s.listener, server: s}
	if opts.Security == Implicit {
		listener = tls.NewListener(listener, config)
	}
	s.serving.Go(func() { _ = s.server.Serve(listener) })
	return s, nil
}

// listenLoopback refuses any address that others could reach: the server takes
// mail from everybody.
func listenLoopback(addr string) (net.Listener, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen for mail: %w", err)
	}
	if !l.Addr().(*net.TCPAddr).IP.IsLoopback() {
		l.Close()
		return nil, errors.New("listen for mail: the demo mail server stays on a loopback address")
	}
	return l, nil
}

func (s *SMTPServer) newServer(config *tls.Config) *smtp.Server {
	server := smtp.NewServer(smtp.BackendFunc(s.newSession))
	server.Domain = "mail.demo.invalid"
	server.MaxMessageBytes = 8 << 20
	server.MaxRecipients = 100
	server.ReadTimeout = 5 * time.Minute
	server.WriteTimeout = 5 * time.Minute
	server.AllowInsecureAuth = s.opts.Security == Plain
	server.ErrorLog = log.New(io.Discard, "", 0) // its words may hold addresses
	if s.opts.Security == StartTLS {
		server.TLSConfig = config
	}
	return server
}

func (s *SMTPServer) tlsConfig() (*tls.Config, error) {
	if s.opts.Security == Plain {
		return nil, nil
	}
	cert := s.opts.Certificate
	if cert == nil {
		made, roots, err := SelfSigned("localhost", "127.0.0.1", "::1")
		if err != nil {
			return nil, err
		}
		cert, s.roots = &made, roots
	}
	return &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: []tls.Certificate{*cert},
		GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			return nil, s.play(hello.Conn, Event{Stage: AtStartTLS})
		},
	}, nil
}

// Addr is the host:port the server listens on.
func (s *SMTPServer) Addr() string { return s.listener.Addr().String() }

// RootCAs trusts the certificate the server made; nil when it made none.
func (s *SMTPServer) RootCAs() *x509.CertPool { return s.roots }

// Connections counts the connections accepted so far.
func (s *SMTPServer) Connections() int { return int(s.accepted.Load()) }

// Messages returns at most limit messages, newest first, older than the one
// with the id before; an empty before begins with the newest. limit 0 is all.
func (s *SMTPServer) Messages(before string, limit int) []Message {
	return s.box.list(before, limit)
}

// Message returns the message with this id; false when it is not (any more) there.
func (s *SMTPServer) Message(id string) (Message, bool) { return s.box.get(id) }

// Count returns how many messages are kept.
func (s *SMTPServer) Count() int { return s.box.count() }

// Wait returns when at least n messages are kept, or ctx ends.
func (s *SMTPServer) Wait(ctx context.Context, n int) error { return s.box.wait(ctx, n) }

// Close ends all connections, also those made to hang. Messages stay readable.
func (s *SMTPServer) Close() error {
	var err error
	s.closing.Do(func() {
		close(s.done)
		err = s.server.Close()
		s.listener.Close() // closed already, unless the library had not begun to serve
		s.serving.Wait()
		s.open.Range(func(c, _ any) bool {
			c.(*opening).Close()
			return true
		})
	})
	if err != nil {
		return fmt.Errorf("close mail server: %w", err)
	}
	return nil
}

func (s *SMTPServer) now() time.Time {
	if s.opts.Now == nil {
		return time.Time{}
	}
	return s.opts.Now().UTC()
}

// counting numbers the connections and plays what was asked for the greeting.
type counting struct {
	net.Listener
	server *SMTPServer
}

func (l *counting) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	n := int(l.server.accepted.Add(1))
	o := &opening{Conn: c, server: l.server, number: n}
	l.server.open.Store(o, nil)
	return o, nil
}
